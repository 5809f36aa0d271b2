/* SPDX-License-Identifier: MIT */
/* What became of datagrams: refusals on any socket, and the way's MTU. */
#include "world.h"

#include "datagrams.h"

#include <netinet/ip.h>
#include <sennit/options.h>

/* An address that nobody is on, and nobody else can be. */
static struct snt_socket *nobody(size_t way, struct snt_addr *addr)
{
	struct snt_socket *gone = udp_on(way == 1 ? "[::1]:0" : "127.0.0.1:0");

	*addr = name_of(gone);
	/* Deaf to strangers. */
	OK(snt_connect(gone, addr));
	return gone;
}

static struct snt_datagram_error next_error(struct snt_socket *socket)
{
	struct snt_datagram_error error;

	OK(snt_recverr(socket, &error));
	return error;
}

/* Waits until something is refused. */
static void hear_of_it(struct snt_socket *socket)
{
	char byte;

	FAILS(snt_recvfrom(socket, &byte, 1, NULL), -ECONNREFUSED);
}

static bool same_place(const struct snt_addr *a, const struct snt_addr *b)
{
	struct snt_addr mapped = *b;
	char text[SNT_ADDR_TEXT];

	if (a->sa.any.sa_family == AF_INET6 && b->sa.any.sa_family == AF_INET) {
		snprintf(text, sizeof text, "[::ffff:127.0.0.1]:%u",
			 snt_addr_port(b));
		mapped = parsed(text);
	}
	return snt_addr_equal(a, &mapped);
}

static void an_unconnected_socket_is_told_who_refused(void)
{
	EACH_WAY(way)
	{
		struct snt_socket *a = udp_on(ways[way].from), *gone;
		struct snt_datagram_error error;
		struct snt_addr to, by;

		gone = nobody(way, &to);
		OK(snt_set_recverr(a, true));
		FAILS(snt_recverr(a, &error), -EAGAIN);
		OK(snt_sendto(a, "x", 1, &to));
		hear_of_it(a);
		error = next_error(a);
		assert_int_equal(error.code, -ECONNREFUSED);
		assert_true(same_place(&error.to, &to));
		by = to;
		OK(snt_addr_set_port(&by, 0));
		assert_true(same_place(&error.by, &by));
		assert_int_equal(error.icmp_type, way == 1 ? 1 : 3);
		assert_int_equal(error.icmp_code, way == 1 ? 4 : 3);
		assert_int_equal(error.mtu, 0);
		FAILS(snt_recverr(a, &error), -EAGAIN);
		snt_close(a);
		snt_close(gone);
	}
}

static void unasked_an_unconnected_socket_is_told_nothing(void)
{
	struct snt_socket *a = udp_on("127.0.0.1:0"), *gone;
	struct snt_datagram_error error;
	struct snt_addr to;
	char byte;

	gone = nobody(0, &to);
	OK(snt_sendto(a, "x", 1, &to));
	snt_settimeout(a, MILLISECONDS(20));
	FAILS(snt_recvfrom(a, &byte, 1, NULL), -ETIMEDOUT);
	FAILS(snt_recverr(a, &error), -EAGAIN);
	snt_close(a);
	snt_close(gone);
}

static void after_a_refusal_it_goes_on(void)
{
	for (size_t way = 0; way < 2; way++) {
		struct ends ends = ends_of(way);
		struct snt_datagram_error error;
		struct snt_addr to;
		struct snt_socket *gone = nobody(way, &to);
		char byte;

		OK(snt_set_recverr(ends.from, true));
		OK(snt_sendto(ends.from, "x", 1, &to));
		hear_of_it(ends.from);
		(void)next_error(ends.from);
		OK(snt_sendto(ends.from, "y", 1, &ends.addr));
		assert_int_equal(OK(snt_recv(ends.to, &byte, 1)), 1);
		ends.addr = name_of(ends.from);
		OK(snt_sendto(ends.to, "z", 1, &ends.addr));
		assert_int_equal(OK(snt_recv(ends.from, &byte, 1)), 1);
		assert_int_equal(byte, 'z');
		FAILS(snt_recverr(ends.from, &error), -EAGAIN);
		snt_close(gone);
		ends_close(&ends);
	}
}

static void several_refusals_come_in_their_order(void)
{
	struct snt_socket *a = udp_on("127.0.0.1:0"), *gone[3];
	struct snt_addr to[3];

	OK(snt_set_recverr(a, true));
	for (size_t i = 0; i < 3; i++) {
		gone[i] = nobody(0, &to[i]);
		OK(snt_sendto(a, "x", 1, &to[i]));
		hear_of_it(a);
	}
	for (size_t i = 0; i < 3; i++) {
		struct snt_datagram_error error = next_error(a);

		assert_true(snt_addr_equal(&error.to, &to[i]));
		snt_close(gone[i]);
	}
	snt_close(a);
}

static void turned_off_what_was_kept_is_dropped(void)
{
	struct snt_socket *a = udp_on("[::1]:0"), *gone;
	struct snt_datagram_error error;
	struct snt_addr to;

	gone = nobody(1, &to);
	OK(snt_set_recverr(a, true));
	OK(snt_sendto(a, "x", 1, &to));
	hear_of_it(a);
	OK(snt_set_recverr(a, false));
	FAILS(snt_recverr(a, &error), -EAGAIN);
	snt_close(a);
	snt_close(gone);
}

static void a_server_of_several_addresses_hears_of_each(void)
{
	struct snt_socket *server = udp_on("localhost:0");

	OK(snt_set_recverr(server, true));
	for (size_t way = 0; way < 2; way++) {
		struct snt_datagram_error error;
		struct snt_addr to;
		struct snt_socket *gone = nobody(way, &to);

		OK(snt_sendto(server, "x", 1, &to));
		hear_of_it(server);
		error = next_error(server);
		assert_true(snt_addr_equal(&error.to, &to));
		snt_close(gone);
	}
	snt_close(server);
}

static void a_cancelled_fiber_reads_no_errors(void)
{
	struct snt_socket *a = udp_on("[::1]:0");
	struct snt_datagram_error error;
	struct snt_scope scope;

	OK(snt_set_recverr(a, true));
	snt_timeout_begin(&scope, SNT_NOWAIT);
	FAILS(snt_recverr(a, &error), -ETIMEDOUT);
	snt_scope_end(&scope);
	snt_close(a);
}

static void only_ip_has_errors_and_an_mtu(void)
{
	enum snt_mtu_discovery discovery;
	struct snt_datagram_error error;
	struct snt_addr name;
	struct snt_socket *a = unix_on(&name), *b;
	size_t mtu;

	FAILS(snt_set_recverr(a, true), -EOPNOTSUPP);
	FAILS(snt_recverr(a, &error), -EOPNOTSUPP);
	FAILS(snt_set_mtu_discovery(a, SNT_MTU_DO), -EOPNOTSUPP);
	FAILS(snt_get_mtu_discovery(a, &discovery), -EOPNOTSUPP);
	FAILS(snt_get_mtu(a, &mtu), -EOPNOTSUPP);
	TELLS("only IP");
	snt_close(a);
	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_set_recverr(a, true), -EOPNOTSUPP);
	TELLS("not a datagram socket");
	snt_close(a);
	snt_close(b);
}

static void discovery_is_switched_and_read(void)
{
	EACH_WAY(way)
	{
		struct snt_socket *a = udp_on(ways[way].to);
		enum snt_mtu_discovery found;

		OK(snt_get_mtu_discovery(a, &found));
		assert_int_equal(found, SNT_MTU_WANT);
		for (int i = SNT_MTU_PROBE; i >= SNT_MTU_WANT; i--) {
			OK(snt_set_mtu_discovery(a, (enum snt_mtu_discovery)i));
			OK(snt_get_mtu_discovery(a, &found));
			assert_int_equal(found, i);
		}
		FAILS(snt_set_mtu_discovery(a, (enum snt_mtu_discovery)4),
		      -EINVAL);
		snt_close(a);
	}
}

static void a_discovery_without_a_name_is_told(void)
{
	const int interface = IP_PMTUDISC_INTERFACE;
	struct snt_socket *a = udp_on("127.0.0.1:0");
	enum snt_mtu_discovery found;

	OK(snt_setsockopt(a, IPPROTO_IP, IP_MTU_DISCOVER, &interface,
			  sizeof interface));
	FAILS(snt_get_mtu_discovery(a, &found), -EOPNOTSUPP);
	snt_close(a);
}

static void the_way_to_a_peer_has_an_mtu(void)
{
	EACH_WAY(way)
	{
		struct ends ends = ends_of(way);
		size_t mtu;

		FAILS(snt_get_mtu(ends.from, &mtu), -ENOTCONN);
		OK(snt_connect(ends.from, &ends.addr));
		OK(snt_get_mtu(ends.from, &mtu));
		assert_true(mtu >= 65535);
		ends_close(&ends);
	}
}

/* On lo, whose MTU is 65,536, only IPv6 has a datagram that is longer. */
static void never_cut_up_too_long_is_told_with_the_mtu(void)
{
	static char bytes[65527];
	struct ends ends;
	struct snt_datagram_error error;

	own_network();
	ends = ends_of(1);
	OK(snt_set_mtu_discovery(ends.from, SNT_MTU_DO));
	OK(snt_set_recverr(ends.from, true));
	FAILS(snt_sendto(ends.from, bytes, sizeof bytes, &ends.addr),
	      -EMSGSIZE);
	error = next_error(ends.from);
	assert_int_equal(error.code, -EMSGSIZE);
	assert_int_equal(error.mtu, 65536);
	assert_int_equal(error.by.size, 0);
	OK(snt_set_mtu_discovery(ends.from, SNT_MTU_DONT));
	OK(snt_sendto(ends.from, bytes, 1, &ends.addr));
	ends_close(&ends);
}

static const struct test_case cases[] = {
	TEST(an_unconnected_socket_is_told_who_refused),
	TEST(unasked_an_unconnected_socket_is_told_nothing),
	TEST(after_a_refusal_it_goes_on),
	TEST(several_refusals_come_in_their_order),
	TEST(turned_off_what_was_kept_is_dropped),
	TEST(a_server_of_several_addresses_hears_of_each),
	TEST(a_cancelled_fiber_reads_no_errors),
	TEST(only_ip_has_errors_and_an_mtu),
	TEST(discovery_is_switched_and_read),
	TEST(a_discovery_without_a_name_is_told),
	TEST(the_way_to_a_peer_has_an_mtu),
	TEST(never_cut_up_too_long_is_told_with_the_mtu),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
