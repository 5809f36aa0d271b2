/* SPDX-License-Identifier: MIT */
/* connect: who refused, why, and what a socket is good for afterwards. */
#include "net.h"
#include "race.h"
#include "world.h"

static struct snt_socket *tcp(void)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	return socket;
}

/* A port that nobody listens on: bound, and kept, by a socket that does not. */
static struct snt_addr refusing(int *fd)
{
	struct snt_addr any = parsed("127.0.0.1:0");

	*fd = raw_socket(AF_INET, SOCK_STREAM);
	assert_int_equal(raw_bind(*fd, &any), 0);
	return raw_name(*fd);
}

static void a_refused_connect_names_the_address(void)
{
	struct snt_socket *socket = tcp();
	int fd;
	struct snt_addr addr = refusing(&fd);

	FAILS(snt_connect(socket, &addr), -ECONNREFUSED);
	TELLS("connect 127.0.0.1:");
	TELLS(text_of(&addr));
	TELLS("connection refused");
	snt_close(socket);
	raw_close(fd);
}

static void a_connected_socket_cannot_connect_again(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0");
	struct snt_socket *socket = connected_to(server);
	struct snt_addr addr = name_of(server);

	FAILS(snt_connect(socket, &addr), -EISCONN);
	TELLS("already connected");
	snt_close(socket);
	snt_close(server);
}

static void a_bound_socket_connects_from_its_address(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *conn;
	struct snt_addr source = parsed("127.0.0.8:0"), addr = name_of(server);
	struct snt_socket *socket = tcp();

	OK(snt_bind(socket, &source));
	source = name_of(socket);
	OK(snt_connect(socket, &addr));
	OK(snt_accept(server, &conn));
	OK(snt_getpeername(conn, &addr));
	assert_true(snt_addr_equal(&addr, &source));
	snt_close(conn);
	snt_close(socket);
	snt_close(server);
}

static void connect_of_another_family_is_refused_with_a_sentence(void)
{
	struct snt_socket *socket = tcp();
	struct snt_addr addr = parsed("[::1]:1"), none = { .size = 0 };

	FAILS(snt_connect(socket, &addr), -EAFNOSUPPORT);
	TELLS("[::1]:1: address family not supported");
	FAILS(snt_connect(socket, &none), -EINVAL);
	snt_close(socket);
}

static void an_unreachable_network_is_told(void)
{
	struct snt_socket *socket;
	struct snt_addr addr = parsed("192.0.2.1:80");

	own_network();
	socket = tcp();
	FAILS(snt_connect(socket, &addr), -ENETUNREACH);
	TELLS("192.0.2.1:80: network unreachable");
	snt_close(socket);
}

static void ports_used_up_are_told(void)
{
	struct snt_socket *server, *sockets[9] = { NULL };
	struct snt_addr addr;
	int code = 0;
	size_t i;

	own_network();
	server = server_on("127.0.0.1:7");
	addr = name_of(server);
	set_port_range(40000, 40003);
	for (i = 0; i < COUNT(sockets) && code == 0; i++) {
		sockets[i] = tcp();
		code = snt_connect(sockets[i], &addr);
	}
	assert_int_equal(code, -EADDRNOTAVAIL);
	assert_int_equal(i, 5);
	TELLS("connect 127.0.0.1:7: ");
	TELLS("no port free");
	while (i-- > 0)
		snt_close(sockets[i]);
	snt_close(server);
}

static void a_unix_path_without_a_server_is_told(void)
{
	struct snt_addr nowhere = parsed("unix:/nonexistent/socket");
	struct snt_addr nobody = parsed("unix:@sennit-test-nobody");
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &nowhere), -ENOENT);
	TELLS("unix:/nonexistent/socket");
	FAILS(snt_connect(socket, &nobody), -ECONNREFUSED);
	TELLS("unix:@sennit-test-nobody");
	snt_close(socket);
}

struct crowd {
	struct snt_socket *server;
	int accepted;
};

static int accept_crowd(void *arg)
{
	struct crowd *crowd = arg;
	struct snt_socket *conn;

	for (; crowd->accepted < 10; crowd->accepted++) {
		OK(snt_accept(crowd->server, &conn));
		snt_close(conn);
	}
	return 0;
}

static int connect_one(void *arg)
{
	const struct crowd *crowd = arg;

	snt_close(connected_to(crowd->server));
	return 0;
}

static void connect_waits_for_room_in_a_unix_listeners_queue(void)
{
	struct snt_server_opts opts = { .backlog = 1 };
	struct snt_group *group = group_open();
	struct crowd crowd = { 0 };
	char text[64];

	snprintf(text, sizeof text, "unix:@sennit-test-%d", getpid());
	OK(snt_create_server(&crowd.server, text, &opts));
	for (int i = 0; i < 10; i++)
		spawn(group, connect_one, &crowd);
	let_them_wait();
	assert_in_range(snt_group_count(group), 1, 9);
	spawn(group, accept_crowd, &crowd);
	OK(snt_group_wait(group));
	assert_int_equal(crowd.accepted, 10);
	OK(snt_group_end(group));
	snt_close(crowd.server);
}

static void a_udp_socket_can_connect_to_one_peer_after_another(void)
{
	struct snt_addr first = parsed("127.0.0.1:9"),
			second = parsed("127.0.0.1:10"), peer;
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	OK(snt_connect(socket, &first));
	OK(snt_connect(socket, &second));
	OK(snt_getpeername(socket, &peer));
	assert_true(snt_addr_equal(&peer, &second));
	snt_close(socket);
}

/* A connection that takes its time: the server's queue is full at first. */
static void a_connect_that_timed_out_can_be_closed(void)
{
	struct snt_addr any = parsed("127.0.0.1:0");
	int listener = raw_socket(AF_INET, SOCK_STREAM), filler;
	struct snt_socket *socket = tcp();
	struct snt_addr peer;

	assert_int_equal(raw_bind(listener, &any), 0);
	assert_int_equal(raw_listen(listener, 0), 0);
	any = raw_name(listener);
	filler = raw_socket(AF_INET, SOCK_STREAM);
	assert_int_equal(raw_connect(filler, &any), 0);
	snt_settimeout(socket, MILLISECONDS(20));
	FAILS(snt_connect(socket, &any), -ETIMEDOUT);
	FAILS(snt_getpeername(socket, &peer), -ENOTCONN);
	snt_close(socket);
	raw_close(filler);
	raw_close(listener);
}

static void what_is_not_connected_says_so(void)
{
	struct snt_socket *socket = tcp();
	struct snt_addr peer;
	char byte;

	FAILS(snt_getpeername(socket, &peer), -ENOTCONN);
	TELLS("not connected");
	FAILS(snt_recv(socket, &byte, 1), -ENOTCONN);
	FAILS(snt_shutdown(socket, SHUT_WR), -ENOTCONN);
	FAILS(snt_send(socket, "x", 1), -EPIPE);
	snt_close(socket);
}

/* A selector has asked for it before, and what it was then (neither connected
 * nor listening: writable, at an end) is told when connect already waits. */
static void what_was_reported_before_does_not_end_a_connect(void)
{
	struct silent silent = silent_on("127.0.0.1", 0);
	struct snt_socket *other, *peer, *socket;
	struct snt_selector *selector;
	struct snt_selected one;

	OK(snt_socketpair(&other, &peer, SOCK_STREAM));
	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, other, SNT_READABLE, NULL));
	assert_int_equal(OK(snt_selector_select(selector, &one, 1, SNT_NOWAIT)),
			 0);
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	OK(snt_selector_register(selector, socket, SNT_WRITABLE, NULL));
	/* Asks the poller, and tells nobody. */
	snt_close(other);
	snt_settimeout(socket, 20 * SNT_MILLISECOND);
	FAILS(snt_connect(socket, &silent.addr), -ETIMEDOUT);
	snt_selector_close(selector);
	snt_close(socket);
	snt_close(peer);
	silent_end(&silent);
}

static const struct test_case cases[] = {
	TEST(a_refused_connect_names_the_address),
	TEST(a_connected_socket_cannot_connect_again),
	TEST(a_bound_socket_connects_from_its_address),
	TEST(connect_of_another_family_is_refused_with_a_sentence),
	TEST(an_unreachable_network_is_told),
	TEST(ports_used_up_are_told),
	TEST(a_unix_path_without_a_server_is_told),
	TEST(connect_waits_for_room_in_a_unix_listeners_queue),
	TEST(a_udp_socket_can_connect_to_one_peer_after_another),
	TEST(a_connect_that_timed_out_can_be_closed),
	TEST(what_is_not_connected_says_so),
	TEST(what_was_reported_before_does_not_end_a_connect),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
