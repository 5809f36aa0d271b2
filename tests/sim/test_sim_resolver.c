/* SPDX-License-Identifier: MIT */
/* Resolvers of simulated hosts: how long they take, how they fail and lie. */
#include "lookups.h"

#define LATENCY (250 * SNT_MILLISECOND)
#define JITTER (50 * SNT_MILLISECOND)

static void set_slow(struct snt_sim *sim)
{
	const struct snt_sim_resolver slow = { .latency = LATENCY,
					       .jitter = JITTER };

	snt_sim_set_resolver(sim, NULL, &slow);
}

static int time_look_ups(void *unused)
{
	int64_t shortest = SNT_FOREVER, longest = 0;

	(void)unused;
	for (int i = 0; i < 100; i++) {
		int64_t before = snt_now(), took;

		FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), 2);
		took = snt_now() - before;
		shortest = took < shortest ? took : shortest;
		longest = took > longest ? took : longest;
	}
	assert_in_range(shortest, LATENCY, LATENCY + JITTER / 4);
	assert_in_range(longest, LATENCY + JITTER * 3 / 4, LATENCY + JITTER);
	return 0;
}

static void a_look_up_takes_its_time(void)
{
	in_prepared_world(set_slow, time_look_ups);
}

static int time_local_ones(void *unused)
{
	int64_t before = snt_now();
	struct snt_nameinfo info;

	(void)unused;
	FAILS(snt_getaddrinfo("client", "http", addrs, 2, NULL), 2);
	FAILS(snt_getaddrinfo("localhost", "http", addrs, 2, NULL), 2);
	OK(snt_getnameinfo(&addrs[0], &info, NULL));
	assert_string_equal(info.host, "localhost");
	OK(snt_addr_parse(&addrs[0], "10.0.0.1:0"));
	OK(snt_getnameinfo(&addrs[0], &info, NULL));
	assert_string_equal(info.host, "client");
	assert_int_equal(snt_now(), before);
	return 0;
}

static void what_stands_in_the_hosts_file_is_found_at_once(void)
{
	in_prepared_world(set_slow, time_local_ones);
}

static int wait_for_look_up(void *arg)
{
	snt_timeout_scope(limit, 100 * SNT_MILLISECOND);

	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -ETIMEDOUT);
	*(int64_t *)arg = snt_now();
	return 0;
}

static int look_up_under_a_deadline(void *unused)
{
	struct snt_group *group = group_with(NULL);
	int64_t before = snt_now(), after = 0;

	(void)unused;
	start(group, wait_for_look_up, &after);
	OK(snt_sleep(10 * SNT_MILLISECOND));
	assert_int_equal(after, 0);
	OK(snt_group_wait(group));
	assert_int_equal(after - before, 100 * SNT_MILLISECOND);
	OK(snt_group_end(group));
	return 0;
}

static void a_slow_look_up_ends_with_the_deadline_and_stops_nobody_else(void)
{
	in_prepared_world(set_slow, look_up_under_a_deadline);
}

static void set_hanging(struct snt_sim *sim)
{
	const struct snt_sim_resolver hangs = { .latency = SNT_FOREVER };

	snt_sim_set_resolver(sim, client, &hangs);
}

static int give_up_many(void *unused)
{
	int64_t before = snt_now();

	(void)unused;
	for (int i = 0; i < SNT_RESOLVER_THREADS_MAX; i++) {
		snt_timeout_scope(limit, SNT_MILLISECOND);

		FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL),
		      -ETIMEDOUT);
	}
	snt_timeout_scope(limit, SNT_SECOND);
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -SNT_ERESOLVE);
	assert_string_equal(snt_errmsg(), "look up server: resolver busy: all "
					  "its threads hang");
	assert_int_equal(snt_now() - before,
			 SNT_RESOLVER_THREADS_MAX * SNT_MILLISECOND);
	return 0;
}

static void a_resolver_whose_threads_all_hang_is_busy(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .prepare = set_hanging,
				   .program = give_up_many },
		  0, &report);
	/* Nor do they keep the program from ending. */
	assert_in_range(report.time, 0, SNT_SECOND);
	snt_sim_report_release(&report);
}

static void set_very_slow(struct snt_sim *sim)
{
	const struct snt_sim_resolver slow = { .latency = 60 * SNT_MINUTE };

	snt_sim_set_resolver(sim, client, &slow);
}

static int give_up_and_come_back(void *unused)
{
	(void)unused;
	assert_int_equal(give_up_many(NULL), 0);
	OK(snt_sleep(2 * 60 * SNT_MINUTE));
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), 2);
	return 0;
}

static void a_busy_resolver_recovers_when_its_threads_come_back(void)
{
	in_prepared_world(set_very_slow, give_up_and_come_back);
}

static void set_failing(struct snt_sim *sim)
{
	const struct snt_sim_resolver fails = { .latency = SNT_MILLISECOND,
						.fail = 500000 };

	snt_sim_set_resolver(sim, NULL, &fails);
}

static int failures;

static int look_up_often(void *unused)
{
	(void)unused;
	failures = 0;
	for (int i = 0; i < 1000; i++) {
		int count = snt_getaddrinfo("server", "1", addrs, 2, NULL);

		if (count != 2)
			FAILS(count, -SNT_ERESOLVE);
		failures += count < 0;
	}
	assert_in_range(failures, 400, 600);
	return 0;
}

static void look_ups_fail_as_often_as_was_said(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .prepare = set_failing,
				   .program = look_up_often },
		  0, &report);
	assert_int_equal(faults_of(&report, "dns-fail"), failures);
	snt_sim_report_release(&report);
}

static int ask_back_often(void *unused)
{
	struct snt_nameinfo info;
	int numbers = 0;

	(void)unused;
	OK(snt_addr_parse(&addrs[0], "10.0.0.2:0"));
	failures = 0;
	for (int i = 0; i < 1000; i++) {
		int code = snt_getnameinfo(&addrs[0], &info, NULL);

		if (code < 0)
			FAILS(code, -SNT_ERESOLVE);
		failures += code < 0;
		numbers += code == 0 && strcmp(info.host, "10.0.0.2") == 0;
	}
	/* Half of them would be worth another try, half never. */
	assert_in_range(failures, 150, 350);
	assert_in_range(numbers, 150, 350);
	return 0;
}

static void an_address_whose_name_is_not_told_stays_a_number(void)
{
	in_prepared_world(set_failing, ask_back_often);
}

static void set_lying(struct snt_sim *sim)
{
	const struct snt_sim_resolver lies = { .wrong = 1000000 };

	snt_sim_set_resolver(sim, client, &lies);
}

static int believe_nothing(void *unused)
{
	bool hosts = false, nobody = false;

	(void)unused;
	for (int i = 0; i < 200; i++) {
		const char *text = found("server", "1", NULL);

		assert_null(strstr(text, "10.0.0.2:"));
		assert_null(strstr(text, "[fd00::2]"));
		FAILS(snt_getaddrinfo("nobody", "1", addrs, 1, NULL),
		      -SNT_ENONAME);
		hosts = hosts || strstr(text, "10.0.0.") != NULL;
		nobody = nobody || strstr(text, "10.254.") != NULL;
	}
	assert_true(hosts);
	assert_true(nobody);
	return 0;
}

static void a_lying_name_server_gives_an_address_of_another_or_of_nobody(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .prepare = set_lying,
				   .program = believe_nothing },
		  0, &report);
	assert_int_equal(faults_of(&report, "dns-wrong"), 200);
	snt_sim_report_release(&report);
}

static int look_up_after_death(void *unused)
{
	(void)unused;
	FAILS(snt_sleep(SNT_FOREVER), -ECANCELED);
	snt_cleanup_scope(SNT_SECOND);
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -SNT_ERESOLVE);
	FAILS(snt_getaddrinfo("client", "1", addrs, 2, NULL), 2);
	return 0;
}

static int kill_client(struct snt_sim *sim)
{
	(void)sim;
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_kill(client);
	return 0;
}

static void a_killed_host_finds_only_itself(void)
{
	run_small(&(struct small){ .program = look_up_after_death,
				   .meanwhile = kill_client },
		  0, NULL);
}

static int64_t died;

static int look_up_in_death(void *unused)
{
	(void)unused;
	snt_cleanup_scope(SNT_FOREVER);
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -SNT_ERESOLVE);
	died = snt_now();
	return 0;
}

static int kill_and_wait(struct snt_sim *sim)
{
	int64_t killed;

	SNT_TRY(kill_client(sim));
	killed = snt_now();
	SNT_TRY(snt_sim_join(client, NULL));
	assert_int_equal(died, killed);
	return 0;
}

static void the_look_ups_of_a_killed_host_end_with_it(void)
{
	run_small(&(struct small){ .prepare = set_hanging,
				   .program = look_up_in_death,
				   .meanwhile = kill_and_wait },
		  0, NULL);
}

static int give_up_one(void *unused)
{
	(void)unused;
	snt_timeout_scope(limit, SNT_SECOND);
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -ETIMEDOUT);
	return 0;
}

static int look_up_under_a_limit(void *unused)
{
	(void)unused;
	snt_timeout_scope(limit, SNT_SECOND);
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), 2);
	return 0;
}

static int direct_again(struct snt_sim *sim, void *unused)
{
	const struct snt_sim_resolver hangs = { .latency = SNT_FOREVER };
	const struct snt_sim_resolver works = { 0 };

	(void)unused;
	SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	snt_sim_set_resolver(sim, NULL, &hangs);
	SNT_TRY(snt_sim_start(client, give_up_one, NULL));
	SNT_TRY(snt_sim_join(client, NULL));
	snt_sim_set_resolver(sim, NULL, &works);
	SNT_TRY(snt_sim_start(client, look_up_under_a_limit, NULL));
	return snt_sim_join(client, NULL);
}

static void a_host_that_was_started_again_has_a_resolver_again(void)
{
	OK(snt_sim_run(direct_again, NULL, NULL, NULL));
}

static int direct_look_up(struct snt_sim *sim, void *unused)
{
	(void)unused;
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	assert_string_equal(found("localhost", "1", NULL),
			    "[::1]:1 127.0.0.1:1");
	FAILS(snt_getaddrinfo("server", "1", addrs, 2, NULL), -SNT_ERESOLVE);
	assert_string_equal(snt_errmsg(),
			    "look up server: no name server answered, try "
			    "again later");
	return 0;
}

static void the_director_has_no_name_server(void)
{
	OK(snt_sim_run(direct_look_up, NULL, NULL, NULL));
}

static void the_same_seed_gives_the_same_look_ups(void)
{
	const struct small small = { .prepare = set_failing,
				     .program = look_up_often };
	struct snt_sim_report first, again, other;

	run_small(&small, 5, &first);
	run_small(&small, 5, &again);
	run_small(&small, 6, &other);
	assert_int_equal(first.digest, again.digest);
	assert_string_equal(first.only, again.only);
	assert_int_not_equal(first.digest, other.digest);
	snt_sim_report_release(&first);
	snt_sim_report_release(&again);
	snt_sim_report_release(&other);
}

static const struct test_case cases[] = {
	TEST(a_look_up_takes_its_time),
	TEST(what_stands_in_the_hosts_file_is_found_at_once),
	TEST(a_slow_look_up_ends_with_the_deadline_and_stops_nobody_else),
	TEST(a_resolver_whose_threads_all_hang_is_busy),
	TEST(a_busy_resolver_recovers_when_its_threads_come_back),
	TEST(look_ups_fail_as_often_as_was_said),
	TEST(a_lying_name_server_gives_an_address_of_another_or_of_nobody),
	TEST(an_address_whose_name_is_not_told_stays_a_number),
	TEST(a_host_that_was_started_again_has_a_resolver_again),
	TEST(a_killed_host_finds_only_itself),
	TEST(the_look_ups_of_a_killed_host_end_with_it),
	TEST(the_director_has_no_name_server),
	TEST(the_same_seed_gives_the_same_look_ups),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
