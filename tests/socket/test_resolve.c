/* SPDX-License-Identifier: MIT */
/* Names to addresses: without a thread where none is needed, and never stuck. */
#include "hang.h"

#include <sched.h>
#include <sys/mount.h>

static const struct {
	const char *host, *service;
	struct snt_getaddrinfo_opts opts;
	int count;
	const char *first, *second;
} literals[] = {
	{ "127.0.0.1", "80", { 0 }, 1, "127.0.0.1:80", NULL },
	{ "127.0.0.1", NULL, { 0 }, 1, "127.0.0.1:0", NULL },
	{ "::1", "65535", { 0 }, 1, "[::1]:65535", NULL },
	{ "fe80::1%lo", "1", { 0 }, 1, "[fe80::1%lo]:1", NULL },
	{ "localhost", "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ "LocalHost", "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ "localhost.", "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ "any.name.LOCALHOST", "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ "localhost", "7", { .family = AF_INET }, 1, "127.0.0.1:7", NULL },
	{ "localhost", "7", { .family = AF_INET6 }, 1, "[::1]:7", NULL },
	{ NULL, "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ "", "7", { 0 }, 2, "[::1]:7", "127.0.0.1:7" },
	{ NULL, "7", { .passive = true }, 2, "[::]:7", "0.0.0.0:7" },
	{ "127.0.0.1", "7", { .family = AF_INET6 }, -SNT_ENONAME, NULL, NULL },
	{ "::1", "7", { .family = AF_INET }, -SNT_ENONAME, NULL, NULL },
};

/* Under a deadline, when a look-up would need a thread. */
static void literals_and_localhost_need_no_look_up(void)
{
	snt_timeout_scope(scope, 30 * SNT_SECOND);
	int threads = thread_count();

	for (size_t i = 0; i < COUNT(literals); i++) {
		struct snt_addr addrs[2];
		int count =
			snt_getaddrinfo(literals[i].host, literals[i].service,
					addrs, 2, &literals[i].opts);

		print_message("%s\n",
			      literals[i].host ? literals[i].host : "NULL");
		assert_int_equal(count, literals[i].count);
		assert_int_equal(thread_count(), threads);
		/* The link-local address prints with a number or a name. */
		if (count > 0 && strchr(literals[i].first, '%') == NULL)
			assert_string_equal(text_of(&addrs[0]),
					    literals[i].first);
		if (count > 1)
			assert_string_equal(text_of(&addrs[1]),
					    literals[i].second);
	}
}

static const struct {
	const char *host, *service;
} malformed[] = {
	{ NULL, NULL },           { "a b", "80" },
	{ "127.0.0.256", "80" },  { "1.2.3", "80" },
	{ "[::1]", "80" },        { "::g", "80" },
	{ "127.0.0.1", "65536" }, { "127.0.0.1", "8x" },
	{ "unix:/x", "80" },      { "*", "80" },
	{ "fd:3", "80" },         { "a..b", "80" },
};

static void malformed_names_are_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct snt_addr addr = { 0 };

		print_message("\"%s\" \"%s\"\n", malformed[i].host,
			      malformed[i].service);
		FAILS(snt_getaddrinfo(malformed[i].host, malformed[i].service,
				      &addr, 1, NULL),
		      -EINVAL);
		assert_int_equal(addr.size, 0);
	}
}

static void a_host_name_too_long_is_refused(void)
{
	char host[400];
	struct snt_addr addr;

	for (size_t i = 0; i < sizeof host; i++)
		host[i] = i % 50 == 49 ? '.' : 'x';
	host[sizeof host - 1] = '\0';
	FAILS(snt_getaddrinfo(host, "80", &addr, 1, NULL), -EINVAL);
}

/* "address name" in each line, all of one name. */
static void a_service_name_too_long_is_refused(void)
{
	char service[65];
	struct snt_addr addr;

	memset(service, 'x', 64);
	service[64] = '\0';
	FAILS(snt_getaddrinfo("localhost", service, &addr, 1, NULL), -EINVAL);
	service[63] = '\0';
	FAILS(snt_getaddrinfo("localhost", service, &addr, 1, NULL),
	      -SNT_ENONAME);
}

static void set_names(const char *lines)
{
	char addrs[4096] = "", addr[64], name[64];
	int length;

	while (sscanf(lines, "%63s %63s\n%n", addr, name, &length) == 2) {
		strcat(strcat(addrs, addrs[0] ? " " : ""), addr);
		lines += length;
	}
	OK(snt_sim_set_name(snt__sim_now_running(), name, addrs));
}

/* A hosts file of the test's own, in a mount name space of its own. */
static void own_hosts(const char *lines)
{
	char path[] = "/tmp/sennit-hosts-XXXXXX";
	int fd;

	if (simulated()) {
		set_names(lines);
		return;
	}
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, lines, strlen(lines)), strlen(lines));
	close(fd);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
		fail_msg("a mount name space is needed, and so are the rights");
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount(path, "/etc/hosts", NULL, MS_BIND, NULL), 0);
	unlink(path);
}

static void a_name_has_all_its_addresses_once(void)
{
	struct snt_addr addrs[8];

	own_hosts("192.0.2.1 many.test\n192.0.2.2 many.test\n"
		  "192.0.2.1 many.test\n2001:db8::1 many.test\n");
	assert_int_equal(OK(snt_getaddrinfo("many.test", "80", addrs, 8, NULL)),
			 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(snt_addr_port(&addrs[i]), 80);
	assert_int_equal(OK(snt_getaddrinfo("many.test", "80", addrs, 8,
					    &(struct snt_getaddrinfo_opts){
						    .family = AF_INET6 })),
			 1);
	assert_string_equal(text_of(&addrs[0]), "[2001:db8::1]:80");
}

static void more_addresses_than_asked_for_are_counted(void)
{
	struct snt_addr addrs[2] = { 0 };

	own_hosts("192.0.2.1 many.test\n192.0.2.2 many.test\n");
	assert_int_equal(OK(snt_getaddrinfo("many.test", "80", addrs, 1, NULL)),
			 2);
	assert_int_equal(addrs[1].size, 0);
	assert_int_equal(OK(snt_getaddrinfo("many.test", "80", NULL, 0, NULL)),
			 2);
	assert_int_equal(OK(snt_getaddrinfo("localhost", "80", NULL, 0, NULL)),
			 2);
}

static void of_a_name_with_very_many_addresses_the_first_are_told(void)
{
	struct snt_addr addrs[SNT_ADDRS_MAX + 2] = { 0 };
	char lines[(SNT_ADDRS_MAX + 2) * 32];
	size_t size = 0;

	for (int i = 1; i <= SNT_ADDRS_MAX + 2; i++)
		size += (size_t)snprintf(lines + size, sizeof lines - size,
					 "192.0.2.%d many.test\n", i);
	own_hosts(lines);
	assert_int_equal(OK(snt_getaddrinfo("many.test", "80", addrs,
					    COUNT(addrs), NULL)),
			 SNT_ADDRS_MAX);
	assert_int_equal(addrs[SNT_ADDRS_MAX].size, 0);
}

static void a_name_that_does_not_exist_is_told(void)
{
	struct snt_addr addr;

	own_hosts("192.0.2.1 other.test\n");
	FAILS(snt_getaddrinfo("localhost", "nosuchservice", &addr, 1, NULL),
	      -SNT_ENONAME);
	TELLS("look up ");
}

static void service_names_are_known(void)
{
	struct snt_addr addr;

	assert_int_equal(
		OK(snt_getaddrinfo("127.0.0.1", "https", &addr, 1, NULL)), 1);
	assert_string_equal(text_of(&addr), "127.0.0.1:443");
}

struct asking {
	const char *name;
	int result;
	char message[128];
};

static int ask(void *arg)
{
	struct asking *asking = arg;
	struct snt_addr addr;

	asking->result = snt_getaddrinfo(asking->name, "https", &addr, 1, NULL);
	snprintf(asking->message, sizeof asking->message, "%s", snt_errmsg());
	return 0;
}

static void a_slow_look_up_stops_no_other_fiber(void)
{
	struct snt_group *group = group_open();
	struct asking asking = { .name = "127.0.0.1" };

	hang_names();
	spawn(group, ask, &asking);
	OK(snt_yield());
	wait_for_hanging(1);
	OK(snt_sleep(MILLISECONDS(5)));
	assert_int_equal(snt_group_count(group), 1);
	let_names_go();
	OK(snt_group_wait(group));
	assert_int_equal(asking.result, 1);
	OK(snt_group_end(group));
}

static void a_deadline_ends_a_look_up_that_hangs(void)
{
	struct snt_addr addr;
	int64_t began = snt_now();

	hang_names();
	{
		snt_timeout_scope(scope, MILLISECONDS(20));

		FAILS(snt_getaddrinfo("127.0.0.1", "https", &addr, 1, NULL),
		      -ETIMEDOUT);
		assert_true(snt_scope_expired(&scope));
		TELLS("127.0.0.1");
	}
	assert_in_range(snt_now() - began, MILLISECONDS(20),
			simulated() ? MILLISECONDS(20) : 3 * SNT_SECOND);
	let_names_go();
}

/* Four at work at a time, sixteen threads with those that hang. */
static void look_ups_given_up_make_room_until_the_resolver_is_busy(void)
{
	struct snt_group *group = NULL;
	struct asking asking[SNT_RESOLVER_THREADS];
	int hanging = 0;

	hang_names();
	while (hanging < SNT_RESOLVER_THREADS_MAX) {
		group = group_open();
		for (int i = 0; i < SNT_RESOLVER_THREADS; i++) {
			asking[i] = (struct asking){ .name = "127.0.0.1" };
			spawn(group, ask, &asking[i]);
		}
		OK(snt_yield());
		hanging += SNT_RESOLVER_THREADS;
		wait_for_hanging(hanging);
		OK(snt_group_end(group));
		for (int i = 0; i < SNT_RESOLVER_THREADS; i++)
			assert_int_equal(asking[i].result, -ECANCELED);
	}
	assert_int_equal(resolver_threads(), SNT_RESOLVER_THREADS_MAX);
	group = group_open();
	spawn(group, ask, &asking[0]);
	OK(snt_yield());
	assert_int_equal(asking[0].result, -SNT_ERESOLVE);
	assert_non_null(strstr(asking[0].message, "resolver busy"));
	let_names_go();
	OK(snt_group_end(group));
	/* And when they have come back, so has the resolver. */
	{
		snt_timeout_scope(scope, 30 * SNT_SECOND);
		struct snt_addr addr;

		OK(snt_getaddrinfo("127.0.0.1", "https", &addr, 1, NULL));
	}
}

/* Its place in the queue becomes a thread once one of the four is given up. */
static void a_look_up_in_the_queue_gets_the_place_of_one_given_up(void)
{
	struct asking asking[SNT_RESOLVER_THREADS + 1];
	struct snt_group *first = group_open(), *others = group_open();

	hang_names();
	for (int i = 0; i <= SNT_RESOLVER_THREADS; i++) {
		asking[i] = (struct asking){ .name = "127.0.0.1" };
		spawn(i == 0 ? first : others, ask, &asking[i]);
	}
	OK(snt_yield());
	wait_for_hanging(SNT_RESOLVER_THREADS);
	assert_int_equal(snt_group_count(others), SNT_RESOLVER_THREADS);
	OK(snt_group_end(first));
	wait_for_hanging(SNT_RESOLVER_THREADS + 1);
	let_names_go();
	OK(snt_group_wait(others));
	OK(snt_group_end(others));
}

/* An idle thread is one place, not one for each who sees it idle. */
static void two_look_ups_at_once_need_two_threads(void)
{
	struct asking asking[2] = { { .name = "127.0.0.1" },
				    { .name = "127.0.0.1" } };
	struct snt_group *group = group_open();

	hang_names();
	spawn(group, ask, &asking[0]);
	OK(snt_yield());
	let_names_go();
	OK(snt_group_wait(group));
	hang_names();
	spawn(group, ask, &asking[0]);
	spawn(group, ask, &asking[1]);
	OK(snt_yield());
	wait_for_hanging(2);
	let_names_go();
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static void the_resolvers_threads_can_be_limited(void)
{
	static const int wrong[][2] = {
		{ 0, 1 }, { 2, 1 }, { -1, 1 }, { 1, 5000 }
	};
	struct snt_group *group = group_open();
	struct asking asking[2] = { { .name = "127.0.0.1" },
				    { .name = "127.0.0.1" } };

	for (size_t i = 0; i < COUNT(wrong); i++)
		FAILS(snt_resolver_set_threads(wrong[i][0], wrong[i][1]),
		      -EINVAL);
	OK(snt_resolver_set_threads(1, 1));
	hang_names();
	spawn(group, ask, &asking[0]);
	OK(snt_yield());
	wait_for_hanging(1);
	OK(snt_group_end(group));
	group = group_open();
	spawn(group, ask, &asking[1]);
	OK(snt_yield());
	assert_int_equal(asking[1].result, -SNT_ERESOLVE);
	let_names_go();
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST(literals_and_localhost_need_no_look_up),
	TEST(malformed_names_are_refused_with_a_sentence),
	TEST(a_host_name_too_long_is_refused),
	TEST(a_service_name_too_long_is_refused),
	TEST(a_name_has_all_its_addresses_once),
	TEST(more_addresses_than_asked_for_are_counted),
	/* A simulated name has no more than are told. */
	TEST_KERNEL(of_a_name_with_very_many_addresses_the_first_are_told),
	TEST(a_name_that_does_not_exist_is_told),
	TEST(service_names_are_known),
	TEST(a_slow_look_up_stops_no_other_fiber),
	TEST(a_deadline_ends_a_look_up_that_hangs),
	TEST(look_ups_given_up_make_room_until_the_resolver_is_busy),
	TEST(a_look_up_in_the_queue_gets_the_place_of_one_given_up),
	TEST(two_look_ups_at_once_need_two_threads),
	TEST(the_resolvers_threads_can_be_limited),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
