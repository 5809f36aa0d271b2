/* SPDX-License-Identifier: MIT */
/*
 * What most tests of fibers share: short words for "this must succeed", and a
 * line of letters in which fibers leave the order they ran in. Every test has
 * a process of its own, so plain variables do.
 */
#ifndef TESTS_FIBER_FIBERS_H
#define TESTS_FIBER_FIBERS_H

#include "../simulated.h"

#include <sennit/fiber.h>
#include <sennit/sync.h>
#include <string.h>

/* Evaluates the call once; on failure shows what it says about itself. */
#define OK(call)                                                               \
	do {                                                                   \
		ptrdiff_t ok_code_ = (call);                                   \
		if (ok_code_ < 0)                                              \
			fail_msg("%s: %td, %s", #call, ok_code_,               \
				 snt_errmsg());                                \
	} while (0)

#define FAILS(call, code) assert_int_equal((call), (code))

#define MS SNT_MILLISECOND

static char trail[256];

__attribute__((unused)) static void leave_mark(char mark)
{
	size_t length = strlen(trail);

	assert_true(length + 1 < sizeof trail);
	trail[length] = mark;
}

__attribute__((unused)) static struct snt_group *
group_with(const struct snt_group_opts *opts)
{
	struct snt_group *group;

	OK(snt_group_open(&group, opts));
	return group;
}

__attribute__((unused)) static void start(struct snt_group *group,
					  int (*fn)(void *arg), void *arg)
{
	OK(snt_spawn(group, fn, arg, NULL));
}

__attribute__((unused)) static void start_named(struct snt_group *group,
						int (*fn)(void *arg), void *arg,
						const char *name)
{
	OK(snt_spawn(group, fn, arg, &(struct snt_spawn_opts){ .name = name }));
}

/* With a handle for snt_join. */
__attribute__((unused)) static struct snt_fiber *
start_kept(struct snt_group *group, int (*fn)(void *arg), void *arg,
	   const char *name)
{
	struct snt_fiber *fiber = NULL;

	OK(snt_spawn(
		group, fn, arg,
		&(struct snt_spawn_opts){ .name = name, .fiber = &fiber }));
	assert_non_null(fiber);
	return fiber;
}

/* Lets what is ready run until it waits. */
__attribute__((unused)) static void let_others_run(void)
{
	for (int i = 0; i < 4; i++)
		OK(snt_yield());
}

/* Fibers that many tests need. */
__attribute__((unused)) static int sleep_until_cancelled(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

__attribute__((unused)) static int return_at_once(void *arg)
{
	return arg != NULL ? *(const int *)arg : 0;
}

/* Whether a stretch of time is what it should be, on a busy machine; in a
 * simulated world, to the nanosecond. */
#define ASSERT_LASTED_TO(since, least, most)                                   \
	do {                                                                   \
		int64_t lasted_ = snt_now() - (since);                         \
		assert_in_range(lasted_, (least),                              \
				simulated() ? (least) : (most));               \
	} while (0)
#define ASSERT_LASTED(since, least)                                            \
	ASSERT_LASTED_TO(since, least, (least) + 3 * SNT_SECOND)

#endif
