/* SPDX-License-Identifier: MIT */
/* Options reach the kernel, are checked, and never make a close wait. */
#include "net.h"

#include "io/io.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sennit/options.h>

static int read_int(struct snt_socket *socket, int level, int name)
{
	int value = -1;

	assert_int_equal(
		OK(snt_getsockopt(socket, level, name, &value, sizeof value)),
		sizeof value);
	return value;
}

/* Switches, and where the kernel keeps them. */
static const struct {
	const char *name;
	int (*set)(struct snt_socket *socket, bool on);
	int family, type, level, option;
} switches[] = {
	{ "nodelay", snt_set_nodelay, AF_INET, SOCK_STREAM, IPPROTO_TCP,
	  TCP_NODELAY },
	{ "reuseaddr", snt_set_reuseaddr, AF_INET, SOCK_STREAM, SOL_SOCKET,
	  SO_REUSEADDR },
	{ "reuseport", snt_set_reuseport, AF_INET, SOCK_DGRAM, SOL_SOCKET,
	  SO_REUSEPORT },
	{ "broadcast", snt_set_broadcast, AF_INET, SOCK_DGRAM, SOL_SOCKET,
	  SO_BROADCAST },
	{ "v6only", snt_set_v6only, AF_INET6, SOCK_STREAM, IPPROTO_IPV6,
	  IPV6_V6ONLY },
};

static void switches_go_on_and_off(void)
{
	for (size_t i = 0; i < COUNT(switches); i++) {
		struct snt_socket *socket;

		print_message("%s\n", switches[i].name);
		OK(snt_socket(&socket, switches[i].family, switches[i].type,
			      0));
		for (int on = 1; on >= 0; on--) {
			OK(switches[i].set(socket, on));
			assert_int_equal(read_int(socket, switches[i].level,
						  switches[i].option) != 0,
					 on);
		}
		snt_close(socket);
	}
}

static struct snt_socket *tcp(void)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	return socket;
}

/* Seconds, rounded up; 0 leaves what the system has. */
static const struct {
	struct snt_keepalive set;
	int idle, interval, count; /* 0: the system's */
} keepalives[] = {
	{ { 0 }, 0, 0, 0 },
	{ { 60 * SNT_SECOND, 10 * SNT_SECOND, 5 }, 60, 10, 5 },
	{ { 1, 1, 1 }, 1, 1, 1 },
	{ { SNT_SECOND + 1, 2 * SNT_SECOND - 1, 2 }, 2, 2, 2 },
	{ { .count = 9 }, 0, 0, 9 },
};

static void keepalive_probes_can_be_timed(void)
{
	for (size_t i = 0; i < COUNT(keepalives); i++) {
		struct snt_socket *socket = tcp();
		int idle = read_int(socket, IPPROTO_TCP, TCP_KEEPIDLE);
		int interval = read_int(socket, IPPROTO_TCP, TCP_KEEPINTVL);
		int count = read_int(socket, IPPROTO_TCP, TCP_KEEPCNT);

		OK(snt_set_keepalive(socket, &keepalives[i].set));
		assert_int_equal(read_int(socket, SOL_SOCKET, SO_KEEPALIVE), 1);
		idle = keepalives[i].idle ? keepalives[i].idle : idle;
		interval = keepalives[i].interval ? keepalives[i].interval
						  : interval;
		count = keepalives[i].count ? keepalives[i].count : count;
		assert_int_equal(read_int(socket, IPPROTO_TCP, TCP_KEEPIDLE),
				 idle);
		assert_int_equal(read_int(socket, IPPROTO_TCP, TCP_KEEPINTVL),
				 interval);
		assert_int_equal(read_int(socket, IPPROTO_TCP, TCP_KEEPCNT),
				 count);
		OK(snt_set_keepalive(socket, NULL));
		assert_int_equal(read_int(socket, SOL_SOCKET, SO_KEEPALIVE), 0);
		snt_close(socket);
	}
}

static void keepalive_out_of_range_is_refused(void)
{
	static const struct snt_keepalive wrong[] = {
		{ .idle = -1 },
		{ .interval = -1 },
		{ .count = -1 },
		{ .idle = SNT_FOREVER },
		{ .idle = 40000 * SNT_SECOND },
		{ .count = 1000 },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct snt_socket *socket = tcp();

		FAILS(snt_set_keepalive(socket, &wrong[i]), -EINVAL);
		TELLS("keepalive");
		snt_close(socket);
	}
}

static void the_user_timeout_is_set_in_milliseconds(void)
{
	struct snt_socket *socket = tcp();

	OK(snt_set_user_timeout(socket, 1500 * SNT_MILLISECOND + 1));
	assert_int_equal(read_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT), 1501);
	OK(snt_set_user_timeout(socket, 0));
	assert_int_equal(read_int(socket, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	FAILS(snt_set_user_timeout(socket, -1), -EINVAL);
	FAILS(snt_set_user_timeout(socket, SNT_FOREVER), -EINVAL);
	FAILS(snt_set_user_timeout(socket, SNT_FOREVER - 1), -EINVAL);
	snt_close(socket);
}

static void linger_of_zero_resets_at_close(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	char byte;

	OK(snt_set_linger(handle, true, 0));
	snt_close(handle);
	assert_int_equal(raw_recv(fd, &byte, 1, 0), -ECONNRESET);
	raw_close(fd);
}

static void no_way_leads_to_a_linger_that_waits(void)
{
	static const struct linger wrong = { 1, 30 };
	struct snt_socket *socket = tcp();
	_Alignas(struct linger) char anywhere[sizeof wrong + 1];
	struct linger now = { 7, 7 };

	FAILS(snt_set_linger(socket, true, SNT_SECOND), -EINVAL);
	TELLS("close never waits");
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_LINGER, &wrong,
			     sizeof wrong),
	      -EINVAL);
	memcpy(anywhere + 1, &wrong, sizeof wrong);
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_LINGER, anywhere + 1,
			     sizeof wrong),
	      -EINVAL);
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_LINGER, NULL, sizeof wrong),
	      -EFAULT);
	OK(snt_getsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now));
	assert_int_equal(now.l_onoff, 0);
	OK(snt_set_linger(socket, false, 0));
	snt_close(socket);
}

static void buffer_sizes_reach_the_kernel(void)
{
	struct snt_socket *socket = tcp();

	OK(snt_set_rcvbuf(socket, 20000));
	assert_int_equal(read_int(socket, SOL_SOCKET, SO_RCVBUF), 40000);
	OK(snt_set_sndbuf(socket, 30000));
	assert_int_equal(read_int(socket, SOL_SOCKET, SO_SNDBUF), 60000);
	FAILS(snt_set_rcvbuf(socket, (size_t)INT_MAX), -EINVAL);
	FAILS(snt_set_sndbuf(socket, SIZE_MAX), -EINVAL);
	snt_close(socket);
}

static void any_option_can_be_set_and_read_raw(void)
{
	struct snt_socket *socket = tcp();
	int priority = 5;
	char byte;

	OK(snt_setsockopt(socket, SOL_SOCKET, SO_PRIORITY, &priority,
			  sizeof priority));
	assert_int_equal(read_int(socket, SOL_SOCKET, SO_PRIORITY), 5);
	FAILS(snt_setsockopt(socket, IPPROTO_TCP, 9999, &priority,
			     sizeof priority),
	      -ENOPROTOOPT);
	FAILS(snt_getsockopt(socket, IPPROTO_TCP, 9999, &priority,
			     sizeof priority),
	      -ENOPROTOOPT);
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_PRIORITY, &byte, 1),
	      -EINVAL);
	FAILS(snt_setsockopt(socket, SOL_SOCKET, SO_PRIORITY, &priority,
			     (size_t)INT_MAX + 1),
	      -EINVAL);
	snt_close(socket);
}

static void an_option_reaches_every_address_of_a_server(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn;
	struct snt_addr addrs[2];

	OK(snt_set_rcvbuf(server, 20000));
	OK(snt_getsocknames(server, addrs, 2));
	for (int i = 0; i < 2; i++) {
		int fd = raw_socket(addrs[i].sa.any.sa_family, SOCK_STREAM);

		assert_int_equal(raw_connect(fd, &addrs[i]), 0);
		OK(snt_accept(server, &conn));
		assert_int_equal(read_int(conn, SOL_SOCKET, SO_RCVBUF), 40000);
		snt_close(conn);
		raw_close(fd);
	}
	snt_close(server);
}

static void an_option_of_another_kind_of_socket_is_refused(void)
{
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	assert_true(snt_set_nodelay(a, true) == -EOPNOTSUPP);
	TELLS("nodelay: not supported here");
	snt_close(a);
	snt_close(b);
}

/* On IPv4, on IPv6, and for both on a dual-stack socket. */
static const struct {
	const char *text;
	bool v4, v6;
} families[] = {
	{ "127.0.0.1:0", true, false },
	{ "[::1]:0", false, true },
	{ ":0", true, true },
};

static void hops_and_service_are_right_for_the_family(void)
{
	for (size_t i = 0; i < COUNT(families); i++)
		for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
			const struct snt_server_opts opts = { .type = type };
			struct snt_socket *socket;
			int value = -1;

			OK(snt_create_server(&socket, families[i].text, &opts));
			OK(snt_set_ttl(socket, 9));
			OK(snt_set_tos(socket, 0x10));
			OK(snt_get_ttl(socket, &value));
			assert_int_equal(value, 9);
			OK(snt_get_tos(socket, &value));
			assert_int_equal(value, 0x10);
			if (families[i].v4) {
				assert_int_equal(
					read_int(socket, IPPROTO_IP, IP_TTL),
					9);
				assert_int_equal(
					read_int(socket, IPPROTO_IP, IP_TOS),
					0x10);
			}
			if (families[i].v6) {
				assert_int_equal(read_int(socket, IPPROTO_IPV6,
							  IPV6_UNICAST_HOPS),
						 9);
				assert_int_equal(read_int(socket, IPPROTO_IPV6,
							  IPV6_TCLASS),
						 0x10);
			}
			OK(snt_set_ttl(socket, 0));
			OK(snt_get_ttl(socket, &value));
			assert_true(value > 9);
			snt_close(socket);
		}
}

static void hops_and_service_out_of_range_are_refused(void)
{
	static const int wrong[] = { -1, 256, INT_MAX, INT_MIN };
	struct snt_socket *socket = tcp(), *a, *b;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		FAILS(snt_set_ttl(socket, wrong[i]), -EINVAL);
		FAILS(snt_set_tos(socket, wrong[i]), -EINVAL);
	}
	TELLS("0 to 255");
	snt_close(socket);
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	FAILS(snt_set_ttl(a, 1), -EOPNOTSUPP);
	snt_close(a);
	snt_close(b);
}

static void packets_arrive_with_the_hops_and_the_service(void)
{
	for (size_t i = 0; i < 2; i++) {
		const struct snt_server_opts opts = { .type = SOCK_DGRAM };
		bool v4 = families[i].v4;
		int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, found[2];
		const int on = 1;
		char control[128] __attribute__((aligned(8))), byte;
		const struct iovec all = { &byte, 1 };
		struct snt_message message = { &all, 1, .control = control,
					       .control_size = sizeof control };
		const char *item = control;
		struct snt_socket *a, *b;
		struct snt_addr addr;

		OK(snt_create_server(&b, families[i].text, &opts));
		addr = name_of(b);
		OK(snt_socket(&a, addr.sa.any.sa_family, SOCK_DGRAM, 0));
		OK(snt_setsockopt(b, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT,
				  &on, sizeof on));
		OK(snt_setsockopt(b, level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS,
				  &on, sizeof on));
		OK(snt_set_ttl(a, 77));
		OK(snt_set_tos(a, 0x28));
		OK(snt_sendto(a, "x", 1, &addr));
		OK(snt_recvmsg(b, &message));
		for (int n = 0; n < 2; n++) {
			struct cmsghdr head;

			memcpy(&head, item, sizeof head);
			found[n] = *(const unsigned char *)(item + CMSG_LEN(0));
			item += CMSG_ALIGN(head.cmsg_len);
		}
		assert_int_equal(found[0] + found[1], 77 + 0x28);
		snt_close(a);
		snt_close(b);
	}
}

static void a_mark_is_read_back(void)
{
	struct snt_socket *socket = tcp();
	uint32_t mark = 1;

	OK(snt_set_mark(socket, UINT32_MAX - 1));
	OK(snt_get_mark(socket, &mark));
	assert_true(mark == UINT32_MAX - 1);
	snt_close(socket);
}

static void a_priority_is_read_back(void)
{
	struct snt_socket *socket = tcp();
	int priority = -1;

	OK(snt_set_priority(socket, 5));
	OK(snt_get_priority(socket, &priority));
	assert_int_equal(priority, 5);
	snt_close(socket);
}

static void a_device_is_read_back(void)
{
	struct snt_socket *socket = tcp();
	char name[16];

	assert_int_equal(OK(snt_get_device(socket, name, sizeof name)), 0);
	assert_string_equal(name, "");
	OK(snt_set_device(socket, "lo"));
	assert_int_equal(OK(snt_get_device(socket, name, sizeof name)), 2);
	assert_string_equal(name, "lo");
	assert_int_equal(OK(snt_get_device(socket, name, 2)), 2);
	assert_string_equal(name, "l");
	FAILS(snt_set_device(socket, "nonesuch"), -ENODEV);
	TELLS("device: no such interface");
	FAILS(snt_set_device(socket, "lo-and-a-long-tail"), -ENODEV);
	OK(snt_set_device(socket, NULL));
	assert_int_equal(OK(snt_get_device(socket, name, sizeof name)), 0);
	snt_close(socket);
}

static void typed_options_reach_every_address_of_a_server(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn;
	struct snt_addr addrs[2];

	OK(snt_set_ttl(server, 33));
	OK(snt_set_tos(server, 0x20));
	OK(snt_getsocknames(server, addrs, 2));
	for (int i = 0; i < 2; i++) {
		int fd = raw_socket(addrs[i].sa.any.sa_family, SOCK_STREAM);
		int value;

		assert_int_equal(raw_connect(fd, &addrs[i]), 0);
		OK(snt_accept(server, &conn));
		OK(snt_get_ttl(conn, &value));
		assert_int_equal(value, 33);
		OK(snt_get_tos(conn, &value));
		assert_int_equal(value, 0x20);
		snt_close(conn);
		raw_close(fd);
	}
	snt_close(server);
}

static void v6only_is_read_back(void)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET6, SOCK_STREAM, 0));
	for (int only = 1; only >= 0; only--) {
		bool on = !only;

		OK(snt_set_v6only(socket, only));
		OK(snt_get_v6only(socket, &on));
		assert_int_equal(on, only);
	}
	snt_close(socket);
}

static int no_ipv6(int family, int type, int protocol)
{
	return family == AF_INET6 ? -EAFNOSUPPORT
				  : real_io()->socket(family, type, protocol);
}

static void dualstack_is_probed(void)
{
	static struct snt__io without;

	assert_true(snt_has_dualstack_ipv6());
	without = *real_io();
	without.socket = no_ipv6;
	snt__io = &without;
	assert_false(snt_has_dualstack_ipv6());
	snt__io = real_io();
}

static const struct test_case cases[] = {
	TEST(switches_go_on_and_off),
	TEST(keepalive_probes_can_be_timed),
	TEST(keepalive_out_of_range_is_refused),
	TEST(the_user_timeout_is_set_in_milliseconds),
	TEST(linger_of_zero_resets_at_close),
	TEST(no_way_leads_to_a_linger_that_waits),
	TEST(buffer_sizes_reach_the_kernel),
	TEST(any_option_can_be_set_and_read_raw),
	TEST(an_option_reaches_every_address_of_a_server),
	TEST(an_option_of_another_kind_of_socket_is_refused),
	TEST(hops_and_service_are_right_for_the_family),
	TEST(hops_and_service_out_of_range_are_refused),
	TEST(packets_arrive_with_the_hops_and_the_service),
	TEST(a_mark_is_read_back),
	TEST(a_priority_is_read_back),
	TEST(a_device_is_read_back),
	TEST(typed_options_reach_every_address_of_a_server),
	TEST(v6only_is_read_back),
	TEST(dualstack_is_probed),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
