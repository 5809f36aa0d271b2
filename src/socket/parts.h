/* SPDX-License-Identifier: MIT */
/* A server of several addresses is several descriptors behind one handle. */
#ifndef SNT_SOCKET_PARTS_H
#define SNT_SOCKET_PARTS_H

#include "socket/socket.h"

/*
 * Tries the parts in turn until one answers other than -EAGAIN; when all do,
 * waits for any of them as snt__call_wait does, until the same deadline, and
 * goes on. The first part
 * asked changes from call to call, so that none starves.
 */
ptrdiff_t snt__parts_try(struct snt_socket *socket,
			 ptrdiff_t (*try_part)(struct snt_socket *part,
					       void *arg),
			 void *arg, int64_t *deadline);

/* The part that can reach addr. */
struct snt_socket *snt__part_for(struct snt_socket *socket,
				 const struct snt_addr *addr);

/* snt_recvfrom, under the name of the call that failed. */
ptrdiff_t snt__recv_datagram(struct snt_socket *socket, void *buffer,
			     size_t size, struct snt_addr *from,
			     const char *what);

/*
 * A watch for each part; returns how many, at most SNT__PARTS_MAX.
 */
size_t snt__parts_watch(struct snt_socket *socket, unsigned directions,
			struct snt__watch *watches);

/*
 * In which of the watch's directions its handle would not have to wait: a
 * level. What is known not to be ready is not asked for; what turns out not to
 * be is known from then on, so that only an event can change it.
 */
int snt__watch_look(const struct snt__watch *watch);

#endif
