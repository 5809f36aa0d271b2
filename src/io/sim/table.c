/* SPDX-License-Identifier: MIT */
/*
 * Chained hashing. Load: a handful of connections on most hosts, some
 * thousands on a few, each looked up once a packet. There are never more things
 * than two for each slot.
 */
#include "io/sim/table.h"

#include "io/sim/world.h"

#define ROOM_FIRST 16

static struct snt__sim_hashed **slot_of(const struct snt__sim_table *table,
					uint32_t hash)
{
	return &table->slots[hash & (table->room - 1)];
}

static void put(struct snt__sim_table *table, struct snt__sim_hashed *thing)
{
	struct snt__sim_hashed **slot = slot_of(table, thing->hash);

	thing->next = *slot;
	*slot = thing;
}

static void grow(struct snt__sim_table *table)
{
	struct snt__sim_hashed **slots = table->slots, *thing, *next;
	size_t room = table->room;

	table->room = room > 0 ? room * 2 : ROOM_FIRST;
	table->slots = snt__sim_alloc(table->room * sizeof *slots);
	for (size_t i = 0; i < room; i++)
		for (thing = slots[i]; thing != NULL; thing = next) {
			next = thing->next;
			put(table, thing);
		}
	if (slots != NULL)
		snt__sim_free(slots);
}

void snt__sim_table_add(struct snt__sim_table *table,
			struct snt__sim_hashed *thing, uint32_t hash)
{
	if (table->count >= table->room * 2)
		grow(table);
	thing->hash = hash;
	put(table, thing);
	table->count++;
}

void snt__sim_table_remove(struct snt__sim_table *table,
			   struct snt__sim_hashed *thing)
{
	struct snt__sim_hashed **place = slot_of(table, thing->hash);

	while (*place != thing)
		place = &(*place)->next;
	*place = thing->next;
	thing->next = NULL;
	table->count--;
}

static struct snt__sim_hashed *from(struct snt__sim_hashed *thing,
				    uint32_t hash)
{
	while (thing != NULL && thing->hash != hash)
		thing = thing->next;
	return thing;
}

struct snt__sim_hashed *snt__sim_table_find(const struct snt__sim_table *table,
					    uint32_t hash)
{
	return table->count > 0 ? from(*slot_of(table, hash), hash) : NULL;
}

struct snt__sim_hashed *snt__sim_table_next(const struct snt__sim_hashed *thing)
{
	return from(thing->next, thing->hash);
}

struct snt__sim_hashed *snt__sim_table_any(const struct snt__sim_table *table)
{
	for (size_t i = 0; table->count > 0 && i < table->room; i++)
		if (table->slots[i] != NULL)
			return table->slots[i];
	return NULL;
}

void snt__sim_table_end(struct snt__sim_table *table)
{
	if (table->slots != NULL)
		snt__sim_free(table->slots);
	*table = (struct snt__sim_table){ 0 };
}
