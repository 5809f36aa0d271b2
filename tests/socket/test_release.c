/* SPDX-License-Identifier: MIT */
/* A handle belongs to one thread at a time, and may move when nobody waits. */
#include "../threads.h"
#include "waits.h"

#include <pthread.h>

#define HAS_HANDLE(row) (((row)->flags & NO_HANDLE) == 0)

static int call_in_vain(void *arg)
{
	struct stage *stage = arg;

	FAILS(stage->wait->call(stage), -SNT_ETHREAD);
	TELLS("it belongs to another thread");
	return 0;
}

static void every_call_on_another_threads_handle_is_refused(void)
{
	EACH_WAIT(row)
	{
		struct stage stage;
		struct part part;

		if (!HAS_HANDLE(row))
			continue;
		stage_set_up(&stage, row);
		{
			snt_timeout_scope(limit, SNT_MILLISECOND);
			FAILS(row->call(&stage), -ETIMEDOUT);
		}
		part_start(&part, LONE, call_in_vain, &stage);
		OK(part_join(&part));
		clean_up(&stage);
	}
}

static int change_in_vain(void *arg)
{
	FAILS(snt_shutdown(arg, SHUT_WR), -SNT_ETHREAD);
	FAILS(snt_detach(arg), -SNT_ETHREAD);
	FAILS(snt_release(arg), -SNT_ETHREAD);
	return 0;
}

static void nor_can_another_thread_end_or_release_it(void)
{
	struct snt_socket *a, *b;
	struct part part;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendall(a, "x", 1));
	part_start(&part, LONE, change_in_vain, a);
	OK(part_join(&part));
	assert_int_equal(OK(snt_recv(b, &byte, 1)), 1);
	snt_close(a);
	snt_close(b);
}

static int echo_one(void *arg)
{
	char byte;

	assert_int_equal(OK(snt_recv(arg, &byte, 1)), 1);
	return snt_sendall(arg, &byte, 1);
}

static void an_accepted_connection_can_be_handed_over_untouched(void)
{
	EACH_STREAM(text)
	{
		EACH_WAY(way)
		{
			struct snt_socket *server = server_on(text), *conn;
			struct snt_socket *peer = connected_to(server);
			struct part part;
			char byte;

			OK(snt_accept(server, &conn));
			part_start(&part, way, echo_one, conn);
			OK(snt_sendall(peer, "x", 1));
			assert_int_equal(OK(snt_recv(peer, &byte, 1)), 1);
			OK(part_join(&part));
			snt_close(conn);
			snt_close(peer);
			snt_close(server);
		}
	}
}

/* Echoes, now on this thread, now on another. */
static int echo_and_release(void *arg)
{
	OK(echo_one(arg));
	return snt_release(arg);
}

static void a_released_handle_goes_on_anywhere(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		char byte;

		pair_on(text, &a, &b);
		OK(snt_release(a)); /* it has connected */
		for (int i = 0; i < 8; i++) {
			struct part part;

			if (i % 4 == 3) {
				OK(snt_sendall(b, "x", 1));
				OK(echo_and_release(a));
			} else {
				part_start(&part, i % 2, echo_and_release, a);
				/* Its thread waits for it, mostly. */
				if (i > 3)
					part_wait_asleep(&part);
				OK(snt_sendall(b, "x", 1));
				OK(part_join(&part));
			}
			assert_int_equal(OK(snt_recv(b, &byte, 1)), 1);
		}
		snt_close(a);
		snt_close(b);
	}
}

static void what_nobody_has_can_be_released(void)
{
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_release(a));
	OK(snt_release(a));
	snt_close(a);
	snt_close(b);
}

static void a_handle_that_is_waited_on_stays(void)
{
	EACH_WAIT(row)
	{
		struct snt_group *group = group_open();
		struct stage stage;

		if (HAS_HANDLE(row)) {
			stage_set_up(&stage, row);
			spawn(group, run_wait, &stage);
			let_them_wait();
			FAILS(snt_release(stage.socket), -EBUSY);
			TELLS("a fiber waits on it");
			snt_group_cancel(group);
			OK(snt_group_wait(group));
			OK(snt_release(stage.socket));
			clean_up(&stage);
		}
		OK(snt_group_end(group));
	}
}

static int accept_two(void *arg)
{
	for (int i = 0; i < 2; i++) {
		struct snt_socket *conn;

		SNT_TRY(snt_accept(arg, &conn));
		snt_close(conn);
	}
	return snt_release(arg);
}

static void a_server_is_released_with_all_its_addresses(void)
{
	struct snt_socket *server = server_on("localhost:0"), *clients[2];
	struct snt_addr addrs[2];
	struct part part;

	assert_int_equal(OK(snt_getsocknames(server, addrs, 2)), 2);
	for (int round = 0; round < 3; round++) {
		if (round != 1)
			part_start(&part, round, accept_two, server);
		for (int i = 0; i < 2; i++)
			OK(snt_create_connection(&clients[i],
						 text_of(&addrs[i]), NULL));
		if (round != 1)
			OK(part_join(&part));
		else
			OK(accept_two(server));
		snt_close(clients[0]);
		snt_close(clients[1]);
	}
	snt_close(server);
}

static int send_one(void *arg)
{
	return snt_sendall(arg, "x", 1);
}

static void a_handle_of_an_ended_thread_is_whoevers_comes_next(void)
{
	EACH_WAY(way)
	{
		struct snt_socket *a, *b;
		struct part part;

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		OK(snt_sendall(b, "x", 1));
		part_start(&part, way, echo_one, a);
		OK(part_join(&part));
		OK(snt_sendall(b, "x", 1));
		OK(echo_one(a));
		part_start(&part, LONE, send_one, b);
		assert_int_equal(part_join(&part), -SNT_ETHREAD);
		snt_close(a);
		snt_close(b);
	}
}

static const struct test_case cases[] = {
	TEST(every_call_on_another_threads_handle_is_refused),
	TEST(nor_can_another_thread_end_or_release_it),
	TEST(an_accepted_connection_can_be_handed_over_untouched),
	TEST(a_released_handle_goes_on_anywhere),
	TEST(what_nobody_has_can_be_released),
	TEST(a_handle_that_is_waited_on_stays),
	TEST(a_server_is_released_with_all_its_addresses),
	TEST(a_handle_of_an_ended_thread_is_whoevers_comes_next),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
