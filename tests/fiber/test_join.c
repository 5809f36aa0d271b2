/* SPDX-License-Identifier: MIT */
/* Joining one fiber: its result, its message, its handle. */
#include "fibers.h"

static int answer(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(2 * MS));
	return 0;
}

static int fail_by_a_call(void *arg)
{
	struct snt_channel *channel;

	(void)arg;
	return snt_channel_open(&channel, 0, 0);
}

static int fail_with_eio(void *arg)
{
	(void)arg;
	return -EIO;
}

static struct snt_group *keep_going(void)
{
	return group_with(&(struct snt_group_opts){ .keep_going = true });
}

static void join_waits_for_the_end_and_gives_the_result(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_fiber *fiber = start_kept(group, answer, NULL, NULL);
	int64_t began = snt_now();
	int result = -1;

	OK(snt_join(fiber, &result));
	assert_int_equal(result, 0);
	ASSERT_LASTED(began, 2 * MS);
	OK(snt_group_end(group));
}

static void joining_what_has_ended_does_not_wait(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_fiber *fiber = start_kept(group, return_at_once, NULL, NULL);
	int result = -1;

	OK(snt_group_wait(group));
	OK(snt_join(fiber, &result));
	assert_int_equal(result, 0);
	OK(snt_group_end(group));
}

static void the_result_may_be_left_out(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_join(start_kept(group, answer, NULL, NULL), NULL));
	OK(snt_group_end(group));
}

static void a_failed_fibers_message_becomes_the_joiners(void)
{
	struct snt_group *group = keep_going();
	struct snt_fiber *fiber = start_kept(group, fail_by_a_call, NULL, NULL);
	int result = 0;

	OK(snt_join(fiber, &result));
	assert_int_equal(result, -EINVAL);
	assert_string_equal(snt_errmsg(), "channel: item size 0");
	FAILS(snt_group_end(group), -EINVAL);
}

/* Also when it is not the group's first failure. */
static void every_failed_fiber_has_a_message(void)
{
	struct snt_group *group = keep_going();
	struct snt_fiber *first = start_kept(group, fail_by_a_call, NULL, "a");
	struct snt_fiber *second = start_kept(group, fail_with_eio, NULL, "b");
	int result = 0;

	OK(snt_join(first, &result));
	OK(snt_join(second, &result));
	assert_int_equal(result, -EIO);
	assert_string_equal(snt_errmsg(), "fiber 'b': input or output error");
	FAILS(snt_group_end(group), -EINVAL);
}

static void a_fiber_that_is_not_joined_is_released_with_its_group(void)
{
	struct snt_group *group = keep_going();

	start_kept(group, fail_by_a_call, NULL, NULL);
	start_kept(group, return_at_once, NULL, NULL);
	FAILS(snt_group_end(group), -EINVAL);
}

static void a_join_that_times_out_keeps_the_handle(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_fiber *fiber = start_kept(group, answer, NULL, "slow");
	struct snt_scope scope;
	int result = -1;

	snt_timeout_begin(&scope, MS / 2);
	FAILS(snt_join(fiber, &result), -ETIMEDOUT);
	snt_scope_end(&scope);
	assert_string_equal(snt_errmsg(), "join slow: timed out");
	assert_int_equal(result, -1);
	OK(snt_join(fiber, &result));
	assert_int_equal(result, 0);
	OK(snt_group_end(group));
}

static struct snt_fiber *handle;

static int join_handle(void *arg)
{
	int code = snt_join(handle, NULL);

	(void)arg;
	leave_mark(code == 0            ? 'k'
		   : code == -ECANCELED ? 'c'
		   : code == -EBADF     ? 'b'
					: '?');
	return 0;
}

static void a_join_that_is_cancelled_keeps_the_handle(void)
{
	struct snt_group *group = group_with(NULL), *joiners = group_with(NULL);

	handle = start_kept(group, answer, NULL, NULL);
	start(joiners, join_handle, NULL);
	let_others_run();
	OK(snt_group_end(joiners));
	assert_string_equal(trail, "c");
	OK(snt_join(handle, NULL));
	OK(snt_group_end(group));
}

static void a_second_joiner_is_refused(void)
{
	struct snt_group *group = group_with(NULL), *joiners = group_with(NULL);

	handle = start_kept(group, answer, NULL, NULL);
	start(joiners, join_handle, NULL);
	let_others_run();
	FAILS(snt_join(handle, NULL), -EBUSY);
	OK(snt_group_end(joiners));
	OK(snt_group_end(group));
}

static int join_self(void *arg)
{
	(void)arg;
	FAILS(snt_join(handle, NULL), -EDEADLK);
	leave_mark('d');
	return 0;
}

static void a_fiber_cannot_join_itself(void)
{
	struct snt_group *group = group_with(NULL);

	handle = start_kept(group, join_self, NULL, NULL);
	OK(snt_join(handle, NULL));
	assert_string_equal(trail, "d");
	OK(snt_group_end(group));
}

static int end_at_next_turn(void *arg)
{
	(void)arg;
	return snt_yield();
}

/*
 * The fiber has ended and its joiner is about to run, but the group's owner
 * runs first and ends the group: the handle is gone, and the joiner must not
 * touch it.
 */
static void ending_the_group_turns_a_ready_joiner_away(void)
{
	struct snt_group *group = group_with(NULL), *joiners = group_with(NULL);

	start(joiners, join_handle, NULL);
	handle = start_kept(group, end_at_next_turn, NULL, NULL);
	OK(snt_yield()); /* joiner parks, fiber yields: fiber, main */
	OK(snt_yield()); /* fiber ends: main, joiner; main runs first */
	assert_string_equal(trail, "");
	assert_int_equal(snt_group_count(group), 0);
	OK(snt_group_end(group));
	OK(snt_group_wait(joiners));
	assert_string_equal(trail, "b");
	OK(snt_group_end(joiners));
}

static const struct test_case cases[] = {
	TEST(join_waits_for_the_end_and_gives_the_result),
	TEST(joining_what_has_ended_does_not_wait),
	TEST(the_result_may_be_left_out),
	TEST(a_failed_fibers_message_becomes_the_joiners),
	TEST(every_failed_fiber_has_a_message),
	TEST(a_fiber_that_is_not_joined_is_released_with_its_group),
	TEST(a_join_that_times_out_keeps_the_handle),
	TEST(a_join_that_is_cancelled_keeps_the_handle),
	TEST(a_second_joiner_is_refused),
	TEST(a_fiber_cannot_join_itself),
	TEST(ending_the_group_turns_a_ready_joiner_away),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
