/* SPDX-License-Identifier: MIT */
/* The counted allocator, and pages for stacks. */
#include "base/alloc.h"
#include "base/pages.h"
#include "../runner.h"

#include <string.h>

static void memory_is_zeroed(void)
{
	char *block = snt__alloc(1000), *array = snt__alloc_array(10, 100);

	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(block[i], 0);
		assert_int_equal(array[i], 0);
	}
	snt__free(block);
	snt__free(array);
}

static void blocks_are_counted(void)
{
	size_t before = snt__alloc_live();
	void *a = snt__alloc(1), *b = snt__alloc_array(2, 2);
	void *c = snt__realloc_array(NULL, 3, 3);

	assert_int_equal(snt__alloc_live(), before + 3);
	c = snt__realloc_array(c, 300, 3);
	assert_int_equal(snt__alloc_live(), before + 3);
	snt__free(a);
	snt__free(b);
	snt__free(c);
	snt__free(NULL);
	assert_int_equal(snt__alloc_live(), before);
}

static void growing_keeps_what_was_there(void)
{
	int *numbers = snt__realloc_array(NULL, 4, sizeof *numbers);

	for (int i = 0; i < 4; i++)
		numbers[i] = i;
	numbers = snt__realloc_array(numbers, 4000, sizeof *numbers);
	for (int i = 0; i < 4; i++)
		assert_int_equal(numbers[i], i);
	snt__free(numbers);
}

static void sizes_that_overflow_are_refused(void)
{
	size_t before = snt__alloc_live();
	void *block = snt__alloc(8);

	assert_null(snt__alloc_array(SIZE_MAX / 2, 4));
	assert_null(snt__alloc_array(4, SIZE_MAX / 2));
	assert_null(snt__realloc_array(block, SIZE_MAX / 2, 4));
	snt__free(block);
	assert_int_equal(snt__alloc_live(), before);
}

static int countdown;

static int fails_at_zero(void)
{
	return countdown-- == 0;
}

static void the_nth_request_can_be_made_to_fail(void)
{
	void *block, *pages;

	snt__alloc_fails = fails_at_zero;
	countdown = 1;
	block = snt__alloc(8);
	assert_non_null(block);
	assert_null(snt__alloc(8));
	countdown = 0;
	assert_null(snt__alloc_array(1, 8));
	countdown = 0;
	assert_null(snt__realloc_array(block, 2, 8));
	countdown = 0;
	assert_null(snt__pages_map(4096));
	pages = snt__pages_map(4096);
	assert_non_null(pages);
	snt__alloc_fails = NULL;
	snt__pages_unmap(pages, 4096);
	snt__free(block);
}

static void released_pages_are_zero_again(void)
{
	size_t size = 4 * snt__page_size();
	char *pages = snt__pages_map(size);

	memset(pages, 1, size);
	snt__pages_release(pages + snt__page_size(), snt__page_size());
	assert_int_equal(pages[0], 1);
	assert_int_equal(pages[snt__page_size()], 0);
	snt__pages_unmap(pages, size);
}

static const struct test_case cases[] = {
	TEST(memory_is_zeroed),
	TEST(blocks_are_counted),
	TEST(growing_keeps_what_was_there),
	TEST(sizes_that_overflow_are_refused),
	TEST(the_nth_request_can_be_made_to_fail),
	TEST(released_pages_are_zero_again),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
