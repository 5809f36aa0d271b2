/* SPDX-License-Identifier: MIT */
/*
 * Things by a 64-bit key. The nodes live inside the things, and a table that
 * cannot grow only becomes slower: so adding cannot fail. Keys that a stranger
 * chooses must have been mixed with a secret before.
 */
#ifndef SNT_SEQ_TABLE_H
#define SNT_SEQ_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct snt__seq_node {
	struct snt__seq_node *next;
	uint64_t key;
};

struct snt__seq_table {
	struct snt__seq_node **buckets;
	size_t room; /* of buckets, a power of two */
	size_t count;
};

/* -ENOMEM. */
int snt__seq_table_begin(struct snt__seq_table *table);
void snt__seq_table_add(struct snt__seq_table *table,
			struct snt__seq_node *node, uint64_t key);
/* The node must be in the table. */
void snt__seq_table_remove(struct snt__seq_table *table,
			   struct snt__seq_node *node);
/* The first of that key, and the next one of the same; NULL: none. */
struct snt__seq_node *snt__seq_table_find(const struct snt__seq_table *table,
					  uint64_t key);
struct snt__seq_node *snt__seq_table_again(const struct snt__seq_node *node);
/* Nothing is in it any more. Fine on one that never began. */
void snt__seq_table_end(struct snt__seq_table *table);

#endif
