/* SPDX-License-Identifier: MIT */
/* Ports of simulated hosts: who may take which, who shares one, and when there
 * is none left. */
#include "scene.h"

static void bind_fails(const char *text, bool reuseaddr, int code)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket;

	OK(snt_socket(&socket, addr.sa.any.sa_family, SOCK_STREAM, 0));
	OK(snt_set_reuseaddr(socket, reuseaddr));
	FAILS(snt_bind(socket, &addr), code);
	snt_close(socket);
}

static void take_names(struct scene *scene)
{
	struct snt_socket *one = listening("127.0.0.1:80", 5);
	struct snt_socket *other = listening("10.0.0.2:80", 5);
	struct snt_socket *both = listening("[::]:90", 5);

	(void)scene;
	bind_fails("127.0.0.1:80", true, -EADDRINUSE);
	bind_fails("0.0.0.0:80", true, -EADDRINUSE);
	bind_fails("[::]:80", false, -EADDRINUSE);
	bind_fails("0.0.0.0:90", false, -EADDRINUSE);
	bind_fails("10.0.0.2:90", false, -EADDRINUSE);
	bind_fails("[::1]:90", false, -EADDRINUSE);
	bind_fails("[::1]:80", false, 0);
	snt_close(one);
	snt_close(other);
	snt_close(both);
}

static void a_name_is_taken_by_whoever_would_hear_the_same(void)
{
	struct scene scene = { .client = take_names };

	play(&scene);
}

static struct snt_socket *listening_v6only(const char *text)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET6, SOCK_STREAM, 0));
	OK(snt_set_v6only(socket, true));
	OK(snt_bind(socket, &addr));
	OK(snt_listen(socket, 5));
	return socket;
}

static void serve_families_apart(struct scene *scene)
{
	snt_auto(socket) six = listening_v6only("[::]:7000");
	snt_auto(socket) four = listening("0.0.0.0:7000", 5);
	snt_auto(socket) conn = NULL;
	snt_auto(socket) conn6 = NULL;

	(void)scene;
	conn = accepted(four);
	expect(conn, "four");
	conn6 = accepted(six);
	expect(conn6, "six");
}

static void ask_families(struct scene *scene)
{
	snt_auto(socket) four = connected(SERVER);
	snt_auto(socket) six = connected(SERVER6);

	(void)scene;
	say(four, "four");
	say(six, "six");
}

static void two_listeners_may_have_a_family_each(void)
{
	struct scene scene = { .server = serve_families_apart,
			       .client = ask_families };

	play(&scene);
}

static void serve_both(struct scene *scene)
{
	snt_auto(socket) listener = listening("[::]:7000", 5);
	snt_auto(socket) four = accepted(listener);
	snt_auto(socket) six = accepted(listener);
	char text[SNT_ADDR_TEXT];
	struct snt_addr addr;

	(void)scene;
	OK(snt_getpeername(four, &addr));
	snt_addr_format(&addr, text, sizeof text);
	assert_non_null(strstr(text, "[::ffff:10.0.0.2]:"));
	expect(four, "four");
	OK(snt_getsockname(six, &addr));
	snt_addr_format(&addr, text, sizeof text);
	assert_string_equal(text, "[fd00::1]:7000");
	expect(six, "six");
}

static void one_listener_may_serve_both_families(void)
{
	struct scene scene = { .server = serve_both, .client = ask_families };

	play(&scene);
}

/* A server that was restarted at once: its old connections are there still. */
static void serve_again(bool reuseaddr, int code)
{
	struct snt_addr addr = addr_of(SERVER);
	struct snt_socket *listener;

	OK(snt_socket(&listener, AF_INET, SOCK_STREAM, 0));
	OK(snt_set_reuseaddr(listener, true));
	OK(snt_bind(listener, &addr));
	OK(snt_listen(listener, 5));
	snt_close(accepted(listener));
	snt_close(listener);
	OK(snt_sleep(SNT_SECOND));
	bind_fails(SERVER, reuseaddr, code);
}

static void serve_again_at_once(struct scene *scene)
{
	(void)scene;
	serve_again(false, -EADDRINUSE);
	OK(snt_sleep(SNT_MINUTE));
	bind_fails(SERVER, false, 0);
}

static void serve_elsewhere(struct scene *scene)
{
	struct snt_socket *listener = listening("0.0.0.0:7000", 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	snt_close(listener);
	bind_fails(SERVER, false, -EADDRINUSE);
	bind_fails("127.0.0.1:7000", false, 0);
	say(conn, "x");
}

static void listen_to_one_byte(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	expect(conn, "x");
}

static void a_connection_holds_its_own_address_only(void)
{
	struct scene scene = { .server = serve_elsewhere,
			       .client = listen_to_one_byte };

	play(&scene);
}

static void serve_again_with_reuseaddr(struct scene *scene)
{
	(void)scene;
	serve_again(true, 0);
}

static void be_served(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	expect_end(conn);
}

static void old_connections_hold_the_port_for_a_minute(void)
{
	struct scene scene = { .server = serve_again_at_once,
			       .client = be_served };

	play(&scene);
}

static void with_reuseaddr_they_do_not(void)
{
	struct scene scene = { .server = serve_again_with_reuseaddr,
			       .client = be_served };

	play(&scene);
}

static struct snt_socket *joined(const char *text)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket;

	OK(snt_socket(&socket, addr.sa.any.sa_family, SOCK_STREAM, 0));
	OK(snt_set_reuseport(socket, true));
	OK(snt_bind(socket, &addr));
	OK(snt_listen(socket, 50));
	return socket;
}

static size_t count_queued(struct snt_socket *listener)
{
	struct snt_socket *conn;
	size_t count = 0;

	snt_settimeout(listener, SNT_SECOND);
	while (snt_accept(listener, &conn) == 0) {
		snt_close(conn);
		count++;
	}
	return count;
}

static void share_a_port(struct scene *scene)
{
	snt_auto(socket) one = joined(SERVER);
	snt_auto(socket) other = joined(SERVER);
	size_t first, second;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	first = count_queued(one);
	second = count_queued(other);
	assert_int_equal(first + second, 30);
	assert_true(first > 5 && second > 5);
}

static void connect_often(struct scene *scene)
{
	struct snt_socket *sockets[30];

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	for (int i = 0; i < 30; i++)
		OK(try_connect(&sockets[i], SERVER));
	OK(snt_sleep(5 * SNT_SECOND));
	for (int i = 0; i < 30; i++)
		snt_close(sockets[i]);
}

static void listeners_that_share_a_port_share_connections(void)
{
	struct scene scene = { .server = share_a_port,
			       .client = connect_often };

	play(&scene);
}

static void wait_for_signs(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);

	(void)scene;
	for (int i = 0; i < 4; i++)
		snt_close(accepted(listener));
	OK(snt_sleep(5 * SNT_SECOND));
}

/* Three ports: three connections. */
static void use_up_ports(struct scene *scene)
{
	struct snt_socket *sockets[4];
	int64_t begin;

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	for (int i = 0; i < 3; i++)
		OK(try_connect(&sockets[i], SERVER));
	FAILS(try_connect(&sockets[3], SERVER), -EADDRNOTAVAIL);
	snt_close(sockets[3]);
	/* Another peer is another matter. */
	FAILS(try_connect(&sockets[3], "10.0.0.1:7001"), -ECONNREFUSED);
	snt_close(sockets[3]);
	for (int i = 0; i < 3; i++)
		snt_close(sockets[i]);
	/* The server closed first: the minute is its, and a new connection from
	 * the same port is not taken for the old one. */
	OK(snt_sleep(SNT_SECOND));
	begin = snt_now();
	OK(try_connect(&sockets[3], SERVER));
	assert_int_equal(snt_now() - begin, 2 * LATENCY);
	snt_close(sockets[3]);
}

static void outgoing_ports_run_out(void)
{
	struct scene scene = {
		.server = wait_for_signs,
		.client = use_up_ports,
		.client_opts = { .port_first = 40000, .port_last = 40002 },
	};

	play(&scene);
}

static void accept_forever(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	struct snt_socket *conn;
	char byte;

	(void)scene;
	for (int i = 0; i < 3; i++) {
		conn = accepted(listener);
		assert_int_equal(OK(snt_recv(conn, &byte, 1)), 0);
		snt_close(conn);
	}
}

static void wait_for_ports(struct scene *scene)
{
	struct snt_socket *socket;

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	for (int i = 0; i < 2; i++) {
		OK(try_connect(&socket, SERVER));
		snt_close(socket);
	}
	OK(snt_sleep(SNT_SECOND));
	FAILS(try_connect(&socket, SERVER), -EADDRNOTAVAIL);
	snt_close(socket);
	OK(snt_sleep(SNT_MINUTE));
	OK(try_connect(&socket, SERVER));
	snt_close(socket);
}

static void who_closed_first_has_the_port_taken_for_a_minute(void)
{
	struct scene scene = {
		.server = accept_forever,
		.client = wait_for_ports,
		.client_opts = { .port_first = 40000, .port_last = 40001 },
	};

	play(&scene);
}

static void name_strangely(struct scene *scene)
{
	struct snt_addr far = addr_of("10.0.0.1:80");
	struct snt_addr near = addr_of("10.0.0.2:80");
	snt_auto(socket) socket = NULL;

	(void)scene;
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_bind(socket, &far), -EADDRNOTAVAIL);
	OK(snt_bind(socket, &near));
	FAILS(snt_bind(socket, &near), -EINVAL);
}

static void only_the_hosts_own_names_can_be_taken_and_only_once(void)
{
	struct scene scene = { .client = name_strangely };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(a_name_is_taken_by_whoever_would_hear_the_same),
	TEST(two_listeners_may_have_a_family_each),
	TEST(one_listener_may_serve_both_families),
	TEST(a_connection_holds_its_own_address_only),
	TEST(old_connections_hold_the_port_for_a_minute),
	TEST(with_reuseaddr_they_do_not),
	TEST(listeners_that_share_a_port_share_connections),
	TEST(outgoing_ports_run_out),
	TEST(who_closed_first_has_the_port_taken_for_a_minute),
	TEST(only_the_hosts_own_names_can_be_taken_and_only_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
