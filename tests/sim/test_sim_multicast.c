/* SPDX-License-Identifier: MIT */
/* Groups in a simulated world: who joined hears, on every host, and nobody
 * else. */
#include "datagrams.h"

#include <netinet/in.h>

#define GROUP "239.1.1.1"
#define GROUP6 "ff15::1"

static struct ip_mreqn mreq_of(const char *group, const char *interface)
{
	struct snt_addr a = addr_of(group), b = addr_of(interface);

	return (struct ip_mreqn){ .imr_multiaddr = a.sa.in.sin_addr,
				  .imr_address = b.sa.in.sin_addr };
}

static int change(struct snt_socket *socket, int option, const char *group,
		  const char *interface)
{
	struct ip_mreqn mreq = mreq_of(group, interface);

	return snt_setsockopt(socket, IPPROTO_IP, option, &mreq, sizeof mreq);
}

static int join(struct snt_socket *socket)
{
	return change(socket, IP_ADD_MEMBERSHIP, GROUP ":0", "0.0.0.0:0");
}

static int leave(struct snt_socket *socket)
{
	return change(socket, IP_DROP_MEMBERSHIP, GROUP ":0", "0.0.0.0:0");
}

static int change6(struct snt_socket *socket, int option)
{
	struct ipv6_mreq mreq = {
		.ipv6mr_multiaddr = addr_of("[" GROUP6 "]:0").sa.in6.sin6_addr
	};

	return snt_setsockopt(socket, IPPROTO_IPV6, option, &mreq, sizeof mreq);
}

static int change_source(struct snt_socket *socket, int option,
			 const char *source)
{
	struct ip_mreq_source mreq = {
		.imr_multiaddr = addr_of(GROUP ":0").sa.in.sin_addr,
		.imr_interface.s_addr = INADDR_ANY,
		.imr_sourceaddr = addr_of(source).sa.in.sin_addr
	};

	return snt_setsockopt(socket, IPPROTO_IP, option, &mreq, sizeof mreq);
}

/* Programs of members: what they are to hear within a while, and nothing
 * after it. */
struct member {
	const char *at, *hears;
	int (*join)(struct snt_socket *socket);
};

static int be_member(void *arg)
{
	const struct member *member = arg;
	struct snt_socket *socket = at(member->at);

	if (member->join != NULL)
		OK(member->join(socket));
	if (member->hears != NULL)
		assert_string_equal(heard(socket), member->hears);
	assert_string_equal(heard(socket), snt_strerror(-ETIMEDOUT));
	snt_close(socket);
	return 0;
}

static void start_member(struct snt_sim_host *host, const struct member *member)
{
	OK(snt_sim_start(host, be_member, (void *)(uintptr_t)member));
}

static void members_end(void)
{
	struct snt_sim_host *hosts[] = { server, four, six };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		int result = snt_sim_join(hosts[i], NULL);

		assert_true(result == 0 || result == -EINVAL);
	}
}

/* News for the group, once both have joined what they join. */
static void tell_both(const struct member *at_server,
		      const struct member *at_four)
{
	struct snt_socket *socket = at("0.0.0.0:70");

	start_member(server, at_server);
	start_member(four, at_four);
	OK(snt_sleep(SNT_SECOND));
	OK(say_to(socket, "news", GROUP ":7"));
	members_end();
	snt_close(socket);
}

static int reach_members(void *unused)
{
	const struct member in = { "0.0.0.0:7", "news from 10.0.0.1:70", join };
	const struct member out = { "0.0.0.0:7", NULL, NULL };
	struct snt_socket *socket = at("0.0.0.0:70");

	(void)unused;
	start_member(server, &in);
	start_member(four, &out);
	OK(snt_sleep(SNT_SECOND));
	OK(say_to(socket, "news", GROUP ":7"));
	/* Another group, another port. */
	OK(say_to(socket, "x", "239.1.1.2:7"));
	OK(say_to(socket, "x", GROUP ":8"));
	members_end();
	snt_close(socket);
	return 0;
}

static void hosts_that_joined_hear_and_others_do_not(void)
{
	in_world(reach_members);
}

static int join6(struct snt_socket *socket)
{
	return change6(socket, IPV6_JOIN_GROUP);
}

static int reach_members6(void *unused)
{
	const struct member in = { "[::]:7", "news from [fd00::1]:70", join6 };
	struct snt_socket *socket = at("[::]:70");

	(void)unused;
	start_member(server, &in);
	start_member(six, &in);
	OK(snt_sleep(SNT_SECOND));
	OK(say_to(socket, "news", "[" GROUP6 "]:7"));
	members_end();
	snt_close(socket);
	return 0;
}

static void groups_of_ipv6_are_the_same(void)
{
	in_world(reach_members6);
}

static int hear_once_joined(void *unused)
{
	struct snt_socket *a = at("0.0.0.0:7"), *b = at("127.0.0.1:8");
	struct snt_socket *sender = at("0.0.0.0:70");

	(void)unused;
	OK(say_to(sender, "too early", GROUP ":7"));
	OK(join(a));
	FAILS(join(a), -EADDRINUSE);
	OK(say_to(sender, "1", GROUP ":7"));
	assert_string_equal(heard(a), "1 from 10.0.0.1:70");
	OK(leave(a));
	FAILS(leave(a), -EADDRNOTAVAIL);
	OK(say_to(sender, "too late", GROUP ":7"));
	assert_int_equal(count_heard(a), 0);
	/* A close leaves, too. */
	OK(join(b));
	OK(say_to(sender, "2", GROUP ":7"));
	assert_string_equal(heard(a), "2 from 10.0.0.1:70");
	snt_close(b);
	OK(say_to(sender, "too late", GROUP ":7"));
	assert_int_equal(count_heard(a), 0);
	snt_close(a);
	snt_close(sender);
	return 0;
}

static void a_group_is_heard_from_join_to_leave(void)
{
	in_world(hear_once_joined);
}

static int leave_in_time(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	OK(join(socket));
	OK(snt_sleep(SNT_SECOND + 50 * SNT_MICROSECOND));
	OK(leave(socket));
	assert_string_equal(heard(socket), snt_strerror(-ETIMEDOUT));
	snt_close(socket);
	return 0;
}

static int say_too_late(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:70");

	(void)unused;
	OK(snt_sim_start(server, leave_in_time, NULL));
	OK(snt_sleep(SNT_SECOND));
	OK(say_to(socket, "x", GROUP ":7"));
	members_end();
	snt_close(socket);
	return 0;
}

static void what_is_under_way_at_a_leave_is_not_heard(void)
{
	in_world(say_too_late);
}

/* All those of a host that are at the port; IP_MULTICAST_ALL is Linux's. */
static int hear_together(void *unused)
{
	struct snt_socket *sockets[3], *sender = unbound(AF_INET);
	struct snt_addr addr = addr_of("0.0.0.0:7");

	(void)unused;
	for (int i = 0; i < 3; i++) {
		sockets[i] = unbound(AF_INET);
		OK(snt_set_reuseaddr(sockets[i], true));
		OK(snt_bind(sockets[i], &addr));
	}
	OK(join(sockets[0]));
	set_int(sockets[2], IPPROTO_IP, 49 /* IP_MULTICAST_ALL */, 0);
	OK(say_to(sender, "x", GROUP ":7"));
	assert_int_equal(count_heard(sockets[0]), 1);
	assert_int_equal(count_heard(sockets[1]), 1);
	assert_int_equal(count_heard(sockets[2]), 0);
	for (int i = 0; i < 3; i++)
		snt_close(sockets[i]);
	snt_close(sender);
	return 0;
}

static void every_socket_of_a_host_at_the_port_hears(void)
{
	in_world(hear_together);
}

static int not_hear_itself(void *unused)
{
	const struct member in = { "0.0.0.0:7", "news from 10.0.0.1:7", join };
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	start_member(server, &in);
	OK(join(socket));
	OK(snt_sleep(SNT_SECOND));
	set_int(socket, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	OK(say_to(socket, "news", GROUP ":7"));
	assert_int_equal(count_heard(socket), 0);
	members_end();
	snt_close(socket);
	return 0;
}

static void without_loop_only_other_hosts_hear(void)
{
	in_world(not_hear_itself);
}

static int stay_here(void *unused)
{
	const struct member in = { "0.0.0.0:7", NULL, join };
	struct snt_socket *socket = at("0.0.0.0:7");
	struct in_addr lo = { htonl(INADDR_LOOPBACK) };

	(void)unused;
	start_member(server, &in);
	OK(join(socket));
	OK(snt_sleep(SNT_SECOND));
	set_int(socket, IPPROTO_IP, IP_MULTICAST_TTL, 0);
	OK(say_to(socket, "here", GROUP ":7"));
	assert_string_equal(heard(socket), "here from 10.0.0.1:7");
	set_int(socket, IPPROTO_IP, IP_MULTICAST_TTL, 1);
	OK(snt_setsockopt(socket, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof lo));
	OK(say_to(socket, "on lo", GROUP ":7"));
	assert_int_equal(count_heard(socket), 0);
	OK(change(socket, IP_ADD_MEMBERSHIP, GROUP ":0", "127.0.0.1:0"));
	OK(say_to(socket, "on lo", GROUP ":7"));
	assert_string_equal(heard(socket), "on lo from 127.0.0.1:7");
	members_end();
	snt_close(socket);
	return 0;
}

static void no_hops_or_the_loopback_stay_on_the_host(void)
{
	in_world(stay_here);
}

static int join_client_alone(struct snt_socket *socket)
{
	return change_source(socket, IP_ADD_SOURCE_MEMBERSHIP, "10.0.0.1:0");
}

static int join_another_alone(struct snt_socket *socket)
{
	return change_source(socket, IP_ADD_SOURCE_MEMBERSHIP, "10.0.0.9:0");
}

static int reach_some(void *unused)
{
	const struct member in = { "0.0.0.0:7", "news from 10.0.0.1:70",
				   join_client_alone };
	const struct member out = { "0.0.0.0:7", NULL, join_another_alone };

	(void)unused;
	tell_both(&in, &out);
	return 0;
}

static void a_source_may_be_chosen(void)
{
	in_world(reach_some);
}

static int block(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	OK(join(socket));
	OK(change_source(socket, IP_BLOCK_SOURCE, "10.0.0.1:0"));
	FAILS(change_source(socket, IP_BLOCK_SOURCE, "10.0.0.1:0"),
	      -EADDRNOTAVAIL);
	OK(say_to(socket, "blocked", GROUP ":7"));
	assert_int_equal(count_heard(socket), 0);
	OK(change_source(socket, IP_UNBLOCK_SOURCE, "10.0.0.1:0"));
	OK(say_to(socket, "again", GROUP ":7"));
	assert_int_equal(count_heard(socket), 1);
	snt_close(socket);
	return 0;
}

static void a_source_may_be_blocked(void)
{
	in_world(block);
}

static int join_wrongly(void *unused)
{
	struct snt_socket *socket = unbound(AF_INET);
	char group[32];
	int count = 0;

	(void)unused;
	FAILS(change(socket, IP_ADD_MEMBERSHIP, "10.0.0.2:0", "0.0.0.0:0"),
	      -EINVAL);
	FAILS(change(socket, IP_ADD_MEMBERSHIP, GROUP ":0", "10.0.0.2:0"),
	      -ENODEV);
	FAILS(join6(socket), -ENOPROTOOPT);
	do
		snprintf(group, sizeof group, "239.1.2.%d:0", ++count);
	while (change(socket, IP_ADD_MEMBERSHIP, group, "0.0.0.0:0") == 0);
	FAILS(change(socket, IP_ADD_MEMBERSHIP, group, "0.0.0.0:0"), -ENOBUFS);
	assert_int_equal(count, 21);
	snt_close(socket);
	return 0;
}

static void what_is_no_group_or_one_too_many_is_refused(void)
{
	in_world(join_wrongly);
}

/* The link to one member loses all; the other one's does not. */
static void lose_to_server(struct snt_sim *sim)
{
	const struct snt_sim_link lost = { .loss = 1000000 };

	snt_sim_set_link(sim, client, server, &lost);
}

static int reach_one(void *unused)
{
	const struct member near = { "0.0.0.0:7", "news from 10.0.0.1:70",
				     join };
	const struct member far = { "0.0.0.0:7", NULL, join };

	(void)unused;
	tell_both(&far, &near);
	return 0;
}

static void each_member_has_its_own_link(void)
{
	in_prepared_world(lose_to_server, reach_one);
}

static int be_killed(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:7");

	(void)unused;
	OK(join(socket));
	snt_settimeout(socket, SNT_FOREVER);
	FAILS(snt_recv(socket, trail, 1), -ECANCELED);
	snt_close(socket);
	return 0;
}

static int kill_member(void *unused)
{
	const struct member after = { "0.0.0.0:7", NULL, NULL };
	struct snt_socket *socket = at("0.0.0.0:70");

	(void)unused;
	OK(snt_sim_start(server, be_killed, NULL));
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	OK(snt_sim_join(server, NULL));
	start_member(server, &after);
	OK(snt_sleep(SNT_SECOND));
	OK(say_to(socket, "x", GROUP ":7"));
	members_end();
	snt_close(socket);
	return 0;
}

static void a_host_that_died_is_no_member_any_more(void)
{
	in_world(kill_member);
}

static const struct test_case cases[] = {
	TEST(hosts_that_joined_hear_and_others_do_not),
	TEST(groups_of_ipv6_are_the_same),
	TEST(a_group_is_heard_from_join_to_leave),
	TEST(what_is_under_way_at_a_leave_is_not_heard),
	TEST(every_socket_of_a_host_at_the_port_hears),
	TEST(without_loop_only_other_hosts_hear),
	TEST(no_hops_or_the_loopback_stay_on_the_host),
	TEST(a_source_may_be_chosen),
	TEST(a_source_may_be_blocked),
	TEST(what_is_no_group_or_one_too_many_is_refused),
	TEST(each_member_has_its_own_link),
	TEST(a_host_that_died_is_no_member_any_more),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
