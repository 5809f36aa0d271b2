/* SPDX-License-Identifier: MIT */
/* Groups: who joined hears, on the interface named, and nobody else. */
#include "groups.h"

static void who_joined_hears_the_group(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);

		OK(snt_join_group(stage.receiver, &stage.group, interface));
		say(&stage, "hello", &stage.group);
		hears(stage.receiver, "hello");
		stage_end(&stage);
	}
}

static void who_did_not_join_hears_nothing(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);

		say(&stage, "hello", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		stage_end(&stage);
	}
}

static void another_socket_s_group_is_not_heard(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		struct snt_socket *beside =
			bound(families[i].any, snt_addr_port(&stage.group));

		OK(snt_join_group(stage.receiver, &stage.group, interface));
		OK(snt_join_group(beside, &stage.other, interface));
		say(&stage, "to the other", &stage.other);
		say(&stage, "to the group", &stage.group);
		hears(beside, "to the other");
		hears(stage.receiver, "to the group");
		snt_close(beside);
		stage_end(&stage);
	}
}

static void who_left_hears_no_more(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);

		OK(snt_join_group(stage.receiver, &stage.group, interface));
		OK(snt_leave_group(stage.receiver, &stage.group, interface));
		say(&stage, "hello", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		FAILS(snt_leave_group(stage.receiver, &stage.group, interface),
		      -EADDRNOTAVAIL);
		TELLS("not joined there");
		stage_end(&stage);
	}
}

static void an_interface_has_a_name_an_index_and_addresses(void)
{
	const char *interface = own_veth();
	int index = (int)OK(snt_if_nametoindex(interface));

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		char names[3][64];

		snprintf(names[0], sizeof names[0], "%d", index);
		snprintf(names[1], sizeof names[1], "%s",
			 simulated() ? "10.0.0.1" : "192.0.2.1");
		snprintf(names[2], sizeof names[2], "%s",
			 simulated() ? "fd00::1" : "2001:db8::1");
		for (size_t j = 0; j < 3; j++) {
			OK(snt_set_multicast_if(stage.sender, names[j]));
			OK(snt_join_group(stage.receiver, &stage.group,
					  names[j]));
			say(&stage, names[j], &stage.group);
			hears(stage.receiver, names[j]);
			OK(snt_leave_group(stage.receiver, &stage.group,
					   names[j]));
		}
		stage_end(&stage);
	}
}

static void a_group_s_zone_is_its_interface(void)
{
	const char *interface = own_veth();
	struct stage stage = stage_of(1, interface);

	stage.group.sa.in6.sin6_scope_id =
		(uint32_t)OK(snt_if_nametoindex(interface));
	OK(snt_join_group(stage.receiver, &stage.group, NULL));
	FAILS(snt_join_group(stage.receiver, &stage.group, "lo"), -EINVAL);
	TELLS("its zone is another interface than \"lo\"");
	OK(snt_leave_group(stage.receiver, &stage.group, interface));
	stage_end(&stage);
}

static void one_who_joined_already_is_told_and_stays(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);
		OK(snt_join_group(stage.receiver, &stage.group, interface));
		FAILS(snt_join_group(stage.receiver, &stage.group, interface),
		      -EADDRINUSE);
		TELLS("already joined");
		say(&stage, "hello", &stage.group);
		hears(stage.receiver, "hello");
		stage_end(&stage);
	}
}

static const struct {
	int family, type;
	const char *group, *source, *interface;
	int code;
	const char *words;
} mistakes[] = {
	{ AF_INET, SOCK_DGRAM, "192.0.2.1:0", NULL, "lo", -EINVAL,
	  "join 192.0.2.1: not a group" },
	{ AF_INET6, SOCK_DGRAM, "[fe80::1]:0", NULL, "lo", -EINVAL,
	  "join fe80::1: not a group" },
	{ AF_INET, SOCK_DGRAM, "unix:/tmp/x", NULL, "lo", -EINVAL,
	  "not a group" },
	{ AF_INET, SOCK_DGRAM, "[ff15::1]:0", NULL, "lo", -EAFNOSUPPORT,
	  "a socket of IPv4 alone cannot hear a group of IPv6" },
	{ AF_INET, SOCK_STREAM, "239.1.1.1:0", NULL, "lo", -EOPNOTSUPP,
	  "groups are for datagrams" },
	{ AF_UNIX, SOCK_DGRAM, "239.1.1.1:0", NULL, "lo", -EAFNOSUPPORT,
	  "not a socket of IPv4 or IPv6" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", NULL, "nosuch0", -ENODEV,
	  "join 239.1.1.1: interface \"nosuch0\": no such interface" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", NULL, "999999", -ENODEV,
	  "interface 999999: no such interface" },
	{ AF_INET6, SOCK_DGRAM, "[ff15::1]:0", NULL, "999999", -ENODEV,
	  "interface 999999: no such interface" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", NULL, "0", -ENODEV,
	  "interface 0" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", NULL, "99999999999999999999",
	  -ENODEV, "99999999999999999999" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", NULL, "198.51.100.200", -ENODEV,
	  "no interface has the address 198.51.100.200" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", "[2001:db8::1]:0", "lo", -EINVAL,
	  "of two families" },
	{ AF_INET, SOCK_DGRAM, "239.1.1.1:0", "239.1.1.2:0", "lo", -EINVAL,
	  "join 239.1.1.1 from 239.1.1.2: nothing can come" },
	{ AF_INET6, SOCK_DGRAM, "[ff15::1]:0", "[::]:0", "lo", -EINVAL,
	  "nothing can come" },
};

static void a_mistake_is_told_in_words(void)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct snt_addr group = parsed(mistakes[i].group), source;
		struct snt_socket *socket;
		int code;

		print_message("%s\n", mistakes[i].words);
		OK(snt_socket(&socket, mistakes[i].family, mistakes[i].type,
			      0));
		if (mistakes[i].source != NULL)
			source = parsed(mistakes[i].source);
		code = mistakes[i].source != NULL
			       ? snt_join_source_group(socket, &group, &source,
						       mistakes[i].interface)
			       : snt_join_group(socket, &group,
						mistakes[i].interface);
		FAILS(code, mistakes[i].code);
		TELLS(mistakes[i].words);
		snt_close(socket);
	}
}

static void where_no_route_leads_an_interface_must_be_named(void)
{
	struct snt_addr group = parsed("239.1.1.1:0");
	struct snt_socket *socket;

	own_network();
	OK(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_join_group(socket, &group, NULL), -ENODEV);
	TELLS("name one");
	OK(snt_join_group(socket, &group, "lo"));
	snt_close(socket);
}

static void an_ipv6_socket_hears_groups_of_both_families(void)
{
	const char *interface = own_veth();
	struct stage stage = stage_of(0, interface);
	struct snt_addr any = parsed("[::]:0"), v6 = parsed("[ff15::1]:0"),
			v4 = parsed("239.1.2.4:0"),
			mapped = parsed("[::ffff:239.1.2.4]:0");

	snt_close(stage.receiver);
	OK(snt_socket(&stage.receiver, AF_INET6, SOCK_DGRAM, 0));
	OK(snt_set_v6only(stage.receiver, false));
	OK(snt_bind(stage.receiver, &any));
	any = name_of(stage.receiver);
	OK(snt_addr_set_port(&stage.group, snt_addr_port(&any)));
	OK(snt_join_group(stage.receiver, &stage.group, interface));
	OK(snt_join_group(stage.receiver, &mapped, interface));
	FAILS(snt_join_group(stage.receiver, &v4, interface), -EADDRINUSE);
	OK(snt_join_group(stage.receiver, &v6, interface));
	say(&stage, "hello", &stage.group);
	hears(stage.receiver, "hello");
	stage_end(&stage);
}

static void one_of_ipv6_alone_hears_no_group_of_ipv4(void)
{
	struct snt_addr group = parsed("239.1.1.1:0");
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET6, SOCK_DGRAM, 0));
	OK(snt_set_v6only(socket, true));
	FAILS(snt_join_group(socket, &group, "lo"), -EAFNOSUPPORT);
	TELLS("a socket of IPv6 alone cannot hear a group of IPv4");
	snt_close(socket);
}

static void a_server_joins_by_the_address_of_the_group_s_family(void)
{
	const char *interface = own_veth();
	struct snt_addr names[4];
	struct snt_socket *server;

	OK(snt_create_server(&server, "localhost:0",
			     &(struct snt_server_opts){ .type = SOCK_DGRAM }));
	assert_int_equal(OK(snt_getsocknames(server, names, 4)), 2);
	for (size_t i = 0; i < COUNT(families); i++) {
		struct snt_addr group = parsed(families[i].group);

		OK(snt_join_group(server, &group, interface));
		FAILS(snt_join_group(server, &group, interface), -EADDRINUSE);
		OK(snt_leave_group(server, &group, interface));
	}
	OK(snt_set_multicast_ttl(server, 7));
	snt_close(server);
}

static void hops_and_loop_are_read_back(void)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		struct snt_socket *socket;
		int hops = -1, v4 = -1;
		bool on = false;

		OK(snt_socket(&socket, families[i].family, SOCK_DGRAM, 0));
		OK(snt_get_multicast_ttl(socket, &hops));
		OK(snt_get_multicast_loop(socket, &on));
		assert_int_equal(hops, 1);
		assert_true(on);
		OK(snt_set_multicast_ttl(socket, 255));
		OK(snt_set_multicast_loop(socket, false));
		OK(snt_get_multicast_ttl(socket, &hops));
		OK(snt_get_multicast_loop(socket, &on));
		assert_int_equal(hops, 255);
		assert_false(on);
		/* What an IPv6 socket sends by IPv4 is no different. */
		OK(snt_getsockopt(socket, IPPROTO_IP, IP_MULTICAST_TTL, &v4,
				  sizeof v4));
		assert_int_equal(v4, 255);
		OK(snt_set_multicast_ttl(socket, 0));
		FAILS(snt_set_multicast_ttl(socket, 256), -EINVAL);
		FAILS(snt_set_multicast_ttl(socket, -1), -EINVAL);
		TELLS("0 (this host) to 255");
		snt_close(socket);
	}
}

static void without_loop_the_own_host_hears_nothing(void)
{
	const char *interface = own_veth();

	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, interface);

		OK(snt_join_group(stage.receiver, &stage.group, interface));
		OK(snt_set_multicast_loop(stage.sender, false));
		say(&stage, "hello", &stage.group);
		say_last(&stage);
		hears(stage.receiver, NOT_HEARD);
		stage_end(&stage);
	}
}

static void an_interface_that_is_not_there_sends_nothing(void)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		struct snt_socket *socket;

		OK(snt_socket(&socket, families[i].family, SOCK_DGRAM, 0));
		FAILS(snt_set_multicast_if(socket, "nosuch0"), -ENODEV);
		TELLS("\"nosuch0\"");
		FAILS(snt_set_multicast_if(socket, "999999"), -ENODEV);
		TELLS("999999");
		OK(snt_set_multicast_if(socket, NULL));
		snt_close(socket);
	}
}

static void more_groups_than_the_system_allows_are_told(void)
{
	const char *interface = own_veth();
	struct snt_addr group = parsed("239.9.0.0:0");
	struct snt_socket *socket;
	int code = 0, count = 0;

	OK(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	while (code == 0 && count < 100000) {
		group.sa.in.sin_addr.s_addr =
			htonl(0xef090000U + (unsigned)count++);
		code = snt_join_group(socket, &group, interface);
	}
	FAILS(code, -ENOBUFS);
	TELLS("igmp_max_memberships");
	snt_close(socket);
}

static void a_group_ends_with_its_interface_and_can_be_joined_again(void)
{
	own_veth();
	for (size_t i = 0; i < COUNT(families); i++) {
		struct stage stage = stage_of(i, "v0");
		int index = (int)OK(snt_if_nametoindex("v0"));
		char number[16];

		snprintf(number, sizeof number, "%d", index);
		OK(snt_join_group(stage.receiver, &stage.group, "v0"));
		ip("link del v0");
		FAILS(snt_leave_group(stage.receiver, &stage.group, "v0"),
		      -ENODEV);
		TELLS("interface \"v0\": no such interface");
		FAILS(snt_join_group(stage.receiver, &stage.other, number),
		      -ENODEV);
		snt_settimeout(stage.receiver, SNT_NOWAIT);
		FAILS(snt_recv(stage.receiver, number, 1), -EAGAIN);
		snt_settimeout(stage.receiver, 0);
		add_veth();
		OK(snt_set_multicast_if(stage.sender, "v0"));
		say(&stage, "nobody hears", &stage.group);
		OK(snt_join_group(stage.receiver, &stage.group, "v0"));
		say(&stage, "hello", &stage.group);
		hears(stage.receiver, "hello");
		/* The old one can be left by its number only. */
		OK(snt_leave_group(stage.receiver, &stage.group, number));
		stage_end(&stage);
	}
}

static const struct test_case cases[] = {
	TEST(who_joined_hears_the_group),
	TEST(who_did_not_join_hears_nothing),
	TEST(another_socket_s_group_is_not_heard),
	TEST(who_left_hears_no_more),
	TEST(an_interface_has_a_name_an_index_and_addresses),
	TEST(a_group_s_zone_is_its_interface),
	TEST(one_who_joined_already_is_told_and_stays),
	TEST(a_mistake_is_told_in_words),
	TEST(where_no_route_leads_an_interface_must_be_named),
	TEST(an_ipv6_socket_hears_groups_of_both_families),
	TEST(one_of_ipv6_alone_hears_no_group_of_ipv4),
	TEST(a_server_joins_by_the_address_of_the_group_s_family),
	TEST(hops_and_loop_are_read_back),
	TEST(without_loop_the_own_host_hears_nothing),
	TEST(an_interface_that_is_not_there_sends_nothing),
	TEST(more_groups_than_the_system_allows_are_told),
	TEST_KERNEL(a_group_ends_with_its_interface_and_can_be_joined_again),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
