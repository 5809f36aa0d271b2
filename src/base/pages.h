/* SPDX-License-Identifier: MIT */
/* Address space for stacks, subject to the same failures on demand as alloc.h. */
#ifndef SNT_BASE_PAGES_H
#define SNT_BASE_PAGES_H

#include <stddef.h>

size_t snt__page_size(void);

/* Zeroed, untouched, never huge pages; NULL when there is none. */
void *snt__pages_map(size_t size);
void snt__pages_unmap(void *pages, size_t size);

/*
 * Makes a touch of the pages end in SIGSEGV. Needs no mapping of its own where
 * the kernel has guard regions (Linux 6.13); else mprotect(2), which splits
 * one off and stops at vm.max_map_count. -ENOMEM.
 */
int snt__pages_guard(void *pages, size_t size);

/* Gives the memory back, keeps the address space (and its guards). */
void snt__pages_release(void *pages, size_t size);

#endif
