/* SPDX-License-Identifier: MIT */
/*
 * A digital search tree over 16-bit numbers (Coffman, Eve, 1970): below a
 * message on level k hang those that share its number's k lowest bits.
 *
 * Built for numbers that mostly follow each other: their low bits differ, so
 * the tree is as flat as a balanced one. Always: no path has more than 17
 * messages, whatever numbers a peer chooses, and nothing but two pointers in
 * each message is needed, so keeping one back cannot fail.
 */
#include "seq/numbers.h"

struct snt__seq_whole **snt__seq_numbers_place(struct snt__seq_whole **root,
					       uint16_t number)
{
	struct snt__seq_whole **place = root;
	unsigned bits = number;

	while (*place != NULL && (*place)->number != number) {
		place = &(*place)->child[bits & 1];
		bits >>= 1;
	}
	return place;
}

/* Any message without children that hangs below may take its place. */
void snt__seq_numbers_remove(struct snt__seq_whole **place)
{
	struct snt__seq_whole *gone = *place, *leaf, **end = place;

	for (;;) {
		if ((*end)->child[0] != NULL)
			end = &(*end)->child[0];
		else if ((*end)->child[1] != NULL)
			end = &(*end)->child[1];
		else
			break;
	}
	leaf = *end;
	*end = NULL;
	if (leaf == gone)
		return;
	leaf->child[0] = gone->child[0];
	leaf->child[1] = gone->child[1];
	*place = leaf;
}
