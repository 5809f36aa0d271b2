/* SPDX-License-Identifier: MIT */
/* Names in a simulated world: who is found, and what addresses are called. */
#include "lookups.h"

#include "io/io.h"

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
			    "look up four: address family not supported");
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

static const struct test_case cases[] = {
	TEST(a_host_is_found_by_its_name),
	TEST(a_host_without_ipv6_tries_ipv4_first),
	TEST(a_family_may_be_asked_for),
	TEST(names_that_were_set_come_before_hosts),
	TEST(what_is_no_name_or_address_is_refused_and_changes_nothing),
	TEST(an_unknown_name_does_not_exist),
	TEST(services_have_their_ports),
	TEST(no_more_addresses_are_written_than_there_is_room_for),
	TEST(addresses_have_names_again),
	TEST(every_host_has_two_interfaces),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
