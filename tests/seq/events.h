/* SPDX-License-Identifier: MIT */
/* What is on its way in network.c: a heap by time, then by the order in which it
 * was sent. */
#ifndef TESTS_SEQ_EVENTS_H
#define TESTS_SEQ_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct flow;

enum kind {
	DATA,
	ACK,
	TCP_DATA,
	TCP_ACK
};

struct event {
	int64_t at;
	uint64_t order;
	enum kind kind;
	struct flow *flow;
	uint64_t number;
	size_t size;
	unsigned char *body;
};

struct events {
	struct event *heap;
	size_t used, room;
	uint64_t order;
};

static inline bool events_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static inline void events_swap(struct events *e, size_t a, size_t b)
{
	struct event event = e->heap[a];

	e->heap[a] = e->heap[b];
	e->heap[b] = event;
}

static inline void events_push(struct events *e, struct event event)
{
	size_t i = e->used++;

	if (e->used > e->room) {
		e->room = e->room == 0 ? 64 : 2 * e->room;
		e->heap = realloc(e->heap, e->room * sizeof event);
		if (e->heap == NULL)
			abort();
	}
	event.order = e->order++;
	e->heap[i] = event;
	for (; i > 0 && events_before(&e->heap[i], &e->heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		events_swap(e, i, (i - 1) / 2);
}

static inline struct event events_pop(struct events *e)
{
	struct event first = e->heap[0];
	size_t i = 0, child;

	e->heap[0] = e->heap[--e->used];
	while ((child = 2 * i + 1) < e->used) {
		if (child + 1 < e->used &&
		    events_before(&e->heap[child + 1], &e->heap[child]))
			child++;
		if (!events_before(&e->heap[child], &e->heap[i]))
			break;
		events_swap(e, i, child);
		i = child;
	}
	return first;
}

#endif
