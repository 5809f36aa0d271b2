/* SPDX-License-Identifier: MIT */
/* What becomes of TCP connections in a simulated network when one side hears
 * nothing of the other any more. */
#include "scene.h"

static void send_to_the_dead(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ETIMEDOUT);
	/* RTOs of 220 ms, doubled to 2 minutes, 16 times. */
	assert_true(snt_now() > 15 * SNT_MINUTE);
	assert_true(snt_now() < 20 * SNT_MINUTE);
}

static void a_killed_peer_is_silence(void)
{
	struct scene scene = { .server = serve_until_death,
			       .client = send_to_the_dead,
			       .director = kill_server };

	play(&scene);
}

static void wait_for_probes(struct scene *scene)
{
	const struct snt_keepalive probes = { .idle = 10 * SNT_SECOND,
					      .interval = 5 * SNT_SECOND,
					      .count = 3 };
	snt_auto(socket) conn = connected(SERVER);
	int64_t begin = snt_now();
	char byte;

	(void)scene;
	OK(snt_set_keepalive(conn, &probes));
	FAILS(snt_recv(conn, &byte, 1), -ETIMEDOUT);
	assert_int_equal((snt_now() - begin) / SNT_SECOND, 10 + 3 * 5);
}

static void keepalive_notices_that_the_peer_is_gone(void)
{
	struct scene scene = { .server = serve_until_death,
			       .client = wait_for_probes,
			       .director = kill_server };

	play(&scene);
}

static void be_idle(struct scene *scene)
{
	const struct snt_keepalive probes = { .idle = 10 * SNT_SECOND,
					      .interval = 5 * SNT_SECOND,
					      .count = 3 };
	snt_auto(socket) conn = connected(SERVER);

	(void)scene;
	OK(snt_set_keepalive(conn, &probes));
	OK(snt_sleep((60 * SNT_MINUTE)));
	say(conn, "x");
}

static void keepalive_leaves_a_living_peer_alone(void)
{
	struct scene scene = { .server = serve_until_death, .client = be_idle };

	play(&scene);
	assert_true(scene.report.packets >
		    2 * (60 * SNT_MINUTE) / (10 * SNT_SECOND));
}

static void give_up_early(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	int64_t begin;
	char byte;

	(void)scene;
	OK(snt_set_user_timeout(conn, 10 * SNT_SECOND));
	OK(snt_sleep(5 * SNT_SECOND));
	begin = snt_now();
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -ETIMEDOUT);
	assert_int_equal(snt_now() - begin, 10 * SNT_SECOND);
}

static void a_user_timeout_ends_a_silent_connection(void)
{
	struct scene scene = { .server = serve_until_death,
			       .client = give_up_early,
			       .director = kill_server };

	play(&scene);
}

static void become_unreachable(struct scene *scene)
{
	OK(snt_sleep(SNT_SECOND));
	scene->link.unreachable = true;
	snt_sim_set_link(scene->sim, NULL, NULL, &scene->link);
}

static void send_to_unreachable(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	OK(snt_sleep(5 * SNT_SECOND));
	say(conn, "hello");
	FAILS(snt_recv(conn, &byte, 1), -EHOSTUNREACH);
	assert_true(snt_now() > 15 * SNT_MINUTE);
	snt_sim_kill(scene->at_server);
}

static void an_unreachable_peer_is_told_of_when_all_hope_is_gone(void)
{
	struct scene scene = { .server = serve_until_death,
			       .client = send_to_unreachable,
			       .director = become_unreachable };

	play(&scene);
}

/* From now on what the client sends is lost, or arrives again. */
static void lose_from_client(struct scene *scene, bool lose)
{
	struct snt_sim_link link = scene->link;

	link.silent = lose;
	snt_sim_set_link_one_way(scene->sim, scene->at_client, scene->at_server,
				 &link);
}

static void serve_hello(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	expect(conn, "hello");
	expect_end(conn);
}

static void talk_into_silence(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_tcp_info info;

	lose_from_client(scene, true);
	say(conn, "hello");
	OK(snt_sleep(10 * SNT_SECOND));
	/* After 0.22, 0.66, 1.54, 3.3 and 6.82 s. */
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.retransmits, 5);
	assert_int_equal(info.rto, 32 * (int64_t)220 * SNT_MILLISECOND);
	lose_from_client(scene, false);
	OK(snt_sleep(10 * SNT_SECOND));
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.retransmits, 0);
	assert_int_equal(info.rto, 220 * SNT_MILLISECOND);
}

static void patience_doubles_until_somebody_answers(void)
{
	struct scene scene = { .server = serve_hello,
			       .client = talk_into_silence };

	play(&scene);
}

static void ask_why(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_sim_link unreachable = { .latency = LATENCY,
					    .unreachable = true };
	int error = 0;

	snt_sim_set_link(scene->sim, NULL, NULL, &unreachable);
	say(conn, "hello");
	OK(snt_sleep(SNT_SECOND));
	OK(snt_getsockopt(conn, SOL_SOCKET, SO_ERROR, &error, sizeof error));
	assert_int_equal(error, EHOSTUNREACH);
	/* Once more it is told, then all is well. */
	OK(snt_sleep(SNT_SECOND));
	snt_sim_set_link(scene->sim, NULL, NULL, &scene->link);
	OK(snt_sleep(10 * SNT_SECOND));
	OK(snt_getsockopt(conn, SOL_SOCKET, SO_ERROR, &error, sizeof error));
	assert_int_equal(error, 0);
}

static void a_living_connection_tells_what_is_in_its_way(void)
{
	struct scene scene = { .server = serve_hello, .client = ask_why };

	play(&scene);
}

static void serve_with_keepalive(struct scene *scene)
{
	const struct snt_keepalive probes = { .idle = 10 * SNT_SECOND,
					      .interval = 5 * SNT_SECOND,
					      .count = 3 };
	snt_auto(socket) listener = bound(SERVER);
	snt_auto(socket) conn = NULL;
	char byte;

	(void)scene;
	OK(snt_set_keepalive(listener, &probes));
	OK(snt_listen(listener, 5));
	conn = accepted(listener);
	FAILS(snt_recv(conn, &byte, 1), -ETIMEDOUT);
	assert_true(snt_now() < SNT_MINUTE);
}

static void wait_for_death(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	char byte;

	(void)scene;
	while (snt_recv(conn, &byte, 1) > 0)
		;
}

static void kill_client(struct scene *scene)
{
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(scene->at_client);
}

static void accepted_connections_have_their_listeners_keepalive(void)
{
	struct scene scene = { .server = serve_with_keepalive,
			       .client = wait_for_death,
			       .director = kill_client };

	play(&scene);
}

static void lose_one_with_a_user_timeout(struct scene *scene)
{
	snt_auto(socket) conn = connected(SERVER);
	struct snt_tcp_info info;

	OK(snt_set_user_timeout(conn, SNT_MINUTE));
	lose_from_client(scene, true);
	say(conn, "hello");
	lose_from_client(scene, false);
	OK(snt_sleep(SNT_SECOND));
	OK(snt_get_tcp_info(conn, &info));
	assert_int_equal(info.unacked, 0);
	assert_int_equal(info.retransmitted, 1);
}

static void until_a_user_timeout_segments_are_sent_again_as_ever(void)
{
	struct scene scene = { .server = serve_hello,
			       .client = lose_one_with_a_user_timeout };

	play(&scene);
}

/* More than the peer takes, who never reads. */
static void leave_more_than_fits(struct scene *scene)
{
	static const char bytes[65536 + 1000];
	struct snt_socket *conn = connected(SERVER);

	(void)scene;
	OK(snt_sendall(conn, bytes, sizeof bytes));
	snt_close(conn);
	OK(snt_sleep(10 * SNT_MINUTE));
}

static void look_after_an_hour(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	static char bytes[65536];

	(void)scene;
	OK(snt_sleep(60 * SNT_MINUTE));
	OK(snt_recv_exact(conn, bytes, sizeof bytes));
	/* Asked for the rest, the client has never heard of it. */
	FAILS(snt_recv(conn, bytes, 1), -ECONNRESET);
}

static void what_a_closed_socket_could_not_send_is_given_up_in_the_end(void)
{
	struct scene scene = { .server = look_after_an_hour,
			       .client = leave_more_than_fits };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(a_killed_peer_is_silence),
	TEST(keepalive_notices_that_the_peer_is_gone),
	TEST(keepalive_leaves_a_living_peer_alone),
	TEST(accepted_connections_have_their_listeners_keepalive),
	TEST(a_user_timeout_ends_a_silent_connection),
	TEST(until_a_user_timeout_segments_are_sent_again_as_ever),
	TEST(an_unreachable_peer_is_told_of_when_all_hope_is_gone),
	TEST(patience_doubles_until_somebody_answers),
	TEST(a_living_connection_tells_what_is_in_its_way),
	TEST(what_a_closed_socket_could_not_send_is_given_up_in_the_end),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
