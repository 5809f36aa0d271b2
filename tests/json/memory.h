/* SPDX-License-Identifier: MIT */
/* jansson's memory, counted, and refused on demand. */
#ifndef TESTS_JSON_MEMORY_H
#define TESTS_JSON_MEMORY_H

#include "../socket/net.h"

#include <sennit/json.h>

static struct {
	long live;    /* blocks given out and not given back */
	long asked;   /* how often there was asked for one */
	long fail_at; /* which request fails, from 1; 0: none */
} memory;

MAYBE static void *memory_take(size_t size)
{
	void *block;

	if (++memory.asked == memory.fail_at)
		return NULL;
	block = malloc(size);
	assert_non_null(block);
	memory.live++;
	return block;
}

MAYBE static void memory_give(void *block)
{
	memory.live -= block != NULL;
	free(block);
}

/* Before the first value is made. */
MAYBE static void memory_begin(void)
{
	json_set_alloc_funcs(memory_take, memory_give);
}

/* After the last is given back. */
MAYBE static void memory_end(void)
{
	if (memory.live != 0)
		fail_msg("%ld blocks of jansson's are left", memory.live);
}

#endif
