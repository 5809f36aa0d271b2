/* SPDX-License-Identifier: MIT */
/* Receive buffers that connections borrow while bytes are on their way. */
#ifndef CLI_BUFFER_H
#define CLI_BUFFER_H

#include <stddef.h>

/* Also the largest datagram's. */
#define BUFFER_SIZE ((size_t)64 * 1024)

/* BUFFER_SIZE bytes, or NULL: out of memory. */
char *buffer_take(void);

/* On the thread that took it. */
void buffer_give(char *buffer);

/* What this thread keeps for later; before the thread ends. */
void buffers_release(void);

#endif
