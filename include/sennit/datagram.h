/* SPDX-License-Identifier: MIT */
/*
 * Datagrams with all that the kernel has to say of them, and many in one call.
 * udp(7), ip(7), ipv6(7), unix(7). The calls that wait do so, and are told to
 * stop, as socket.h says, on the thread that the handle belongs to; they borrow
 * what they are given until they return. Descriptors travel in message.h.
 *
 * One datagram is at most 65,507 bytes over IPv4, 65,527 over IPv6.
 */
#ifndef SENNIT_DATAGRAM_H
#define SENNIT_DATAGRAM_H

#include <sennit/peer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What may be told with a datagram, or told to the kernel: bits of a mask. */
#define SNT_CONTROL_LOCAL 1u        /* our address, and the interface */
#define SNT_CONTROL_TTL 2u          /* time to live; IPv6: hop limit */
#define SNT_CONTROL_TOS 4u          /* service and ECN; IPv6: traffic class */
#define SNT_CONTROL_TIME 8u         /* when it came */
#define SNT_CONTROL_CREDENTIALS 16u /* who sent it, over a Unix socket */
#define SNT_CONTROL_SEGMENT 32u     /* several in one, of this size each */

/* Only what stands in has means anything. All zero is valid: nothing. */
struct snt_control {
	unsigned has;       /* SNT_CONTROL_ bits */
	unsigned interface; /* LOCAL: index; to send: 0, any */
	int ttl;            /* 1 to 255; 0 came over IPv6 at its last hop */
	int tos;        /* 0 to 255; the lowest two bits are ECN, RFC 3168 */
	size_t segment; /* bytes; the last one may be shorter */
	int64_t time;   /* nanoseconds since 1970, by the kernel's clock */
	struct snt_credentials credentials;
	/* LOCAL: received, to whom it was sent, which may be a group; to send,
	 * from whom, and of no family (all zero): any. The port is 0. */
	struct snt_addr local;
};

/*
 * One datagram. All zero is valid to send: no bytes, to the peer. What the
 * pointers point at is the caller's; sending does not write to it.
 */
struct snt_datagram {
	void *buffer;
	size_t size;      /* bytes in buffer; snt_recv_datagram: first, room */
	size_t real_size; /* received: what was sent; above size: cut off */
	struct snt_addr *addr; /* to whom, or from whom; NULL: no matter */
	struct snt_control *control; /* NULL: none */
};

/*
 * Asks for these items, and no others, with what comes from now on; on an IPv6
 * socket for the IPv4 that it carries, too. SEGMENT lets the kernel hand over
 * several datagrams of a sender as one (GRO): snt_recvmany gives them apart
 * again, snt_recv_datagram tells .segment, and any other call takes them for
 * one. -EOPNOTSUPP: no such item in this family, or no datagram socket.
 * -ENOPROTOOPT: not in this kernel (SEGMENT before Linux 5.0). -EINVAL: no item.
 */
SNT_API SNT_MUST_CHECK int snt_set_control(struct snt_socket *socket,
					   unsigned items);

/*
 * Waits for a datagram: up to .size bytes of it go to .buffer; then .size is
 * how many, .real_size how many it had, *.addr who sent it and *.control what
 * came of the items asked for (those that did not are not in .has). Returns
 * .size. An empty datagram is 0; so is a socket shut down for reading, with an
 * address of size 0. -EOPNOTSUPP: not a datagram socket. -EINVAL: SEGMENT is
 * asked for and control is NULL. Else as snt_recv.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t
snt_recv_datagram(struct snt_socket *socket, struct snt_datagram *datagram);
/* snt_sendmany of one; returns its size. */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_send_datagram(
	struct snt_socket *socket, const struct snt_datagram *datagram);

/* Most datagrams that a kernel hands over as one. */
#define SNT_SEGMENTS_MAX 128
/* Bytes of buffer for so many datagrams of at most so many bytes each. */
#define SNT_BATCH_EXTRA 656
#define SNT_BATCH_SIZE(count, bytes)                                           \
	((size_t)(count) * ((size_t)(bytes) + SNT_BATCH_EXTRA))

/*
 * Waits for one datagram, and takes up to count that are there by then. Each is
 * given room for an equal share of the buffer (size bytes, of any alignment;
 * SNT_BATCH_SIZE tells how many), and what is written to datagrams points into
 * it: bytes, address, control items (NULL if none came). Nothing is copied; it
 * is all good until the buffer is used again. Returns how many; 0: shut down for
 * reading. One that did not fit has a real_size above its size.
 *
 * With SEGMENT asked for, what came as one needs room for 65,535 bytes and is
 * up to SNT_SEGMENTS_MAX datagrams: so count / SNT_SEGMENTS_MAX of these are
 * taken at once, or as many as size has room for.
 * A server of several addresses hands over those of one of them at a time.
 * -EINVAL: no room for a single one. -EOPNOTSUPP: not a datagram socket. Else as
 * snt_recv.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_recvmany(struct snt_socket *socket,
					      void *buffer, size_t size,
					      struct snt_datagram *datagrams,
					      size_t count);

/*
 * Waits until the first of count datagrams can be sent, and sends those that
 * can be then, in order; returns how many. Send the rest by another call: it
 * waits, or tells what stopped this one, unless that has passed (a refusal is
 * told once). Of .control, LOCAL, TTL, TOS and SEGMENT can be sent, for this
 * datagram alone; what was received has to be picked over first.
 *
 * Neighbours of one size (the last may be shorter), one address and the same
 * control go to the kernel as one (GSO), where it and the way allow it; they are
 * datagrams of their own all the same. With SEGMENT .buffer is such a run: at
 * most SNT_SEGMENTS_MAX (before Linux 6.9: 64), 65,507 bytes; not cut up here if
 * the kernel refuses, -EIO, -EINVAL, -EMSGSIZE or -EOPNOTSUPP.
 * -EMSGSIZE: too long. -EINVAL: an item that cannot be sent, or not with that
 * value. -EOPNOTSUPP: not a datagram socket, or an item that its family does
 * not have. Else as snt_sendto.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t
snt_sendmany(struct snt_socket *socket, const struct snt_datagram *datagrams,
	     size_t count);

/* What became of a datagram. */
struct snt_datagram_error {
	int code;           /* negative: -ECONNREFUSED, -EHOSTUNREACH ... */
	struct snt_addr to; /* who it was sent to */
	struct snt_addr by; /* who says so, port 0; size 0: this machine */
	uint32_t mtu;       /* -EMSGSIZE: what the way carries; else 0 */
	uint8_t icmp_type, icmp_code; /* as by said it; 0: this machine */
};

/*
 * Keeps what became of datagrams for snt_recverr, and tells the next call that
 * receives or sends of it, once, on unconnected sockets too: IP_RECVERR. Off
 * drops what is kept. -EOPNOTSUPP: not an IP datagram socket.
 */
SNT_API SNT_MUST_CHECK int snt_set_recverr(struct snt_socket *socket, bool on);
/* The oldest that is kept. Never waits. -EAGAIN: there is none. */
SNT_API SNT_MUST_CHECK int snt_recverr(struct snt_socket *socket,
				       struct snt_datagram_error *error);

/* What is done about datagrams that are too long for the way, see ip(7). */
enum snt_mtu_discovery {
	SNT_MTU_WANT,  /* cut up what is longer than is known; the default */
	SNT_MTU_DONT,  /* cut up, anywhere on the way */
	SNT_MTU_DO,    /* never cut up: longer than is known is -EMSGSIZE */
	SNT_MTU_PROBE, /* never cut up, whatever is known */
};
/* On an IPv6 socket for both families. -EINVAL: none of these. The getter: also
 * -EOPNOTSUPP, something else has been set by snt_setsockopt. */
SNT_API SNT_MUST_CHECK int
snt_set_mtu_discovery(struct snt_socket *socket,
		      enum snt_mtu_discovery discovery);
SNT_API SNT_MUST_CHECK int
snt_get_mtu_discovery(const struct snt_socket *socket,
		      enum snt_mtu_discovery *discovery);
/* Bytes that a packet on the way to the peer may have, as far as is known;
 * IPv4 and UDP headers take 28 of them, IPv6 and UDP 48. -ENOTCONN. */
SNT_API SNT_MUST_CHECK int snt_get_mtu(const struct snt_socket *socket,
				       size_t *mtu);

#ifdef __cplusplus
}
#endif
#endif
