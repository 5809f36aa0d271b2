/* SPDX-License-Identifier: MIT */
/* Listeners in a simulated network: their queues, names and options. */
#include "scene.h"

static int connect_and_greet(void *arg)
{
	const char *text = arg;
	int64_t begin = snt_now();
	snt_auto(socket) conn = NULL;

	OK(try_connect(&conn, SERVER));
	assert_int_equal(snt_now() - begin, 2 * LATENCY);
	say(conn, text);
	return 0;
}

/* Five at once: as the first of them come, the queue is empty. */
static void greet_five_times(struct scene *scene)
{
	static const char names[5][2] = { "1", "2", "3", "4", "5" };
	snt_auto(group) group = NULL;

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(snt_group_open(&group, NULL));
	for (unsigned i = 0; i < 5; i++)
		OK(snt_spawn(group, connect_and_greet, (void *)names[i], NULL));
	OK(snt_group_wait(group));
}

static void serve_five_late(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 1);
	struct snt_socket *conn;
	char byte;

	(void)scene;
	OK(snt_sleep(10 * SNT_SECOND));
	for (unsigned i = 0; i < 5; i++) {
		conn = accepted(listener);
		assert_int_equal(OK(snt_recv(conn, &byte, 1)), 1);
		expect_end(conn);
		snt_close(conn);
	}
}

static void who_finds_no_room_believes_he_is_in_and_is_heard_later(void)
{
	struct scene scene = { .server = serve_five_late,
			       .client = greet_five_times };

	play(&scene);
	assert_true(scene.report.time > 10 * SNT_SECOND);
}

static void never_accept(struct scene *scene)
{
	struct snt_socket *listener = listening(SERVER, 1);

	(void)scene;
	OK(snt_sleep(SNT_MINUTE));
	snt_close(listener);
}

static void knock_thrice(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	struct snt_socket *sockets[3];

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(try_connect(&sockets[0], SERVER));
	OK(try_connect(&sockets[1], SERVER));
	OK(snt_socket(&sockets[2], AF_INET, SOCK_STREAM, 0));
	snt_settimeout(sockets[2], 20 * SNT_SECOND);
	FAILS(snt_connect(sockets[2], &addr), -ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		snt_close(sockets[i]);
}

static void a_backlog_of_one_has_room_for_two(void)
{
	struct scene scene = { .server = never_accept, .client = knock_thrice };

	play(&scene);
}

static void close_while_queued(struct scene *scene)
{
	struct snt_socket *listener = listening(SERVER, 5);

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	snt_close(listener);
}

static void be_queued(struct scene *scene)
{
	snt_auto(socket) conn = NULL;
	char byte;

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(try_connect(&conn, SERVER));
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void closing_a_listener_resets_who_is_queued(void)
{
	struct scene scene = { .server = close_while_queued,
			       .client = be_queued };

	play(&scene);
}

static void reset_while_queued(struct scene *scene)
{
	struct snt_socket *conn;

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(try_connect(&conn, SERVER));
	say(conn, "hello");
	snt_abort(conn);
}

static void accept_the_dead(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = NULL;
	char byte;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	OK(snt_accept(listener, &conn));
	expect(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void who_was_reset_in_the_queue_is_accepted_as_such(void)
{
	struct scene scene = { .server = accept_the_dead,
			       .client = reset_while_queued };

	play(&scene);
}

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

static void accept_with_options(struct scene *scene)
{
	snt_auto(socket) listener = bound(SERVER);
	snt_auto(socket) conn = NULL;
	int on = 0;

	(void)scene;
	OK(snt_set_rcvbuf(listener, 20000));
	OK(snt_set_keepalive(listener, &(struct snt_keepalive){ 0 }));
	OK(snt_listen(listener, 5));
	conn = accepted(listener);
	OK(snt_getsockopt(conn, SOL_SOCKET, SO_RCVBUF, &on, sizeof on));
	assert_int_equal(on, 40000);
	OK(snt_getsockopt(conn, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
	assert_int_equal(on, 1);
}

static void connections_inherit_the_listeners_options(void)
{
	struct scene scene = { .server = accept_with_options,
			       .client = be_served };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(who_finds_no_room_believes_he_is_in_and_is_heard_later),
	TEST(a_backlog_of_one_has_room_for_two),
	TEST(closing_a_listener_resets_who_is_queued),
	TEST(who_was_reset_in_the_queue_is_accepted_as_such),
	TEST(a_name_is_taken_by_whoever_would_hear_the_same),
	TEST(two_listeners_may_have_a_family_each),
	TEST(one_listener_may_serve_both_families),
	TEST(old_connections_hold_the_port_for_a_minute),
	TEST(with_reuseaddr_they_do_not),
	TEST(listeners_that_share_a_port_share_connections),
	TEST(connections_inherit_the_listeners_options),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
