/* SPDX-License-Identifier: MIT */
/* Handles and the threads they belong to. */
#ifndef SNT_SOCKET_OWNER_H
#define SNT_SOCKET_OWNER_H

#include "socket/socket.h"

enum snt__ending {
	SNT__CLOSE,
	SNT__ABANDON, /* without a layer's goodbye */
	SNT__RESET,   /* nor what is unsent */
};

/* Whether the handle is another thread's: then that one closes it, soon. Else
 * it is ours to close. */
bool snt__close_elsewhere(struct snt_socket *socket, enum snt__ending how);

/* The rest of a close, by whose it is. */
void snt__close_here(struct snt_socket *socket, bool goodbye);

#endif
