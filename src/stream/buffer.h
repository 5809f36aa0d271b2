/* SPDX-License-Identifier: MIT */
/*
 * Bytes between a handle and its user: put in at the end, taken at the front.
 * The block exists only while it is needed. It has one byte more than its
 * capacity, so that text can always be ended in place.
 */
#ifndef SNT_STREAM_BUFFER_H
#define SNT_STREAM_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct snt_socket;

/* All zero: empty, without a block. */
struct snt__buffer {
	char *block;
	size_t capacity;
	size_t start; /* of what has not been taken */
	size_t end;
};

static inline size_t snt__buffer_count(const struct snt__buffer *buffer)
{
	return buffer->end - buffer->start;
}

/* Of a buffer with a block. */
static inline char *snt__buffer_data(const struct snt__buffer *buffer)
{
	return buffer->block + buffer->start;
}

/*
 * Makes the data, and room for it to grow to `want` bytes, lie in one piece.
 * Blocks grow in steps, up to `most` bytes or what is wanted; one that is
 * larger and need not be is exchanged for a smaller one. -ENOMEM: all is as
 * it was.
 */
int snt__buffer_reserve(struct snt__buffer *buffer, size_t want, size_t most);

/* Puts size bytes in front; data may lie in the buffer itself. -ENOMEM. */
int snt__buffer_unread(struct snt__buffer *buffer, const void *data,
		       size_t size);

/* Puts them at the end, where there is room for them. */
void snt__buffer_append(struct snt__buffer *buffer, const void *data,
			size_t size);

void snt__buffer_take(struct snt__buffer *buffer, size_t size);

/* Gives the block back, with what is in it. */
void snt__buffer_drop(struct snt__buffer *buffer);

static inline void snt__buffer_drop_if_empty(struct snt__buffer *buffer)
{
	if (snt__buffer_count(buffer) == 0)
		snt__buffer_drop(buffer);
}

/*
 * Waits for bytes from socket and appends what comes, at most until there
 * are `want`; as snt__recv_some. An empty buffer has no block while it waits.
 */
ptrdiff_t snt__buffer_receive(struct snt__buffer *buffer,
			      struct snt_socket *socket, size_t want,
			      size_t most, int64_t *deadline);

#endif
