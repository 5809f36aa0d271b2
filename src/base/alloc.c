/* SPDX-License-Identifier: MIT */
/* The C library's allocator, counted, and able to fail on demand. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

_Thread_local int (*snt__alloc_fails)(void);
static atomic_size_t live;
static _Thread_local ptrdiff_t balance;

static int fails(void)
{
	return snt__alloc_fails != NULL && snt__alloc_fails();
}

static void *counted(void *block)
{
	if (block != NULL) {
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
		balance++;
	}
	return block;
}

void *snt__alloc(size_t size)
{
	return fails() ? NULL : counted(calloc(1, size));
}

void *snt__alloc_array(size_t count, size_t size)
{
	/* calloc(3) looks too, but a sanitizer's ends the process. */
	if (count == 0 || size == 0 || count > SIZE_MAX / size)
		return NULL;
	return fails() ? NULL : counted(calloc(count, size));
}

void *snt__realloc_array(void *block, size_t count, size_t size)
{
	void *grown;

	if (count == 0 || size == 0 || count > SIZE_MAX / size)
		return NULL;
	if (fails())
		return NULL;
	grown = realloc(block, count * size);
	return block == NULL ? counted(grown) : grown;
}

void snt__free(void *block)
{
	if (block == NULL)
		return;
	atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	balance--;
	free(block);
}

size_t snt__alloc_live(void)
{
	return atomic_load_explicit(&live, memory_order_relaxed);
}

ptrdiff_t snt__alloc_balance(void)
{
	return balance;
}
