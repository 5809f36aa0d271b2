/* SPDX-License-Identifier: MIT */
/* Sleeping, and the clock. */
#include "fibers.h"

static void sleep_lasts_as_long_as_asked(void)
{
	int64_t began = snt_now();

	OK(snt_sleep(10 * MS));
	ASSERT_LASTED(began, 10 * MS);
}

static int sleep_then_mark(void *arg)
{
	const char *mark = arg;

	SNT_TRY(snt_sleep((*mark - 'a' + 1) * 10 * MS));
	leave_mark(*mark);
	return 0;
}

static void sleepers_wake_in_the_order_of_their_times(void)
{
	struct snt_group *group = group_with(NULL);
	char marks[] = "cbeda";

	for (int i = 0; i < 5; i++)
		start(group, sleep_then_mark, &marks[i]);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "abcde");
	OK(snt_group_end(group));
}

static int sleep_a_moment(void *arg)
{
	(void)arg;
	return snt_sleep(100 * MS);
}

static void they_sleep_side_by_side(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t began = snt_now();

	/* One after the other they would need ten seconds. */
	for (int i = 0; i < 100; i++)
		start(group, sleep_a_moment, NULL);
	OK(snt_group_wait(group));
	ASSERT_LASTED_TO(began, 100 * MS, 9 * SNT_SECOND);
	OK(snt_group_end(group));
}

static void zero_and_less_do_not_wait(void)
{
	int64_t began = snt_now();

	OK(snt_sleep(0));
	OK(snt_sleep(SNT_NOWAIT));
	OK(snt_sleep(INT64_MIN));
	ASSERT_LASTED_TO(began, 0, SNT_SECOND - 1);
}

static void the_longest_sleeps_do_not_overflow(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, sleep_until_cancelled, NULL);
	{
		snt_timeout_scope(limit, 5 * MS);
		FAILS(snt_sleep(SNT_FOREVER - 1), -ETIMEDOUT);
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
	}
	OK(snt_group_end(group));
}

static void a_sleep_is_ended_by_cancel_at_once(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t began = snt_now();

	start(group, sleep_until_cancelled, NULL);
	OK(snt_sleep(5 * MS));
	OK(snt_group_end(group));
	ASSERT_LASTED_TO(began, 5 * MS, 2 * SNT_SECOND - 1);
}

static void a_sleep_that_fits_its_scope_succeeds(void)
{
	snt_timeout_scope(limit, SNT_MINUTE);
	OK(snt_sleep(2 * MS));
	assert_false(snt_scope_expired(&limit));
}

static void now_never_goes_back(void)
{
	int64_t last = snt_now();

	for (int i = 0; i < 10000; i++) {
		int64_t now = snt_now();

		assert_true(now >= last);
		last = now;
	}
}

static const struct test_case cases[] = {
	TEST(sleep_lasts_as_long_as_asked),
	TEST(sleepers_wake_in_the_order_of_their_times),
	TEST(they_sleep_side_by_side),
	TEST(zero_and_less_do_not_wait),
	TEST(the_longest_sleeps_do_not_overflow),
	TEST(a_sleep_is_ended_by_cancel_at_once),
	TEST(a_sleep_that_fits_its_scope_succeeds),
	TEST(now_never_goes_back),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
