/* SPDX-License-Identifier: MIT */
/* Memory between two pages that nobody may touch: whoever looks a byte too far
 * dies there. */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include "runner.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	char *pages; /* one that may not be touched, then the bytes */
	size_t size; /* of the bytes, whole pages */
	size_t page;
};

__attribute__((unused)) static struct guard guard_open(size_t size)
{
	struct guard guard = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	size_t all;

	guard.size = (size + guard.page - 1) / guard.page * guard.page;
	all = guard.size + 2 * guard.page;
	guard.pages = mmap(NULL, all, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(guard.pages != MAP_FAILED);
	assert_int_equal(mprotect(guard.pages, guard.page, PROT_NONE), 0);
	assert_int_equal(
		mprotect(guard.pages + all - guard.page, guard.page, PROT_NONE),
		0);
	return guard;
}

/* A copy of data whose last byte is the last that may be touched. */
__attribute__((unused)) static char *guard_end(const struct guard *guard,
					       const void *data, size_t size)
{
	char *at = guard->pages + guard->page + guard->size - size;

	assert_true(size <= guard->size);
	if (size > 0)
		memcpy(at, data, size);
	return at;
}

/* And one whose first byte is the first. */
__attribute__((unused)) static char *guard_begin(const struct guard *guard,
						 const void *data, size_t size)
{
	char *at = guard->pages + guard->page;

	assert_true(size <= guard->size);
	if (size > 0)
		memcpy(at, data, size);
	return at;
}

__attribute__((unused)) static void guard_close(struct guard *guard)
{
	munmap(guard->pages, guard->size + 2 * guard->page);
}

#endif
