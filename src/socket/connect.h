/* SPDX-License-Identifier: MIT */
/* The halves of a connect, for whoever waits for several. */
#ifndef SNT_SOCKET_CONNECT_H
#define SNT_SOCKET_CONNECT_H

#include "socket/socket.h"

/* 0: connected. -EINPROGRESS: wait until it is writable, then ask for the
 * result. -EAGAIN: a Unix listener's queue is full. */
int snt__connect_start(struct snt_socket *socket, const struct snt_addr *addr);
int snt__connect_result(struct snt_socket *socket, const struct snt_addr *addr);

#endif
