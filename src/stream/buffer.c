/* SPDX-License-Identifier: MIT */
/*
 * The two buffers of a stream, and that of a copy. Built for messages of some
 * hundred bytes to some ten thousand, and for handles of which most are idle:
 * so a block is asked for when bytes are about to come.
 *
 * Bytes are moved within a block only to win at least as much room as is
 * moved, unless it may not grow; so each is moved about once, whatever sizes
 * they come and go in. Nothing here knows what the bytes mean.
 */
#include "stream/buffer.h"

#include "base/alloc.h"
#include "socket/stream.h"

#include <string.h>

/* The data goes to a block of its own. */
static int move_to(struct snt__buffer *buffer, size_t capacity)
{
	size_t count = snt__buffer_count(buffer);
	char *block = snt__realloc_array(NULL, capacity + 1, 1);

	if (block == NULL)
		return -ENOMEM;
	if (count > 0)
		memcpy(block, snt__buffer_data(buffer), count);
	snt__free(buffer->block);
	*buffer = (struct snt__buffer){ block, capacity, 0, count };
	return 0;
}

int snt__buffer_reserve(struct snt__buffer *buffer, size_t want, size_t most)
{
	size_t count = snt__buffer_count(buffer);
	size_t twice =
		buffer->capacity <= most / 2 ? buffer->capacity * 2 : most;

	if (buffer->capacity > most && want <= most)
		return move_to(buffer, want);
	if (buffer->block == NULL || want > buffer->capacity)
		return move_to(buffer, want > twice ? want : twice);
	if (want <= buffer->capacity - buffer->start)
		return 0;
	if (buffer->start < count && buffer->capacity < most)
		return move_to(buffer, want > twice ? want : twice);
	memmove(buffer->block, snt__buffer_data(buffer), count);
	buffer->start = 0;
	buffer->end = count;
	return 0;
}

int snt__buffer_unread(struct snt__buffer *buffer, const void *data,
		       size_t size)
{
	size_t count = snt__buffer_count(buffer);
	struct snt__buffer larger = { .capacity = size + count,
				      .end = size + count };

	if (size == 0)
		return 0;
	if (size <= buffer->start) {
		buffer->start -= size;
		memmove(snt__buffer_data(buffer), data, size);
		return 0;
	}
	larger.block = snt__realloc_array(NULL, larger.capacity + 1, 1);
	if (larger.block == NULL)
		return -ENOMEM;
	memcpy(larger.block, data, size);
	if (count > 0)
		memcpy(larger.block + size, snt__buffer_data(buffer), count);
	/* Only now: data may lie in it. */
	snt__free(buffer->block);
	*buffer = larger;
	return 0;
}

void snt__buffer_append(struct snt__buffer *buffer, const void *data,
			size_t size)
{
	memcpy(buffer->block + buffer->end, data, size);
	buffer->end += size;
}

void snt__buffer_take(struct snt__buffer *buffer, size_t size)
{
	buffer->start += size;
}

void snt__buffer_drop(struct snt__buffer *buffer)
{
	snt__free(buffer->block);
	*buffer = (struct snt__buffer){ 0 };
}

ptrdiff_t snt__buffer_receive(struct snt__buffer *buffer,
			      struct snt_socket *socket, size_t want,
			      size_t most, int64_t *deadline)
{
	size_t count = snt__buffer_count(buffer);
	ptrdiff_t n;

	for (;;) {
		n = snt__buffer_reserve(buffer, want, most);
		if (n == 0)
			n = snt__recv_now(socket, buffer->block + buffer->end,
					  want - count);
		if (n != -EAGAIN)
			break;
		snt__buffer_drop_if_empty(buffer);
		n = snt__recv_wait(socket, deadline);
		if (n < 0)
			return n;
	}
	if (n > 0)
		buffer->end += (size_t)n;
	return n;
}
