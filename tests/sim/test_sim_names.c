/* SPDX-License-Identifier: MIT */
/* Names in a simulated world: who is found, how long it takes, what fails. */
#include "small.h"

#include "io/io.h"

#include <sennit/resolve.h>

static struct snt_addr addrs[SNT_ADDRS_MAX];

/* What a look-up gives, as one text: "10.0.0.2:80 [fd00::2]:80". */
static const char *found(const char *host, const char *service,
			 const struct snt_getaddrinfo_opts *opts)
{
	static char text[1024];
	int count = snt_getaddrinfo(host, service, addrs, SNT_ADDRS_MAX, opts);

	text[0] = '\0';
	if (count < 0)
		snprintf(text, sizeof text, "%s", snt_errmsg());
	for (int i = 0; i < count; i++) {
		size_t length = strlen(text);

		if (i > 0)
			text[length++] = ' ';
		snt_addr_format(&addrs[i], text + length, sizeof text - length);
	}
	return text;
}

static int look_for_hosts(void *unused)
{
	(void)unused;
	assert_string_equal(found("server", "7000", NULL),
			    "[fd00::2]:7000 10.0.0.2:7000");
	assert_string_equal(found("SerVer.", "0", NULL),
			    "[fd00::2]:0 10.0.0.2:0");
	assert_string_equal(found("client", "1", NULL),
			    "[fd00::1]:1 10.0.0.1:1");
	assert_string_equal(found("four", "1", NULL), "10.0.0.3:1");
	assert_string_equal(found("six", "1", NULL), "[fd00::4]:1");
	assert_string_equal(found("localhost", "1", NULL),
			    "[::1]:1 127.0.0.1:1");
	return 0;
}

static void a_host_is_found_by_its_name(void)
{
	in_world(look_for_hosts);
}

static int direct_from_four(struct snt_sim *sim, void *program)
{
	const struct snt_sim_host_opts no_six = { .ipv6 = "" };

	SNT_TRY(snt_sim_add(sim, &four, "four", &no_six));
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_start(four, *(int (**)(void *))program, NULL));
	return snt_sim_join(four, NULL);
}

static int look_from_four(void *unused)
{
	(void)unused;
	assert_string_equal(found("server", "1", NULL),
			    "10.0.0.2:1 [fd00::2]:1");
	return 0;
}

static void a_host_without_ipv6_tries_ipv4_first(void)
{
	int (*program)(void *) = look_from_four;

	OK(snt_sim_run(direct_from_four, &program, NULL, NULL));
}

static int ask_for_families(void *unused)
{
	const struct snt_getaddrinfo_opts v4 = { .family = AF_INET };
	const struct snt_getaddrinfo_opts v6 = { .family = AF_INET6 };
	const struct snt_getaddrinfo_opts other = { .family = AF_UNIX };

	(void)unused;
	assert_string_equal(found("server", "1", &v4), "10.0.0.2:1");
	assert_string_equal(found("server", "1", &v6), "[fd00::2]:1");
	assert_string_equal(found("four", "1", &v6),
			    "look up four: the name has no address");
	FAILS(snt_getaddrinfo("four", "1", addrs, 1, &v6), -SNT_ENONAME);
	FAILS(snt_getaddrinfo("four", "1", addrs, 1, &other), -EINVAL);
	assert_string_equal(snt_errmsg(),
			    "look up four: ai_family not supported");
	return 0;
}

static void a_family_may_be_asked_for(void)
{
	in_world(ask_for_families);
}

static void set_names(struct snt_sim *sim)
{
	OK(snt_sim_set_name(sim, "www.example.org",
			    "10.0.0.3  fd00::2 10.0.0.2"));
	OK(snt_sim_set_name(sim, "server", "192.0.2.1"));
	OK(snt_sim_set_name(sim, "twice", "10.0.0.1"));
	OK(snt_sim_set_name(sim, "TWICE", "10.0.0.2"));
	OK(snt_sim_set_name(sim, "gone", ""));
	OK(snt_sim_set_name(sim, "rooted.", "10.0.0.7 10.0.0.7 10.0.0.7"));
}

static int look_for_names(void *unused)
{
	(void)unused;
	assert_string_equal(found("www.example.org", "80", NULL),
			    "10.0.0.3:80 [fd00::2]:80 10.0.0.2:80");
	assert_string_equal(found("server", "80", NULL), "192.0.2.1:80");
	assert_string_equal(found("twice", "80", NULL), "10.0.0.2:80");
	assert_string_equal(found("rooted", "80", NULL), "10.0.0.7:80");
	assert_string_equal(found("gone", "80", NULL),
			    "look up gone: the name has no address");
	return 0;
}

static void names_that_were_set_come_before_hosts(void)
{
	in_prepared_world(set_names, look_for_names);
}

static void set_wrong_names(struct snt_sim *sim)
{
	static const char *const wrong[][2] = {
		{ "", "10.0.0.1" },
		{ "a b", "10.0.0.1" },
		{ "1.2.3", "10.0.0.1" },
		{ "localhost", "10.0.0.1" },
		{ "server", "10.0.0" },
		{ "server", "10.0.0.1 four" },
		{ "server", "fd00:::1" },
		{ "server", "10.0.0.1:80" },
		{ "server", "10.0.0.1,10.0.0.2" },
	};

	char many[33 * 9 + 1] = "";

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		FAILS(snt_sim_set_name(sim, wrong[i][0], wrong[i][1]), -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "10.0.0.1,10.0.0.2"));
	for (int i = 0; i < 33; i++)
		strcat(many, "10.0.0.1 ");
	FAILS(snt_sim_set_name(sim, "server", many), -EINVAL);
	many[32 * 9] = '\0';
	OK(snt_sim_set_name(sim, "many", many));
}

static void what_is_no_name_or_address_is_refused_and_changes_nothing(void)
{
	in_prepared_world(set_wrong_names, look_for_hosts);
}

static int look_for_nobody(void *unused)
{
	(void)unused;
	FAILS(snt_getaddrinfo("nobody", "1", addrs, 1, NULL), -SNT_ENONAME);
	assert_string_equal(snt_errmsg(),
			    "look up nobody: name or service not known");
	FAILS(snt_getaddrinfo("nobody", "no-such", addrs, 1, NULL),
	      -SNT_ENONAME);
	assert_string_equal(snt_errmsg(), "look up nobody: no such service");
	return 0;
}

static void an_unknown_name_does_not_exist(void)
{
	in_world(look_for_nobody);
}

static int ask_for_services(void *unused)
{
	const struct snt_getaddrinfo_opts datagram = { .type = SOCK_DGRAM };
	const struct snt_getaddrinfo_opts passive = { .passive = true };

	(void)unused;
	assert_string_equal(found("four", "https", NULL), "10.0.0.3:443");
	assert_string_equal(found("four", "domain", &datagram), "10.0.0.3:53");
	assert_string_equal(found("four", "http", &datagram),
			    "look up four: no such service");
	assert_string_equal(found("10.1.2.3", "http", NULL), "10.1.2.3:80");
	assert_string_equal(found("fe80::1%eth0", "http", NULL),
			    "[fe80::1%2]:80");
	assert_string_equal(found("localhost", "http", NULL),
			    "[::1]:80 127.0.0.1:80");
	assert_string_equal(found(NULL, "echo", NULL), "[::1]:7 127.0.0.1:7");
	assert_string_equal(found(NULL, "echo", &passive), "0.0.0.0:7 [::]:7");
	return 0;
}

static void services_have_their_ports(void)
{
	in_world(ask_for_services);
}

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

static const char *name_of(const char *text,
			   const struct snt_getnameinfo_opts *opts)
{
	static char name[1100];
	struct snt_nameinfo info;
	struct snt_addr addr;

	OK(snt_addr_parse(&addr, text));
	OK(snt_getnameinfo(&addr, &info, opts));
	snprintf(name, sizeof name, "%s %s", info.host, info.service);
	return name;
}

static int ask_for_names(void *unused)
{
	const struct snt_getnameinfo_opts numeric = { .numeric = true };
	const struct snt_getnameinfo_opts datagram = { .datagram = true };

	(void)unused;
	assert_string_equal(name_of("10.0.0.2:80", NULL), "server http");
	assert_string_equal(name_of("[fd00::2]:7", NULL), "server echo");
	assert_string_equal(name_of("10.0.0.1:12345", NULL), "client 12345");
	assert_string_equal(name_of("127.0.0.1:0", NULL), "localhost 0");
	assert_string_equal(name_of("10.0.0.2:123", NULL), "server 123");
	assert_string_equal(name_of("10.0.0.2:123", &datagram), "server ntp");
	assert_string_equal(name_of("10.0.0.2:80", &numeric), "10.0.0.2 80");
	assert_string_equal(name_of("[fd00::2]:80", &numeric), "fd00::2 80");
	assert_string_equal(name_of("192.0.2.7:1", NULL), "192.0.2.7 1");
	assert_string_equal(name_of("192.0.2.8:1", NULL), "outside 1");
	assert_string_equal(name_of("[fe80::1%2]:1", NULL), "fe80::1%eth0 1");
	return 0;
}

static void set_outside(struct snt_sim *sim)
{
	OK(snt_sim_set_name(sim, "outside", "192.0.2.9 192.0.2.8"));
}

static void addresses_have_names_again(void)
{
	in_prepared_world(set_outside, ask_for_names);
}

static int ask_the_table(void *unused)
{
	const struct snt__lookup lookup = { .host = "server", .service = "1" };
	const char *reason;

	(void)unused;
	addrs[1].size = 0;
	FAILS(snt__io->getaddrinfo(&lookup, addrs, 1, &reason), 1);
	assert_int_equal(addrs[1].size, 0);
	return 0;
}

static void no_more_addresses_are_written_than_there_is_room_for(void)
{
	in_world(ask_the_table);
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

static int list_interfaces(void *unused)
{
	struct snt_interface both[3];
	char name[16];

	(void)unused;
	FAILS(snt_if_nameindex(both, 3), 2);
	assert_string_equal(both[0].name, "lo");
	assert_string_equal(both[1].name, "eth0");
	both[1].index = 0;
	FAILS(snt_if_nameindex(both, 1), 2);
	assert_int_equal(both[1].index, 0);
	FAILS(snt_if_nametoindex("lo"), 1);
	FAILS(snt_if_nametoindex("eth0"), 2);
	FAILS(snt_if_nametoindex("eth1"), -ENODEV);
	OK(snt_if_indextoname(2, name));
	assert_string_equal(name, "eth0");
	FAILS(snt_if_indextoname(3, name), -ENXIO);
	FAILS(snt_if_indextoname(0, name), -ENXIO);
	return 0;
}

static void every_host_has_two_interfaces(void)
{
	in_world(list_interfaces);
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
	TEST(a_host_is_found_by_its_name),
	TEST(a_host_without_ipv6_tries_ipv4_first),
	TEST(a_family_may_be_asked_for),
	TEST(names_that_were_set_come_before_hosts),
	TEST(what_is_no_name_or_address_is_refused_and_changes_nothing),
	TEST(an_unknown_name_does_not_exist),
	TEST(services_have_their_ports),
	TEST(a_look_up_takes_its_time),
	TEST(what_stands_in_the_hosts_file_is_found_at_once),
	TEST(a_slow_look_up_ends_with_the_deadline_and_stops_nobody_else),
	TEST(a_resolver_whose_threads_all_hang_is_busy),
	TEST(a_busy_resolver_recovers_when_its_threads_come_back),
	TEST(look_ups_fail_as_often_as_was_said),
	TEST(a_lying_name_server_gives_an_address_of_another_or_of_nobody),
	TEST(an_address_whose_name_is_not_told_stays_a_number),
	TEST(no_more_addresses_are_written_than_there_is_room_for),
	TEST(a_host_that_was_started_again_has_a_resolver_again),
	TEST(a_killed_host_finds_only_itself),
	TEST(the_look_ups_of_a_killed_host_end_with_it),
	TEST(addresses_have_names_again),
	TEST(every_host_has_two_interfaces),
	TEST(the_director_has_no_name_server),
	TEST(the_same_seed_gives_the_same_look_ups),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
