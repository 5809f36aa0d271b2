/* SPDX-License-Identifier: MIT */
/* Control items in the kernel's form, and what batches know of a handle. */
#ifndef SNT_SOCKET_BATCH_H
#define SNT_SOCKET_BATCH_H

#include "socket/message.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sennit/datagram.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Room for all items that can be asked for, and some that others asked for. */
#define SNT__CONTROL_ROOM 256
/* What one datagram's items take at most when sent, the segment's among them:
 * an IPv6 socket's TTL and TOS are told in both families. */
#define SNT__CONTROL_SENT                                                      \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) +                              \
	 4 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint16_t)))

/* -EOPNOTSUPP, with a line, on what is no datagram socket. */
int snt__check_datagram(const struct snt_socket *socket, const char *what);

/* Whether these can be sent; words its failure. */
int snt__control_check(const struct snt_socket *socket,
		       const struct snt_control *control);
/* Writes the items (NULL: none) and, unless it is 0, the segment's size to
 * room, which is aligned; returns the bytes used. */
size_t snt__control_put(const struct snt_socket *socket,
			const struct snt_control *control, uint16_t segment,
			void *room);
/* The items that came with a message. Descriptors among them are closed. */
void snt__control_read(const struct snt_socket *socket,
		       struct snt_control *control,
		       const struct msghdr *header);

/*
 * Asks, once, what the kernel does with this handle: merges, and segment_bits.
 * The latter is 0 until then; else runs of datagrams of less than
 * 1 << (segment_bits - 1) bytes can be sent as one, 1: none.
 */
int snt__batch_probe(struct snt_socket *socket);
#define SNT__SEGMENT_NONE 1
#define SNT__SEGMENT_ANY 17

static inline size_t snt__segment_limit(const struct snt_socket *socket)
{
	return (size_t)1 << (socket->segment_bits - 1);
}

#endif
