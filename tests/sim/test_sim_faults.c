/* SPDX-License-Identifier: MIT */
/* Chance, faults by name, and the few of them that matter. */
#include "worlds.h"

#define NEVER 0
#define ALWAYS 1000000

/* Draws `many` faults of each of two kinds, one chance in ten. */
static int draw_faults(struct snt_sim *sim, void *arg)
{
	int many = *(int *)arg;

	(void)sim;
	for (int i = 0; i < many; i++) {
		if (snt_sim_chance("red", 100000))
			snt_sim_note("red %d", i);
		if (snt_sim_chance("blue", 100000))
			snt_sim_note("blue %d", i);
	}
	return 0;
}

static void faults_are_counted_and_listed_by_kind(void)
{
	struct snt_sim_report report;
	size_t names = 1;
	int many = 1000;

	OK(snt_sim_run(draw_faults, &many, &(struct snt_sim_opts){ .seed = 1 },
		       &report));
	assert_in_range(report.faults[0].count, 50, 150);
	assert_in_range(report.faults[1].count, 50, 150);
	assert_string_equal(report.faults[2].kind, "");
	assert_int_equal(report.faults[2].count, 0);
	assert_non_null(strstr(report.only, "red:"));
	assert_non_null(strstr(report.only, "blue:"));
	for (const char *at = report.only; *at != '\0'; at++)
		names += *at == ' ';
	assert_int_equal(names,
			 report.faults[0].count + report.faults[1].count);
	snt_sim_report_release(&report);
	snt_sim_report_release(&report);
}

static void only_the_faults_that_are_named_happen(void)
{
	const struct snt_sim_opts opts = { .seed = 1, .only = "red:7 blue:12" };
	struct snt_sim_report report;
	int many = 1000;

	OK(snt_sim_run(draw_faults, &many, &opts, &report));
	assert_string_equal(report.only, "red:7 blue:12");
	snt_sim_report_release(&report);
}

static void a_replay_by_the_list_is_the_same_world(void)
{
	struct snt_sim_report first, second;
	int many = 1000;

	OK(snt_sim_run(draw_faults, &many, &(struct snt_sim_opts){ .seed = 4 },
		       &first));
	OK(snt_sim_run(draw_faults, &many,
		       &(struct snt_sim_opts){ .seed = 4, .only = first.only },
		       &second));
	assert_int_equal(first.digest, second.digest);
	assert_string_equal(first.only, second.only);
	snt_sim_report_release(&first);
	snt_sim_report_release(&second);
}

static void an_empty_list_is_a_world_without_faults(void)
{
	struct snt_sim_report report;
	int many = 1000;

	OK(snt_sim_run(draw_faults, &many, &(struct snt_sim_opts){ .only = "" },
		       &report));
	assert_string_equal(report.only, "");
	snt_sim_report_release(&report);
	OK(setenv("SENNIT_SIM_ONLY", "", 1));
	OK(snt_sim_run(draw_faults, &many, &(struct snt_sim_opts){ .seed = 1 },
		       &report));
	assert_string_equal(report.only, "");
	snt_sim_report_release(&report);
}

static void the_list_may_come_from_the_environment(void)
{
	struct snt_sim_report report;
	int many = 1000;

	OK(setenv("SENNIT_SIM_ONLY", "red:3", 1));
	OK(snt_sim_run(draw_faults, &many, NULL, &report));
	assert_string_equal(report.only, "red:3");
	snt_sim_report_release(&report);
}

static void a_list_that_is_none_is_refused(void)
{
	const char *const lists[] = { "red",
				      "red:x",
				      ":1",
				      "red:1 blue",
				      "red:-1",
				      "red::0",
				      "red:",
				      "red:a>b:",
				      "red:a>b:1:2",
				      "red:99999999999",
				      "muchtoolongaword:1" };

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		int many = 1;
		const struct snt_sim_opts opts = { .only = lists[i] };

		if (snt_sim_run(draw_faults, &many, &opts, NULL) != -EINVAL)
			fail_msg("\"%s\" passed", lists[i]);
		assert_non_null(strstr(snt_errmsg(), lists[i]));
	}
}

static int draw_the_sure(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	for (int i = 0; i < 100; i++) {
		assert_false(snt_sim_chance("never", NEVER));
		assert_true(snt_sim_chance("always", ALWAYS));
	}
	return 0;
}

static int draw_three(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	for (int i = 0; i < 3; i++) {
		assert_false(snt_sim_chance("never", NEVER));
		assert_true(snt_sim_chance("always", ALWAYS));
	}
	return 0;
}

static void no_chance_is_never_and_a_million_is_always(void)
{
	goes_well(draw_the_sure, NULL, 1);
	/* Nor can never be asked for. */
	OK(setenv("SENNIT_SIM_ONLY",
		  "never:0 never:1 always:0 always:1 always:2", 1));
	goes_well(draw_three, NULL, 1);
}

static int draw_below(struct snt_sim *sim, void *arg)
{
	(void)sim;
	(void)arg;
	for (uint64_t limit = 1; limit < 1000; limit++)
		assert_true(snt_sim_random(limit) < limit);
	assert_true(snt_sim_random(UINT64_MAX) > 1000);
	return 0;
}

static void random_numbers_are_below_their_limit(void)
{
	goes_well(draw_below, NULL, 1);
}

/* One kind's faults do not hang on how often another could have happened. */
static int draw_red_only(struct snt_sim *sim, void *arg)
{
	int many = *(int *)arg;

	(void)sim;
	for (int i = 0; i < many; i++)
		snt_sim_chance("red", 100000);
	return 0;
}

static void outside_of_a_world_no_fault_happens(void)
{
	assert_false(snt_sim_chance("always", ALWAYS));
	assert_int_equal(snt_sim_random(1000), 0);
}

static void one_kinds_chance_is_not_anothers(void)
{
	struct snt_sim_report both, alone;
	int many = 300;

	OK(snt_sim_run(draw_faults, &many, &(struct snt_sim_opts){ .seed = 6 },
		       &both));
	OK(snt_sim_run(draw_red_only, &many,
		       &(struct snt_sim_opts){ .seed = 6 }, &alone));
	for (char *name = strtok(alone.only, " "); name != NULL;
	     name = strtok(NULL, " "))
		assert_non_null(strstr(both.only, name));
	snt_sim_report_release(&both);
	snt_sim_report_release(&alone);
}

static int listen_in_vain(void *arg)
{
	snt_auto(socket) server = NULL;
	struct snt_socket *conn;

	(void)arg;
	SNT_TRY(snt_create_server(&server, ":7000", NULL));
	return snt_accept(server, &conn);
}

static int connect_in_vain(void *arg)
{
	snt_auto(socket) conn = NULL;

	(void)arg;
	snt_timeout_scope(limit, 10 * SNT_SECOND);
	FAILS(snt_create_connection(&conn, "server:7000", NULL), -ETIMEDOUT);
	return 0;
}

static int lose_all(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_link link = { .loss = ALWAYS };

	snt_sim_set_link(sim, NULL, NULL, &link);
	host_with(sim, "server", listen_in_vain, arg);
	return snt_sim_join(host_with(sim, "client", connect_in_vain, arg),
			    NULL);
}

static void a_links_fault_is_named_by_its_two_hosts(void)
{
	struct snt_sim_report report, again;

	OK(snt_sim_run(lose_all, NULL, &(struct snt_sim_opts){ .seed = 1 },
		       &report));
	assert_int_equal(strncmp(report.only, "loss:client>server:0 ", 21), 0);
	assert_null(strstr(report.only, "loss:server>"));
	OK(snt_sim_run(lose_all, NULL,
		       &(struct snt_sim_opts){ .seed = 1, .only = report.only },
		       &again));
	assert_int_equal(report.digest, again.digest);
	assert_string_equal(report.only, again.only);
	snt_sim_report_release(&report);
	snt_sim_report_release(&again);
}

/* Fails when the 3rd and the 8th of these happen, whatever else does. */
static int fail_by_two(struct snt_sim *sim, void *arg)
{
	bool happened[20];

	(void)sim;
	(void)arg;
	for (int i = 0; i < 20; i++)
		happened[i] = snt_sim_chance("bad", ALWAYS);
	for (int i = 0; i < 200; i++)
		snt_sim_chance("noise", 500000);
	if (happened[3] && happened[8])
		snt_sim_fail("both", "3 and 8");
	else if (happened[5])
		snt_sim_fail("other", "something else");
	return 0;
}

static void shrinking_leaves_the_faults_that_matter(void)
{
	struct snt_sim_report report;

	FAILS(snt_sim_shrink(fail_by_two, NULL,
			     &(struct snt_sim_opts){ .seed = 3 }, 0, &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.what, "both");
	assert_string_equal(report.only, "bad:3 bad:8");
	assert_int_equal(report.seed, 3);
	snt_sim_report_release(&report);
}

static void what_is_left_after_shrinking_replays_it(void)
{
	struct snt_sim_report report;
	struct snt_sim_opts opts = { .seed = 3 };

	FAILS(snt_sim_shrink(fail_by_two, NULL, &opts, 0, &report),
	      -SNT_ESIMULATION);
	opts.only = report.only;
	FAILS(snt_sim_run(fail_by_two, NULL, &opts, NULL), -SNT_ESIMULATION);
	assert_non_null(strstr(snt_errmsg(), "both: 3 and 8"));
	snt_sim_report_release(&report);
}

/* The first can be left out once the second has been. */
static int fail_in_chains(struct snt_sim *sim, void *arg)
{
	bool needed = snt_sim_chance("needed", ALWAYS);
	bool needs = snt_sim_chance("needs", ALWAYS);

	(void)sim;
	(void)arg;
	if (snt_sim_chance("bad", ALWAYS) && (needed || !needs))
		snt_sim_fail("bad", "again");
	return 0;
}

static void shrinking_goes_on_until_none_can_be_left_out(void)
{
	struct snt_sim_report report;

	FAILS(snt_sim_shrink(fail_in_chains, NULL,
			     &(struct snt_sim_opts){ .seed = 3 }, 0, &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.only, "bad:0");
	snt_sim_report_release(&report);
}

static int run_count(struct snt_sim *sim, void *arg)
{
	(*(int *)arg)++;
	return fail_by_two(sim, NULL);
}

static void shrinking_runs_no_more_often_than_it_may(void)
{
	struct snt_sim_report report;
	int runs = 0;

	FAILS(snt_sim_shrink(run_count, &runs,
			     &(struct snt_sim_opts){ .seed = 3 }, 5, &report),
	      -SNT_ESIMULATION);
	/* The first, which tells what to look for, and the last one's report. */
	assert_in_range(runs, 5, 7);
	assert_string_equal(report.what, "both");
	snt_sim_report_release(&report);
}

static void a_world_that_goes_well_cannot_be_shrunk(void)
{
	struct snt_sim_report report = { .code = 5 };
	int many = 10;

	FAILS(snt_sim_shrink(draw_faults, &many,
			     &(struct snt_sim_opts){ .seed = 3 }, 0, &report),
	      -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "seed 3 does not fail"));
}

static int fail_anyway(struct snt_sim *sim, void *arg)
{
	draw_faults(sim, arg);
	snt_sim_fail("anyway", "without any fault");
	return 0;
}

static void what_fails_without_faults_shrinks_to_none(void)
{
	struct snt_sim_report report;
	int many = 100;

	FAILS(snt_sim_shrink(fail_anyway, &many,
			     &(struct snt_sim_opts){ .seed = 3 }, 0, &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.only, "");
	snt_sim_report_release(&report);
}

static int set_badly(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_failure no_call = { .call = "fsync" };
	const struct snt_sim_failure bad_code = { .call = "recv", .code = 5 };

	(void)arg;
	FAILS(snt_sim_set_failure(sim, NULL, &no_call), -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "fsync"));
	FAILS(snt_sim_set_failure(sim, NULL, &bad_code), -EINVAL);
	OK(snt_sim_set_failure(sim, NULL, NULL));
	return 0;
}

static void a_failure_of_no_call_is_refused(void)
{
	goes_well(set_badly, NULL, 1);
}

static const struct test_case cases[] = {
	TEST(faults_are_counted_and_listed_by_kind),
	TEST(only_the_faults_that_are_named_happen),
	TEST(a_replay_by_the_list_is_the_same_world),
	TEST(an_empty_list_is_a_world_without_faults),
	TEST(the_list_may_come_from_the_environment),
	TEST(a_list_that_is_none_is_refused),
	TEST(no_chance_is_never_and_a_million_is_always),
	TEST(random_numbers_are_below_their_limit),
	TEST(outside_of_a_world_no_fault_happens),
	TEST(one_kinds_chance_is_not_anothers),
	TEST(a_links_fault_is_named_by_its_two_hosts),
	TEST(shrinking_leaves_the_faults_that_matter),
	TEST(what_is_left_after_shrinking_replays_it),
	TEST(shrinking_goes_on_until_none_can_be_left_out),
	TEST(shrinking_runs_no_more_often_than_it_may),
	TEST(a_world_that_goes_well_cannot_be_shrunk),
	TEST(what_fails_without_faults_shrinks_to_none),
	TEST(a_failure_of_no_call_is_refused),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
