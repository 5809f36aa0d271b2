/* SPDX-License-Identifier: MIT */
/*
 * A pairing heap of deadlines (Fredman, Sedgewick, Sleator, Tarjan, 1986).
 *
 * Workload: every wait with a limit puts one node in and, nearly always, takes
 * the same node out again long before it is the smallest. So: insertion in
 * O(1), removal of any node in amortized O(log n), and no memory of its own,
 * since a wait must not fail for want of a heap slot. Equal deadlines leave in
 * the order they came, which keeps a simulated run repeatable.
 */
#ifndef SNT_BASE_HEAP_H
#define SNT_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct snt__heap_node {
	struct snt__heap_node *child;
	struct snt__heap_node *next; /* sibling */
	struct snt__heap_node *prev; /* sibling before; the first's: parent */
	int64_t key;
	uint64_t order;
};

struct snt__heap {
	struct snt__heap_node *root;
	uint64_t inserted;
};

/* The node with the smallest key; NULL when empty. */
static inline struct snt__heap_node *
snt__heap_first(const struct snt__heap *heap)
{
	return heap->root;
}

/* The node must not be in a heap. */
void snt__heap_insert(struct snt__heap *heap, struct snt__heap_node *node,
		      int64_t key);
/* The node must be in this heap. */
void snt__heap_remove(struct snt__heap *heap, struct snt__heap_node *node);

#endif
