/* SPDX-License-Identifier: MIT */
/*
 * All memory of sennit comes through here, so that tests can make the n-th
 * request fail and can tell that everything was given back.
 */
#ifndef SNT_BASE_ALLOC_H
#define SNT_BASE_ALLOC_H

#include <stddef.h>

/* NULL when there is none. Zeroed. */
void *snt__alloc(size_t size) __attribute__((malloc, alloc_size(1)));
/* Zeroed; NULL also when count * size is 0 or overflows. */
void *snt__alloc_array(size_t count, size_t size);
/* Keeps the old block when it returns NULL, also for a size of 0. New bytes
 * are not zeroed. */
void *snt__realloc_array(void *block, size_t count, size_t size);
void snt__free(void *block);

/* Asked before every request; true makes it fail. NULL: none. Tests only. */
extern _Thread_local int (*snt__alloc_fails)(void);

/* Blocks given out and not yet returned, process-wide. */
size_t snt__alloc_live(void);
/* The same for this thread: taken here, less given back here. */
ptrdiff_t snt__alloc_balance(void);

#endif
