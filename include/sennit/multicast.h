/* SPDX-License-Identifier: MIT */
/*
 * Groups: one datagram to everybody who has joined an address of 224.0.0.0/4 or
 * ff00::/8, in IPv4 and IPv6 alike (RFC 3678). Sending to a group is snt_sendto
 * and asks for no join; hearing asks for both a bind to the group's port and a
 * join. None of these waits. ip(7), ipv6(7).
 *
 * An interface is a text: its name ("eth0"), its index ("2") or an address that
 * it has ("192.0.2.1", "fe80::1"). NULL: the system's choice, which is the
 * route's; a group's own zone ("[ff02::1%eth0]:0") is as good as a name.
 */
#ifndef SENNIT_MULTICAST_H
#define SENNIT_MULTICAST_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Hears what is sent to the group, on that interface, from anybody; and what
 * is sent to groups that this socket did not join no longer (Linux gives every
 * socket at the port what any of the host has joined: IP_MULTICAST_ALL). The
 * group's port does not count. An IPv6 socket that carries IPv4 too joins
 * groups of both; a server of several addresses joins by the one of the group's
 * family. Ends with the handle. On an interface that went away a membership
 * hears nothing, also when one of the same name comes: join again.
 * -EINVAL: no group, or a zone that is not the interface. -EAFNOSUPPORT: a
 * group that this socket cannot hear. -EOPNOTSUPP: not for datagrams.
 * -EADDRINUSE: already joined. -ENODEV: no such interface, or no route chooses
 * one. -ENOBUFS: too many (Linux: 20 of IPv4). -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_join_group(struct snt_socket *socket,
					  const struct snt_addr *group,
					  const char *interface);
/* Hears the group no more; of what is queued nothing is dropped. Errors as
 * above; -EADDRNOTAVAIL: not joined there. */
SNT_API SNT_MUST_CHECK int snt_leave_group(struct snt_socket *socket,
					   const struct snt_addr *group,
					   const char *interface);

/*
 * The same, from that source alone (RFC 4607): routers send nothing else here.
 * Again, with another source: from that one too (-ENOBUFS: Linux allows 10). A
 * group that was joined from everybody is heard from that source alone now.
 * Errors as above; -EINVAL also: no address that can be a source, one of the
 * other family, or the group is joined but for sources that were blocked.
 */
SNT_API SNT_MUST_CHECK int snt_join_source_group(struct snt_socket *socket,
						 const struct snt_addr *group,
						 const struct snt_addr *source,
						 const char *interface);
/* The last source's leaves the group. */
SNT_API SNT_MUST_CHECK int snt_leave_source_group(struct snt_socket *socket,
						  const struct snt_addr *group,
						  const struct snt_addr *source,
						  const char *interface);

/* By which interface datagrams to groups go out. -ENODEV. */
SNT_API SNT_MUST_CHECK int snt_set_multicast_if(struct snt_socket *socket,
						const char *interface);

/* How many routers a datagram to a group may pass, 0 to 255; 0: it stays on
 * this host. Born with 1: it stays on the network. -EINVAL. */
SNT_API SNT_MUST_CHECK int snt_set_multicast_ttl(struct snt_socket *socket,
						 int hops);
SNT_API SNT_MUST_CHECK int
snt_get_multicast_ttl(const struct snt_socket *socket, int *hops);

/* Whether what this socket sends is heard on its own host too. On by default;
 * the sender's to choose, in IPv6 as in IPv4. */
SNT_API SNT_MUST_CHECK int snt_set_multicast_loop(struct snt_socket *socket,
						  bool on);
SNT_API SNT_MUST_CHECK int
snt_get_multicast_loop(const struct snt_socket *socket, bool *on);

#ifdef __cplusplus
}
#endif
#endif
