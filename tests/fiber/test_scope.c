/* SPDX-License-Identifier: MIT */
/* Timeout scopes, clean-up scopes, and cancellation as a level. */
#include "fibers.h"

static void a_scope_ends_a_wait_at_its_limit(void)
{
	int64_t began = snt_now();

	snt_timeout_scope(limit, 5 * MS);
	FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
	ASSERT_LASTED(began, 5 * MS);
	assert_true(snt_scope_expired(&limit));
	assert_string_equal(snt_errmsg(), "sleep: timed out");
}

static void a_limit_that_has_passed_fails_every_call(void)
{
	snt_timeout_scope(limit, MS);
	for (int i = 0; i < 5; i++)
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
}

static void a_limit_is_for_all_calls_together(void)
{
	int code, slept = 0;

	snt_timeout_scope(limit, 10 * MS);
	while ((code = snt_sleep(2 * MS)) == 0)
		slept++;
	FAILS(code, -ETIMEDOUT);
	assert_in_range(slept, 0, 5);
}

static void nothing_is_left_after_a_scope_ends(void)
{
	{
		snt_timeout_scope(limit, SNT_NOWAIT);
		FAILS(snt_yield(), -ETIMEDOUT);
	}
	OK(snt_yield());
	OK(snt_sleep(MS));
}

static void zero_and_forever_set_no_limit(void)
{
	snt_timeout_scope(unset, 0);
	snt_timeout_scope(forever, SNT_FOREVER);
	OK(snt_sleep(2 * MS));
	assert_false(snt_scope_expired(&unset));
	assert_false(snt_scope_expired(&forever));
}

static void a_negative_limit_has_passed_already(void)
{
	snt_timeout_scope(limit, -5 * SNT_SECOND);
	FAILS(snt_yield(), -ETIMEDOUT);
	assert_true(snt_scope_expired(&limit));
}

static void a_shorter_inner_limit_counts(void)
{
	snt_timeout_scope(outer, SNT_MINUTE);
	{
		snt_timeout_scope(inner, 2 * MS);
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
		assert_true(snt_scope_expired(&inner));
	}
	assert_false(snt_scope_expired(&outer));
	OK(snt_yield());
}

static void a_longer_inner_limit_does_not_extend_the_outer(void)
{
	snt_timeout_scope(outer, 2 * MS);
	{
		snt_timeout_scope(inner, SNT_MINUTE);
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
		assert_false(snt_scope_expired(&inner));
	}
	assert_true(snt_scope_expired(&outer));
	FAILS(snt_yield(), -ETIMEDOUT);
}

static void ending_an_outer_scope_ends_the_inner_ones(void)
{
	struct snt_scope outer, inner;

	snt_timeout_begin(&outer, SNT_MINUTE);
	snt_timeout_begin(&inner, SNT_NOWAIT);
	FAILS(snt_yield(), -ETIMEDOUT);
	snt_scope_end(&outer);
	OK(snt_yield());
	snt_scope_end(&inner); /* harmless */
	OK(snt_yield());
}

/* A call that would not have had to wait looks at the clock all the same. */
static void a_deadline_is_noticed_by_a_call_that_need_not_wait(void)
{
	struct snt_event *event;
	struct snt_semaphore *semaphore;
	struct snt_channel *channel;
	struct snt_group *group = group_with(NULL);
	int item = 1;

	OK(snt_event_open(&event));
	OK(snt_semaphore_open(&semaphore, 9));
	OK(snt_channel_open(&channel, sizeof item, 9));
	OK(snt_channel_send(channel, &item));
	snt_event_set(event);
	{
		snt_timeout_scope(limit, SNT_NOWAIT);
		FAILS(snt_event_wait(event), -ETIMEDOUT);
		FAILS(snt_semaphore_acquire(semaphore), -ETIMEDOUT);
		FAILS(snt_channel_send(channel, &item), -ETIMEDOUT);
		FAILS(snt_channel_recv(channel, &item), -ETIMEDOUT);
		FAILS(snt_group_wait(group), -ETIMEDOUT);
		FAILS(snt_yield(), -ETIMEDOUT);
		FAILS(snt_sleep(1), -ETIMEDOUT);
	}
	assert_int_equal(snt_semaphore_value(semaphore), 9);
	assert_int_equal(snt_channel_count(channel), 1);
	OK(snt_group_end(group));
	snt_event_close(event);
	snt_semaphore_close(semaphore);
	snt_channel_close(channel);
}

static int call_all_in_a_cancelled_group(void *arg)
{
	struct snt_event *event;
	struct snt_mutex *mutex;

	(void)arg;
	OK(snt_event_open(&event));
	OK(snt_mutex_open(&mutex));
	snt_event_set(event);
	for (int i = 0; i < 3; i++) {
		FAILS(snt_sleep(SNT_FOREVER), -ECANCELED);
		FAILS(snt_yield(), -ECANCELED);
		FAILS(snt_event_wait(event), -ECANCELED);
		FAILS(snt_mutex_lock(mutex), -ECANCELED);
		assert_true(snt_cancelled());
	}
	snt_event_close(event);
	snt_mutex_close(mutex);
	leave_mark('k');
	return 0;
}

static void cancel_is_a_level_not_an_event(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, call_all_in_a_cancelled_group, NULL);
	snt_group_cancel(group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "k");
	OK(snt_group_end(group));
}

static int clean_up(void *arg)
{
	(void)arg;
	FAILS(snt_sleep(SNT_FOREVER), -ECANCELED);
	{
		snt_cleanup_scope(SNT_MINUTE);
		assert_false(snt_cancelled());
		OK(snt_sleep(5 * MS));
		OK(snt_yield());
	}
	assert_true(snt_cancelled());
	FAILS(snt_yield(), -ECANCELED);
	leave_mark('k');
	return 0;
}

static void a_cleanup_scope_masks_the_cancel(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, clean_up, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "k");
}

static int clean_up_while_cancelled(void *arg)
{
	(void)arg;
	{
		snt_cleanup_scope(SNT_MINUTE);
		OK(snt_sleep(5 * MS));
		leave_mark('s');
	}
	FAILS(snt_yield(), -ECANCELED);
	leave_mark('k');
	return 0;
}

static void a_cancel_that_comes_inside_a_cleanup_scope_waits_outside(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, clean_up_while_cancelled, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "sk");
}

static void a_cleanup_scope_masks_outer_deadlines(void)
{
	snt_timeout_scope(outer, SNT_NOWAIT);
	{
		snt_cleanup_scope(SNT_MINUTE);
		OK(snt_sleep(2 * MS));
	}
	FAILS(snt_yield(), -ETIMEDOUT);
}

static void a_cleanup_scope_has_a_limit_of_its_own(void)
{
	int64_t began = snt_now();

	snt_timeout_scope(outer, SNT_MINUTE);
	{
		struct snt_scope door;

		snt_cleanup_begin(&door, 5 * MS);
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
		ASSERT_LASTED(began, 5 * MS);
		assert_true(snt_scope_expired(&door));
		snt_scope_end(&door);
	}
	assert_false(snt_scope_expired(&outer));
}

static int sleep_a_little_longer(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(SNT_SECOND + 50 * MS));
	leave_mark('l');
	return 0;
}

/* Not less by the clock, and not more by who wakes first. */
static void a_cleanup_scope_without_a_limit_has_one_second(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t began = snt_now();

	start(group, sleep_a_little_longer, NULL);
	{
		snt_cleanup_scope(0);
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
	}
	ASSERT_LASTED_TO(began, SNT_SECOND, INT64_MAX);
	assert_string_equal(trail, "");
	OK(snt_group_end(group));
}

static void a_timeout_inside_a_cleanup_scope_counts(void)
{
	snt_cleanup_scope(SNT_MINUTE);
	snt_timeout_scope(inner, 2 * MS);
	FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
	assert_true(snt_scope_expired(&inner));
}

static int wait_and_mark(void *event)
{
	OK(snt_event_wait(event));
	leave_mark('k');
	return 0;
}

/* A deadline belongs to the fiber that set it, not to those it spawns. */
static void a_scope_is_not_inherited_by_spawned_fibers(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_event *event;
	struct snt_scope scope;

	OK(snt_event_open(&event));
	snt_timeout_begin(&scope, 300 * MS); /* enough to spawn in */
	start(group, wait_and_mark, event);
	FAILS(snt_group_wait(group), -ETIMEDOUT);
	snt_scope_end(&scope);
	snt_event_set(event);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "k");
	OK(snt_group_end(group));
	snt_event_close(event);
}

static int keep_busy(void *arg)
{
	int64_t until = snt_now() + 210 * MS;

	(void)arg;
	while (snt_now() < until)
		;
	return 0;
}

/* It ended no call, though its time had passed when the sleeper got to run. */
static void a_scope_that_ended_no_call_is_not_expired(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, keep_busy, NULL);
	{
		snt_timeout_scope(limit, 200 * MS);
		OK(snt_sleep(MS));
		assert_false(snt_scope_expired(&limit));
		FAILS(snt_yield(), -ETIMEDOUT);
		assert_true(snt_scope_expired(&limit));
	}
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST(a_scope_ends_a_wait_at_its_limit),
	TEST(a_limit_that_has_passed_fails_every_call),
	TEST(a_limit_is_for_all_calls_together),
	TEST(nothing_is_left_after_a_scope_ends),
	TEST(zero_and_forever_set_no_limit),
	TEST(a_negative_limit_has_passed_already),
	TEST(a_shorter_inner_limit_counts),
	TEST(a_longer_inner_limit_does_not_extend_the_outer),
	TEST(ending_an_outer_scope_ends_the_inner_ones),
	TEST(a_deadline_is_noticed_by_a_call_that_need_not_wait),
	TEST(cancel_is_a_level_not_an_event),
	TEST(a_cleanup_scope_masks_the_cancel),
	TEST(a_cancel_that_comes_inside_a_cleanup_scope_waits_outside),
	TEST(a_cleanup_scope_masks_outer_deadlines),
	TEST(a_cleanup_scope_has_a_limit_of_its_own),
	TEST(a_cleanup_scope_without_a_limit_has_one_second),
	TEST(a_timeout_inside_a_cleanup_scope_counts),
	TEST(a_scope_is_not_inherited_by_spawned_fibers),
	TEST(a_scope_that_ended_no_call_is_not_expired),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
