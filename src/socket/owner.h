/* SPDX-License-Identifier: MIT */
/* Handles and the threads they belong to. */
#ifndef SNT_SOCKET_OWNER_H
#define SNT_SOCKET_OWNER_H

#include "socket/socket.h"

/* Whether the handle is another thread's: then that one closes it, soon. Else
 * it is ours to close. reset: drop what is unsent. */
bool snt__close_elsewhere(struct snt_socket *socket, bool reset);

#endif
