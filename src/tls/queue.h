/* SPDX-License-Identifier: MIT */
/* Ciphertext that has to wait: memory only as long as there is some. */
#ifndef SNT_TLS_QUEUE_H
#define SNT_TLS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct snt__queue {
	char *bytes; /* NULL: empty */
	uint32_t at; /* of the first that is still there */
	uint32_t size;
	uint32_t capacity;
};

static inline size_t snt__queue_left(const struct snt__queue *queue)
{
	return queue->size - queue->at;
}

static inline const char *snt__queue_first(const struct snt__queue *queue)
{
	return queue->bytes + queue->at;
}

/* All of them, or -ENOMEM. */
int snt__queue_append(struct snt__queue *queue, const void *bytes, size_t size);
void snt__queue_take(struct snt__queue *queue, size_t size);
void snt__queue_end(struct snt__queue *queue);

#endif
