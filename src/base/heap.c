/* SPDX-License-Identifier: MIT */
/* The pairing heap that heap.h describes. Never recursive, never allocates. */
#include "base/heap.h"

#include <stddef.h>

static bool before(const struct snt__heap_node *a,
		   const struct snt__heap_node *b)
{
	return a->key < b->key || (a->key == b->key && a->order < b->order);
}

/* Both are roots without siblings, either may be NULL. */
static struct snt__heap_node *meld(struct snt__heap_node *a,
				   struct snt__heap_node *b)
{
	struct snt__heap_node *top = a, *under = b;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (before(b, a)) {
		top = b;
		under = a;
	}
	under->next = top->child;
	under->prev = top;
	if (top->child != NULL)
		top->child->prev = under;
	top->child = under;
	return top;
}

/* Melds a row of siblings in pairs left to right, then all right to left. */
static struct snt__heap_node *meld_row(struct snt__heap_node *row)
{
	struct snt__heap_node *pairs = NULL, *result = NULL;

	while (row != NULL) {
		struct snt__heap_node *a = row, *b = row->next, *pair;

		row = b != NULL ? b->next : NULL;
		a->next = NULL;
		if (b != NULL)
			b->next = NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct snt__heap_node *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		result = meld(result, pair);
	}
	if (result != NULL)
		result->prev = NULL;
	return result;
}

void snt__heap_insert(struct snt__heap *heap, struct snt__heap_node *node,
		      int64_t key)
{
	*node = (struct snt__heap_node){ .key = key,
					 .order = heap->inserted++ };
	heap->root = meld(heap->root, node);
}

void snt__heap_remove(struct snt__heap *heap, struct snt__heap_node *node)
{
	struct snt__heap_node *below = meld_row(node->child);

	node->child = NULL;
	if (node == heap->root) {
		heap->root = below;
		return;
	}
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
	node->next = NULL;
	node->prev = NULL;
	heap->root = meld(heap->root, below);
}
