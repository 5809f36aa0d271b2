/* SPDX-License-Identifier: MIT */
/*
 * One segment lost, here or there in the life of a TCP connection, and what
 * becomes of it; and many, in worlds of all kinds.
 */
#include "scene.h"

#include <netinet/tcp.h>

/* From now on what the client sends is lost, or arrives again. */
static void lose_from_client(struct scene *scene, bool lose)
{
	struct snt_sim_link link = scene->link;

	link.silent = lose;
	snt_sim_set_link_one_way(scene->sim, scene->at_client, scene->at_server,
				 &link);
}

static void lose_from_server(struct scene *scene, bool lose)
{
	struct snt_sim_link link = scene->link;

	link.silent = lose;
	snt_sim_set_link_one_way(scene->sim, scene->at_server, scene->at_client,
				 &link);
}

#define PIECE 1000
#define PIECES 10

static void serve_pieces(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	static char bytes[PIECES * PIECE];

	(void)scene;
	OK(snt_recv_exact(conn, bytes, sizeof bytes));
	say(conn, "thanks");
	expect_end(conn);
}

/* Each piece is a segment; the third and the fifth are lost. */
static void lose_two_pieces(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	static const char bytes[PIECE];
	struct snt_tcp_info info;
	int64_t begin = snt_now();

	for (int i = 0; i < PIECES; i++) {
		lose_from_client(scene, i == 2 || i == 4);
		OK(snt_sendall(conn, bytes, sizeof bytes));
	}
	expect(conn, "thanks");
	/* A round trip tells of the first, another of the second. */
	assert_int_equal(snt_now() - begin, 6 * LATENCY);
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.bytes_sent, (PIECES + 2) * PIECE + 460 + 460);
	assert_int_equal(info.retransmitted, 2);
}

static void only_what_is_lost_is_sent_again(void)
{
	struct scene scene = { .server = serve_pieces,
			       .client = lose_two_pieces };

	play(&scene);
}

static void lose_the_last_piece(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	static const char bytes[PIECE];
	struct snt_tcp_info info;
	int64_t begin = snt_now();

	for (int i = 0; i < PIECES; i++) {
		lose_from_client(scene, i == PIECES - 1);
		OK(snt_sendall(conn, bytes, sizeof bytes));
	}
	lose_from_client(scene, false);
	expect(conn, "thanks");
	/* Nothing came behind it that would have told. */
	assert_int_equal(snt_now() - begin, 2 * LATENCY +
						    200 * SNT_MILLISECOND +
						    2 * LATENCY + 2 * LATENCY);
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.retransmitted, 1);
}

static void the_last_segment_is_missed_by_its_sender_alone(void)
{
	struct scene scene = { .server = serve_pieces,
			       .client = lose_the_last_piece };

	play(&scene);
}

static void serve_hello(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	expect(conn, "hello");
	expect_end(conn);
}

/* A SYN that comes too early, before the server listens, would be refused. */
static struct snt_socket *connect_late(int64_t duration)
{
	struct snt_socket *conn;
	int64_t begin = snt_now();

	OK(try_connect(&conn, SERVER));
	assert_int_equal(snt_now() - begin, duration);
	return conn;
}

static void lose_the_syn(struct scene *scene)
{
	snt_auto(socket) conn = NULL;

	OK(snt_sleep(SNT_SECOND));
	lose_from_client(scene, true);
	conn = connect_late(SNT_SECOND + 2 * LATENCY);
	say(conn, "hello");
}

static void find_the_link(struct scene *scene)
{
	OK(snt_sleep(SNT_SECOND + 5 * LATENCY));
	lose_from_client(scene, false);
	lose_from_server(scene, false);
}

static void a_lost_syn_is_sent_again_after_a_second(void)
{
	struct scene scene = { .server = serve_hello,
			       .client = lose_the_syn,
			       .director = find_the_link };

	play(&scene);
}

static void lose_the_answer(struct scene *scene)
{
	snt_auto(socket) conn = NULL;

	OK(snt_sleep(SNT_SECOND));
	lose_from_server(scene, true);
	/* By the server, whose second began later, or for another SYN. */
	conn = connect_late(SNT_SECOND + 2 * LATENCY);
	say(conn, "hello");
}

static void so_is_a_lost_answer_to_it(void)
{
	struct scene scene = { .server = serve_hello,
			       .client = lose_the_answer,
			       .director = find_the_link };

	play(&scene);
}

static void accept_late(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	/* The client began at the first second; the SYN came LATENCY later, and
	 * was answered again a second after that. */
	assert_int_equal(snt_now(), 2 * SNT_SECOND + 3 * LATENCY);
	expect_end(conn);
}

static void lose_the_last_of_three(struct scene *scene)
{
	snt_auto(socket) conn = NULL;
	struct snt_addr addr = addr_of(SERVER);

	OK(snt_sleep(SNT_SECOND));
	OK(snt_socket(&conn, AF_INET, SOCK_STREAM, 0));
	snt_settimeout(conn, SNT_NOWAIT);
	FAILS(snt_connect(conn, &addr), -EAGAIN);
	lose_from_client(scene, true);
	OK(snt_sleep(10 * SNT_SECOND));
}

static void the_server_asks_for_the_last_of_the_three_again(void)
{
	struct scene scene = { .server = accept_late,
			       .client = lose_the_last_of_three,
			       .director = find_the_link };

	play(&scene);
}

static void close_second(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	struct snt_tcp_info info;

	expect_end(conn);
	lose_from_client(scene, true);
	OK(snt_shutdown(conn, SHUT_WR));
	OK(snt_sleep(5 * LATENCY));
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.state, TCP_LAST_ACK);
	lose_from_client(scene, false);
	/* Sent again, the FIN finds the client in TIME_WAIT. */
	OK(snt_sleep(SNT_SECOND));
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.state, TCP_CLOSE);
}

static void close_first(struct scene *scene)
{
	struct snt_socket *conn = connected(SERVER);

	(void)scene;
	snt_close(conn);
}

static void a_lost_last_word_is_said_again_in_time_wait(void)
{
	struct scene scene = { .server = close_second, .client = close_first };

	play(&scene);
}

#define BYTES 40000

static int send_all(void *arg)
{
	send_pattern(arg, BYTES);
	return snt_shutdown(arg, SHUT_WR);
}

static void both_ways(struct snt_socket *socket)
{
	snt_auto(group) group = NULL;

	OK(snt_group_open(&group, NULL));
	OK(snt_spawn(group, send_all, socket, NULL));
	if (snt_sim_random(2) == 0)
		OK(snt_sleep((int64_t)snt_sim_random(SNT_SECOND)));
	recv_pattern(socket, BYTES);
	OK(snt_group_wait(group));
}

static struct snt_socket *any_socket(void)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	OK(snt_set_rcvbuf(socket, snt_sim_random(20000)));
	OK(snt_set_sndbuf(socket, snt_sim_random(20000)));
	return socket;
}

static void serve_both_ways(struct scene *scene)
{
	snt_auto(socket) listener = any_socket();
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) conn = NULL;

	(void)scene;
	OK(snt_bind(listener, &addr));
	OK(snt_listen(listener, 5));
	OK(snt_accept(listener, &conn));
	both_ways(conn);
}

static void ask_both_ways(struct scene *scene)
{
	snt_auto(socket) conn = any_socket();
	struct snt_addr addr = addr_of(SERVER);

	(void)scene;
	OK(snt_sleep(SNT_SECOND));
	OK(snt_connect(conn, &addr));
	both_ways(conn);
}

static unsigned often(void)
{
	return (unsigned)snt_sim_random(2) * (unsigned)snt_sim_random(200000);
}

/* Begins before any packet does. */
static void worsen(struct scene *scene)
{
	scene->link.jitter = (int64_t)snt_sim_random(30 * SNT_MILLISECOND);
	scene->link.loss = often() / 2;
	scene->link.duplicate = often();
	scene->link.reorder = often();
	scene->link.mtu = 576 + (size_t)snt_sim_random(2000);
	snt_sim_set_link(scene->sim, NULL, NULL, &scene->link);
}

static void no_bad_link_changes_what_arrives(void)
{
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct scene scene = { .server = serve_both_ways,
				       .client = ask_both_ways,
				       .director = worsen };

		play_seed(&scene, seed);
	}
}

static const struct test_case cases[] = {
	TEST(only_what_is_lost_is_sent_again),
	TEST(the_last_segment_is_missed_by_its_sender_alone),
	TEST(a_lost_syn_is_sent_again_after_a_second),
	TEST(so_is_a_lost_answer_to_it),
	TEST(the_server_asks_for_the_last_of_the_three_again),
	TEST(a_lost_last_word_is_said_again_in_time_wait),
	TEST_SLOW(no_bad_link_changes_what_arrives, 120),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
