/* SPDX-License-Identifier: MIT */
/* Servers of several threads: one that accepts for all, or a listener each. */
#include "net.h"

#include <sennit/workers.h>
#include <stdatomic.h>

#define CLIENTS 40

static struct snt_workers *workers;
static atomic_int served[CLIENTS]; /* by which thread */
static atomic_int count, listening;

static int echo(void *arg)
{
	snt_auto(socket) conn = arg;
	char byte;
	ptrdiff_t n;

	served[atomic_fetch_add(&count, 1)] = thread_number();
	while ((n = snt_recv(conn, &byte, 1)) > 0)
		SNT_TRY(snt_sendall(conn, &byte, 1));
	return (int)n;
}

static void ask(struct snt_socket *client)
{
	char byte = 'x';

	OK(snt_sendall(client, &byte, 1));
	assert_int_equal(OK(snt_recv(client, &byte, 1)), 1);
}

static void workers_start(int size)
{
	OK(snt_workers_open(&workers,
			    &(struct snt_workers_opts){ .count = size }));
}

static void connections_dealt_by_one_acceptor_are_even(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *conn;
		struct snt_socket *clients[CLIENTS];

		atomic_store(&count, 0);
		workers_start(4);
		for (int i = 0; i < CLIENTS; i++) {
			clients[i] = connected_to(server);
			OK(snt_accept(server, &conn));
			OK(snt_workers_spawn(workers, echo, conn, NULL));
		}
		for (int i = 0; i < CLIENTS; i++)
			ask(clients[i]);
		for (int i = 0; i < CLIENTS; i++) {
			int same = 0;

			for (int j = 0; j < CLIENTS; j++)
				same += served[j] == served[i];
			assert_int_equal(same, CLIENTS / 4);
		}
		for (int i = 0; i < CLIENTS; i++)
			snt_close(clients[i]);
		OK(snt_workers_wait(workers));
		OK(snt_workers_end(workers));
		snt_close(server);
	}
}

static int serve(struct snt_socket *listener)
{
	snt_auto(group) group = NULL;
	struct snt_socket *conn;

	SNT_TRY(snt_group_open(&group, NULL));
	atomic_fetch_add(&listening, 1);
	for (;;) {
		SNT_TRY(snt_accept(listener, &conn));
		if (snt_spawn(group, echo, conn, NULL) < 0)
			snt_close(conn);
	}
}

static int serve_joined(void *arg)
{
	const struct snt_server_opts opts = { .join_port = true };
	snt_auto(socket) listener = NULL;

	SNT_TRY(snt_create_server(&listener, arg, &opts));
	return serve(listener);
}

static int serve_shared(void *arg)
{
	snt_auto(socket) listener = NULL;

	SNT_TRY(snt_fromfd(&listener, snt_fileno(arg)));
	return serve(listener);
}

static void ask_all(const struct snt_socket *server)
{
	struct snt_socket *clients[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		clients[i] = connected_to(server);
	for (int i = 0; i < CLIENTS; i++)
		ask(clients[i]);
	for (int i = 0; i < CLIENTS; i++)
		snt_close(clients[i]);
	assert_int_equal(count, CLIENTS);
	atomic_store(&count, 0);
}

static void every_worker_can_have_a_listener_of_its_own(void)
{
	const struct snt_server_opts shares = { .share_port = true };
	struct snt_socket *first;
	struct snt_addr addr;
	char text[SNT_ADDR_TEXT];

	OK(snt_create_server(&first, "127.0.0.1:0", &shares));
	addr = name_of(first);
	snt_addr_format(&addr, text, sizeof text);
	workers_start(3);
	OK(snt_workers_spawn_each(workers, serve_joined, text, NULL));
	while (atomic_load(&listening) < 3)
		OK(snt_sleep(SNT_MILLISECOND));
	/* What it had bound for them, it does not accept from itself. */
	snt_close(first);
	{
		struct snt_socket *clients[CLIENTS];

		for (int i = 0; i < CLIENTS; i++)
			OK(snt_create_connection(&clients[i], text, NULL));
		for (int i = 0; i < CLIENTS; i++)
			ask(clients[i]);
		for (int i = 0; i < CLIENTS; i++)
			snt_close(clients[i]);
	}
	assert_int_equal(count, CLIENTS);
	OK(snt_workers_end(workers));
}

static void or_all_accept_from_one_descriptor(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text);

		atomic_store(&listening, 0);
		workers_start(3);
		OK(snt_workers_spawn_each(workers, serve_shared, server, NULL));
		while (atomic_load(&listening) < 3)
			OK(snt_sleep(SNT_MILLISECOND));
		ask_all(server);
		OK(snt_workers_end(workers));
		snt_close(server);
	}
}

static const struct test_case cases[] = {
	TEST(connections_dealt_by_one_acceptor_are_even),
	TEST(every_worker_can_have_a_listener_of_its_own),
	TEST(or_all_accept_from_one_descriptor),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
