/* SPDX-License-Identifier: MIT */
/*
 * The polls of a ring, by number. The kernel is given a slot's number and
 * generation, never an address, and a slot is used again only after the last
 * completion of its poll: so a handle may be freed as soon as its polls are
 * cancelled, and no late completion can reach what stands there then.
 */
#ifndef SNT_IO_SLOTS_H
#define SNT_IO_SLOTS_H

#include "io/poller.h"

#include <stdbool.h>

#define SNT__NO_SLOT UINT32_MAX

/* One poll: one direction of a handle. */
struct snt__slot {
	struct snt__handle *handle; /* NULL: forgotten */
	uint32_t generation;
	uint32_t next;      /* while free, or kept */
	int16_t result;     /* when ended: its error, or 0 */
	uint8_t direction;  /* SNT__READ or SNT__WRITE */
	uint8_t directions; /* while kept: what to tell */
	bool kept;          /* its event waits to be told */
	bool ended;         /* no completion will come any more */
};

struct snt__slots {
	struct snt__slot *table;
	uint32_t capacity;
	uint32_t free;
	uint32_t used;
	uint32_t kept_first;
	uint32_t kept_last;
};

void snt__slots_init(struct snt__slots *slots);
void snt__slots_release(struct snt__slots *slots);

/* Makes sure that the next take succeeds. -ENOMEM. */
int snt__slots_reserve(struct snt__slots *slots);
uint32_t snt__slot_take(struct snt__slots *slots, struct snt__handle *handle,
			unsigned direction);
void snt__slot_free(struct snt__slots *slots, struct snt__slot *slot);

/* Last in the queue of those whose event waits to be told. */
void snt__slot_keep(struct snt__slots *slots, struct snt__slot *slot);
/* The first of them, no longer kept; NULL: none. */
struct snt__slot *snt__slot_kept(struct snt__slots *slots);

/* What the kernel is given. */
static inline uint64_t snt__slot_name(const struct snt__slot *slot,
				      uint32_t index)
{
	return (uint64_t)slot->generation << 32 | index;
}

/* NULL: of none, or of one that has ended. */
static inline struct snt__slot *snt__slot_named(const struct snt__slots *slots,
						uint64_t name)
{
	uint32_t index = (uint32_t)name;

	if (index >= slots->capacity ||
	    slots->table[index].generation != name >> 32)
		return NULL;
	return &slots->table[index];
}

#endif
