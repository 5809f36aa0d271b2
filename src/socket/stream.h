/* SPDX-License-Identifier: MIT */
/* One step of a stream's calls, for others that move bytes. */
#ifndef SNT_SOCKET_STREAM_H
#define SNT_SOCKET_STREAM_H

#include "socket/socket.h"

/* A handle that never waits takes no hint for an answer. */
static inline void snt__begin_direction(struct snt_socket *socket,
					unsigned direction)
{
	if (__builtin_expect(socket->timeout == SNT_NOWAIT, 0))
		socket->handle.ready |= (uint8_t)direction;
}

/* Waits for at least one byte, or the end. Failures are the caller's to word. */
ptrdiff_t snt__recv_some(struct snt_socket *socket, void *buffer, size_t size,
			 int flags, int64_t *deadline);

/* Waits for room for at least one byte. */
ptrdiff_t snt__send_some(struct snt_socket *socket, const void *buffer,
			 size_t size, int64_t *deadline);

/*
 * A single try, for who has something to put away before it waits. -EAGAIN: it
 * would have had to; snt__recv_wait returns when the next try is worth it.
 */
ptrdiff_t snt__recv_now(struct snt_socket *socket, void *buffer, size_t size);
int snt__recv_wait(struct snt_socket *socket, int64_t *deadline);
ptrdiff_t snt__send_now(struct snt_socket *socket, const void *buffer,
			size_t size);

/*
 * What a try that moved nothing returned, n, passes through here: the kernel
 * tells what broke a connection once, to whoever asks first, a writer. To the
 * reader it would then say that all had ended well.
 */
ptrdiff_t snt__remember(struct snt_socket *socket, ptrdiff_t n, size_t size);

#endif
