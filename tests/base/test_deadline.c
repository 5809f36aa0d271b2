/* SPDX-License-Identifier: MIT */
/* Arithmetic of deadlines. */
#include "base/deadline.h"
#include "../runner.h"

static void a_deadline_is_now_and_the_duration(void)
{
	assert_int_equal(snt__deadline(1000, 5), 1005);
	assert_int_equal(snt__deadline(0, 1), 1);
}

static void unset_and_forever_give_forever(void)
{
	assert_true(snt__deadline(1000, 0) == SNT_FOREVER);
	assert_true(snt__deadline(1000, SNT_FOREVER) == SNT_FOREVER);
}

static void a_negative_duration_gives_now(void)
{
	assert_int_equal(snt__deadline(1000, SNT_NOWAIT), 1000);
	assert_int_equal(snt__deadline(1000, INT64_MIN), 1000);
}

static void sums_do_not_overflow(void)
{
	assert_true(snt__deadline(1000, SNT_FOREVER - 1) == SNT_FOREVER);
	assert_true(snt__deadline(1000, SNT_FOREVER - 1000) == SNT_FOREVER);
	assert_true(snt__deadline(1000, SNT_FOREVER - 1001) == SNT_FOREVER - 1);
}

static void the_earlier_of_two_counts(void)
{
	assert_int_equal(snt__earlier(1, 2), 1);
	assert_int_equal(snt__earlier(2, 1), 1);
	assert_int_equal(snt__earlier(SNT_FOREVER, 5), 5);
}

static void units_are_nanoseconds(void)
{
	assert_int_equal(SNT_SECOND, 1000 * SNT_MILLISECOND);
	assert_int_equal(SNT_MILLISECOND, 1000 * SNT_MICROSECOND);
	assert_int_equal(SNT_MINUTE, 60 * SNT_SECOND);
	assert_int_equal(SNT_MICROSECOND, 1000);
}

static const struct test_case cases[] = {
	TEST(a_deadline_is_now_and_the_duration),
	TEST(unset_and_forever_give_forever),
	TEST(a_negative_duration_gives_now),
	TEST(sums_do_not_overflow),
	TEST(the_earlier_of_two_counts),
	TEST(units_are_nanoseconds),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
