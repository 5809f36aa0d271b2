/* SPDX-License-Identifier: MIT */
/* Streams over links that are slow, narrow or bad: what the program sees of it
 * is only time. */
#include "scene.h"

#include <netinet/tcp.h>

#define BYTES 300000

static void serve_pattern(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	recv_pattern(conn, BYTES);
	say(conn, "thanks");
}

static void ask_pattern(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	send_pattern(conn, BYTES);
	OK(snt_shutdown(conn, SHUT_WR));
	expect(conn, "thanks");
	expect_end(conn);
}

static void a_stream_brings_all_bytes_in_order(void)
{
	struct scene scene = { .server = serve_pattern, .client = ask_pattern };

	play(&scene);
}

static void lost_segments_are_sent_again(void)
{
	struct scene scene = { .server = serve_pattern,
			       .client = ask_pattern,
			       .link = { .loss = 100000 } };

	play(&scene);
}

static void segments_out_of_order_and_double_are_put_right(void)
{
	struct scene scene = {
		.server = serve_pattern,
		.client = ask_pattern,
		.link = { .jitter = 30 * SNT_MILLISECOND,
			  .reorder = 100000,
			  .duplicate = 100000 },
	};

	play(&scene);
}

static void a_narrow_link_takes_its_time(void)
{
	struct scene scene = { .server = serve_pattern,
			       .client = ask_pattern,
			       .link = { .bandwidth = 10000 } };

	play(&scene);
	assert_true(scene.report.time >= BYTES / 10000 * SNT_SECOND);
}

static void a_small_mtu_makes_small_segments(void)
{
	struct scene scene = { .server = serve_pattern,
			       .client = ask_pattern,
			       .link = { .mtu = 576 } };

	play(&scene);
	assert_true(scene.report.packets > BYTES / (576 - 40));
}

static void part_and_heal(struct scene *scene)
{
	OK(snt_sleep(3 * LATENCY));
	OK(snt_sim_partition(scene->sim, &scene->at_client, 1));
	OK(snt_sleep(SNT_MINUTE));
	snt_sim_heal(scene->sim);
}

static void a_partition_that_heals_loses_nothing(void)
{
	struct scene scene = { .server = serve_pattern,
			       .client = ask_pattern,
			       .director = part_and_heal };

	play(&scene);
	assert_true(scene.report.time > SNT_MINUTE);
}

static void serve_late(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	OK(snt_sleep(SNT_MINUTE));
	recv_pattern(conn, BYTES);
	say(conn, "thanks");
}

static void a_reader_that_stands_still_holds_the_writer_up(void)
{
	struct scene scene = { .server = serve_late, .client = ask_pattern };

	play(&scene);
	assert_true(scene.report.time > SNT_MINUTE);
}

static void serve_steadily(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	unsigned char bytes[700];
	size_t done = 0;
	ptrdiff_t n;

	(void)scene;
	while ((n = OK(snt_recv(conn, bytes, sizeof bytes))) > 0) {
		for (ptrdiff_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], pattern(done++));
		OK(snt_sleep(SNT_MILLISECOND));
	}
	assert_int_equal(done, BYTES);
	say(conn, "thanks");
}

static void a_slow_reader_sees_every_byte(void)
{
	struct scene scene = { .server = serve_steadily,
			       .client = ask_pattern };

	play(&scene);
}

static void fill(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	static const unsigned char bytes[1000];
	size_t taken = 0;

	(void)scene;
	snt_settimeout(conn, 10 * SNT_SECOND);
	while (snt_sendall(conn, bytes, sizeof bytes) == 0)
		taken += sizeof bytes;
	taken += snt_done();
	/* Half of the one buffer, and all of the other. */
	assert_int_equal(taken, 65536 + 16384);
	snt_abort(conn);
	conn = NULL;
}

static void never_read(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	OK(snt_sleep(SNT_MINUTE));
	OK(snt_wait_readable(conn));
}

static void nobody_takes_more_than_the_buffers_hold(void)
{
	struct scene scene = { .server = never_read, .client = fill };

	play(&scene);
}

static void lose_the_opening(struct scene *scene)
{
	struct snt_sim_link silent = { .latency = LATENCY, .silent = true };

	/* The window closes at about 0.2 s and opens at a minute: the server's
	 * word of it is lost. */
	OK(snt_sleep(30 * SNT_SECOND));
	snt_sim_set_link_one_way(scene->sim, scene->at_server, scene->at_client,
				 &silent);
	OK(snt_sleep(SNT_MINUTE));
	snt_sim_set_link(scene->sim, NULL, NULL, &scene->link);
}

static void a_lost_word_of_a_window_is_asked_for(void)
{
	struct scene scene = { .server = serve_late,
			       .client = ask_pattern,
			       .director = lose_the_opening };

	play(&scene);
	assert_true(scene.report.time > 90 * SNT_SECOND);
}

static void serve_small(struct scene *scene)
{
	snt_auto(socket) listener = bound(SERVER);
	struct snt_socket *conn;

	(void)scene;
	OK(snt_set_rcvbuf(listener, 1));
	OK(snt_listen(listener, 5));
	conn = accepted(listener);
	recv_pattern(conn, BYTES);
	say(conn, "thanks");
	snt_close(conn);
}

static void the_smallest_receive_buffer_is_enough(void)
{
	struct scene scene = { .server = serve_small, .client = ask_pattern };

	play(&scene);
}

static void ask_small(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	OK(snt_set_sndbuf(conn, 1));
	send_pattern(conn, BYTES);
	OK(snt_shutdown(conn, SHUT_WR));
	expect(conn, "thanks");
	expect_end(conn);
}

static void the_smallest_send_buffer_is_enough(void)
{
	struct scene scene = { .server = serve_pattern, .client = ask_small };

	play(&scene);
}

static void ask_for_info(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_tcp_info info;

	(void)scene;
	say(conn, "hello");
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.state, TCP_ESTABLISHED);
	assert_int_equal(info.unacked, 1);
	expect(conn, "world");
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.unacked, 0);
	assert_int_equal(info.rtt, 2 * LATENCY);
	assert_int_equal(info.min_rtt, 2 * LATENCY);
	assert_int_equal(info.rto, 2 * LATENCY + 200 * SNT_MILLISECOND);
	assert_int_equal(info.mss, 1460);
	assert_int_equal(info.pmtu, 1500);
	assert_int_equal(info.bytes_acked, 5);
	assert_int_equal(info.bytes_received, 5);
	assert_int_equal(info.retransmitted, 0);
	assert_int_equal(info.since_sent, 2 * LATENCY);
	assert_int_equal(info.since_received, 0);
	expect_end(conn);
}

static void serve_greeting(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	expect(conn, "hello");
	say(conn, "world");
}

static void tcp_info_tells_how_a_connection_fares(void)
{
	struct scene scene = { .server = serve_greeting,
			       .client = ask_for_info };

	play(&scene);
}

static void peek_and_toss(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	char bytes[8];

	(void)scene;
	assert_int_equal(OK(snt_peek(conn, bytes, 3)), 3);
	assert_memory_equal(bytes, "hel", 3);
	expect(conn, "hello");
}

static void say_hello(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	say(conn, "hello");
}

static void peeking_leaves_the_bytes_where_they_are(void)
{
	struct scene scene = { .server = peek_and_toss, .client = say_hello };

	play(&scene);
}

static void wait_for_five(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	const int five = 5;
	int64_t begin = snt_now();

	(void)scene;
	OK(snt_setsockopt(conn, SOL_SOCKET, SO_RCVLOWAT, &five, sizeof five));
	OK(snt_wait_readable(conn));
	assert_true(snt_now() - begin >= SNT_SECOND);
	expect(conn, "hello");
}

static void say_hello_in_pieces(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	say(conn, "hell");
	OK(snt_sleep(SNT_SECOND));
	say(conn, "o");
}

static void a_low_water_mark_is_waited_for(void)
{
	struct scene scene = { .server = wait_for_five,
			       .client = say_hello_in_pieces };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(a_stream_brings_all_bytes_in_order),
	TEST(lost_segments_are_sent_again),
	TEST(segments_out_of_order_and_double_are_put_right),
	TEST(a_narrow_link_takes_its_time),
	TEST(a_small_mtu_makes_small_segments),
	TEST(a_partition_that_heals_loses_nothing),
	TEST(a_reader_that_stands_still_holds_the_writer_up),
	TEST(a_slow_reader_sees_every_byte),
	TEST(nobody_takes_more_than_the_buffers_hold),
	TEST(a_lost_word_of_a_window_is_asked_for),
	TEST(the_smallest_receive_buffer_is_enough),
	TEST(the_smallest_send_buffer_is_enough),
	TEST(tcp_info_tells_how_a_connection_fares),
	TEST(peeking_leaves_the_bytes_where_they_are),
	TEST(a_low_water_mark_is_waited_for),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
