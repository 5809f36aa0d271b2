/* SPDX-License-Identifier: MIT */
/* The stack beside the fibers' own, for code that needs much of it. */
#include "../forked.h"
#include "fibers.h"

#include "base/alloc.h"
#include "fiber/aside.h"

#include <pthread.h>

#define LARGE ((size_t)40 * 1024)

static uintptr_t seen;

/* The address of a frame, whatever a compiler thinks of returning it. */
__attribute__((noinline)) static uintptr_t here(void)
{
	return (uintptr_t)__builtin_frame_address(0);
}

static void look(void *arg)
{
	(void)arg;
	seen = here();
}

static size_t away(uintptr_t a, uintptr_t b)
{
	return a > b ? a - b : b - a;
}

static void what_is_asked_for_runs_on_another_stack(void)
{
	FAILS(snt__aside(look, NULL), 0);
	assert_true(away(seen, here()) > LARGE);
}

static void use_much(void *arg)
{
	volatile char much[LARGE];

	for (size_t i = 0; i < sizeof much; i += 512)
		much[i] = 1;
	*(int *)arg = much[0];
}

static int use_much_aside(void *arg)
{
	OK(snt__aside(use_much, arg));
	return 0;
}

static void a_fiber_of_a_small_stack_may_use_much(void)
{
	const struct snt_spawn_opts small = { .stack_size = 16384 };
	struct snt_group *group = group_with(NULL);
	int done[3] = { 0 };

	for (size_t i = 0; i < 3; i++)
		OK(snt_spawn(group, use_much_aside, &done[i], &small));
	OK(snt_group_wait(group));
	snt_group_end(group);
	assert_int_equal(done[0] + done[1] + done[2], 3);
}

static int never(void *arg)
{
	(void)arg;
	fail();
	return 0;
}

static void try_to_wait(void *arg)
{
	FAILS(snt_sleep(MS), -EDEADLK);
	assert_non_null(strstr(snt_errmsg(), "in a callback"));
	FAILS(snt_yield(), -EDEADLK);
	FAILS(snt_spawn(arg, never, NULL, NULL), -EDEADLK);
	/* Ending a scope there changes nothing of it. */
	snt_timeout_scope(limit, SNT_FOREVER);
	FAILS(snt_sleep(MS), -EDEADLK);
}

static void what_would_wait_there_is_told_that_it_cannot(void)
{
	struct snt_group *group = group_with(NULL);

	FAILS(snt__aside(try_to_wait, group), 0);
	OK(snt_sleep(MS));
	OK(snt_group_wait(group));
	snt_group_end(group);
}

static void a_limit_stays_in_force_over_it(void)
{
	snt_timeout_scope(limit, MS);
	FAILS(snt__aside(look, NULL), 0);
	FAILS(snt_sleep(SNT_SECOND), -ETIMEDOUT);
}

static void cancel_own(void *arg)
{
	snt_group_cancel(arg);
}

static int cancel_aside(void *arg)
{
	OK(snt__aside(cancel_own, arg));
	FAILS(snt_sleep(MS), -ECANCELED);
	return 0;
}

static void a_cancel_from_there_is_seen_after_it(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, cancel_aside, group);
	FAILS(snt_group_wait(group), 0);
	snt_group_end(group);
}

static void go_again(void *arg)
{
	uintptr_t outer = here();

	FAILS(snt__aside(look, arg), 0);
	assert_true(away(seen, outer) < LARGE);
	FAILS(snt_yield(), -EDEADLK);
}

static void who_is_there_already_stays(void)
{
	FAILS(snt__aside(go_again, NULL), 0);
	OK(snt_yield());
}

static int take_turns(void *arg)
{
	for (int i = 0; i < 3; i++) {
		OK(snt__aside(look, NULL));
		leave_mark(*(const char *)arg);
		OK(snt_yield());
	}
	return 0;
}

static void fibers_use_it_one_after_the_other(void)
{
	struct snt_group *group = group_with(NULL);
	char marks[] = "ab";

	start(group, take_turns, &marks[0]);
	start(group, take_turns, &marks[1]);
	OK(snt_group_wait(group));
	snt_group_end(group);
	assert_int_equal(strlen(trail), 6);
}

static void *use_on_thread(void *arg)
{
	uintptr_t *place = arg;

	OK(snt__aside(look, NULL));
	*place = seen;
	return NULL;
}

static void each_thread_has_its_own(void)
{
	uintptr_t other;
	pthread_t thread;

	OK(snt__aside(look, NULL));
	assert_int_equal(pthread_create(&thread, NULL, use_on_thread, &other),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	OK(snt__aside(look, NULL));
	assert_true(away(seen, other) > LARGE);
}

static void it_is_there_in_a_forked_child(void)
{
	pid_t pid;

	OK(snt__aside(look, NULL));
	pid = forked();
	OK(snt__aside(look, NULL));
	if (pid == 0)
		_exit(0);
	child_succeeds(pid);
}

static int no_memory(void)
{
	return 1;
}

static void without_memory_for_it_it_is_a_failure(void)
{
	snt__alloc_fails = no_memory;
	FAILS(snt__aside(look, NULL), -ENOMEM);
	snt__alloc_fails = NULL;
	FAILS(snt__aside(look, NULL), 0);
}

static const struct test_case cases[] = {
	TEST(what_is_asked_for_runs_on_another_stack),
	TEST(a_fiber_of_a_small_stack_may_use_much),
	TEST(what_would_wait_there_is_told_that_it_cannot),
	TEST(a_limit_stays_in_force_over_it),
	TEST(a_cancel_from_there_is_seen_after_it),
	TEST(who_is_there_already_stays),
	TEST(fibers_use_it_one_after_the_other),
	TEST_KERNEL(each_thread_has_its_own),
	TEST_KERNEL(it_is_there_in_a_forked_child),
	TEST_KERNEL(without_memory_for_it_it_is_a_failure),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
