/* SPDX-License-Identifier: MIT */
/*
 * A free list of each thread, last in first out, so that the one buffer that
 * a busy loop uses stays in the cache. Most connections are idle and hold
 * none; those that wait for a slow peer hold one each, so the list itself is
 * kept short and gives the rest back.
 */
#include "buffer.h"

#include <stdlib.h>

#define KEPT_MAX 16

static _Thread_local char *kept[KEPT_MAX];
static _Thread_local size_t kept_count;

char *buffer_take(void)
{
	return kept_count > 0 ? kept[--kept_count] : malloc(BUFFER_SIZE);
}

void buffer_give(char *buffer)
{
	if (kept_count < KEPT_MAX)
		kept[kept_count++] = buffer;
	else
		free(buffer);
}

void buffers_release(void)
{
	while (kept_count > 0)
		free(kept[--kept_count]);
}
