/* SPDX-License-Identifier: MIT */
/*
 * Socket options, typed; and the raw way for all others. None of these waits.
 * Errors are setsockopt(2)'s: -EINVAL for a value out of range, -ENOPROTOOPT
 * or -EOPNOTSUPP where the kind of socket has no such option. On a server of
 * several addresses a setter reaches all of them, a getter asks the first.
 * Getters write their out-value on success only. TCP's own are in tcp.h.
 */
#ifndef SENNIT_OPTIONS_H
#define SENNIT_OPTIONS_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Send small pieces at once (tcp(7), TCP_NODELAY). On by default in
 * snt_create_server and snt_create_connection. */
SNT_API SNT_MUST_CHECK int snt_set_nodelay(struct snt_socket *socket, bool on);

struct snt_keepalive {
	int64_t idle;     /* silence before the first probe; 0: unchanged */
	int64_t interval; /* between probes; 0: unchanged */
	int count;        /* unanswered probes that end it; 0: unchanged */
};
/* Probes on an idle TCP connection; NULL turns them off. Whole seconds. */
SNT_API SNT_MUST_CHECK int
snt_set_keepalive(struct snt_socket *socket,
		  const struct snt_keepalive *probes);

/* How long sent bytes may stay unacknowledged (RFC 5482); 0: default. */
SNT_API SNT_MUST_CHECK int snt_set_user_timeout(struct snt_socket *socket,
						int64_t timeout);

/* SO_LINGER off by default. on with 0: close resets, as snt_abort. A longer
 * linger is refused with -EINVAL, since it would make close wait. */
SNT_API SNT_MUST_CHECK int snt_set_linger(struct snt_socket *socket, bool on,
					  int64_t timeout);

SNT_API SNT_MUST_CHECK int snt_set_reuseaddr(struct snt_socket *socket,
					     bool on);
SNT_API SNT_MUST_CHECK int snt_set_reuseport(struct snt_socket *socket,
					     bool on);
SNT_API SNT_MUST_CHECK int snt_set_broadcast(struct snt_socket *socket,
					     bool on);
/* Keeps an IPv6 socket from carrying IPv4 too; before it is bound. */
SNT_API SNT_MUST_CHECK int snt_set_v6only(struct snt_socket *socket, bool on);
SNT_API SNT_MUST_CHECK int snt_get_v6only(const struct snt_socket *socket,
					  bool *on);
/* Whether one IPv6 socket can carry both here: a probe, makes and closes one.
 * snt_create_server(&s, ":80", NULL) has no need to know. */
SNT_API bool snt_has_dualstack_ipv6(void);

/* How many routers a packet may pass (IPv4: time to live, IPv6: hop limit), 1
 * to 255; 0: the system's. On an IPv6 socket for both. */
SNT_API SNT_MUST_CHECK int snt_set_ttl(struct snt_socket *socket, int hops);
SNT_API SNT_MUST_CHECK int snt_get_ttl(const struct snt_socket *socket,
				       int *hops);
/* The byte that asks routers for a service (IPv4: type of service, IPv6:
 * traffic class; RFC 2474), 0 to 255. TCP keeps the lowest two bits. */
SNT_API SNT_MUST_CHECK int snt_set_tos(struct snt_socket *socket, int tos);
SNT_API SNT_MUST_CHECK int snt_get_tos(const struct snt_socket *socket,
				       int *tos);
/* Which of this machine's queues packets go to, 0 to 6; more, and a mark:
 * -EPERM without CAP_NET_ADMIN or CAP_NET_RAW. */
SNT_API SNT_MUST_CHECK int snt_set_priority(struct snt_socket *socket,
					    int priority);
SNT_API SNT_MUST_CHECK int snt_get_priority(const struct snt_socket *socket,
					    int *priority);
/* A number for firewall and routes. */
SNT_API SNT_MUST_CHECK int snt_set_mark(struct snt_socket *socket,
					uint32_t mark);
SNT_API SNT_MUST_CHECK int snt_get_mark(const struct snt_socket *socket,
					uint32_t *mark);
/* Only packets through this interface; NULL or "": any. -ENODEV. The getter
 * returns the name's length; 16 bytes are enough, what does not fit is cut. */
SNT_API SNT_MUST_CHECK int snt_set_device(struct snt_socket *socket,
					  const char *name);
SNT_API SNT_MUST_CHECK int snt_get_device(const struct snt_socket *socket,
					  char *name, size_t size);

/* Bytes of kernel buffer; the kernel doubles what is asked, see socket(7). */
SNT_API SNT_MUST_CHECK int snt_set_rcvbuf(struct snt_socket *socket,
					  size_t bytes);
SNT_API SNT_MUST_CHECK int snt_set_sndbuf(struct snt_socket *socket,
					  size_t bytes);

/* Any option, as setsockopt(2). */
SNT_API SNT_MUST_CHECK int snt_setsockopt(struct snt_socket *socket, int level,
					  int name, const void *value,
					  size_t size);
/* As getsockopt(2); returns the value's size in bytes. */
SNT_API SNT_MUST_CHECK int snt_getsockopt(const struct snt_socket *socket,
					  int level, int name, void *value,
					  size_t size);

#ifdef __cplusplus
}
#endif
#endif
