/* SPDX-License-Identifier: MIT */
/* Listeners in a simulated network: their queues, names and options. */
#include "scene.h"

#include <netinet/tcp.h>

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

static void be_served(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	expect_end(conn);
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

static void listen_until_death(struct scene *scene)
{
	struct snt_socket *listener = listening(SERVER, 1);

	(void)scene;
	/* It is killed meanwhile. */
	FAILS(snt_sleep(SNT_MINUTE), -ECANCELED);
	snt_close(listener);
}

/* Two in the queue, three that are on their way into it, when it is killed. */
static void queue_up(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	struct snt_socket *sockets[5];

	OK(snt_sleep(SNT_SECOND));
	for (int i = 0; i < 5; i++) {
		OK(snt_socket(&sockets[i], AF_INET, SOCK_STREAM, 0));
		snt_settimeout(sockets[i], SNT_NOWAIT);
		FAILS(snt_connect(sockets[i], &addr), -EAGAIN);
	}
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(scene->at_server);
	for (int i = 0; i < 5; i++) {
		OK(snt_wait_writable(sockets[i]));
		snt_close(sockets[i]);
	}
}

static void a_killed_listener_leaves_nothing_behind(void)
{
	struct scene scene = { .server = listen_until_death,
			       .client = queue_up };

	play(&scene);
}

static void accept_the_modest(struct scene *scene)
{
	snt_auto(socket) listener = bound(SERVER);
	snt_auto(socket) conn = NULL;
	const int most = 500;

	(void)scene;
	OK(snt_setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &most,
			  sizeof most));
	OK(snt_listen(listener, 5));
	conn = accepted(listener);
	expect_end(conn);
}

static void send_modestly(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_tcp_info info;

	(void)scene;
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.mss, 500);
}

static void the_peer_says_how_much_a_segment_may_hold(void)
{
	struct scene scene = { .server = accept_the_modest,
			       .client = send_modestly };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(who_finds_no_room_believes_he_is_in_and_is_heard_later),
	TEST(a_backlog_of_one_has_room_for_two),
	TEST(closing_a_listener_resets_who_is_queued),
	TEST(who_was_reset_in_the_queue_is_accepted_as_such),
	TEST(connections_inherit_the_listeners_options),
	TEST(the_peer_says_how_much_a_segment_may_hold),
	TEST(a_killed_listener_leaves_nothing_behind),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
