/* SPDX-License-Identifier: MIT */
#include "seq/rtt.h"

#include "../runner.h"

#define MS SNT_MILLISECOND

static void the_first_timeout_is_a_second(void)
{
	struct snt__seq_rtt rtt = { 0 };

	assert_int_equal(snt__seq_rtt_timeout(&rtt), SNT_SECOND);
}

static void the_first_sample_is_the_estimate_and_half_of_it_the_variation(void)
{
	struct snt__seq_rtt rtt = { 0 };

	snt__seq_rtt_sample(&rtt, 40 * MS, 0, 0);
	assert_int_equal(rtt.smoothed, 40 * MS);
	assert_int_equal(rtt.variation, 20 * MS);
	assert_int_equal(rtt.least, 40 * MS);
	assert_int_equal(snt__seq_rtt_timeout(&rtt), (40 + 80 + 5) * MS);
}

static void later_samples_are_smoothed_as_rfc_6298_says(void)
{
	struct snt__seq_rtt rtt = { 0 };

	snt__seq_rtt_sample(&rtt, 40 * MS, 0, 0);
	snt__seq_rtt_sample(&rtt, 80 * MS, 0, 0);
	assert_int_equal(rtt.variation, (20 * 3 + 40) * MS / 4);
	assert_int_equal(rtt.smoothed, 45 * MS);
	assert_int_equal(rtt.least, 40 * MS);
}

static void what_the_peer_waited_is_taken_off_but_not_below_the_least(void)
{
	struct snt__seq_rtt rtt = { 0 };

	snt__seq_rtt_sample(&rtt, 40 * MS, 5 * MS, 0);
	assert_int_equal(rtt.latest, 40 * MS);
	snt__seq_rtt_sample(&rtt, 47 * MS, 5 * MS, 0);
	assert_int_equal(rtt.latest, 42 * MS);
	snt__seq_rtt_sample(&rtt, 43 * MS, 5 * MS, 0);
	assert_int_equal(rtt.latest, 40 * MS);
}

static void a_peer_cannot_talk_a_long_round_trip_away(void)
{
	struct snt__seq_rtt rtt = { 0 };

	snt__seq_rtt_sample(&rtt, 40 * MS, 0, 0);
	snt__seq_rtt_sample(&rtt, 500 * MS, 460 * MS, 0);
	assert_true(rtt.latest > 470 * MS);
}

static void the_timeout_of_a_steady_path_keeps_a_distance(void)
{
	struct snt__seq_rtt rtt = { 0 };

	for (int i = 0; i < 200; i++)
		snt__seq_rtt_sample(&rtt, 80 * MS, 0, i * MS);
	assert_true(snt__seq_rtt_timeout(&rtt) >= (80 + 10 + 5) * MS);
	rtt = (struct snt__seq_rtt){ 0 };
	for (int i = 0; i < 200; i++)
		snt__seq_rtt_sample(&rtt, 50 * SNT_MICROSECOND, 0, i * MS);
	assert_true(snt__seq_rtt_timeout(&rtt) >= 6 * MS);
}

static void the_least_is_stale_after_ten_seconds_unless_seen_again(void)
{
	struct snt__seq_rtt rtt = { 0 };

	snt__seq_rtt_sample(&rtt, 40 * MS, 0, 0);
	snt__seq_rtt_sample(&rtt, 60 * MS, 0, 9 * SNT_SECOND);
	assert_false(snt__seq_rtt_stale(&rtt, 10 * SNT_SECOND));
	assert_true(snt__seq_rtt_stale(&rtt, 10 * SNT_SECOND + 1));
	snt__seq_rtt_sample(&rtt, 41 * MS, 0, 10 * SNT_SECOND);
	assert_false(snt__seq_rtt_stale(&rtt, 19 * SNT_SECOND));
	snt__seq_rtt_forget(&rtt);
	snt__seq_rtt_sample(&rtt, 70 * MS, 0, 20 * SNT_SECOND);
	assert_int_equal(rtt.least, 70 * MS);
}

static void samples_of_nothing_are_at_least_a_nanosecond(void)
{
	struct snt__seq_rtt rtt = { 0 };

	for (int i = 0; i < 100; i++)
		snt__seq_rtt_sample(&rtt, 0, 25 * MS, 0);
	assert_true(rtt.least > 0 && rtt.smoothed > 0 && rtt.variation >= 0);
}

static const struct test_case cases[] = {
	TEST(the_first_timeout_is_a_second),
	TEST(the_first_sample_is_the_estimate_and_half_of_it_the_variation),
	TEST(later_samples_are_smoothed_as_rfc_6298_says),
	TEST(what_the_peer_waited_is_taken_off_but_not_below_the_least),
	TEST(a_peer_cannot_talk_a_long_round_trip_away),
	TEST(the_timeout_of_a_steady_path_keeps_a_distance),
	TEST(the_least_is_stale_after_ten_seconds_unless_seen_again),
	TEST(samples_of_nothing_are_at_least_a_nanosecond),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
