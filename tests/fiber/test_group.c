/* SPDX-License-Identifier: MIT */
/* Groups: failures, waiting, the limit, and ends. */
#include "fibers.h"

static int fail_with_einval(void *arg)
{
	(void)arg;
	return -EINVAL;
}

static int fail_by_a_call(void *arg)
{
	struct snt_channel *channel;

	(void)arg;
	return snt_channel_open(&channel, 0, 0);
}

static int mark_when_cancelled(void *arg)
{
	int code = snt_sleep(SNT_FOREVER);

	(void)arg;
	leave_mark(code == -ECANCELED ? 'c' : '?');
	return code;
}

static void an_empty_group_waits_for_nothing(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_group_wait(group));
	assert_int_equal(snt_group_count(group), 0);
	OK(snt_group_end(group));
}

static void ending_no_group_is_fine(void)
{
	struct snt_group *group = NULL;

	OK(snt_group_end(NULL));
	snt_auto_group(&group);
}

static void auto_group_ends_and_forgets(void)
{
	struct snt_group *seen;

	{
		snt_auto(group) group = NULL;

		OK(snt_group_open(&group, NULL));
		start(group, mark_when_cancelled, NULL);
		let_others_run();
		seen = group;
	}
	assert_non_null(seen);
	assert_string_equal(trail, "c");
}

static void count_tells_how_many_have_not_ended(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, return_at_once, NULL);
	start(group, sleep_until_cancelled, NULL);
	assert_int_equal(snt_group_count(group), 2);
	let_others_run();
	assert_int_equal(snt_group_count(group), 1);
	OK(snt_group_end(group));
}

static void the_first_failure_cancels_the_rest(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, mark_when_cancelled, NULL);
	start(group, fail_with_einval, NULL);
	start(group, mark_when_cancelled, NULL);
	FAILS(snt_group_wait(group), -EINVAL);
	assert_string_equal(trail, "cc");
	FAILS(snt_group_end(group), -EINVAL);
}

static int sleep_then_mark(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(20 * MS));
	leave_mark('s');
	return 0;
}

static void keep_going_lets_the_rest_finish(void)
{
	struct snt_group *group =
		group_with(&(struct snt_group_opts){ .keep_going = true });

	start(group, fail_with_einval, NULL);
	start(group, sleep_then_mark, NULL);
	FAILS(snt_group_wait(group), -EINVAL);
	assert_string_equal(trail, "s");
	FAILS(snt_group_end(group), -EINVAL);
}

static int fail_with_eio_later(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(10 * MS));
	return -EIO;
}

static void the_first_of_several_failures_is_the_groups(void)
{
	struct snt_group *group =
		group_with(&(struct snt_group_opts){ .keep_going = true });

	start(group, fail_with_eio_later, NULL);
	start(group, fail_with_einval, NULL);
	FAILS(snt_group_wait(group), -EINVAL);
	FAILS(snt_group_end(group), -EINVAL);
}

static void the_message_of_a_failed_fiber_is_copied(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, fail_by_a_call, NULL);
	FAILS(snt_group_wait(group), -EINVAL);
	assert_string_equal(snt_errmsg(), "channel: item size 0");
	FAILS(snt_group_end(group), -EINVAL);
	assert_string_equal(snt_errmsg(), "channel: item size 0");
}

static void a_failure_without_a_call_names_the_fiber(void)
{
	struct snt_group *group = group_with(NULL);

	start_named(group, fail_with_einval, NULL, "parse");
	FAILS(snt_group_wait(group), -EINVAL);
	assert_string_equal(snt_errmsg(), "fiber 'parse': invalid argument");
	FAILS(snt_group_end(group), -EINVAL);
}

static int fail_after_another_failure(void *arg)
{
	struct snt_channel *channel;

	(void)arg;
	assert_int_equal(snt_channel_open(&channel, 0, 0), -EINVAL);
	return -EIO;
}

/* The line of a failure that was dealt with says nothing about this one. */
static void an_older_message_is_not_taken_for_the_failures(void)
{
	struct snt_group *group = group_with(NULL);

	start_named(group, fail_after_another_failure, NULL, "load");
	FAILS(snt_group_wait(group), -EIO);
	assert_string_equal(snt_errmsg(),
			    "fiber 'load': input or output error");
	FAILS(snt_group_end(group), -EIO);
}

static void ecanceled_by_the_groups_cancel_is_no_failure(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, mark_when_cancelled, NULL);
	let_others_run();
	snt_group_cancel(group);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int return_ecanceled(void *arg)
{
	(void)arg;
	return -ECANCELED;
}

static void ecanceled_in_a_group_not_cancelled_is_a_failure(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, return_ecanceled, NULL);
	FAILS(snt_group_wait(group), -ECANCELED);
	FAILS(snt_group_end(group), -ECANCELED);
}

static void cancelling_twice_is_as_once(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, mark_when_cancelled, NULL);
	let_others_run();
	snt_group_cancel(group);
	snt_group_cancel(group);
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
}

static int end_the_outer(void *arg)
{
	FAILS(snt_group_wait(arg), -EDEADLK);
	FAILS(snt_group_end(arg), -EDEADLK);
	return 0;
}

static int open_and_end_inner(void *outer)
{
	struct snt_group *group = group_with(NULL);

	start(group, end_the_outer, outer);
	OK(snt_group_wait(group));
	return snt_group_end(group);
}

static int open_and_end_between(void *outer)
{
	struct snt_group *group = group_with(NULL);

	start(group, open_and_end_inner, outer);
	OK(snt_group_wait(group));
	return snt_group_end(group);
}

static void a_fiber_further_inside_cannot_end_it_either(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, open_and_end_inner, group);
	start(group, open_and_end_between, group);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int leave_mark_at_once(void *arg)
{
	(void)arg;
	leave_mark('x');
	return 0;
}

static int keep_group(void *arg)
{
	*(struct snt_group **)arg = group_with(NULL);
	return 0;
}

static void one_opened_inside_may_be_ended_later(void)
{
	struct snt_group *group = group_with(NULL), *inner;

	start(group, keep_group, &inner);
	OK(snt_group_end(group));
	start(inner, leave_mark_at_once, NULL);
	OK(snt_group_wait(inner));
	OK(snt_group_end(inner));
	assert_string_equal(trail, "x");
}

static int wait_for_own_group(void *arg)
{
	FAILS(snt_group_wait(arg), -EDEADLK);
	leave_mark('w');
	FAILS(snt_group_end(arg), -EDEADLK);
	leave_mark('e');
	return 0;
}

static void a_fiber_cannot_wait_for_or_end_its_own_group(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, wait_for_own_group, group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "we");
	OK(snt_group_end(group));
}

static void a_wait_that_times_out_leaves_the_group_running(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_scope scope;

	start(group, sleep_then_mark, NULL);
	snt_timeout_begin(&scope, MS);
	FAILS(snt_group_wait(group), -ETIMEDOUT);
	snt_scope_end(&scope);
	assert_int_equal(snt_group_count(group), 1);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "s");
	OK(snt_group_end(group));
}

static void end_waits_in_spite_of_a_deadline_that_has_passed(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_scope scope;

	start(group, mark_when_cancelled, NULL);
	snt_timeout_begin(&scope, SNT_NOWAIT);
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
	snt_scope_end(&scope);
}

static int slow_goodbye(void *arg)
{
	(void)arg;
	assert_int_equal(snt_sleep(SNT_FOREVER), -ECANCELED);
	snt_cleanup_scope(SNT_MINUTE);
	OK(snt_sleep(20 * MS));
	leave_mark('g');
	return 0;
}

static int own_a_group(void *arg)
{
	struct snt_group *inner = group_with(NULL);

	(void)arg;
	start(inner, slow_goodbye, NULL);
	assert_int_equal(snt_sleep(SNT_FOREVER), -ECANCELED);
	OK(snt_group_end(inner));
	leave_mark('o');
	return -ECANCELED;
}

static void end_waits_in_spite_of_a_cancel(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, own_a_group, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "go");
}

static int wait_for_inner(void *arg)
{
	struct snt_group *inner = group_with(NULL);
	int code;

	(void)arg;
	start(inner, mark_when_cancelled, NULL);
	code = snt_group_wait(inner);
	leave_mark(code == -ECANCELED ? 'w' : '?');
	/* Cancelled by its end only: the outer cancel stopped our waiting. */
	assert_int_equal(snt_group_count(inner), 1);
	snt_group_end(inner);
	return code;
}

static void an_outer_cancel_unwinds_inner_groups(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, wait_for_inner, NULL);
	let_others_run();
	snt_group_cancel(group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "wc");
	OK(snt_group_end(group));
}

static int fail_inside(void *arg)
{
	struct snt_group *inner = group_with(NULL);
	int code;

	(void)arg;
	start_named(inner, fail_by_a_call, NULL, "deep");
	code = snt_group_wait(inner);
	snt_group_end(inner);
	return code;
}

static void a_failure_travels_up_through_nested_groups(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, fail_inside, NULL);
	FAILS(snt_group_wait(group), -EINVAL);
	assert_string_equal(snt_errmsg(), "channel: item size 0");
	FAILS(snt_group_end(group), -EINVAL);
}

static int cancel_own_group(void *arg)
{
	snt_group_cancel(arg);
	assert_true(snt_cancelled());
	FAILS(snt_yield(), -ECANCELED);
	leave_mark('s');
	return 0;
}

static void a_fiber_can_cancel_its_own_group(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, mark_when_cancelled, NULL);
	start(group, cancel_own_group, group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "sc");
	OK(snt_group_end(group));
}

static int wait_for_it(void *arg)
{
	int code = snt_group_wait(arg);

	leave_mark(code == 0 ? 'w' : code == -EBADF ? 'b' : '?');
	return 0;
}

static void several_fibers_can_wait_for_a_group(void)
{
	struct snt_group *group = group_with(NULL), *other = group_with(NULL);

	start(group, sleep_then_mark, NULL);
	start(other, wait_for_it, group);
	start(other, wait_for_it, group);
	OK(snt_group_wait(other));
	assert_string_equal(trail, "sww");
	OK(snt_group_end(group));
	OK(snt_group_end(other));
}

static const struct test_case cases[] = {
	TEST(an_empty_group_waits_for_nothing),
	TEST(ending_no_group_is_fine),
	TEST(auto_group_ends_and_forgets),
	TEST(count_tells_how_many_have_not_ended),
	TEST(the_first_failure_cancels_the_rest),
	TEST(keep_going_lets_the_rest_finish),
	TEST(the_first_of_several_failures_is_the_groups),
	TEST(the_message_of_a_failed_fiber_is_copied),
	TEST(a_failure_without_a_call_names_the_fiber),
	TEST(an_older_message_is_not_taken_for_the_failures),
	TEST(ecanceled_by_the_groups_cancel_is_no_failure),
	TEST(ecanceled_in_a_group_not_cancelled_is_a_failure),
	TEST(cancelling_twice_is_as_once),
	TEST(a_fiber_cannot_wait_for_or_end_its_own_group),
	TEST(a_wait_that_times_out_leaves_the_group_running),
	TEST(end_waits_in_spite_of_a_deadline_that_has_passed),
	TEST(end_waits_in_spite_of_a_cancel),
	TEST(an_outer_cancel_unwinds_inner_groups),
	TEST(a_failure_travels_up_through_nested_groups),
	TEST(a_fiber_can_cancel_its_own_group),
	TEST(several_fibers_can_wait_for_a_group),
	TEST(a_fiber_further_inside_cannot_end_it_either),
	TEST(one_opened_inside_may_be_ended_later),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
