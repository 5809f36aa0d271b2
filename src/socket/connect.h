/* SPDX-License-Identifier: MIT */
/* The halves of a connect, for whoever waits for several. */
#ifndef SNT_SOCKET_CONNECT_H
#define SNT_SOCKET_CONNECT_H

#include "socket/socket.h"

/* 0: connected. -EINPROGRESS: wait until it is writable, then ask for the
 * result. -EAGAIN: a Unix listener's queue is full. */
int snt__connect_start(struct snt_socket *socket, const struct snt_addr *addr);
/* -EINPROGRESS: not yet, wait once more. */
int snt__connect_result(struct snt_socket *socket, const struct snt_addr *addr);

/* How long the first wait for room in a Unix socket's queue is. */
#define SNT__ROOM_PAUSE SNT_MILLISECOND

/*
 * A Unix peer's full queue cannot be polled for room, so this waits a while,
 * longer each time, under the call's deadline as snt__call_wait does.
 */
int snt__wait_for_room(struct snt_socket *socket, int64_t *pause,
		       int64_t *deadline);

#endif
