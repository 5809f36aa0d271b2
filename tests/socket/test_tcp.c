/* SPDX-License-Identifier: MIT */
/* What is TCP's own: read back what was set, and told what is impossible. */
#include "world.h"

#include "io/io.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sennit/tcp.h>

static const char *const kinds[] = { "127.0.0.1:0", "[::1]:0" };

static void tcp_info_knows_what_went(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		static char bytes[50000];
		struct snt_tcp_info info;
		struct snt_socket *a, *b;

		pair_on(kinds[i], &a, &b);
		OK(snt_get_tcp_info(a, &info));
		assert_int_equal(info.state, TCP_ESTABLISHED);
		assert_int_equal(info.bytes_received, 0);
		OK(snt_sendall(a, bytes, sizeof bytes));
		OK(snt_recv_exact(b, bytes, sizeof bytes));
		OK(snt_sendall(b, bytes, 7));
		OK(snt_recv_exact(a, bytes, 7));
		OK(snt_get_tcp_info(a, &info));
		assert_int_equal(info.bytes_received, 7);
		assert_true(info.bytes_sent >= sizeof bytes);
		assert_true(info.bytes_acked >= 1);
		/* Over a simulated loopback nothing takes time. */
		if (!simulated())
			assert_true(info.rtt > 0 && info.min_rtt > 0 &&
				    info.delivery_rate > 0);
		assert_true(info.rtt < 60 * SNT_SECOND);
		assert_true(info.min_rtt <= 60 * SNT_SECOND);
		assert_true(info.rto >= MILLISECONDS(1));
		assert_true(info.mss >= 500 && info.mss <= 65536);
		assert_true(info.cwnd >= 1);
		assert_true(info.busy >= 0 && info.busy < 60 * SNT_SECOND);
		assert_true(info.since_sent < 60 * SNT_SECOND);
		assert_int_equal(info.retransmits, 0);
		snt_close(b);
		assert_int_equal(OK(snt_recv(a, bytes, 1)), 0);
		OK(snt_get_tcp_info(a, &info));
		assert_int_equal(info.state, TCP_CLOSE_WAIT);
		snt_close(a);
	}
}

static socklen_t given; /* how much an older kernel gives */

static int older(int fd, int level, int name, void *value, socklen_t *size)
{
	if (name == TCP_INFO && *size > given)
		*size = given;
	return real_io()->getsockopt(fd, level, name, value, size);
}

static void what_an_older_kernel_does_not_tell_is_zero(void)
{
	static struct snt__io old;
	struct snt_tcp_info info, before;
	struct snt_socket *a, *b;
	char bytes[10];

	pair_on("127.0.0.1:0", &a, &b);
	OK(snt_sendall(a, "0123456789", 10));
	OK(snt_recv_exact(b, bytes, 10));
	OK(snt_get_tcp_info(b, &before));
	old = *real_io();
	old.getsockopt = older;
	snt__io = &old;
	for (given = 104; given <= 168; given += 64) {
		OK(snt_get_tcp_info(b, &info));
		assert_int_equal(info.state, TCP_ESTABLISHED);
		assert_int_equal(info.mss, before.mss);
		assert_int_equal(info.bytes_received, given < 136 ? 0 : 10);
		assert_int_equal(info.busy, 0);
		assert_int_equal(info.bytes_sent, 0);
	}
	snt__io = real_io();
	snt_close(a);
	snt_close(b);
}

static void the_congestion_algorithm_is_a_name(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn, *peer;
	char name[SNT_CONGESTION_NAME], cut[3];

	/* Reno is in every kernel. */
	OK(snt_set_congestion(server, "reno"));
	assert_int_equal(OK(snt_get_congestion(server, name, sizeof name)), 4);
	assert_string_equal(name, "reno");
	assert_int_equal(OK(snt_get_congestion(server, cut, sizeof cut)), 4);
	assert_string_equal(cut, "re");
	/* Connections have the listener's. */
	peer = connected_to(server);
	OK(snt_accept(server, &conn));
	OK(snt_get_congestion(conn, name, sizeof name));
	assert_string_equal(name, "reno");
	FAILS(snt_set_congestion(server, "nonesuch"), -ENOENT);
	TELLS("tcp_available_congestion_control");
	FAILS(snt_set_congestion(server, "reno-with-a-long-tail"), -ENOENT);
	snt_close(conn);
	snt_close(peer);
	snt_close(server);
}

/* Seconds, as the kernel makes them of retransmissions. */
static const struct {
	int64_t set, got;
} deferred[] = {
	{ 0, 0 },
	{ 1, SNT_SECOND },
	{ SNT_SECOND, SNT_SECOND },
	{ SNT_SECOND + 1, 3 * SNT_SECOND },
	{ 3 * SNT_SECOND, 3 * SNT_SECOND },
	{ 5 * SNT_SECOND, 7 * SNT_SECOND },
};

static void defer_accept_is_a_time(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0");
	int64_t timeout = -7;

	for (size_t i = 0; i < COUNT(deferred); i++) {
		OK(snt_set_defer_accept(server, deferred[i].set));
		OK(snt_get_defer_accept(server, &timeout));
		assert_int_equal(timeout, deferred[i].got);
	}
	FAILS(snt_set_defer_accept(server, -1), -EINVAL);
	FAILS(snt_set_defer_accept(server, SNT_FOREVER), -EINVAL);
	TELLS("defer accept");
	snt_close(server);
}

static void deferred_connections_are_accepted_with_their_data(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct snt_socket *server = server_on(kinds[i]), *conn, *peer;
		char byte;

		OK(snt_set_defer_accept(server, 60 * SNT_SECOND));
		peer = connected_to(server);
		snt_settimeout(server, MILLISECONDS(20));
		FAILS(snt_accept(server, &conn), -ETIMEDOUT);
		snt_settimeout(server, 0);
		OK(snt_sendall(peer, "x", 1));
		OK(snt_accept(server, &conn));
		snt_settimeout(conn, SNT_NOWAIT);
		assert_int_equal(OK(snt_recv(conn, &byte, 1)), 1);
		snt_close(conn);
		snt_close(peer);
		snt_close(server);
	}
}

static void quickack_and_the_low_water_mark_are_read_back(void)
{
	struct snt_socket *a, *b;
	size_t bytes = 7;
	bool on;

	pair_on("127.0.0.1:0", &a, &b);
	OK(snt_set_quickack(a, false));
	OK(snt_get_quickack(a, &on));
	assert_false(on);
	OK(snt_set_quickack(a, true));
	OK(snt_get_quickack(a, &on));
	assert_true(on);
	OK(snt_get_notsent_lowat(a, &bytes));
	assert_int_equal(bytes, 0);
	OK(snt_set_notsent_lowat(a, 16384));
	OK(snt_get_notsent_lowat(a, &bytes));
	assert_int_equal(bytes, 16384);
	FAILS(snt_set_notsent_lowat(a, (size_t)INT_MAX + 1), -EINVAL);
	TELLS("low-water mark");
	snt_close(a);
	snt_close(b);
}

/* A writer waits at the mark, long before the buffer is full. */
static void the_low_water_mark_keeps_the_queue_short(void)
{
	static char bytes[4096];
	struct snt_socket *a, *b;
	struct snt_tcp_info info;

	pair_on("127.0.0.1:0", &a, &b);
	OK(snt_set_notsent_lowat(a, 8192));
	snt_settimeout(a, MILLISECONDS(20));
	while (snt_wait_writable(a) == 0)
		OK(snt_send(a, bytes, sizeof bytes));
	OK(snt_get_tcp_info(a, &info));
	/* The kernel calls it writable below half of it. */
	if (info.notsent < 4096 || info.notsent > 65536)
		fail_msg("%u bytes are queued", info.notsent);
	snt_close(a);
	snt_close(b);
}

static void allow_fastopen(void)
{
	FILE *file;

	own_network();
	file = fopen("/proc/sys/net/ipv4/tcp_fastopen", "we");
	assert_non_null(file);
	fprintf(file, "3\n");
	assert_int_equal(fclose(file), 0);
}

/* The first connection is told a cookie, the next ones use it. */
static void data_goes_with_the_first_packet(void)
{
	allow_fastopen();
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct snt_socket *server = server_on(kinds[i]), *conn, *peer;
		struct snt_addr addr = name_of(server);
		char bytes[8];
		int queue = 0;
		bool on = false;

		OK(snt_set_fastopen(server, 5));
		OK(snt_get_fastopen(server, &queue));
		assert_int_equal(queue, 5);
		for (int round = 0; round < 3; round++) {
			struct snt_tcp_info info;

			OK(snt_socket(&peer, addr.sa.any.sa_family, SOCK_STREAM,
				      0));
			OK(snt_set_fastopen_connect(peer, true));
			OK(snt_get_fastopen_connect(peer, &on));
			assert_true(on);
			OK(snt_connect(peer, &addr));
			OK(snt_get_tcp_info(peer, &info));
			assert_int_equal(info.state, round ? TCP_SYN_SENT
							   : TCP_ESTABLISHED);
			OK(snt_sendall(peer, "ask", 3));
			OK(snt_accept(server, &conn));
			assert_int_equal(OK(snt_recv(conn, bytes, 8)), 3);
			OK(snt_sendall(conn, "tell", 4));
			assert_int_equal(OK(snt_recv(peer, bytes, 8)), 4);
			snt_close(peer);
			assert_int_equal(OK(snt_recv(conn, bytes, 8)), 0);
			snt_close(conn);
		}
		snt_close(server);
	}
}

/* With a cookie from before, to a server that has gone. */
static void a_fast_connect_that_is_refused_is_told(void)
{
	struct snt_socket *server, *peer;
	struct snt_addr addr;
	char byte;

	allow_fastopen();
	server = server_on("127.0.0.1:0");
	addr = name_of(server);
	OK(snt_set_fastopen(server, 5));
	for (int round = 0; round < 2; round++) {
		ptrdiff_t n;

		OK(snt_socket(&peer, AF_INET, SOCK_STREAM, 0));
		OK(snt_set_fastopen_connect(peer, true));
		OK(snt_connect(peer, &addr));
		if (round == 0) {
			snt_close(server);
			snt_close(peer);
			continue;
		}
		n = snt_sendall(peer, "x", 1);
		if (n == 0)
			n = snt_recv(peer, &byte, 1);
		FAILS(n, -ECONNREFUSED);
		snt_close(peer);
	}
}

/* Kernels have both. */
#define REFUSED(call) assert_true(call == -ENOPROTOOPT || call == -EOPNOTSUPP)

static void what_is_not_tcp_has_none_of_it(void)
{
	struct snt_tcp_info info;
	struct snt_socket *udp, *pipe_end, *local, *other;
	char name[16];
	int fd = raw_no_socket();

	OK(snt_socket(&udp, AF_INET, SOCK_DGRAM, 0));
	REFUSED(snt_get_tcp_info(udp, &info));
	REFUSED(snt_set_congestion(udp, "reno"));
	REFUSED(snt_get_congestion(udp, name, sizeof name));
	REFUSED(snt_set_quickack(udp, true));
	FAILS(snt_set_fastopen(udp, -1), -EINVAL);
	OK(snt_socketpair(&local, &other, SOCK_STREAM));
	FAILS(snt_get_tcp_info(local, &info), -EOPNOTSUPP);
	FAILS(snt_set_notsent_lowat(local, 1), -EOPNOTSUPP);
	OK(snt_fromfd(&pipe_end, fd));
	FAILS(snt_get_tcp_info(pipe_end, &info), -ENOTSOCK);
	snt_close(pipe_end);
	raw_close(fd);
	snt_close(local);
	snt_close(other);
	snt_close(udp);
}

static const struct test_case cases[] = {
	TEST(tcp_info_knows_what_went),
	TEST(what_an_older_kernel_does_not_tell_is_zero),
	TEST(the_congestion_algorithm_is_a_name),
	TEST(defer_accept_is_a_time),
	TEST(deferred_connections_are_accepted_with_their_data),
	TEST(quickack_and_the_low_water_mark_are_read_back),
	TEST(the_low_water_mark_keeps_the_queue_short),
	/* Simulated TCP has no fast open. */
	TEST_KERNEL(data_goes_with_the_first_packet),
	TEST_KERNEL(a_fast_connect_that_is_refused_is_told),
	TEST(what_is_not_tcp_has_none_of_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
