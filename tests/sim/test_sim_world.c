/* SPDX-License-Identifier: MIT */
/* A world as a whole: its seed, clock, trace and report. */
#include "../forked.h"
#include "worlds.h"

#include <signal.h>

static int nothing(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	return 0;
}

static int draw(struct snt_sim *sim, void *arg)
{
	(void)sim;
	*(uint64_t *)arg = snt_sim_random(UINT64_C(1) << 40);
	return 0;
}

/* Three fibers on each of two hosts, whose turns the seed decides. */
static int write_notes(void *arg)
{
	for (int i = 0; i < 5; i++) {
		snt_sim_note("%s %d", (const char *)arg, i);
		SNT_TRY(snt_sleep((int64_t)snt_sim_random(3) * MS));
	}
	return 0;
}

static int three_fibers(void *arg)
{
	static char names[][2] = { "a", "b", "c" };
	snt_auto(group) group = NULL;

	(void)arg;
	SNT_TRY(snt_group_open(&group, NULL));
	for (int i = 0; i < 3; i++)
		SNT_TRY(snt_spawn(group, write_notes, names[i], NULL));
	return snt_group_wait(group);
}

static int two_hosts(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *x = host_with(sim, "x", three_fibers, arg);
	struct snt_sim_host *y = host_with(sim, "y", three_fibers, arg);

	SNT_TRY(snt_sim_join(x, NULL));
	return snt_sim_join(y, NULL);
}

static void an_empty_world_goes_well(void)
{
	struct snt_sim_report report;

	OK(snt_sim_run(nothing, NULL, NULL, &report));
	assert_int_equal(report.code, 0);
	assert_string_equal(report.what, "");
	assert_string_equal(report.why, "");
	assert_string_equal(report.only, "");
	assert_int_equal(report.packets, 0);
	assert_int_equal(report.time, 0);
	assert_string_equal(report.faults[0].kind, "");
	snt_sim_report_release(&report);
}

static void a_report_is_not_needed(void)
{
	OK(snt_sim_run(nothing, NULL, NULL, NULL));
	snt_sim_report_release(NULL);
}

static void the_director_may_be_all_there_is(void)
{
	uint64_t drawn = 0;

	goes_well(draw, &drawn, 5);
	assert_true(drawn > 0);
}

static int fail_by_itself(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	return snt_fail(-EPROTO, "no greeting");
}

static void the_directors_failure_is_the_worlds(void)
{
	struct snt_sim_report report;

	FAILS(snt_sim_run(fail_by_itself, NULL, NULL, &report), -EPROTO);
	assert_non_null(strstr(snt_errmsg(), "no greeting"));
	assert_int_equal(report.code, -EPROTO);
	assert_string_equal(report.what, "program");
	snt_sim_report_release(&report);
}

static void equal_seeds_give_equal_worlds(void)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct snt_sim_report a = goes_well(two_hosts, NULL, seed);
		struct snt_sim_report b = goes_well(two_hosts, NULL, seed);

		assert_int_equal(a.seed, seed);
		assert_int_equal(a.digest, b.digest);
		assert_int_equal(a.events, b.events);
		assert_int_equal(a.time, b.time);
	}
}

static void other_seeds_give_other_worlds(void)
{
	uint64_t digests[50];

	for (uint64_t i = 0; i < 50; i++) {
		digests[i] = goes_well(two_hosts, NULL, i + 1).digest;
		for (uint64_t j = 0; j < i; j++)
			assert_int_not_equal(digests[i], digests[j]);
	}
}

static void without_a_seed_each_world_is_another(void)
{
	uint64_t a, b;

	a = goes_well(nothing, NULL, 0).seed;
	b = goes_well(nothing, NULL, 0).seed;
	assert_int_not_equal(a, 0);
	assert_int_not_equal(a, b);
}

static void the_seed_may_come_from_the_environment(void)
{
	OK(setenv("SENNIT_SIM_SEED", "12", 1));
	assert_int_equal(goes_well(nothing, NULL, 0).seed, 12);
	OK(setenv("SENNIT_SIM_SEED", "0x1f", 1));
	assert_int_equal(goes_well(nothing, NULL, 0).seed, 31);
	OK(setenv("SENNIT_SIM_SEED", "", 1));
	assert_int_not_equal(goes_well(nothing, NULL, 0).seed, 31);
	/* The program's own word counts for more. */
	OK(setenv("SENNIT_SIM_SEED", "12", 1));
	assert_int_equal(goes_well(nothing, NULL, 13).seed, 13);
}

static void a_seed_that_is_none_is_refused(void)
{
	const char *const words[] = { "zero", "0",  "12x",
				      " ",    "-3", "99999999999999999999" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		OK(setenv("SENNIT_SIM_SEED", words[i], 1));
		FAILS(snt_sim_run(nothing, NULL, NULL, NULL), -EINVAL);
		assert_non_null(strstr(snt_errmsg(), "SENNIT_SIM_SEED"));
	}
}

static void a_trace_tells_each_event_in_a_line(void)
{
	struct snt_sim_opts opts = { .seed = 3 };
	char path[32], *text;

	own_path(path, "trace");
	opts.trace = path;
	OK(snt_sim_run(two_hosts, NULL, &opts, NULL));
	text = text_of(path);
	assert_non_null(strstr(text, "0.000000000 x          note     "));
	assert_non_null(strstr(text, "note     a 4\n"));
	assert_non_null(strstr(text, "y          starts"));
	free(text);
	OK(unlink(path));
}

static void a_replay_writes_the_same_trace(void)
{
	char first[32], second[32], *a, *b;

	own_path(first, "first");
	own_path(second, "second");
	for (uint64_t seed = 1; seed <= 10; seed++) {
		OK(snt_sim_run(
			two_hosts, NULL,
			&(struct snt_sim_opts){ .seed = seed, .trace = first },
			NULL));
		OK(snt_sim_run(
			two_hosts, NULL,
			&(struct snt_sim_opts){ .seed = seed, .trace = second },
			NULL));
		a = text_of(first);
		b = text_of(second);
		assert_true(strlen(a) > 1000);
		assert_string_equal(a, b);
		free(a);
		free(b);
	}
	OK(unlink(first));
	OK(unlink(second));
}

static void a_written_trace_changes_nothing(void)
{
	struct snt_sim_report report;
	char path[32];

	own_path(path, "trace");
	OK(snt_sim_run(two_hosts, NULL,
		       &(struct snt_sim_opts){ .seed = 9, .trace = path },
		       &report));
	assert_int_equal(report.digest, goes_well(two_hosts, NULL, 9).digest);
	snt_sim_report_release(&report);
	OK(unlink(path));
}

static void the_trace_may_be_asked_for_in_the_environment(void)
{
	char path[32], *text;

	own_path(path, "trace");
	OK(setenv("SENNIT_SIM_TRACE", path, 1));
	goes_well(two_hosts, NULL, 3);
	text = text_of(path);
	assert_non_null(strstr(text, "note     a 0"));
	free(text);
	OK(unlink(path));
}

static int die_in_mid_world(void *unused)
{
	(void)unused;
	snt_sim_note("its last word");
	abort();
}

static int director_of_the_dying(struct snt_sim *sim, void *unused)
{
	(void)unused;
	return snt_sim_join(host_with(sim, "x", die_in_mid_world, NULL), NULL);
}

static void a_process_that_dies_leaves_all_of_its_trace(void)
{
	struct snt_sim_opts opts = { .seed = 9 };
	char path[32], *text;
	int status;
	pid_t pid;

	own_path(path, "trace");
	opts.trace = path;
	pid = forked();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		OK(snt_sim_run(director_of_the_dying, NULL, &opts, NULL));
	}
	status = status_of(pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	text = text_of(path);
	assert_non_null(strstr(text, "its last word\n"));
	free(text);
	OK(unlink(path));
}

static void a_trace_that_cannot_be_written_is_refused(void)
{
	const struct snt_sim_opts opts = { .trace = "/no/such/folder/t" };

	FAILS(snt_sim_run(nothing, NULL, &opts, NULL), -ENOENT);
	assert_non_null(strstr(snt_errmsg(), "/no/such/folder/t"));
}

static int try_another(struct snt_sim *sim, void *arg)
{
	(void)sim;
	FAILS(snt_sim_run(nothing, arg, NULL, NULL), -EDEADLK);
	FAILS(snt_sim_shrink(nothing, arg, NULL, 1, NULL), -EDEADLK);
	return 0;
}

static int try_another_on_a_host(void *arg)
{
	return try_another(NULL, arg);
}

static int try_in_both(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host;

	SNT_TRY(try_another(sim, arg));
	host = host_with(sim, "a", try_another_on_a_host, arg);
	return snt_sim_join(host, NULL);
}

static void a_world_within_a_world_is_refused(void)
{
	goes_well(try_in_both, NULL, 1);
}

static int sleep_for_years(struct snt_sim *sim, void *arg)
{
	int64_t before = snt_now();

	(void)sim;
	SNT_TRY(snt_sleep(*(const int64_t *)arg));
	assert_int_equal(snt_now() - before, *(const int64_t *)arg);
	return 0;
}

static void a_sleep_lasts_exactly_as_long_in_no_time(void)
{
	const int64_t day = 24 * 60 * SNT_MINUTE;
	struct snt_sim_opts opts = { .time_limit = 4000 * day };
	int64_t years = 10 * 365 * day + 1;
	struct snt_sim_report report;

	OK(snt_sim_run(sleep_for_years, &years, &opts, &report));
	assert_int_equal(report.time, years);
	snt_sim_report_release(&report);
}

static int look_at_the_clock(struct snt_sim *sim, void *arg)
{
	int64_t end = snt_now() + SNT_SECOND;
	int64_t *looks = arg;

	(void)sim;
	while (snt_now() < end)
		(*looks)++;
	return 0;
}

static void who_only_looks_at_the_clock_sees_it_move(void)
{
	int64_t looks = 0;

	goes_well(look_at_the_clock, &looks, 1);
	assert_true(looks > 1000);
}

static int yield_until(struct snt_sim *sim, void *arg)
{
	int64_t end = snt_now() + SNT_SECOND;

	(void)sim;
	(void)arg;
	while (snt_now() < end)
		SNT_TRY(snt_yield());
	return 0;
}

static void who_only_lets_others_run_sees_it_move_too(void)
{
	goes_well(yield_until, NULL, 1);
}

static int look_outside(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	assert_null(snt_sim_here());
	assert_string_equal(snt_backend(), "sim");
	return 0;
}

static void afterwards_the_thread_is_what_it_was(void)
{
	int64_t now = snt_now();
	struct snt_socket *a, *b;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	goes_well(look_outside, NULL, 1);
	OK(snt_sendall(a, "x", 1));
	FAILS(snt_recv(b, &byte, 1), 1);
	snt_close(a);
	snt_close(b);
	assert_true(snt_now() >= now);
	assert_string_not_equal(snt_backend(), "sim");
}

static void outside_of_a_world_notes_go_nowhere(void)
{
	snt_sim_note("%d", 1);
	snt_sim_fail("none", "%d", 1);
	assert_null(snt_sim_here());
}

static const struct test_case cases[] = {
	TEST(an_empty_world_goes_well),
	TEST(a_report_is_not_needed),
	TEST(the_director_may_be_all_there_is),
	TEST(the_directors_failure_is_the_worlds),
	TEST(equal_seeds_give_equal_worlds),
	TEST(other_seeds_give_other_worlds),
	TEST(without_a_seed_each_world_is_another),
	TEST(the_seed_may_come_from_the_environment),
	TEST(a_seed_that_is_none_is_refused),
	TEST(a_trace_tells_each_event_in_a_line),
	TEST(a_replay_writes_the_same_trace),
	TEST(a_written_trace_changes_nothing),
	TEST(the_trace_may_be_asked_for_in_the_environment),
	TEST(a_process_that_dies_leaves_all_of_its_trace),
	TEST(a_trace_that_cannot_be_written_is_refused),
	TEST(a_world_within_a_world_is_refused),
	TEST(a_sleep_lasts_exactly_as_long_in_no_time),
	TEST(who_only_looks_at_the_clock_sees_it_move),
	TEST(who_only_lets_others_run_sees_it_move_too),
	TEST(afterwards_the_thread_is_what_it_was),
	TEST(outside_of_a_world_notes_go_nowhere),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
