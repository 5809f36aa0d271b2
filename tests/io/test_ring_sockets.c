/* SPDX-License-Identifier: MIT */
/*
 * What a ring must not change for those above it. On every backend, because
 * none of it may depend on which it is.
 */
#include "../runner.h"

#include "base/thread.h"
#include "socket/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sennit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK(call) assert_true((call) >= 0)
#define FAILS(call, code) assert_int_equal((call), (code))
#define MANY 500

static struct snt_socket *server_on(const char *text)
{
	struct snt_socket *server;

	OK(snt_create_server(&server, text, NULL));
	return server;
}

/* A connection that has been waited on, and its peer. */
static void waited_on(struct snt_socket *server, struct snt_socket **ret_conn,
		      int *ret_peer)
{
	struct snt_addr addr;
	char byte;

	OK(snt_getsockname(server, &addr));
	*ret_peer =
		socket(addr.sa.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*ret_peer, &addr.sa.any, addr.size), 0);
	OK(snt_accept(server, ret_conn));
	snt_settimeout(*ret_conn, SNT_MILLISECOND);
	assert_int_equal(snt_recv(*ret_conn, &byte, 1), -ETIMEDOUT);
}

/* main does nothing after its closes: no turn of the loop may be needed. */
static void close_sends_the_end_though_nobody_waits_any_more(void)
{
	const struct rlimit enough = { 2 * MANY + 100, 2 * MANY + 100 };
	struct snt_socket *conns[MANY], *server;
	int peers[MANY];
	char byte;

	setrlimit(RLIMIT_NOFILE, &enough);
	server = server_on("127.0.0.1:0");
	for (int i = 0; i < MANY; i++)
		waited_on(server, &conns[i], &peers[i]);
	for (int i = 0; i < MANY; i++)
		snt_close(conns[i]);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(recv(peers[i], &byte, 1, MSG_DONTWAIT), 0);
		close(peers[i]);
	}
	snt_close(server);
}

/* Their wake-ups are under way when they are closed. */
static void close_sends_the_end_also_when_data_have_just_come(void)
{
	struct snt_socket *conns[50], *server = server_on("[::1]:0");
	int peers[50];
	char byte;

	for (int i = 0; i < 50; i++)
		waited_on(server, &conns[i], &peers[i]);
	for (int i = 0; i < 50; i++)
		assert_int_equal(shutdown(peers[i], SHUT_WR), 0);
	for (int i = 0; i < 50; i++) {
		snt_close(conns[i]);
		assert_int_equal(recv(peers[i], &byte, 1, MSG_DONTWAIT), 0);
		close(peers[i]);
	}
	snt_close(server);
}

static void a_detached_descriptor_is_held_by_nobody_else(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	int peer;
	char byte;

	waited_on(server, &conn, &peer);
	close(snt_detach(conn));
	assert_int_equal(recv(peer, &byte, 1, MSG_DONTWAIT), 0);
	close(peer);
	snt_close(server);
}

static int wait_for_client(void *arg)
{
	struct snt_socket *conn;

	return snt_accept(arg, &conn);
}

/* In a child: a server in whose fibers everything waits, until it is killed. */
static void serve_until_killed(int tell, const char *where, int connections)
{
	struct snt_socket *server, *conn;
	struct snt_group *group;
	struct snt_addr addr;
	uint16_t port;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snt__thread_end(); /* the parent's poller is the parent's */
	server = server_on(where);
	OK(snt_getsockname(server, &addr));
	port = snt_addr_port(&addr);
	assert_int_equal(write(tell, &port, sizeof port), sizeof port);
	for (int i = 0; i < connections; i++) {
		int peer;

		waited_on(server, &conn, &peer);
	}
	OK(snt_group_open(&group, NULL));
	OK(snt_spawn(group, wait_for_client, server, NULL));
	OK(snt_yield());
	assert_int_equal(write(tell, &port, sizeof port), sizeof port);
	OK(snt_sleep(SNT_FOREVER));
	abort();
}

static const char *const hosts[] = { "127.0.0.1", "[::1]", "localhost", "" };

static void a_server_starts_again_at_once_after_it_was_killed(void)
{
	for (size_t i = 0; i < 20; i++) {
		const char *host = hosts[i % 4];
		uint16_t ports[2];
		int told[2], status;
		char text[64];
		pid_t pid;

		assert_int_equal(pipe(told), 0);
		snprintf(text, sizeof text, "%s:0", host);
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			serve_until_killed(told[1], text, 20);
		close(told[1]);
		for (int n = 0; n < 2; n++)
			assert_int_equal(read(told[0], &ports[n], 2), 2);
		close(told[0]);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		snprintf(text, sizeof text, "%s:%u", host, ports[0]);
		snt_close(server_on(text));
	}
}

/* A live one keeps its port, and the line says that this took a while. */
static void a_live_server_keeps_its_port(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *second = NULL;
	char text[SNT_ADDR_TEXT], line[SNT_ADDR_TEXT + 100];
	struct snt_addr addr;

	OK(snt_getsockname(server, &addr));
	snt_addr_format(&addr, text, sizeof text);
	assert_int_equal(snt_create_server(&second, text, NULL), -EADDRINUSE);
	assert_null(second);
	snprintf(line, sizeof line,
		 "listen on %s: address already in use (tried for 250 ms)",
		 text);
	assert_string_equal(snt_errmsg(), line);
	snt_close(server);
}

static void waiting_for_a_port_can_be_cut_short(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *second = NULL;
	char text[SNT_ADDR_TEXT];
	struct snt_addr addr;

	OK(snt_getsockname(server, &addr));
	snt_addr_format(&addr, text, sizeof text);
	{
		snt_timeout_scope(limit, SNT_MILLISECOND);
		assert_int_equal(snt_create_server(&second, text, NULL),
				 -ETIMEDOUT);
		assert_true(snt_scope_expired(&limit));
	}
	snt_close(server);
}

/* After it a short read proves nothing, once: the next call tries. */
static void a_doubt_is_settled_by_one_try(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	char bytes[8];
	int peer;

	waited_on(server, &conn, &peer);
	conn->handle.odd = SNT__DOUBT;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(peer, "x", 1, 0), 1);
		snt_settimeout(conn, 0);
		assert_int_equal(snt_recv(conn, bytes, sizeof bytes), 1);
		assert_int_equal(conn->handle.ready & SNT__READ,
				 i == 0 ? SNT__READ : 0);
		assert_int_equal(conn->handle.odd, 0);
		snt_settimeout(conn, SNT_MILLISECOND);
		FAILS(snt_recv(conn, bytes, sizeof bytes), -ETIMEDOUT);
	}
	close(peer);
	snt_close(conn);
	snt_close(server);
}

static void let_arrive(struct snt_socket *conn, int peer, const char *bytes)
{
	struct pollfd slot = { snt_fileno(conn), POLLIN, 0 };

	assert_int_equal(send(peer, bytes, strlen(bytes), 0), strlen(bytes));
	assert_int_equal(poll(&slot, 1, -1), 1);
}

/* The report of bytes that were read without having been waited for comes
 * when there are none any more. Nor are urgent data something to read. */
static void what_has_been_read_does_not_end_a_wait_for_more(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	char bytes[2];
	int peer;

	waited_on(server, &conn, &peer);
	snt_settimeout(conn, 0);
	let_arrive(conn, peer, "a");
	assert_int_equal(snt_recv(conn, bytes, 1), 1);
	let_arrive(conn, peer, "bc");
	assert_int_equal(snt_recv(conn, bytes, 2), 2);
	snt_settimeout(conn, SNT_MILLISECOND);
	FAILS(snt_wait_readable(conn), -ETIMEDOUT);
	assert_int_equal(send(peer, "!", 1, MSG_OOB), 1);
	FAILS(snt_wait_readable(conn), -ETIMEDOUT);
	let_arrive(conn, peer, "d");
	OK(snt_wait_readable(conn));
	close(peer);
	snt_close(conn);
	snt_close(server);
}

static int read_letters(void *arg)
{
	char bytes[64];
	size_t have = 0;

	while (have < 6) {
		ptrdiff_t n = snt_recv(arg, bytes + have, sizeof bytes - have);

		OK(n);
		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_memory_equal(bytes, "abcdef", 6);
	return 0;
}

/* A read stops at the urgent byte; what stands behind must not be left lying,
 * for no other event will come. In one packet, and in several. */
static void what_follows_urgent_data_is_read(void)
{
	for (int round = 0; round < 20; round++) {
		struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
		const int hold = round % 2, off = 0;
		struct snt_group *group;
		int peer;

		waited_on(server, &conn, &peer);
		snt_settimeout(conn, 0);
		setsockopt(peer, IPPROTO_TCP, TCP_CORK, &hold, sizeof hold);
		OK(snt_group_open(&group, NULL));
		OK(snt_spawn(group, read_letters, conn, NULL));
		if (round % 4 < 2)
			OK(snt_yield());
		assert_int_equal(send(peer, "abc", 3, 0), 3);
		assert_int_equal(send(peer, "!", 1, MSG_OOB), 1);
		assert_int_equal(send(peer, "def", 3, 0), 3);
		setsockopt(peer, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close(peer);
		snt_close(conn);
		snt_close(server);
	}
}

static const struct test_case cases[] = {
	TEST_SLOW(close_sends_the_end_though_nobody_waits_any_more, 30),
	TEST(close_sends_the_end_also_when_data_have_just_come),
	TEST(a_detached_descriptor_is_held_by_nobody_else),
	TEST_SLOW(a_server_starts_again_at_once_after_it_was_killed, 30),
	TEST(a_live_server_keeps_its_port),
	TEST(waiting_for_a_port_can_be_cut_short),
	TEST(a_doubt_is_settled_by_one_try),
	TEST(what_has_been_read_does_not_end_a_wait_for_more),
	TEST(what_follows_urgent_data_is_read),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
