/* SPDX-License-Identifier: MIT */
/* The table that slots.h describes. It grows and never shrinks: 24 bytes for
 * each poll of the busiest moment. */
#include "io/slots.h"

#include "base/alloc.h"

#include <errno.h>

#define FIRST_CAPACITY 16

void snt__slots_init(struct snt__slots *slots)
{
	*slots = (struct snt__slots){ .free = SNT__NO_SLOT,
				      .kept_first = SNT__NO_SLOT };
}

void snt__slots_release(struct snt__slots *slots)
{
	snt__free(slots->table);
	snt__slots_init(slots);
}

int snt__slots_reserve(struct snt__slots *slots)
{
	uint32_t capacity =
		slots->capacity > 0 ? 2 * slots->capacity : FIRST_CAPACITY;
	struct snt__slot *table;

	if (slots->free != SNT__NO_SLOT)
		return 0;
	/* A name of all ones is nobody's. */
	if (slots->capacity > SNT__NO_SLOT / 4)
		return -ENOMEM;
	table = snt__realloc_array(slots->table, capacity, sizeof *table);
	if (table == NULL)
		return -ENOMEM;
	for (uint32_t i = capacity; i-- > slots->capacity;) {
		table[i] = (struct snt__slot){ .next = slots->free };
		slots->free = i;
	}
	slots->table = table;
	slots->capacity = capacity;
	return 0;
}

uint32_t snt__slot_take(struct snt__slots *slots, struct snt__handle *handle,
			unsigned direction)
{
	uint32_t index = slots->free;
	struct snt__slot *slot = &slots->table[index];

	slots->free = slot->next;
	slots->used++;
	slot->handle = handle;
	slot->direction = (uint8_t)direction;
	return index;
}

void snt__slot_free(struct snt__slots *slots, struct snt__slot *slot)
{
	*slot = (struct snt__slot){ .generation = slot->generation + 1,
				    .next = slots->free };
	slots->free = (uint32_t)(slot - slots->table);
	slots->used--;
}

void snt__slot_keep(struct snt__slots *slots, struct snt__slot *slot)
{
	uint32_t index = (uint32_t)(slot - slots->table);

	if (slot->kept)
		return;
	slot->kept = true;
	slot->next = SNT__NO_SLOT;
	if (slots->kept_first == SNT__NO_SLOT)
		slots->kept_first = index;
	else
		slots->table[slots->kept_last].next = index;
	slots->kept_last = index;
}

struct snt__slot *snt__slot_kept(struct snt__slots *slots)
{
	struct snt__slot *slot;

	if (slots->kept_first == SNT__NO_SLOT)
		return NULL;
	slot = &slots->table[slots->kept_first];
	slots->kept_first = slot->next;
	slot->kept = false;
	return slot;
}
