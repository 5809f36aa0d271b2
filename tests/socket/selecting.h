/* SPDX-License-Identifier: MIT */
/* Selectors over pairs, each with its number as .data. */
#ifndef TESTS_SOCKET_SELECTING_H
#define TESTS_SOCKET_SELECTING_H

#include "pairs.h"

/* A selector with all of ours registered for reading, .data its number. */
MAYBE static struct snt_selector *selector_on(const struct pairs *pairs)
{
	struct snt_selector *selector;

	OK(snt_selector_open(&selector));
	for (size_t i = 0; i < pairs->count; i++)
		OK(snt_selector_register(selector, pairs->mine[i], SNT_READABLE,
					 (void *)i));
	return selector;
}

/* What a select that does not wait tells, as a set of numbers. */
MAYBE static uint64_t ready_now(struct snt_selector *selector)
{
	struct snt_selected ready[64];
	uint64_t set = 0;
	int count =
		(int)OK(snt_selector_select(selector, ready, 64, SNT_NOWAIT));

	for (int i = 0; i < count; i++) {
		uint64_t bit = UINT64_C(1) << (size_t)ready[i].data;

		assert_false(set & bit);
		set |= bit;
	}
	return set;
}

#define SET(n) (UINT64_C(1) << (n))

#endif
