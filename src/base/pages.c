/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* Newer than Debian 12's headers. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

size_t snt__page_size(void)
{
	static atomic_size_t known;
	size_t size = atomic_load_explicit(&known, memory_order_relaxed);

	if (size == 0) {
		size = (size_t)sysconf(_SC_PAGESIZE);
		atomic_store_explicit(&known, size, memory_order_relaxed);
	}
	return size;
}

void *snt__pages_map(size_t size)
{
	void *pages;

	if (snt__alloc_fails != NULL && snt__alloc_fails())
		return NULL;
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		     -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
	/* A huge page would make one touched page cost two megabytes. */
	madvise(pages, size, MADV_NOHUGEPAGE);
	return pages;
}

void snt__pages_unmap(void *pages, size_t size)
{
	munmap(pages, size);
}

/*
 * Whether what was just guarded is: it cannot be populated then. Emulators of
 * other machines (qemu-user) take any advice for followed, and fibers would run
 * into each other's stacks without a word. Asked once.
 */
static bool guards_hold(void *pages, size_t size)
{
	static atomic_int known; /* 1: they do; -1: they do not */
	int held = atomic_load_explicit(&known, memory_order_relaxed);

	if (held == 0) {
		held = madvise(pages, size, MADV_POPULATE_READ) != 0 ? 1 : -1;
		atomic_store_explicit(&known, held, memory_order_relaxed);
	}
	return held > 0;
}

int snt__pages_guard(void *pages, size_t size)
{
	if (snt__alloc_fails != NULL && snt__alloc_fails())
		return -ENOMEM;
	if (madvise(pages, size, MADV_GUARD_INSTALL) == 0 &&
	    guards_hold(pages, size))
		return 0;
	if (mprotect(pages, size, PROT_NONE) == 0)
		return 0;
	return -ENOMEM;
}

void snt__pages_release(void *pages, size_t size)
{
	madvise(pages, size, MADV_DONTNEED);
}
