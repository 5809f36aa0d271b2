/* SPDX-License-Identifier: MIT */
/* Each thread has a world of its own: fibers, messages, backend. */
#include "../threads.h"
#include "fibers.h"

#include "base/thread.h"

#include <stdlib.h>

static void in_thread(int (*fn)(void *arg), void *arg)
{
	struct part part;

	part_start(&part, LONE, fn, arg);
	OK(part_join(&part));
}

static int fail_here(void *unused)
{
	struct snt_channel *channel;

	(void)unused;
	assert_string_equal(snt_errmsg(), "");
	FAILS(snt_channel_open(&channel, 0, 0), -EINVAL);
	assert_string_equal(snt_errmsg(), "channel: item size 0");
	return 0;
}

static void a_thread_has_messages_of_its_own(void)
{
	{
		snt_timeout_scope(limit, SNT_NOWAIT);
		FAILS(snt_yield(), -ETIMEDOUT);
	}
	in_thread(fail_here, NULL);
	assert_string_equal(snt_errmsg(), "yield: timed out");
}

static int be_main(void *unused)
{
	(void)unused;
	assert_string_equal(snt_fiber_name(), "main");
	return 0;
}

static void a_thread_is_a_fiber_called_main(void)
{
	in_thread(be_main, NULL);
}

static int add_after_yield(void *arg)
{
	SNT_TRY(snt_yield());
	SNT_TRY(snt_sleep(MS));
	atomic_fetch_add((atomic_int *)arg, 1);
	return 0;
}

static int run_fibers(void *arg)
{
	struct snt_group *group = group_with(NULL);

	for (int i = 0; i < 20; i++)
		start(group, add_after_yield, arg);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	return 0;
}

static void sixty_four_threads_run_fibers_at_once(void)
{
	struct part parts[64];
	atomic_int sum = 0;

	for (int i = 0; i < 64; i++)
		part_start(&parts[i], LONE, run_fibers, &sum);
	for (int i = 0; i < 64; i++)
		OK(part_join(&parts[i]));
	assert_int_equal(sum, 64 * 20);
}

/* A new thread at its first spawn, with SENNIT_IO as given. */
static int see_backends(void *arg)
{
	const char *const *expected = arg;
	struct snt_group *group;

	assert_string_equal(snt_backend(), expected[0]);
	group = group_with(NULL);
	assert_string_equal(snt_backend(), expected[0]);
	start(group, return_at_once, NULL);
	assert_string_equal(snt_backend(), expected[1]);
	OK(snt_group_end(group));
	assert_string_equal(snt_backend(), expected[1]);
	return 0;
}

static void assert_backends(const char *asked, const char *first,
			    const char *after_spawn)
{
	const char *expected[] = { first, after_spawn };
	char *before = strdup(getenv("SENNIT_IO"));

	if (asked != NULL)
		setenv("SENNIT_IO", asked, 1);
	else
		unsetenv("SENNIT_IO");
	in_thread(see_backends, expected);
	setenv("SENNIT_IO", before, 1);
	free(before);
}

/* Where io_uring is not allowed, epoll means the same. */
static const char *ring_or_epoll(void)
{
	return snt_has_backend("uring") ? "uring" : "epoll";
}

static void a_thread_moves_at_its_first_spawn(void)
{
	assert_backends(NULL, "direct", ring_or_epoll());
	assert_backends("auto", "direct", ring_or_epoll());
}

static void the_environment_can_keep_a_thread_on_direct(void)
{
	assert_backends("direct", "direct", "direct");
}

static void the_environment_can_begin_with_epoll(void)
{
	assert_backends("epoll", "epoll", "epoll");
}

static void the_environment_can_begin_with_the_ring(void)
{
	assert_backends("uring", ring_or_epoll(), ring_or_epoll());
}

static void a_word_that_is_none_of_ours_counts_as_auto(void)
{
	assert_backends("kqueue", "direct", ring_or_epoll());
}

static int return_seven(void *arg)
{
	(void)arg;
	return 7;
}

/* What waited on direct before the first spawn goes on afterwards. */
static int offload_before_and_after(void *unused)
{
	struct snt_group *group = group_with(NULL);

	(void)unused;
	assert_int_equal(snt_offload(return_seven, NULL, NULL), 7);
	start(group, return_at_once, NULL);
	assert_int_equal(snt_offload(return_seven, NULL, NULL), 7);
	OK(snt_group_end(group));
	return 0;
}

static void a_thread_that_offloaded_can_move(void)
{
	unsetenv("SENNIT_IO");
	in_thread(offload_before_and_after, NULL);
}

static void a_thread_can_begin_anew_after_its_end(void)
{
	atomic_int sum = 0;

	OK(run_fibers(&sum));
	snt__thread_end();
	assert_string_equal(snt_errmsg(), "");
	OK(run_fibers(&sum));
	assert_int_equal(sum, 40);
}

static const struct test_case cases[] = {
	TEST(a_thread_has_messages_of_its_own),
	TEST(a_thread_is_a_fiber_called_main),
	TEST(sixty_four_threads_run_fibers_at_once),
	/* A simulated thread has one way to wait. */
	TEST_KERNEL(a_thread_moves_at_its_first_spawn),
	TEST_KERNEL(the_environment_can_keep_a_thread_on_direct),
	TEST_KERNEL(the_environment_can_begin_with_epoll),
	TEST_KERNEL(the_environment_can_begin_with_the_ring),
	TEST_KERNEL(a_word_that_is_none_of_ours_counts_as_auto),
	TEST(a_thread_that_offloaded_can_move),
	/* What a simulated one begins with is the world's. */
	TEST_KERNEL(a_thread_can_begin_anew_after_its_end),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
