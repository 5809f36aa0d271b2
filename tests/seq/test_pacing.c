/* SPDX-License-Identifier: MIT */
#include "seq/pacing.h"

#include "../runner.h"

#define SIZE 1200
#define RATE 1200000 /* a thousand of these a second */

static struct snt__seq_pacing bucket(uint64_t rate)
{
	struct snt__seq_pacing pacing;

	snt__seq_pacing_init(&pacing, SIZE, 0);
	snt__seq_pacing_rate(&pacing, rate, SIZE, 0);
	return pacing;
}

static unsigned at_once(struct snt__seq_pacing *pacing, int64_t now)
{
	unsigned count = 0;

	for (; snt__seq_pacing_at(pacing, now) <= now; count++)
		snt__seq_pacing_spend(pacing, SIZE, now);
	return count;
}

static void without_a_rate_all_goes_at_once(void)
{
	struct snt__seq_pacing pacing = bucket(0);

	for (int i = 0; i < 10000; i++) {
		assert_int_equal(snt__seq_pacing_at(&pacing, 5), 5);
		snt__seq_pacing_spend(&pacing, SIZE, 5);
	}
}

static void ten_go_at_once_and_then_one_by_one(void)
{
	struct snt__seq_pacing pacing = bucket(RATE);
	int64_t now = 0;

	assert_int_equal(at_once(&pacing, now), 10);
	for (int i = 0; i < 100; i++) {
		now = snt__seq_pacing_at(&pacing, now);
		assert_int_equal(at_once(&pacing, now), 1);
	}
	assert_true(now > 95 * SNT_MILLISECOND && now < 115 * SNT_MILLISECOND);
}

static void a_fast_path_is_woken_for_by_the_millisecond(void)
{
	struct snt__seq_pacing pacing = bucket(UINT64_C(1000) * RATE);
	int64_t now = SNT_SECOND;
	unsigned all = 0;

	/* Two milliseconds' worth at most, one at a time. */
	assert_in_range(at_once(&pacing, now), 1995, 2005);
	while (now < SNT_SECOND + 100 * SNT_MILLISECOND) {
		int64_t next = snt__seq_pacing_at(&pacing, now);

		assert_true(next - now > 900 * SNT_MICROSECOND);
		now = next;
		all += at_once(&pacing, now);
	}
	assert_in_range(all, 99000, 102000);
}

static void rest_fills_no_more_than_a_burst(void)
{
	struct snt__seq_pacing pacing = bucket(RATE);

	at_once(&pacing, 0);
	assert_int_equal(at_once(&pacing, 3600 * SNT_SECOND), 10);
}

static void many_short_times_fill_as_much_as_one_long(void)
{
	struct snt__seq_pacing pacing = bucket(1000); /* a byte a millisecond */
	int64_t now = 0;

	at_once(&pacing, now);
	/* Nothing is lost by looking, and setting the rate, very often. */
	for (; now < 1100 * SNT_MILLISECOND; now += 10 * SNT_MICROSECOND)
		snt__seq_pacing_rate(&pacing, 1000, SIZE, now);
	snt__seq_pacing_spend(&pacing, 0, now);
	assert_in_range(pacing.filled, 1095, 1101);
}

static void a_clock_that_goes_back_or_far_ahead_does_no_harm(void)
{
	struct snt__seq_pacing pacing = bucket(UINT64_MAX);

	assert_true(at_once(&pacing, SNT_FOREVER / 2) > 0);
	assert_true(snt__seq_pacing_at(&pacing, 0) < SNT_SECOND);
}

static const struct test_case cases[] = {
	TEST(without_a_rate_all_goes_at_once),
	TEST(ten_go_at_once_and_then_one_by_one),
	TEST(a_fast_path_is_woken_for_by_the_millisecond),
	TEST(rest_fills_no_more_than_a_burst),
	TEST(many_short_times_fill_as_much_as_one_long),
	TEST(a_clock_that_goes_back_or_far_ahead_does_no_harm),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
