/* SPDX-License-Identifier: MIT */
/* Beginnings of TCP connections in a simulated network, and how they fail. */
#include "scene.h"

/* What connecting to that name gives, and how long it takes. */
static void connect_fails(const char *text, int code, int64_t duration)
{
	int64_t begin = snt_now();
	struct snt_socket *socket;

	FAILS(try_connect(&socket, text), code);
	assert_int_equal(snt_now() - begin, duration);
	snt_close(socket);
}

static void ask_nobody(struct scene *scene)
{
	(void)scene;
	connect_fails("10.0.0.1:7000", -ECONNREFUSED, 2 * LATENCY);
	connect_fails("[fd00::1]:7000", -ECONNREFUSED, 2 * LATENCY);
	connect_fails("127.0.0.1:7000", -ECONNREFUSED, 0);
}

static void where_nobody_listens_connect_is_refused(void)
{
	struct scene scene = { .client = ask_nobody };

	play(&scene);
}

static void ask_unreachable(struct scene *scene)
{
	(void)scene;
	connect_fails(SERVER, -EHOSTUNREACH, LATENCY);
}

static void an_unreachable_host_is_told_of_at_once(void)
{
	struct scene scene = { .client = ask_unreachable,
			       .link = { .unreachable = true } };

	/* The word of it comes over the same link. */
	play(&scene);
}

static void ask_where_nobody_is(struct scene *scene)
{
	(void)scene;
	connect_fails("10.0.0.99:7000", -EHOSTUNREACH, 3 * SNT_SECOND);
}

static void an_address_of_nobody_is_unreachable_after_a_while(void)
{
	struct scene scene = { .client = ask_where_nobody_is };

	play(&scene);
}

static void ask_without_a_way(struct scene *scene)
{
	(void)scene;
	connect_fails(SERVER6, -ENETUNREACH, 0);
}

static void without_an_address_of_the_family_there_is_no_way(void)
{
	struct scene scene = { .client = ask_without_a_way,
			       .client_opts = { .ipv6 = "" } };

	play(&scene);
}

static void ask_silence(struct scene *scene)
{
	(void)scene;
	connect_fails(SERVER, -ETIMEDOUT, 127 * SNT_SECOND);
}

static void into_silence_connect_gives_up_after_127_seconds(void)
{
	struct scene scene = { .client = ask_silence,
			       .link = { .silent = true } };

	play(&scene);
	/* At 0, 1, 3, 7, 15, 31 and 63 seconds. */
	assert_int_equal(scene.report.packets, 7);
}

static void ask_silence_twice(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) socket = NULL;
	int64_t begin;

	(void)scene;
	FAILS(try_connect(&socket, SERVER), -ETIMEDOUT);
	FAILS(snt_connect(socket, &addr), -ECONNABORTED);
	begin = snt_now();
	FAILS(snt_connect(socket, &addr), -ETIMEDOUT);
	assert_int_equal(snt_now() - begin, 127 * SNT_SECOND);
}

static void the_next_attempt_has_as_much_patience(void)
{
	struct scene scene = { .client = ask_silence_twice,
			       .link = { .silent = true } };

	play(&scene);
}

static void change_ones_mind(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) socket = NULL;
	int error = 0;

	(void)scene;
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_connect(socket, &addr), -EAGAIN);
	OK(snt_shutdown(socket, SHUT_WR));
	OK(snt_getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, sizeof error));
	assert_int_equal(error, ECONNRESET);
	OK(snt_sleep(5 * SNT_SECOND));
}

static void shutdown_ends_an_attempt(void)
{
	struct scene scene = { .client = change_ones_mind,
			       .link = { .silent = true } };

	play(&scene);
	/* Nothing is sent again. */
	assert_int_equal(scene.report.packets, 1);
}

static void ask_silence_briefly(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) socket = NULL;
	int64_t begin = snt_now();

	(void)scene;
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	OK(snt_set_user_timeout(socket, 5 * SNT_SECOND));
	FAILS(snt_connect(socket, &addr), -ETIMEDOUT);
	assert_int_equal(snt_now() - begin, 5 * SNT_SECOND);
}

static void a_user_timeout_ends_connecting_earlier(void)
{
	struct scene scene = { .client = ask_silence_briefly,
			       .link = { .silent = true } };

	play(&scene);
}

static void be_there(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);

	(void)scene;
	expect(conn, "hello");
	expect_end(conn);
}

static void ask_twice(struct scene *scene)
{
	struct snt_addr addr = addr_of(SERVER);
	snt_auto(socket) socket = NULL;

	(void)scene;
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_connect(socket, &addr), -EAGAIN);
	FAILS(snt_connect(socket, &addr), -EALREADY);
	FAILS(snt_send(socket, "x", 1), -EAGAIN);
	snt_settimeout(socket, SNT_FOREVER);
	OK(snt_wait_writable(socket));
	OK(snt_connect(socket, &addr));
	FAILS(snt_connect(socket, &addr), -EISCONN);
	say(socket, "hello");
}

static void a_second_connect_waits_for_the_first(void)
{
	struct scene scene = { .server = be_there, .client = ask_twice };

	play(&scene);
}

static void fail_and_try_again(struct scene *scene)
{
	struct snt_addr nobody = addr_of("10.0.0.1:1"), addr = addr_of(SERVER);
	snt_auto(socket) socket = NULL;

	(void)scene;
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &nobody), -ECONNREFUSED);
	FAILS(snt_connect(socket, &nobody), -ECONNABORTED);
	OK(snt_connect(socket, &addr));
	say(socket, "hello");
}

static void after_a_failure_the_socket_can_connect_anew(void)
{
	struct scene scene = { .server = be_there,
			       .client = fail_and_try_again };

	play(&scene);
}

static void talk_to_oneself(struct scene *scene)
{
	snt_auto(socket) socket = bound("127.0.0.1:7000");
	struct snt_addr addr = addr_of("127.0.0.1:7000");

	(void)scene;
	OK(snt_connect(socket, &addr));
	say(socket, "echo");
	expect(socket, "echo");
	OK(snt_shutdown(socket, SHUT_WR));
	expect_end(socket);
}

static void a_socket_may_meet_itself(void)
{
	struct scene scene = { .client = talk_to_oneself };

	play(&scene);
}

static void meet(const char *here, const char *there)
{
	snt_auto(socket) socket = bound(here);
	struct snt_addr addr = addr_of(there);
	char bytes[5];

	OK(snt_connect(socket, &addr));
	say(socket, "hello");
	OK(snt_recv_exact(socket, bytes, sizeof bytes));
	OK(snt_shutdown(socket, SHUT_WR));
	expect_end(socket);
}

static void meet_from_server(struct scene *scene)
{
	(void)scene;
	meet("10.0.0.1:5000", "10.0.0.2:5000");
}

static void meet_from_client(struct scene *scene)
{
	(void)scene;
	meet("10.0.0.2:5000", "10.0.0.1:5000");
}

static void two_that_connect_at_once_have_one_connection(void)
{
	struct scene scene = { .server = meet_from_server,
			       .client = meet_from_client };

	play(&scene);
}

static const struct test_case cases[] = {
	TEST(where_nobody_listens_connect_is_refused),
	TEST(an_unreachable_host_is_told_of_at_once),
	TEST(an_address_of_nobody_is_unreachable_after_a_while),
	TEST(without_an_address_of_the_family_there_is_no_way),
	TEST(into_silence_connect_gives_up_after_127_seconds),
	TEST(the_next_attempt_has_as_much_patience),
	TEST(shutdown_ends_an_attempt),
	TEST(a_user_timeout_ends_connecting_earlier),
	TEST(a_second_connect_waits_for_the_first),
	TEST(after_a_failure_the_socket_can_connect_anew),
	TEST(a_socket_may_meet_itself),
	TEST(two_that_connect_at_once_have_one_connection),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
