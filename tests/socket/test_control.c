/* SPDX-License-Identifier: MIT */
/* Control items: what is told with a datagram, and what goes with one. */
#include "datagrams.h"

#include <net/if.h>
#include <sennit/file.h>
#include <sennit/message.h>
#include <sennit/options.h>
#include <sennit/resolve.h>

#define OF_IP (SNT_CONTROL_LOCAL | SNT_CONTROL_TTL | SNT_CONTROL_TOS)

static char word[] = "hello";

static void send_word(const struct ends *ends, struct snt_control *control)
{
	struct snt_addr addr = ends->addr;
	const struct snt_datagram one = {
		.buffer = word, .size = 5, .addr = &addr, .control = control
	};

	assert_int_equal(OK(snt_send_datagram(ends->from, &one)), 5);
}

/* By one call or the other. */
static struct snt_control recv_word(struct snt_socket *socket, int many,
				    struct snt_addr *from)
{
	static char room[SNT_BATCH_SIZE(1, 64)];
	struct snt_control control = { .has = ~0u };
	struct snt_datagram one = {
		.buffer = room, .size = 64, .addr = from, .control = &control
	};

	if (many) {
		assert_int_equal(
			OK(snt_recvmany(socket, room, sizeof room, &one, 1)),
			1);
		*from = *one.addr;
	} else {
		assert_int_equal(OK(snt_recv_datagram(socket, &one)), 5);
	}
	assert_int_equal(one.size, 5);
	assert_int_equal(one.real_size, 5);
	assert_memory_equal(one.buffer, "hello", 5);
	if (one.control == NULL)
		return (struct snt_control){ .has = 0 };
	return *one.control;
}

#define BY_BOTH(many) for (int many = 0; many < 2; many++)

static void nothing_is_told_unasked(void)
{
	EACH_WAY(way)
	BY_BOTH(many)
	{
		struct ends ends = ends_of(way);
		struct snt_addr from;

		send_word(&ends, NULL);
		assert_int_equal(recv_word(ends.to, many, &from).has, 0);
		ends_close(&ends);
	}
}

/* As the socket's own addresses look. */
static bool is_local(const struct snt_addr *local, const struct snt_addr *addr,
		     const struct snt_socket *socket)
{
	struct snt_addr expected = *addr;

	if (name_of(socket).sa.any.sa_family == AF_INET6 &&
	    addr->sa.any.sa_family == AF_INET)
		expected = parsed("[::ffff:127.0.0.1]:0");
	OK(snt_addr_set_port(&expected, 0));
	return snt_addr_equal(local, &expected);
}

static void the_address_and_the_interface_of_arrival_are_told(void)
{
	const int on = 1;
	unsigned lo;

	lo = (unsigned)OK(snt_if_nametoindex("lo"));
	EACH_WAY(way)
	BY_BOTH(many)
	{
		struct ends ends = ends_of(way);
		struct snt_control control;
		struct snt_addr from;

		OK(snt_set_control(ends.to, SNT_CONTROL_LOCAL));
		/* Who asks for IPv4's of an IPv6 socket is told twice. */
		OK(snt_setsockopt(ends.to, IPPROTO_IP, IP_PKTINFO, &on,
				  sizeof on));
		send_word(&ends, NULL);
		control = recv_word(ends.to, many, &from);
		assert_int_equal(control.has, SNT_CONTROL_LOCAL);
		assert_int_equal(control.interface, lo);
		assert_true(is_local(&control.local, &ends.addr, ends.to));
		ends_close(&ends);
	}
}

static void ttl_and_tos_go_with_one_datagram_alone(void)
{
	EACH_WAY(way)
	BY_BOTH(many)
	{
		struct snt_control sent = {
			.has = SNT_CONTROL_TTL | SNT_CONTROL_TOS,
			.ttl = 7,
			.tos = 0x28 | 2,
		};
		struct ends ends = ends_of(way);
		struct snt_control control;
		struct snt_addr from;

		OK(snt_set_control(ends.to, SNT_CONTROL_TTL | SNT_CONTROL_TOS));
		send_word(&ends, &sent);
		control = recv_word(ends.to, many, &from);
		assert_int_equal(control.has,
				 SNT_CONTROL_TTL | SNT_CONTROL_TOS);
		assert_int_equal(control.ttl, 7);
		assert_int_equal(control.tos, 0x2a);
		send_word(&ends, NULL);
		control = recv_word(ends.to, many, &from);
		assert_int_equal(control.ttl, 64);
		assert_int_equal(control.tos, 0);
		ends_close(&ends);
	}
}

static void an_answer_leaves_from_where_it_was_asked(void)
{
	static const char *const asked[] = { "127.0.0.2:0", "127.0.0.3:0" };

	for (size_t i = 0; i < COUNT(asked); i++)
		for (int both = 0; both < 2; both++) {
			struct snt_socket *server =
				udp_on(both ? ":0" : "0.0.0.0:0");
			struct ends ends = { udp_on("127.0.0.1:0"), server,
					     parsed(asked[i]) };
			struct snt_addr from, name = name_of(server);
			struct snt_control control;
			struct snt_datagram answer = { .buffer = word,
						       .size = 5,
						       .addr = &from,
						       .control = &control };

			OK(snt_addr_set_port(&ends.addr, snt_addr_port(&name)));
			OK(snt_set_control(server, OF_IP));
			send_word(&ends, NULL);
			control = recv_word(server, 0, &from);
			control.has = SNT_CONTROL_LOCAL;
			OK(snt_send_datagram(server, &answer));
			(void)recv_word(ends.from, 0, &from);
			assert_true(snt_addr_equal(&from, &ends.addr));
			ends_close(&ends);
		}
}

static void an_ipv4_address_will_do_for_a_socket_of_both(void)
{
	struct ends ends = ends_of(3);
	struct snt_control sent = { .has = SNT_CONTROL_LOCAL,
				    .local = parsed("127.0.0.2:0") };
	struct snt_addr from;

	send_word(&ends, &sent);
	(void)recv_word(ends.to, 0, &from);
	OK(snt_addr_set_port(&from, 0));
	assert_true(snt_addr_equal(&from, &sent.local));
	ends_close(&ends);
}

static void an_ipv6_answer_leaves_from_where_it_was_asked(void)
{
	struct ends ends = ends_of(1);
	struct snt_control sent = { .has = SNT_CONTROL_LOCAL,
				    .local = parsed("[::1]:0") };
	struct snt_addr from, name;
	struct snt_socket *any = udp_on("[::]:0");

	snt_close(ends.from);
	ends.from = any;
	send_word(&ends, &sent);
	(void)recv_word(ends.to, 0, &from);
	name = reach(any, AF_INET6);
	assert_true(snt_addr_equal(&from, &name));
	ends_close(&ends);
}

static void an_address_that_is_not_here_is_refused(void)
{
	for (size_t way = 0; way < 2; way++) {
		struct ends ends = ends_of(way);
		struct snt_control sent = {
			.has = SNT_CONTROL_LOCAL,
			.local = parsed(way == 0 ? "192.0.2.9:0"
						 : "[2001:db8::9]:0"),
		};
		const struct snt_datagram one = { .buffer = word,
						  .size = 5,
						  .addr = &ends.addr,
						  .control = &sent };
		ptrdiff_t n = snt_send_datagram(ends.from, &one);

		/* One family says so in one way, the other in another. */
		FAILS(n, way == 0 ? -ENETUNREACH : -EINVAL);
		ends_close(&ends);
	}
}

static void the_time_of_arrival_is_told(void)
{
	EACH_WAY(way)
	BY_BOTH(many)
	{
		struct ends ends = ends_of(way);
		struct snt_control first, second;
		struct snt_addr from;

		OK(snt_set_control(ends.to, SNT_CONTROL_TIME));
		send_word(&ends, NULL);
		first = recv_word(ends.to, many, &from);
		OK(snt_sleep(MILLISECONDS(2)));
		send_word(&ends, NULL);
		second = recv_word(ends.to, many, &from);
		assert_int_equal(first.has, SNT_CONTROL_TIME);
		assert_int_equal(second.has, SNT_CONTROL_TIME);
		assert_true(second.time > first.time);
		ends_close(&ends);
	}
}

static void who_sent_a_unix_datagram_is_told(void)
{
	BY_BOTH(many)
	{
		struct snt_addr a_name, b_name;
		struct snt_socket *a = unix_on(&a_name), *b = unix_on(&b_name);
		struct snt_control control;
		struct ends ends = { a, b, b_name };
		struct snt_addr from;

		OK(snt_set_control(b, SNT_CONTROL_CREDENTIALS));
		send_word(&ends, NULL);
		control = recv_word(b, many, &from);
		assert_int_equal(control.has, SNT_CONTROL_CREDENTIALS);
		assert_int_equal(control.credentials.uid, getuid());
		assert_int_equal(control.credentials.gid, getgid());
		if (!simulated())
			assert_int_equal(control.credentials.pid, getpid());
		assert_true(snt_addr_equal(&from, &a_name));
		ends_close(&ends);
	}
}

static void the_time_of_a_unix_datagram_is_told(void)
{
	struct snt_addr a_name, b_name, from;
	struct ends ends = { unix_on(&a_name), unix_on(&b_name), b_name };
	struct snt_control control;

	ends.addr = b_name;
	OK(snt_set_control(ends.to, SNT_CONTROL_TIME));
	send_word(&ends, NULL);
	control = recv_word(ends.to, 0, &from);
	assert_int_equal(control.has, SNT_CONTROL_TIME);
	assert_true(control.time > 0);
	ends_close(&ends);
}

/* The runner looks whether a descriptor was left. */
static void descriptors_that_come_uninvited_are_closed(void)
{
	BY_BOTH(many)
	{
		struct snt_addr a_name, b_name, from;
		struct ends ends = { unix_on(&a_name), unix_on(&b_name),
				     b_name };
		int fds[2];

		raw_pipe(fds);
		OK(snt_connect(ends.from, &b_name));
		OK(snt_send_fds(ends.from, word, 5, fds, 2));
		(void)recv_word(ends.to, many, &from);
		raw_close(fds[0]);
		raw_close(fds[1]);
		ends_close(&ends);
	}
}

static void items_asked_for_later_take_the_place_of_others(void)
{
	struct ends ends = ends_of(0);
	struct snt_addr from;

	OK(snt_set_control(ends.to, OF_IP | SNT_CONTROL_TIME));
	OK(snt_set_control(ends.to, SNT_CONTROL_TTL));
	send_word(&ends, NULL);
	assert_int_equal(recv_word(ends.to, 0, &from).has, SNT_CONTROL_TTL);
	OK(snt_set_control(ends.to, 0));
	send_word(&ends, NULL);
	assert_int_equal(recv_word(ends.to, 0, &from).has, 0);
	ends_close(&ends);
}

static void a_server_of_several_addresses_is_told_on_each(void)
{
	static const char *const kinds[] = { "127.0.0.1:0", "[::1]:0" };
	struct snt_socket *server = udp_on("localhost:0");
	struct snt_addr names[2], from;

	OK(snt_set_control(server, OF_IP));
	assert_int_equal(OK(snt_getsocknames(server, names, 2)), 2);
	for (int i = 0; i < 4; i++) {
		struct ends ends = { .to = server, .addr = names[i % 2] };
		struct snt_control control;

		ends.from =
			udp_on(kinds[ends.addr.sa.any.sa_family != AF_INET]);
		send_word(&ends, NULL);
		control = recv_word(server, i / 2, &from);
		assert_int_equal(control.has, OF_IP);
		OK(snt_addr_set_port(&ends.addr, 0));
		assert_true(snt_addr_equal(&control.local, &ends.addr));
		snt_close(ends.from);
	}
	snt_close(server);
}

static void items_that_a_family_has_not_are_refused(void)
{
	struct snt_addr name;
	struct snt_socket *a = unix_on(&name), *b = udp_on("[::1]:0");

	for (unsigned item = 1; item <= SNT_CONTROL_SEGMENT; item <<= 1) {
		bool of_ip = (item & (OF_IP | SNT_CONTROL_SEGMENT)) != 0;

		if (of_ip)
			FAILS(snt_set_control(a, item), -EOPNOTSUPP);
		if (item == SNT_CONTROL_CREDENTIALS)
			FAILS(snt_set_control(b, item), -EOPNOTSUPP);
	}
	TELLS("IP");
	FAILS(snt_set_control(b, SNT_CONTROL_SEGMENT << 1), -EINVAL);
	snt_close(a);
	snt_close(b);
	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_set_control(a, SNT_CONTROL_TTL), -EOPNOTSUPP);
	TELLS("not a datagram socket");
	snt_close(a);
	snt_close(b);
}

static void what_cannot_be_sent_is_refused_before_anything_goes(void)
{
	const struct snt_addr v6 = parsed("[::1]:0");
	const struct {
		struct snt_control control;
		const char *words;
	} bad[] = {
		{ { .has = SNT_CONTROL_TIME }, "can be sent" },
		{ { .has = SNT_CONTROL_CREDENTIALS }, "can be sent" },
		{ { .has = SNT_CONTROL_TTL }, "1 to 255" },
		{ { .has = SNT_CONTROL_TTL, .ttl = 256 }, "1 to 255" },
		{ { .has = SNT_CONTROL_TOS, .tos = 256 }, "0 to 255" },
		{ { .has = SNT_CONTROL_TOS, .tos = -1 }, "0 to 255" },
		{ { .has = SNT_CONTROL_SEGMENT }, "segment" },
		{ { .has = SNT_CONTROL_SEGMENT, .segment = 65508 }, "segment" },
		{ { .has = SNT_CONTROL_LOCAL, .local = v6 }, "family" },
	};
	struct ends ends = ends_of(0);

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct snt_control control = bad[i].control;
		const struct snt_datagram two[] = {
			{ .buffer = word, .size = 5, .addr = &ends.addr },
			{ .buffer = word,
			  .size = 5,
			  .addr = &ends.addr,
			  .control = &control },
		};

		FAILS(snt_sendmany(ends.from, two, 2), -EINVAL);
		TELLS(bad[i].words);
	}
	snt_settimeout(ends.to, MILLISECONDS(5));
	FAILS(snt_recv(ends.to, word, 5), -ETIMEDOUT);
	ends_close(&ends);
}

static void one_datagram_tells_its_real_size_when_cut_off(void)
{
	EACH_WAY(way)
	{
		struct ends ends = ends_of(way);
		char bytes[8] = "########";
		struct snt_addr from;
		struct snt_datagram one = { .buffer = bytes,
					    .size = 3,
					    .addr = &from };

		send_word(&ends, NULL);
		assert_int_equal(OK(snt_recv_datagram(ends.to, &one)), 3);
		assert_int_equal(one.size, 3);
		assert_int_equal(one.real_size, 5);
		assert_memory_equal(bytes, "hel#####", 8);
		one = (struct snt_datagram){ .buffer = bytes, .size = 8 };
		OK(snt_sendto(ends.from, "", 0, &ends.addr));
		assert_int_equal(OK(snt_recv_datagram(ends.to, &one)), 0);
		assert_int_equal(one.real_size, 0);
		ends_close(&ends);
	}
}

static const struct test_case cases[] = {
	TEST(nothing_is_told_unasked),
	TEST(the_address_and_the_interface_of_arrival_are_told),
	TEST(ttl_and_tos_go_with_one_datagram_alone),
	TEST(an_answer_leaves_from_where_it_was_asked),
	TEST(an_ipv4_address_will_do_for_a_socket_of_both),
	TEST(an_ipv6_answer_leaves_from_where_it_was_asked),
	TEST(an_address_that_is_not_here_is_refused),
	TEST(the_time_of_arrival_is_told),
	TEST(who_sent_a_unix_datagram_is_told),
	/* Simulated Unix sockets keep no times. */
	TEST_KERNEL(the_time_of_a_unix_datagram_is_told),
	TEST(descriptors_that_come_uninvited_are_closed),
	TEST(items_asked_for_later_take_the_place_of_others),
	TEST(a_server_of_several_addresses_is_told_on_each),
	TEST(items_that_a_family_has_not_are_refused),
	TEST(what_cannot_be_sent_is_refused_before_anything_goes),
	TEST(one_datagram_tells_its_real_size_when_cut_off),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
