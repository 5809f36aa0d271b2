/* SPDX-License-Identifier: MIT */
/* Datagrams on a simulated host: what its own sockets are to each other. */
#include "datagrams.h"

#include <netinet/in.h>

static int name_after_sending(void *unused)
{
	struct snt_socket *socket = unbound(AF_INET);
	char first[SNT_ADDR_TEXT];

	(void)unused;
	assert_string_equal(name_of(socket), "0.0.0.0:0");
	OK(say_to(socket, "x", "10.0.0.2:7"));
	snprintf(first, sizeof first, "%s", name_of(socket));
	assert_memory_equal(first, "0.0.0.0:", 8);
	assert_string_not_equal(first, "0.0.0.0:0");
	connect_to(socket, "10.0.0.2:7");
	assert_memory_equal(name_of(socket), "10.0.0.1:", 9);
	assert_string_equal(strchr(name_of(socket), ':'), strchr(first, ':'));
	snt_close(socket);
	return 0;
}

static void the_first_send_names_a_socket(void)
{
	in_world(name_after_sending);
}

static int hear_only_the_peer(void *unused)
{
	struct snt_socket *socket = at("127.0.0.1:70");
	struct snt_socket *peer = at("127.0.0.1:71");
	struct snt_socket *other = at("127.0.0.1:72");

	(void)unused;
	OK(say_to(other, "before", "127.0.0.1:70"));
	connect_to(socket, "127.0.0.1:71");
	OK(say_to(other, "after", "127.0.0.1:70"));
	OK(say_to(peer, "peer", "127.0.0.1:70"));
	/* What is in the queue stays there. */
	assert_string_equal(heard(socket), "before from 127.0.0.1:72");
	assert_string_equal(heard(socket), "peer from 127.0.0.1:71");
	assert_int_equal(count_heard(socket), 0);
	snt_close(socket);
	snt_close(peer);
	snt_close(other);
	return 0;
}

static void a_connected_socket_hears_its_peer_alone(void)
{
	in_world(hear_only_the_peer);
}

/* Who shares an address by SO_REUSEADDR: the best fit hears, else the latest. */
static int share_an_address(void *unused)
{
	struct snt_addr addr = addr_of("127.0.0.1:70");
	struct snt_socket *sockets[3];
	struct snt_socket *peer = at("127.0.0.1:71");
	struct snt_socket *other = at("127.0.0.1:72");

	(void)unused;
	for (int i = 0; i < 3; i++) {
		sockets[i] = unbound(AF_INET);
		OK(snt_set_reuseaddr(sockets[i], true));
		OK(snt_bind(sockets[i], &addr));
	}
	connect_to(sockets[0], "127.0.0.1:71");
	OK(say_to(peer, "x", "127.0.0.1:70"));
	assert_int_equal(count_heard(sockets[0]), 1);
	OK(say_to(other, "x", "127.0.0.1:70"));
	assert_int_equal(count_heard(sockets[2]), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(count_heard(sockets[i]), 0);
		snt_close(sockets[i]);
	}
	snt_close(peer);
	snt_close(other);
	return 0;
}

static void the_connected_socket_hears_before_others_at_its_address(void)
{
	in_world(share_an_address);
}

static int read_short(void *unused)
{
	struct snt_socket *socket = at("127.0.0.1:70");
	char bytes[4] = "####";

	(void)unused;
	OK(say_to(socket, "12345", "127.0.0.1:70"));
	OK(say_to(socket, "", "127.0.0.1:70"));
	OK(say_to(socket, "6", "127.0.0.1:70"));
	assert_int_equal(snt_peek(socket, bytes, 3), -EMSGSIZE);
	assert_int_equal(snt_recv(socket, bytes, 3), -EMSGSIZE);
	assert_memory_equal(bytes, "123#", 4);
	assert_int_equal(snt_recv(socket, bytes, 3), 0);
	assert_int_equal(snt_recv(socket, bytes, 3), 1);
	snt_close(socket);
	return 0;
}

static void what_does_not_fit_is_cut_and_told(void)
{
	in_world(read_short);
}

/* As many as on Linux, with the buffer that sockets are born with there. */
static int overflow(void *unused)
{
	struct snt_socket *socket = at("127.0.0.1:70");
	static const char large[60000];
	struct snt_addr to = addr_of("127.0.0.1:70");

	(void)unused;
	for (int i = 0; i < 1000; i++)
		OK(say_to(socket, "x", "127.0.0.1:70"));
	assert_int_equal(count_heard(socket), 256);
	for (int i = 0; i < 10; i++)
		OK(snt_sendto(socket, large, sizeof large, &to));
	assert_int_equal(count_heard(socket), 3);
	OK(snt_set_rcvbuf(socket, 4000));
	for (int i = 0; i < 1000; i++)
		OK(say_to(socket, "x", "127.0.0.1:70"));
	assert_int_equal(count_heard(socket), 9);
	snt_close(socket);
	return 0;
}

static void a_full_queue_loses_what_comes(void)
{
	in_world(overflow);
}

static int send_too_long(void *unused)
{
	static const char large[65508];
	struct snt_socket *socket = towards("10.0.0.2:7");
	int mtu;

	(void)unused;
	FAILS(snt_send(socket, large, 65508), -EMSGSIZE);
	OK(snt_send(socket, large, 65507));
	set_int(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	OK(snt_getsockopt(socket, IPPROTO_IP, IP_MTU, &mtu, sizeof mtu));
	assert_int_equal(mtu, 1500);
	FAILS(snt_send(socket, large, 1473), -EMSGSIZE);
	snt_close(socket);
	socket = towards("10.0.0.2:7");
	set_int(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	OK(snt_send(socket, large, 1472));
	snt_close(socket);
	return 0;
}

static void what_no_packet_carries_is_refused(void)
{
	in_world(send_too_long);
}

static int use_up_ports(void *unused)
{
	struct snt_socket *sockets[4], *one_more = unbound(AF_INET);
	struct snt_addr any = addr_of("0.0.0.0:0");

	(void)unused;
	for (int i = 0; i < 4; i++)
		sockets[i] = at("0.0.0.0:0");
	FAILS(snt_bind(one_more, &any), -EADDRINUSE);
	/* What Linux says of a send. */
	snt_settimeout(one_more, SNT_NOWAIT);
	FAILS(say_to(one_more, "x", "10.0.0.1:7"), -EAGAIN);
	snt_close(sockets[2]);
	OK(snt_bind(one_more, &any));
	sockets[2] = one_more;
	for (int i = 0; i < 4; i++)
		snt_close(sockets[i]);
	return 0;
}

static int direct_few_ports(struct snt_sim *sim, void *unused)
{
	const struct snt_sim_host_opts few = { .port_first = 40000,
					       .port_last = 40003 };

	(void)unused;
	SNT_TRY(snt_sim_add(sim, &client, "client", &few));
	SNT_TRY(snt_sim_start(client, use_up_ports, NULL));
	return snt_sim_join(client, NULL);
}

static void ports_run_out(void)
{
	OK(snt_sim_run(direct_few_ports, NULL, NULL, NULL));
}

static int take_taken_ports(void *unused)
{
	static const struct {
		const char *first, *second;
		bool both;
	} rows[] = {
		{ "127.0.0.1:70", "127.0.0.1:70", false },
		{ "127.0.0.1:70", "0.0.0.0:70", false },
		{ "0.0.0.0:70", "10.0.0.1:70", false },
		{ "127.0.0.1:70", "10.0.0.1:70", true },
		{ "127.0.0.1:70", "127.0.0.1:71", true },
		{ "[::]:70", "0.0.0.0:70", false },
		{ "[::]:70", "127.0.0.1:70", false },
		{ "[::1]:70", "127.0.0.1:70", true },
		{ "0.0.0.0:70", "[::1]:70", true },
		{ "0.0.0.0:70", "[::]:70", false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_socket *first = at(rows[i].first), *second;
		struct snt_addr addr = addr_of(rows[i].second);

		print_message("%s %s\n", rows[i].first, rows[i].second);
		second = unbound(addr.sa.any.sa_family);
		FAILS(snt_bind(second, &addr), rows[i].both ? 0 : -EADDRINUSE);
		snt_close(first);
		snt_close(second);
	}
	return 0;
}

static void a_port_is_ones_own(void)
{
	in_world(take_taken_ports);
}

static int bind_elsewhere(void *unused)
{
	struct snt_socket *socket = unbound(AF_INET);
	struct snt_addr other = addr_of("10.0.0.2:70");

	(void)unused;
	FAILS(snt_bind(socket, &other), -EADDRNOTAVAIL);
	snt_close(socket);
	return 0;
}

static void anothers_address_is_not_available(void)
{
	in_world(bind_elsewhere);
}

/* By the sender's address: one sender, one of them. */
static int share_a_port(void *unused)
{
	struct snt_socket *shares[3], *sender = at("127.0.0.1:71");
	struct snt_addr addr = addr_of("127.0.0.1:70");
	int counts[3], most = 0;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		shares[i] = unbound(AF_INET);
		OK(snt_set_reuseport(shares[i], true));
		OK(snt_bind(shares[i], &addr));
	}
	for (int i = 0; i < 10; i++)
		OK(say_to(sender, "x", "127.0.0.1:70"));
	for (int i = 0; i < 3; i++) {
		counts[i] = count_heard(shares[i]);
		if (counts[i] > most)
			most = counts[i];
	}
	assert_int_equal(most, 10);
	assert_int_equal(counts[0] + counts[1] + counts[2], 10);
	for (int i = 0; i < 60; i++) {
		struct snt_socket *another = unbound(AF_INET);

		OK(say_to(another, "x", "127.0.0.1:70"));
		snt_close(another);
	}
	for (int i = 0; i < 3; i++) {
		assert_in_range(count_heard(shares[i]), 1, 58);
		snt_close(shares[i]);
	}
	snt_close(sender);
	return 0;
}

static void sockets_that_share_a_port_share_its_senders(void)
{
	in_world(share_a_port);
}

static int hear_both_families(void *unused)
{
	struct snt_socket *both = at("[::]:70"), *v4 = at("127.0.0.1:71");

	(void)unused;
	OK(say_to(v4, "v4", "127.0.0.1:70"));
	assert_string_equal(heard(both), "v4 from [::ffff:127.0.0.1]:71");
	OK(say_to(both, "back", "[::ffff:127.0.0.1]:71"));
	assert_string_equal(heard(v4), "back from 127.0.0.1:70");
	snt_close(both);
	snt_close(v4);
	return 0;
}

static void a_dual_stack_socket_hears_ipv4_too(void)
{
	in_world(hear_both_families);
}

static int send_in_parts(void *unused)
{
	struct snt_socket *reader = at("127.0.0.1:70");
	struct snt_socket *socket = towards("127.0.0.1:70");
	char first[] = "first ";
	const struct iovec all = { first, sizeof first - 1 };
	const struct snt_message message = { .buffers = &all,
					     .buffer_count = 1,
					     .flags = MSG_MORE };

	(void)unused;
	OK(snt_sendmsg(socket, &message));
	assert_int_equal(count_heard(reader), 0);
	OK(snt_send(socket, "second", 6));
	assert_memory_equal(heard(reader), "first second from", 17);
	/* The beginning of one goes with its socket. */
	OK(snt_sendmsg(socket, &message));
	snt_close(socket);
	assert_int_equal(count_heard(reader), 0);
	snt_close(reader);
	return 0;
}

static void what_more_belongs_to_is_held_back(void)
{
	in_world(send_in_parts);
}

static int hear_one_device(void *unused)
{
	struct snt_socket *lo = unbound(AF_INET), *eth = unbound(AF_INET);
	struct snt_socket *sender = at("0.0.0.0:71");
	struct snt_addr any = addr_of("0.0.0.0:70");

	(void)unused;
	OK(snt_set_device(lo, "lo"));
	OK(snt_set_device(eth, "eth0"));
	OK(snt_bind(lo, &any));
	OK(snt_bind(eth, &any));
	OK(say_to(sender, "a", "127.0.0.1:70"));
	OK(say_to(sender, "b", "10.0.0.1:70"));
	assert_string_equal(heard(lo), "a from 127.0.0.1:71");
	assert_string_equal(heard(eth), "b from 10.0.0.1:71");
	snt_close(lo);
	snt_close(eth);
	snt_close(sender);
	return 0;
}

static void a_socket_bound_to_a_device_hears_that_one(void)
{
	in_world(hear_one_device);
}

static int look_at_control(void *unused)
{
	struct snt_socket *socket = at("0.0.0.0:70");
	char control[128] __attribute__((aligned(8))), byte;
	const struct iovec all = { &byte, 1 };
	struct snt_message message = { .buffers = &all,
				       .buffer_count = 1,
				       .control = control,
				       .control_size = sizeof control };
	const struct cmsghdr *item = (const void *)control;
	struct in_pktinfo info;
	int hops;

	(void)unused;
	OK(snt_set_ttl(socket, 9));
	set_int(socket, IPPROTO_IP, IP_PKTINFO, 1);
	set_int(socket, IPPROTO_IP, IP_RECVTTL, 1);
	OK(say_to(socket, "x", "10.0.0.1:70"));
	OK(snt_recvmsg(socket, &message));
	assert_int_equal(item->cmsg_type, IP_PKTINFO);
	memcpy(&info, CMSG_DATA(item), sizeof info);
	assert_int_equal(info.ipi_ifindex, 2);
	assert_int_equal(ntohl(info.ipi_addr.s_addr), 0x0a000001);
	item = (const void *)(control + CMSG_SPACE(sizeof info));
	assert_int_equal(item->cmsg_type, IP_TTL);
	memcpy(&hops, CMSG_DATA(item), sizeof hops);
	assert_int_equal(hops, 9);
	assert_int_equal(message.control_got,
			 CMSG_SPACE(sizeof info) + CMSG_SPACE(sizeof hops));
	/* No room for the second. */
	message.control_size = CMSG_SPACE(sizeof info);
	OK(say_to(socket, "x", "10.0.0.1:70"));
	OK(snt_recvmsg(socket, &message));
	assert_int_equal(message.told, MSG_CTRUNC);
	snt_close(socket);
	return 0;
}

static void where_a_datagram_came_to_is_told(void)
{
	in_world(look_at_control);
}

static int disconnect(void *unused)
{
	struct snt_addr nobody = { .sa.any.sa_family = AF_UNSPEC,
				   .size = sizeof nobody.sa.in };
	struct snt_socket *socket = at("0.0.0.0:70");

	(void)unused;
	connect_to(socket, "10.0.0.2:7");
	assert_string_equal(name_of(socket), "10.0.0.1:70");
	OK(snt_connect(socket, &nobody));
	assert_string_equal(name_of(socket), "0.0.0.0:70");
	FAILS(snt_send(socket, "x", 1), -EDESTADDRREQ);
	snt_close(socket);
	return 0;
}

static void a_connection_can_be_undone(void)
{
	in_world(disconnect);
}

static const struct test_case cases[] = {
	TEST(the_first_send_names_a_socket),
	TEST(a_connected_socket_hears_its_peer_alone),
	TEST(the_connected_socket_hears_before_others_at_its_address),
	TEST(what_does_not_fit_is_cut_and_told),
	TEST(a_full_queue_loses_what_comes),
	TEST(what_no_packet_carries_is_refused),
	TEST(ports_run_out),
	TEST(a_port_is_ones_own),
	TEST(anothers_address_is_not_available),
	TEST(sockets_that_share_a_port_share_its_senders),
	TEST(a_dual_stack_socket_hears_ipv4_too),
	TEST(what_more_belongs_to_is_held_back),
	TEST(a_socket_bound_to_a_device_hears_that_one),
	TEST(where_a_datagram_came_to_is_told),
	TEST(a_connection_can_be_undone),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
