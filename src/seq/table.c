/* SPDX-License-Identifier: MIT */
/*
 * Chains from an array of buckets, which doubles when there are more nodes than
 * buckets. Built for ten thousand sessions that are looked up with each
 * datagram. It never shrinks.
 */
#include "seq/table.h"

#include "base/alloc.h"

#include <errno.h>

#define ROOM 16

/* Of keys that are close to each other, too. */
static size_t bucket_of(const struct snt__seq_table *table, uint64_t key)
{
	return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
	       (table->room - 1);
}

int snt__seq_table_begin(struct snt__seq_table *table)
{
	table->buckets = snt__alloc_array(ROOM, sizeof table->buckets[0]);
	table->room = ROOM;
	table->count = 0;
	return table->buckets != NULL ? 0 : -ENOMEM;
}

static void put(struct snt__seq_table *table, struct snt__seq_node *node)
{
	struct snt__seq_node **bucket =
		&table->buckets[bucket_of(table, node->key)];

	node->next = *bucket;
	*bucket = node;
}

static void grow(struct snt__seq_table *table)
{
	struct snt__seq_node **old = table->buckets;
	size_t room = table->room;

	table->buckets = snt__alloc_array(room * 2, sizeof old[0]);
	if (table->buckets == NULL) {
		table->buckets = old;
		return;
	}
	table->room = room * 2;
	for (size_t i = 0; i < room; i++)
		while (old[i] != NULL) {
			struct snt__seq_node *node = old[i];

			old[i] = node->next;
			put(table, node);
		}
	snt__free(old);
}

void snt__seq_table_add(struct snt__seq_table *table,
			struct snt__seq_node *node, uint64_t key)
{
	if (table->count >= table->room)
		grow(table);
	node->key = key;
	put(table, node);
	table->count++;
}

void snt__seq_table_remove(struct snt__seq_table *table,
			   struct snt__seq_node *node)
{
	struct snt__seq_node **at =
		&table->buckets[bucket_of(table, node->key)];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	table->count--;
}

static struct snt__seq_node *of_key(struct snt__seq_node *node, uint64_t key)
{
	while (node != NULL && node->key != key)
		node = node->next;
	return node;
}

struct snt__seq_node *snt__seq_table_find(const struct snt__seq_table *table,
					  uint64_t key)
{
	return of_key(table->buckets[bucket_of(table, key)], key);
}

struct snt__seq_node *snt__seq_table_again(const struct snt__seq_node *node)
{
	return of_key(node->next, node->key);
}

void snt__seq_table_end(struct snt__seq_table *table)
{
	snt__free(table->buckets);
	table->buckets = NULL;
}
