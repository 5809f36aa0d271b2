/* SPDX-License-Identifier: MIT */
/* Programs on hosts: started, joined, stopped, killed, paused, started again. */
#include "worlds.h"

#include <signal.h>

static int a_result(struct snt_sim *sim, void *arg)
{
	int seven = 7, result = 0;
	struct snt_sim_host *host = host_with(sim, "a", return_at_once, &seven);

	(void)arg;
	OK(snt_sim_join(host, &result));
	assert_int_equal(result, 7);
	OK(snt_sim_join(host, NULL));
	return 0;
}

static void a_join_gives_the_programs_result(void)
{
	goes_well(a_result, NULL, 1);
}

static int join_nothing(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host;

	(void)arg;
	OK(snt_sim_add(sim, &host, "a", NULL));
	FAILS(snt_sim_join(host, NULL), -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "nothing was started"));
	return 0;
}

static void a_join_of_a_host_without_a_program_is_refused(void)
{
	goes_well(join_nothing, NULL, 1);
}

static int join_a_sleeper(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);

	snt_timeout_scope(limit, SNT_SECOND);
	FAILS(snt_sim_join(host, NULL), -ETIMEDOUT);
	return 0;
}

static void a_join_has_an_end_by_the_callers_deadline(void)
{
	assert_int_equal(goes_well(join_a_sleeper, NULL, 1).time, SNT_SECOND);
}

static int start_two(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", sleep_a_second, arg);

	FAILS(snt_sim_start(host, sleep_a_second, arg), -EBUSY);
	OK(snt_sim_join(host, NULL));
	OK(snt_sim_start(host, sleep_a_second, arg));
	return snt_sim_join(host, NULL);
}

static void a_host_runs_one_program_at_a_time(void)
{
	assert_int_equal(goes_well(start_two, NULL, 1).time, 2 * SNT_SECOND);
}

static int leave_it_running(struct snt_sim *sim, void *arg)
{
	host_with(sim, "a", sleep_until_cancelled, arg);
	return snt_sleep(SNT_SECOND);
}

static void what_runs_when_the_director_returns_is_stopped(void)
{
	goes_well(leave_it_running, NULL, 1);
}

static int stop_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);
	int result = 0;

	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_stop(host);
	OK(snt_sim_join(host, &result));
	assert_int_equal(result, -ECANCELED);
	/* That was no failure of the world's. */
	return 0;
}

static void a_stopped_program_is_cancelled(void)
{
	goes_well(stop_one, NULL, 1);
}

static int stop_at_once(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);

	snt_sim_stop(host);
	return snt_sim_join(host, NULL);
}

static void a_program_stopped_before_its_first_step_is_cancelled(void)
{
	goes_well(stop_at_once, NULL, 1);
}

static int ends_in_order(void *arg)
{
	bool *cleaned = arg;

	FAILS(snt_sleep(SNT_FOREVER), -ECANCELED);
	snt_cleanup_scope(SNT_SECOND);
	SNT_TRY(snt_sleep(100 * MS));
	*cleaned = true;
	return 0;
}

static int stop_a_clean_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", ends_in_order, arg);
	int result = 1;

	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_stop(host);
	OK(snt_sim_join(host, &result));
	assert_int_equal(result, 0);
	return 0;
}

static void a_stopped_program_has_time_to_clean_up(void)
{
	bool cleaned = false;

	goes_well(stop_a_clean_one, &cleaned, 1);
	assert_true(cleaned);
}

static int stop_twice(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);

	SNT_TRY(snt_yield());
	snt_sim_stop(host);
	snt_sim_stop(host);
	OK(snt_sim_join(host, NULL));
	snt_sim_stop(host);
	snt_sim_kill(host);
	return 0;
}

static void to_stop_what_has_ended_is_fine(void)
{
	goes_well(stop_twice, NULL, 1);
}

static int fail_late(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(SNT_SECOND));
	return snt_fail(-EPROTO, "no greeting came");
}

static int start_a_failing_one(struct snt_sim *sim, void *arg)
{
	host_with(sim, "bad", fail_late, arg);
	return snt_sleep(SNT_FOREVER);
}

static void a_programs_failure_is_the_worlds(void)
{
	struct snt_sim_report report = goes_wrong(
		start_a_failing_one, NULL, "program", "bad: no greeting came");

	assert_int_equal(report.time, SNT_SECOND);
}

static int fail_when_told_to_end(void *arg)
{
	(void)arg;
	FAILS(snt_sleep(SNT_MINUTE), -ECANCELED);
	return snt_fail(-EPROTO, "not now");
}

static int kill_a_failing_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "bad", fail_when_told_to_end, arg);

	SNT_TRY(snt_sleep(10 * MS));
	snt_sim_kill(host);
	return snt_sim_join(host, NULL);
}

static void whatever_a_killed_program_returns_is_no_failure(void)
{
	assert_int_equal(goes_well(kill_a_failing_one, NULL, 1).time, 10 * MS);
}

static int stop_a_failing_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "bad", fail_when_told_to_end, arg);

	SNT_TRY(snt_sleep(10 * MS));
	snt_sim_stop(host);
	return snt_sim_join(host, NULL);
}

static void but_a_stopped_programs_is(void)
{
	goes_wrong(stop_a_failing_one, NULL, "program", "bad: not now");
}

static int restart(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);

	for (int i = 0; i < 10; i++) {
		SNT_TRY(snt_sleep(SNT_SECOND));
		snt_sim_kill(host);
		OK(snt_sim_join(host, NULL));
		OK(snt_sim_start(host, sleep_until_cancelled, NULL));
	}
	return 0;
}

static void a_killed_host_can_be_started_again(void)
{
	goes_well(restart, NULL, 1);
}

static int count_seconds(void *arg)
{
	for (;;) {
		SNT_TRY(snt_sleep(SNT_SECOND));
		(*(int *)arg)++;
	}
}

static int pause_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", count_seconds, arg);
	int *seconds = arg, before;

	SNT_TRY(snt_sleep(5 * SNT_SECOND + 500 * MS));
	before = *seconds;
	assert_int_equal(before, 5);
	snt_sim_pause(host);
	snt_sim_pause(host);
	SNT_TRY(snt_sleep(100 * SNT_SECOND));
	assert_int_equal(*seconds, before);
	snt_sim_resume(host);
	snt_sim_resume(host);
	/* The sleep that ended meanwhile, and one more second. */
	SNT_TRY(snt_sleep(1500 * MS));
	assert_int_equal(*seconds, before + 2);
	return 0;
}

static void a_paused_host_stands_still_until_it_is_resumed(void)
{
	int seconds = 0;

	goes_well(pause_one, &seconds, 1);
}

static int leave_it_paused(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", count_seconds, arg);

	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_pause(host);
	return 0;
}

static void a_paused_host_is_resumed_at_the_end(void)
{
	int seconds = 0;

	goes_well(leave_it_paused, &seconds, 1);
}

static int kill_a_paused_one(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", count_seconds, arg);

	SNT_TRY(snt_sleep(1500 * MS));
	snt_sim_pause(host);
	snt_sim_kill(host);
	OK(snt_sim_join(host, NULL));
	OK(snt_sim_start(host, count_seconds, arg));
	return snt_sleep(1500 * MS);
}

static void a_paused_host_can_be_killed_and_started_again(void)
{
	int seconds = 0;

	goes_well(kill_a_paused_one, &seconds, 1);
	assert_int_equal(seconds, 2);
}

static int wait_for_a_signal(void *arg)
{
	const int number = SIGTERM;
	snt_auto(signals) signals = NULL;

	SNT_TRY(snt_signals_open(&signals, &number, 1));
	*(int *)arg = snt_signals_wait(signals);
	return 0;
}

static int send_a_signal(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", wait_for_a_signal, arg);

	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_signal(host, SIGTERM);
	return snt_sim_join(host, NULL);
}

static void a_signal_reaches_who_has_caught_it(void)
{
	int number = 0;

	goes_well(send_a_signal, &number, 1);
	assert_int_equal(number, SIGTERM);
}

static int send_a_deadly_signal(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "a", sleep_until_cancelled, arg);

	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_signal(host, SIGTERM);
	return snt_sim_join(host, NULL);
}

static void a_signal_that_nobody_caught_kills(void)
{
	goes_well(send_a_deadly_signal, NULL, 1);
}

static const struct test_case cases[] = {
	TEST(a_join_gives_the_programs_result),
	TEST(a_join_of_a_host_without_a_program_is_refused),
	TEST(a_join_has_an_end_by_the_callers_deadline),
	TEST(a_host_runs_one_program_at_a_time),
	TEST(what_runs_when_the_director_returns_is_stopped),
	TEST(a_stopped_program_is_cancelled),
	TEST(a_program_stopped_before_its_first_step_is_cancelled),
	TEST(a_stopped_program_has_time_to_clean_up),
	TEST(to_stop_what_has_ended_is_fine),
	TEST(a_programs_failure_is_the_worlds),
	TEST(whatever_a_killed_program_returns_is_no_failure),
	TEST(but_a_stopped_programs_is),
	TEST(a_killed_host_can_be_started_again),
	TEST(a_paused_host_stands_still_until_it_is_resumed),
	TEST(a_paused_host_is_resumed_at_the_end),
	TEST(a_paused_host_can_be_killed_and_started_again),
	TEST(a_signal_reaches_who_has_caught_it),
	TEST(a_signal_that_nobody_caught_kills),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
