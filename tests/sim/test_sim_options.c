/* SPDX-License-Identifier: MIT */
/* Options of simulated sockets: a table of what Linux does with each of them,
 * held against the kernel, too; and where the simulation is its own. */
#include "small.h"

#include <limits.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sennit/options.h>
#include <sys/time.h>

#define T4 1
#define T6 2
#define U4 4
#define U6 8
#define UX 16
#define TCP (T4 | T6)
#define UDP (U4 | U6)
#define INET (TCP | UDP)
#define V6 (T6 | U6)
#define ALL (INET | UX)

static const struct {
	int family, type;
} kinds[] = {
	{ AF_INET, SOCK_STREAM }, { AF_INET6, SOCK_STREAM },
	{ AF_INET, SOCK_DGRAM },  { AF_INET6, SOCK_DGRAM },
	{ AF_UNIX, SOCK_STREAM },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static struct snt_socket *socket_of(size_t kind)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, kinds[kind].family, kinds[kind].type, 0));
	return socket;
}

/* On a new socket of those kinds: how setting it ends, and what it is then. */
static const struct row {
	int kinds, level, name, value, code, then;
} rows[] = {
	{ ALL, SOL_SOCKET, SO_REUSEADDR, 5, 0, 1 },
	{ ALL, SOL_SOCKET, SO_REUSEADDR, 0, 0, 0 },
	{ INET, SOL_SOCKET, SO_REUSEPORT, -1, 0, 1 },
	{ ALL, SOL_SOCKET, SO_BROADCAST, 2, 0, 1 },
	{ ALL, SOL_SOCKET, SO_KEEPALIVE, 1, 0, 1 },
	{ ALL, SOL_SOCKET, SO_DONTROUTE, 1, 0, 1 },
	{ ALL, SOL_SOCKET, SO_OOBINLINE, 1, 0, 1 },
	{ ALL, SOL_SOCKET, SO_PRIORITY, 3, 0, 3 },
	{ ALL, SOL_SOCKET, SO_RCVBUF, 5000, 0, 10000 },
	{ ALL, SOL_SOCKET, SO_RCVBUF, 1, 0, 2304 },
	{ ALL, SOL_SOCKET, SO_SNDBUF, 5000, 0, 10000 },
	{ ALL, SOL_SOCKET, SO_SNDBUF, 1, 0, 4608 },
	{ ALL, SOL_SOCKET, SO_RCVLOWAT, 0, 0, 1 },
	{ ALL, SOL_SOCKET, SO_RCVLOWAT, 100, 0, 100 },
	{ U4 | U6 | UX, SOL_SOCKET, SO_RCVLOWAT, -1, 0, INT_MAX },
	{ ALL, SOL_SOCKET, SO_SNDLOWAT, 7, -ENOPROTOOPT, 1 },
	{ ALL, SOL_SOCKET, SO_TYPE, 7, -ENOPROTOOPT, INT_MIN },
	{ TCP, SOL_SOCKET, SO_PROTOCOL, 7, -ENOPROTOOPT, IPPROTO_TCP },
	{ UDP, SOL_SOCKET, SO_PROTOCOL, 7, -ENOPROTOOPT, IPPROTO_UDP },
	{ UX, SOL_SOCKET, SO_PROTOCOL, 7, -ENOPROTOOPT, 0 },
	{ T4 | U4, SOL_SOCKET, SO_DOMAIN, 7, -ENOPROTOOPT, AF_INET },
	{ V6, SOL_SOCKET, SO_DOMAIN, 7, -ENOPROTOOPT, AF_INET6 },
	{ ALL, SOL_SOCKET, SO_ACCEPTCONN, 7, -ENOPROTOOPT, 0 },
	{ ALL, SOL_SOCKET, SO_ERROR, 7, -ENOPROTOOPT, 0 },
	{ ALL, SOL_SOCKET, SO_BSDCOMPAT, 7, 0, 0 },
	{ ALL, SOL_SOCKET, SO_LINGER, 7, -EINVAL, 0 },
	{ ALL, SOL_SOCKET, SO_RCVTIMEO, 7, -EINVAL, 0 },
	{ ALL, SOL_SOCKET, SO_TIMESTAMP, 7, 0, 1 },
	{ ALL, SOL_SOCKET, SO_TIMESTAMPNS, 0, 0, 0 },
	{ ALL, SOL_SOCKET, SO_INCOMING_CPU, 0, 0, 0 },
	{ ALL, SOL_SOCKET, SO_BINDTOIFINDEX, 1, 0, 1 },
	{ ALL, SOL_SOCKET, SO_BINDTOIFINDEX, -1, -EINVAL, 0 },
	{ ALL, SOL_SOCKET, 9999, 7, -ENOPROTOOPT, -ENOPROTOOPT },
	{ UX, SOL_SOCKET, SO_PASSCRED, 7, 0, 1 },

	{ INET, IPPROTO_IP, IP_TTL, 255, 0, 255 },
	{ INET, IPPROTO_IP, IP_TTL, -1, 0, 64 },
	{ INET, IPPROTO_IP, IP_TTL, 0, -EINVAL, 64 },
	{ INET, IPPROTO_IP, IP_TTL, 256, -EINVAL, 64 },
	{ TCP, IPPROTO_IP, IP_TOS, 255, 0, 252 },
	{ UDP, IPPROTO_IP, IP_TOS, 255, 0, 255 },
	{ UDP, IPPROTO_IP, IP_TOS, 256, 0, 0 },
	{ INET, IPPROTO_IP, IP_MTU_DISCOVER, 2, 0, 2 },
	{ INET, IPPROTO_IP, IP_MTU_DISCOVER, 6, -EINVAL, 1 },
	{ INET, IPPROTO_IP, IP_MTU, 1500, -ENOPROTOOPT, -ENOTCONN },
	{ INET, IPPROTO_IP, IP_FREEBIND, 7, 0, 1 },
	{ INET, IPPROTO_IP, IP_RECVERR, 7, 0, 1 },
	{ INET, IPPROTO_IP, IP_PKTINFO, 7, 0, 1 },
	{ INET, IPPROTO_IP, IP_MINTTL, 255, 0, 255 },
	{ INET, IPPROTO_IP, IP_MINTTL, 256, -EINVAL, 0 },
	{ INET, IPPROTO_IP, 9999, 7, -ENOPROTOOPT, -ENOPROTOOPT },
	{ UX, IPPROTO_IP, IP_TTL, 7, -EOPNOTSUPP, -EOPNOTSUPP },

	{ V6, IPPROTO_IPV6, IPV6_V6ONLY, 7, 0, 1 },
	{ V6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, 0, 0 },
	{ V6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1, 0, 64 },
	{ V6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -2, -EINVAL, 64 },
	{ V6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256, -EINVAL, 64 },
	{ U6, IPPROTO_IPV6, IPV6_TCLASS, 255, 0, 255 },
	{ T6, IPPROTO_IPV6, IPV6_TCLASS, 255, 0, 252 },
	{ V6, IPPROTO_IPV6, IPV6_TCLASS, -1, 0, 0 },
	{ V6, IPPROTO_IPV6, IPV6_TCLASS, 256, -EINVAL, 0 },
	{ V6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 7, 0, 1 },
	{ V6, IPPROTO_IPV6, 9999, 7, -ENOPROTOOPT, -ENOPROTOOPT },
	{ T4 | U4, IPPROTO_IPV6, IPV6_V6ONLY, 7, -ENOPROTOOPT, -EOPNOTSUPP },
	{ UX, IPPROTO_IPV6, IPV6_V6ONLY, 7, -EOPNOTSUPP, -EOPNOTSUPP },

	{ TCP, IPPROTO_TCP, TCP_NODELAY, 7, 0, 1 },
	{ TCP, IPPROTO_TCP, 9999, 7, -ENOPROTOOPT, -ENOPROTOOPT },
	{ U4, IPPROTO_TCP, TCP_NODELAY, 7, -ENOPROTOOPT, -EOPNOTSUPP },
	{ U6, IPPROTO_TCP, TCP_NODELAY, 7, -ENOPROTOOPT, -ENOPROTOOPT },
	{ T4 | U4, 999, 1, 7, -ENOPROTOOPT, -EOPNOTSUPP },
	{ V6, 999, 1, 7, -ENOPROTOOPT, -ENOPROTOOPT },
};

static int get(struct snt_socket *socket, int level, int name)
{
	int value = 0;
	int size = snt_getsockopt(socket, level, name, &value, sizeof value);

	return size < 0 ? size : value;
}

static void each_is_taken_and_given_back_as_by_linux(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];

		for (size_t kind = 0; kind < KINDS; kind++) {
			struct snt_socket *socket;

			if ((row->kinds >> kind & 1) == 0)
				continue;
			print_message("row %zu, kind %zu\n", i, kind);
			socket = socket_of(kind);
			FAILS(snt_setsockopt(socket, row->level, row->name,
					     &row->value, sizeof row->value),
			      row->code);
			if (row->then != INT_MIN)
				FAILS(get(socket, row->level, row->name),
				      row->then);
			snt_close(socket);
		}
	}
}

/* What fewer bytes than an int make of the value 7; -EINVAL elsewhere. */
static void a_value_too_short_is_refused_but_a_byte_is_enough_for_ip(void)
{
	const char bytes[4] = { 7, 1, 1, 1 };

	for (size_t kind = 0; kind < KINDS; kind++) {
		struct snt_socket *socket = socket_of(kind);
		bool inet = kinds[kind].family != AF_UNIX;

		for (size_t size = 0; size < 4; size++) {
			FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_PRIORITY,
					     bytes, size),
			      -EINVAL);
			FAILS(snt_setsockopt(socket, SOL_SOCKET, 9999, bytes,
					     size),
			      -EINVAL);
			if (!inet)
				continue;
			FAILS(snt_setsockopt(socket, IPPROTO_IP, IP_TTL, bytes,
					     size),
			      size == 0 ? -EINVAL : 0);
			FAILS(get(socket, IPPROTO_IP, IP_TTL),
			      size == 0 ? 64 : 7);
		}
		if (inet) {
			FAILS(snt_setsockopt(socket, IPPROTO_IP, IP_FREEBIND,
					     bytes, 0),
			      -EINVAL);
			OK(snt_setsockopt(socket, IPPROTO_IP, IP_RECVERR, bytes,
					  0));
		}
		snt_close(socket);
	}
}

static void the_service_asked_for_chooses_the_queue(void)
{
	static const int queues[][2] = {
		{ 0x08, 2 }, { 0x10, 6 }, { 0x18, 4 }, { 0x20, 0 }
	};
	struct snt_socket *socket = socket_of(0);

	for (size_t i = 0; i < 4; i++) {
		OK(snt_set_tos(socket, queues[i][0]));
		FAILS(get(socket, SOL_SOCKET, SO_PRIORITY), queues[i][1]);
	}
	snt_close(socket);
}

static void a_value_is_cut_to_the_room_there_is(void)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct snt_socket *socket = socket_of(kind);
		unsigned char value[8];

		memset(value, 0xee, sizeof value);
		FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_TYPE, value, 2), 2);
		assert_int_equal(value[0], kinds[kind].type);
		assert_int_equal(value[2], 0xee);
		FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_TYPE, value, 8), 4);
		FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_COOKIE, value, 4),
		      -EINVAL);
		if (kinds[kind].family != AF_UNIX) {
			FAILS(snt_getsockopt(socket, IPPROTO_IP, IP_TTL, value,
					     2),
			      1);
			assert_int_equal(value[0], 64);
		}
		snt_close(socket);
	}
}

static void linger_and_timeouts_are_kept_whole(void)
{
	struct snt_socket *socket = socket_of(0);
	struct linger on = { 5, 0 }, linger;
	struct timeval second = { 1, 0 }, wrong = { 1, 1000000 }, timeout;

	OK(snt_setsockopt(socket, SOL_SOCKET, SO_LINGER, &on, sizeof on));
	FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, 8), 8);
	assert_int_equal(linger.l_onoff, 1);
	assert_int_equal(linger.l_linger, 0);
	OK(snt_setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &second,
			  sizeof second));
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wrong,
			     sizeof wrong),
	      -EDOM);
	FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout,
			     sizeof timeout),
	      sizeof timeout);
	assert_memory_equal(&timeout, &second, sizeof timeout);
	snt_close(socket);
}

static void of_the_timestamps_the_last_counts(void)
{
	struct snt_socket *socket = socket_of(2);
	const int on = 1, off = 0;

	OK(snt_setsockopt(socket, SOL_SOCKET, SO_TIMESTAMP, &on, 4));
	OK(snt_setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, 4));
	FAILS(get(socket, SOL_SOCKET, SO_TIMESTAMP), 0);
	FAILS(get(socket, SOL_SOCKET, SO_TIMESTAMPNS), 1);
	OK(snt_setsockopt(socket, SOL_SOCKET, SO_TIMESTAMP, &off, 4));
	FAILS(get(socket, SOL_SOCKET, SO_TIMESTAMPNS), 0);
	snt_close(socket);
}

static void v6only_is_for_sockets_without_a_port(void)
{
	for (size_t kind = 1; kind <= 3; kind += 2) {
		struct snt_socket *socket = socket_of(kind);
		struct snt_addr addr;

		OK(snt_addr_parse(&addr, "[::1]:0"));
		OK(snt_bind(socket, &addr));
		FAILS(snt_set_v6only(socket, true), -EINVAL);
		snt_close(socket);
	}
}

static void a_device_is_told_by_its_name(void)
{
	struct snt_socket *socket = socket_of(2);
	char name[IF_NAMESIZE];

	FAILS(snt_get_device(socket, name, sizeof name), 0);
	OK(snt_set_device(socket, "lo"));
	FAILS(snt_get_device(socket, name, sizeof name), 2);
	assert_string_equal(name, "lo");
	FAILS(get(socket, SOL_SOCKET, SO_BINDTOIFINDEX), 1);
	FAILS(snt_getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name, 15),
	      -EINVAL);
	FAILS(snt_set_device(socket, "no-such"), -ENODEV);
	OK(snt_set_device(socket, NULL));
	FAILS(snt_get_device(socket, name, sizeof name), 0);
	snt_close(socket);
}

static void groups_are_nothing_for_tcp(void)
{
	struct ip_mreqn group = { .imr_ifindex = 1 };
	struct ipv6_mreq group6 = { .ipv6mr_interface = 1 };
	struct snt_socket *socket = socket_of(1);

	group.imr_multiaddr.s_addr = htonl(0xe0010101);
	FAILS(snt_setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
			     sizeof group),
	      -EPROTO);
	FAILS(snt_setsockopt(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group6,
			     sizeof group6),
	      -EPROTO);
	snt_close(socket);
}

/* Where it is its own. */

static int ask_for_much(void *unused)
{
	struct snt_socket *socket = socket_of(0);

	(void)unused;
	OK(snt_set_rcvbuf(socket, 100000000));
	FAILS(get(socket, SOL_SOCKET, SO_RCVBUF), 2 * 212992);
	OK(snt_set_sndbuf(socket, 100000000));
	FAILS(get(socket, SOL_SOCKET, SO_SNDBUF), 2 * 212992);
	snt_close(socket);
	return 0;
}

static void buffers_are_bounded_as_debian_bounds_them(void)
{
	in_world(ask_for_much);
}

static int ask_for_what_is_not_simulated(void *unused)
{
	static const int names[] = { SO_ZEROCOPY, SO_TXTIME, SO_ATTACH_FILTER,
				     SO_ATTACH_BPF, SO_RXQ_OVFL };
	struct snt_socket *socket = socket_of(2);
	const int on = 1;

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		FAILS(snt_setsockopt(socket, SOL_SOCKET, names[i], &on, 4),
		      -ENOPROTOOPT);
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_PEEK_OFF, &on, 4),
	      -EOPNOTSUPP);
	FAILS(get(socket, SOL_SOCKET, SO_PEEK_OFF), -1);
	snt_close(socket);
	return 0;
}

static void what_nothing_stands_behind_is_refused(void)
{
	in_world(ask_for_what_is_not_simulated);
}

static int act_as_root(void *unused)
{
	struct snt_socket *socket = socket_of(0);
	uint32_t mark = 0;

	(void)unused;
	OK(snt_set_mark(socket, 0x80000001u));
	OK(snt_get_mark(socket, &mark));
	assert_int_equal(mark, 0x80000001u);
	OK(snt_set_priority(socket, 7));
	OK(snt_set_device(socket, "eth0"));
	snt_close(socket);
	return 0;
}

static void programs_are_root(void)
{
	in_world(act_as_root);
}

static int compare_cookies(void *unused)
{
	uint64_t first, second, again;
	struct snt_socket *a = socket_of(0), *b = socket_of(2);

	(void)unused;
	FAILS(snt_getsockopt(a, SOL_SOCKET, SO_COOKIE, &first, 8), 8);
	FAILS(snt_getsockopt(b, SOL_SOCKET, SO_COOKIE, &second, 8), 8);
	FAILS(snt_getsockopt(a, SOL_SOCKET, SO_COOKIE, &again, 8), 8);
	assert_int_equal(first, 1);
	assert_int_equal(second, 2);
	assert_int_equal(again, first);
	snt_close(a);
	snt_close(b);
	return 0;
}

static void cookies_are_the_same_in_each_run(void)
{
	in_world(compare_cookies);
}

/* Those of TEST_KERNEL make worlds of their own. */
static const struct test_case cases[] = {
	TEST(each_is_taken_and_given_back_as_by_linux),
	TEST(a_value_too_short_is_refused_but_a_byte_is_enough_for_ip),
	TEST(the_service_asked_for_chooses_the_queue),
	TEST(a_value_is_cut_to_the_room_there_is),
	TEST(linger_and_timeouts_are_kept_whole),
	TEST(of_the_timestamps_the_last_counts),
	TEST(v6only_is_for_sockets_without_a_port),
	TEST(a_device_is_told_by_its_name),
	TEST(groups_are_nothing_for_tcp),
	TEST_KERNEL(buffers_are_bounded_as_debian_bounds_them),
	TEST_KERNEL(what_nothing_stands_behind_is_refused),
	TEST_KERNEL(programs_are_root),
	TEST_KERNEL(cookies_are_the_same_in_each_run),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
