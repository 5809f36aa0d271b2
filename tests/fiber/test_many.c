/* SPDX-License-Identifier: MIT */
/*
 * Fibers in great numbers: 100,000, or a fiftieth of that where each costs
 * much more (sanitizers, valgrind), or a fifth where their guard pages are
 * bounded; every test prints how many it had.
 */
#include "fibers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Else (before Linux 6.13) each takes two mappings, of 65530. */
static bool guards_are_free(void)
{
	char *page =
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool free = madvise(page, 4096, 102 /* MADV_GUARD_INSTALL */) == 0 &&
		    madvise(page, 4096, 22 /* MADV_POPULATE_READ */) != 0;

	munmap(page, 4096);
	return free;
}

static size_t many(void)
{
	size_t count = test_slowness() > 1 ? 2000
		       : guards_are_free() ? 100000
					   : 20000;

	printf("%zu fibers\n", count);
	return count;
}

static size_t cancelled, ended;

static int wait_for_cancel(void *arg)
{
	(void)arg;
	cancelled += snt_sleep(SNT_FOREVER) == -ECANCELED;
	return -ECANCELED;
}

static void many_fibers_are_spawned_cancelled_and_joined(void)
{
	struct snt_group *group = group_with(NULL);
	size_t count = many();
	struct snt_fiber **fibers = calloc(count, sizeof *fibers);

	for (size_t i = 0; i < count; i++)
		OK(snt_spawn(group, wait_for_cancel, NULL,
			     &(struct snt_spawn_opts){ .fiber = &fibers[i] }));
	OK(snt_yield());
	assert_int_equal(snt_group_count(group), count);
	snt_group_cancel(group);
	for (size_t i = 0; i < count; i++) {
		int result = 0;

		OK(snt_join(fibers[i], &result));
		assert_int_equal(result, -ECANCELED);
	}
	assert_int_equal(cancelled, count);
	OK(snt_group_end(group));
	free(fibers);
}

static int sleep_as_told(void *arg)
{
	const size_t *milliseconds = arg;

	SNT_TRY(snt_sleep((int64_t)*milliseconds * MS));
	ended++;
	return 0;
}

static void many_sleepers_all_wake(void)
{
	static size_t times[50];
	struct snt_group *group = group_with(NULL);
	size_t count = many();

	for (size_t i = 0; i < 50; i++)
		times[i] = i * 7 % 50 + 1;
	for (size_t i = 0; i < count; i++)
		start(group, sleep_as_told, &times[i % 50]);
	OK(snt_group_wait(group));
	assert_int_equal(ended, count);
	OK(snt_group_end(group));
}

static int end_now(void *arg)
{
	(void)arg;
	ended++;
	return 0;
}

/* One after the other: stacks come back and are used again. */
static void many_short_lives_need_few_stacks(void)
{
	struct snt_group *group =
		group_with(&(struct snt_group_opts){ .limit = 10 });
	size_t count = many();

	for (size_t i = 0; i < count; i++)
		start(group, end_now, NULL);
	OK(snt_group_wait(group));
	assert_int_equal(ended, count);
	OK(snt_group_end(group));
}

static int pass_on(void *arg)
{
	struct snt_channel **ends = arg;
	int number;

	if (snt_channel_recv(ends[0], &number) != 1)
		return -EIO;
	number++;
	return snt_channel_send(ends[1], &number);
}

/* A chain of fibers, each waiting for the one before. */
static void a_long_chain_of_channels_passes_a_number_through(void)
{
	struct snt_group *group = group_with(NULL);
	size_t count = many() / 10;
	struct snt_channel **links = calloc(count + 1, sizeof *links);
	int number = 0;

	for (size_t i = 0; i <= count; i++)
		OK(snt_channel_open(&links[i], sizeof number, 0));
	for (size_t i = 0; i < count; i++)
		start(group, pass_on, &links[i]);
	OK(snt_channel_send(links[0], &number));
	assert_int_equal(snt_channel_recv(links[count], &number), 1);
	assert_int_equal(number, count);
	OK(snt_group_end(group));
	for (size_t i = 0; i <= count; i++)
		snt_channel_close(links[i]);
	free(links);
}

static const struct test_case cases[] = {
	TEST_SLOW(many_fibers_are_spawned_cancelled_and_joined, 60),
	TEST_SLOW(many_sleepers_all_wake, 60),
	TEST_SLOW(many_short_lives_need_few_stacks, 60),
	TEST_SLOW(a_long_chain_of_channels_passes_a_number_through, 60),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
