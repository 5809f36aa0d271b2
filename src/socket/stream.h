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

/* Waits for room for at least one byte. A layer may keep of it what goes later:
 * whoever sends no more goes on with snt__send_rest. */
ptrdiff_t snt__send_some(struct snt_socket *socket, const void *buffer,
			 size_t size, int64_t *deadline);

/* The slow half of snt__send_rest. */
int snt__flush(struct snt_socket *socket, int64_t *deadline);

/* Waits until what a layer has taken is gone. After a failure it still goes,
 * in front of what is sent next. */
static inline int snt__send_rest(struct snt_socket *socket, int64_t *deadline)
{
	return __builtin_expect(socket->kind == SNT__LAYERED, 0)
		       ? snt__flush(socket, deadline)
		       : 0;
}

/* Whether less than was asked for means that nothing is left. */
static inline bool snt__is_proof(struct snt__handle *handle)
{
	bool proof = handle->odd == 0;

	handle->odd &= (uint8_t)~SNT__DOUBT;
	return proof;
}

/*
 * What a try that moved nothing returned, n, passes through here: the kernel
 * tells what broke a connection once, to whoever asks first, a writer. To the
 * reader it would then say that all had ended well.
 */
ptrdiff_t snt__remember(struct snt_socket *socket, ptrdiff_t n, size_t size);

#endif
