/* SPDX-License-Identifier: MIT */
/*
 * A queue of bytes. Built for a record or a flight of a handshake, which is
 * there for as long as the descriptor takes no more, and then gone as a whole.
 */
#include "tls/queue.h"

#include "base/alloc.h"

#include <errno.h>
#include <string.h>

/* More than any flight; who gets here has a peer that only asks. */
#define MOST ((size_t)16 * 1024 * 1024)

int snt__queue_append(struct snt__queue *queue, const void *bytes, size_t size)
{
	size_t left = snt__queue_left(queue);

	if (size > MOST - left)
		return -ENOMEM;
	if (queue->at > 0) {
		memmove(queue->bytes, queue->bytes + queue->at, left);
		queue->at = 0;
		queue->size = (uint32_t)left;
	}
	if (left + size > queue->capacity) {
		char *more = snt__realloc_array(queue->bytes, left + size, 1);

		if (more == NULL)
			return -ENOMEM;
		queue->bytes = more;
		queue->capacity = (uint32_t)(left + size);
	}
	memcpy(queue->bytes + queue->size, bytes, size);
	queue->size += (uint32_t)size;
	return 0;
}

void snt__queue_take(struct snt__queue *queue, size_t size)
{
	queue->at += (uint32_t)size;
	if (queue->at == queue->size)
		snt__queue_end(queue);
}

void snt__queue_end(struct snt__queue *queue)
{
	snt__free(queue->bytes);
	*queue = (struct snt__queue){ 0 };
}
