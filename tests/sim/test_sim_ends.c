/* SPDX-License-Identifier: MIT */
/* How TCP connections end in a simulated network: in order, by a reset, with
 * their host, or in silence. */
#include "scene.h"

#include <netinet/tcp.h>

static void close_in_order(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	expect(conn, "question");
	expect_end(conn);
	say(conn, "answer");
}

static void ask_and_shut(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	say(conn, "question");
	OK(snt_shutdown(conn, SHUT_WR));
	FAILS(snt_send(conn, "x", 1), -EPIPE);
	expect(conn, "answer");
	expect_end(conn);
	expect_end(conn);
}

static void one_direction_may_end_before_the_other(void)
{
	struct scene scene = { .server = close_in_order,
			       .client = ask_and_shut };

	play(&scene);
}

static void send_and_reset(struct scene *scene)
{
	struct snt_socket *conn;
	snt_auto(socket) listener = listening(SERVER, 5);

	(void)scene;
	conn = accepted(listener);
	say(conn, "last words");
	OK(snt_sleep(SNT_SECOND));
	snt_abort(conn);
}

static void read_after_reset(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	expect(conn, "last words");
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
	FAILS(snt_send(conn, "x", 1), -EPIPE);
}

static void what_came_before_a_reset_can_be_read(void)
{
	struct scene scene = { .server = send_and_reset,
			       .client = read_after_reset };

	play(&scene);
}

static void lose_what_was_sent(struct scene *scene)
{
	struct snt_socket *conn;
	snt_auto(socket) listener = listening(SERVER, 5);

	conn = accepted(listener);
	snt_sim_set_link_one_way(
		scene->sim, scene->at_server, scene->at_client,
		&(struct snt_sim_link){ .latency = LATENCY, .silent = true });
	say(conn, "last words");
	snt_sim_set_link(scene->sim, NULL, NULL, &scene->link);
	snt_abort(conn);
	OK(snt_sleep(SNT_MINUTE));
}

static void read_nothing_after_reset(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void a_reset_destroys_what_was_still_on_its_way(void)
{
	struct scene scene = { .server = lose_what_was_sent,
			       .client = read_nothing_after_reset };

	play(&scene);
}

static void close_without_reading(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(snt_wait_readable(conn));
}

static void talk_to_the_deaf(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void close_with_unread_bytes_is_a_reset(void)
{
	struct scene scene = { .server = close_without_reading,
			       .client = talk_to_the_deaf };

	play(&scene);
}

static void close_at_once(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);

	(void)scene;
	snt_close(accepted(listener));
}

static void send_to_the_closed(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	say(conn, "hello");
	OK(snt_sleep(SNT_SECOND));
	FAILS(snt_send(conn, "x", 1), -EPIPE);
	expect_end(conn);
}

static void what_comes_for_a_closed_socket_is_answered_by_a_reset(void)
{
	struct scene scene = { .server = close_at_once,
			       .client = send_to_the_closed };

	play(&scene);
}

#define BYTES 60000

static void send_and_leave(struct scene *scene)
{
	struct snt_socket *conn = connected(SERVER);

	(void)scene;
	send_pattern(conn, BYTES);
	snt_close(conn);
}

static void read_slowly(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	OK(snt_sleep(SNT_MINUTE));
	recv_pattern(conn, BYTES);
}

static void what_was_sent_before_a_close_arrives(void)
{
	struct scene scene = { .server = read_slowly,
			       .client = send_and_leave,
			       .link = { .loss = 100000 } };

	play(&scene);
}

static void close_at_the_second(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND - snt_now() % SNT_SECOND));
	OK(snt_shutdown(conn, SHUT_WR));
	expect_end(conn);
}

static void close_at_the_same_second(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_tcp_info info;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND - snt_now() % SNT_SECOND));
	OK(snt_shutdown(conn, SHUT_WR));
	expect_end(conn);
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.state, TCP_CLOSING);
	OK(snt_sleep(SNT_SECOND));
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.state, TCP_CLOSE);
}

static void both_may_close_at_once(void)
{
	struct scene scene = { .server = close_at_the_second,
			       .client = close_at_the_same_second };

	play(&scene);
}

static void kill_and_restart_server(struct scene *scene)
{
	kill_server(scene);
	OK(snt_sim_join(scene->at_server, NULL));
	OK(snt_sim_start(scene->at_server, scene_serve, scene));
}

static void send_to_the_new(struct scene *scene)
{
	struct snt_socket *conn = connected(SERVER);
	char byte;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
	snt_close(conn);
	conn = connected(SERVER);
	say(conn, "hello");
	snt_close(conn);
}

static void a_restarted_peer_resets_old_connections(void)
{
	struct scene scene = { .server = serve_until_death,
			       .client = send_to_the_new,
			       .director = kill_and_restart_server };

	play(&scene);
}

/* Once more from the same port, in each of its lives. */
static void connect_until_death(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) conn = bound("10.0.0.2:5000");

	(void)scene;
	OK(snt_connect(conn, &addr));
	say(conn, "hello");
	if (snt_sleep(20 * SNT_SECOND) == 0)
		OK(snt_shutdown(conn, SHUT_WR));
}

static void kill_and_restart_client(struct scene *scene)
{
	OK(snt_sleep(5 * SNT_SECOND));
	snt_sim_kill(scene->at_client);
	OK(snt_sim_join(scene->at_client, NULL));
	OK(snt_sim_start(scene->at_client, scene_ask, scene));
}

static void serve_two_lives(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) old = accepted(listener);
	snt_auto(socket) new = NULL;
	char byte;

	(void)scene;
	expect(old, "hello");
	FAILS(snt_recv(old, &byte, 1), -ECONNRESET);
	new = accepted(listener);
	expect(new, "hello");
	expect_end(new);
}

static void a_restarted_client_is_not_taken_for_the_old_one(void)
{
	struct scene scene = { .server = serve_two_lives,
			       .client = connect_until_death,
			       .director = kill_and_restart_client };

	play(&scene);
}

static void say_hello(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	snt_sim_set_link(
		scene->sim, NULL, NULL,
		&(struct snt_sim_link){ .latency = LATENCY, .reset = 1000000 });
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void hear_a_reset(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	char byte;

	(void)scene;
	FAILS(snt_recv(conn, &byte, 1), -ECONNRESET);
}

static void a_box_on_the_way_may_reset_both_sides(void)
{
	struct scene scene = { .server = hear_a_reset, .client = say_hello };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(one_direction_may_end_before_the_other),
	TEST(what_came_before_a_reset_can_be_read),
	TEST(a_reset_destroys_what_was_still_on_its_way),
	TEST(close_with_unread_bytes_is_a_reset),
	TEST(what_comes_for_a_closed_socket_is_answered_by_a_reset),
	TEST(what_was_sent_before_a_close_arrives),
	TEST(both_may_close_at_once),
	TEST(a_restarted_peer_resets_old_connections),
	TEST(a_restarted_client_is_not_taken_for_the_old_one),
	TEST(a_box_on_the_way_may_reset_both_sides),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
