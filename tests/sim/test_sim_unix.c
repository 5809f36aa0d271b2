/* SPDX-License-Identifier: MIT */
/* Unix sockets inside a simulated host: names, connections, streams. */
#include "pairs.h"

#define PATH "unix:/run/test.sock"

static struct snt_socket *server_at(const char *text, int type)
{
	const struct snt_server_opts opts = { .type = type };
	struct snt_socket *socket;

	OK(snt_create_server(&socket, text, &opts));
	snt_settimeout(socket, SOON);
	return socket;
}

static struct snt_socket *connection_to(const char *text, int type)
{
	const struct snt_connection_opts opts = { .type = type };
	struct snt_socket *socket;

	OK(snt_create_connection(&socket, text, &opts));
	snt_settimeout(socket, SOON);
	return socket;
}

static void assert_says(struct snt_socket *socket, const char *words)
{
	char bytes[64] = { 0 };

	assert_int_equal(snt_recv(socket, bytes, sizeof bytes - 1),
			 strlen(words));
	assert_string_equal(bytes, words);
}

static int talk_over_path(void *unused)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
	static const char *const names[] = { PATH, "unix:@name" };

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		struct snt_socket *listener =
			server_at(names[i % 2], types[i / 2]);
		struct snt_socket *peer =
			connection_to(names[i % 2], types[i / 2]);
		struct snt_socket *conn;
		char text[SNT_ADDR_TEXT];

		/* Before it is accepted. */
		OK(snt_sendall(peer, "early", 5));
		OK(snt_accept(listener, &conn));
		assert_says(conn, "early");
		OK(snt_sendall(conn, "answer", 6));
		assert_says(peer, "answer");
		OK(snt_getpeername_text(peer, text, sizeof text));
		assert_string_equal(text, names[i % 2]);
		OK(snt_getpeername_text(conn, text, sizeof text));
		assert_string_equal(text, "unix:");
		snt_close(conn);
		assert_int_equal(snt_recv(peer, text, 1), 0);
		snt_close(peer);
		snt_close(listener);
	}
	return 0;
}

static void connections_are_made_over_paths_and_abstract_names(void)
{
	in_world(talk_over_path);
}

static int find_nobody(void *unused)
{
	struct snt_socket *socket, *listener = server_at(PATH, SOCK_STREAM);
	struct snt_addr path = addr_of(PATH), none = addr_of("unix:/none");
	struct snt_addr abstract = addr_of("unix:@none");

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_SEQPACKET, 0));
	FAILS(snt_connect(socket, &none), -ENOENT);
	FAILS(snt_connect(socket, &abstract), -ECONNREFUSED);
	FAILS(snt_connect(socket, &path), -EPROTOTYPE);
	snt_close(socket);
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_bind(socket, &path), -EADDRINUSE);
	OK(snt_bind(socket, &none));
	/* It is there, and does not listen. */
	FAILS(snt_connect(socket, &none), -ECONNREFUSED);
	FAILS(snt_bind(socket, &abstract), -EINVAL);
	snt_close(socket);
	snt_close(listener);
	return 0;
}

static void who_is_not_there_is_told_apart(void)
{
	in_world(find_nobody);
}

static int look_from_another_host(void *unused)
{
	struct snt_socket *socket;
	struct snt_addr path = addr_of(PATH), name = addr_of("unix:@name");

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &path), -ENOENT);
	FAILS(snt_connect(socket, &name), -ECONNREFUSED);
	snt_close(socket);
	return 0;
}

static int serve_and_let_look(void *unused)
{
	struct snt_socket *servers[] = { server_at(PATH, SOCK_STREAM),
					 server_at("unix:@name", SOCK_STREAM) };

	(void)unused;
	OK(snt_sim_start(server, look_from_another_host, NULL));
	OK(snt_sim_join(server, NULL));
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static void names_are_a_hosts_own(void)
{
	in_world(serve_and_let_look);
}

static int die_listening(void *unused)
{
	struct snt_socket *servers[] = { server_at(PATH, SOCK_STREAM),
					 server_at("unix:@name", SOCK_STREAM) };
	struct snt_socket *conn;

	(void)unused;
	snt_settimeout(servers[0], SNT_FOREVER);
	FAILS(snt_accept(servers[0], &conn), -ECANCELED);
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static int find_stale(void *unused)
{
	struct snt_addr path = addr_of(PATH), name = addr_of("unix:@name");
	struct snt_socket *socket, *servers[2];

	(void)unused;
	OK(snt_socket(&socket, AF_UNIX, SOCK_STREAM, 0));
	FAILS(snt_connect(socket, &path), -ECONNREFUSED);
	FAILS(snt_connect(socket, &name), -ECONNREFUSED);
	FAILS(snt_bind(socket, &path), -EADDRINUSE);
	/* A server replaces what nobody listens on. */
	servers[0] = server_at(PATH, SOCK_STREAM);
	servers[1] = server_at("unix:@name", SOCK_STREAM);
	OK(snt_connect(socket, &path));
	snt_close(socket);
	snt_close(servers[0]);
	snt_close(servers[1]);
	return 0;
}

static int kill_and_start_again(void *unused)
{
	(void)unused;
	OK(snt_sim_start(server, die_listening, NULL));
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	OK(snt_sim_join(server, NULL));
	OK(snt_sim_start(server, find_stale, NULL));
	return snt_sim_join(server, NULL);
}

static void a_path_outlives_its_host_and_an_abstract_name_does_not(void)
{
	in_world(kill_and_start_again);
}

static int read_after_close(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	snt_close(a);
	assert_says(b, "12");
	assert_int_equal(snt_recv(b, &byte, 1), 0);
	FAILS(snt_send(b, "x", 1), -EPIPE);
	return 0;
}

static int lose_unread(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	OK(snt_sendall(b, "unread", 6));
	snt_close(a);
	assert_says(b, "12");
	FAILS(snt_recv(b, &byte, 1), -ECONNRESET);
	FAILS(snt_send(b, "x", 1), -EPIPE);
	return 0;
}

static int close_half(struct snt_socket *a, struct snt_socket *b)
{
	char byte;

	OK(snt_sendall(a, "12", 2));
	OK(snt_shutdown(a, SHUT_WR));
	FAILS(snt_send(a, "x", 1), -EPIPE);
	assert_says(b, "12");
	assert_int_equal(snt_recv(b, &byte, 1), 0);
	OK(snt_sendall(b, "back", 4));
	assert_says(a, "back");
	OK(snt_shutdown(a, SHUT_RD));
	FAILS(snt_send(b, "x", 1), -EPIPE);
	snt_close(a);
	return 0;
}

static int end_streams(void *unused)
{
	(void)unused;
	OK(use_streams(read_after_close));
	OK(use_streams(lose_unread));
	return use_streams(close_half);
}

static void a_stream_ends_as_on_linux(void)
{
	in_world(end_streams);
}

/* What is waiting to be accepted is reset. */
static int close_listener(void *unused)
{
	struct snt_socket *listener = server_at(PATH, SOCK_STREAM);
	struct snt_socket *peer = connection_to(PATH, SOCK_STREAM);
	char byte;

	(void)unused;
	snt_close(listener);
	FAILS(snt_recv(peer, &byte, 1), -ECONNRESET);
	snt_close(peer);
	return 0;
}

static void connections_nobody_accepted_are_reset(void)
{
	in_world(close_listener);
}

static int overrun_backlog(void *unused)
{
	const struct snt_server_opts opts = { .backlog = 1 };
	struct snt_addr addr = addr_of(PATH);
	struct snt_socket *listener, *peers[3], *conn;

	(void)unused;
	OK(snt_create_server(&listener, PATH, &opts));
	for (int i = 0; i < 3; i++) {
		OK(snt_socket(&peers[i], AF_UNIX, SOCK_STREAM, 0));
		snt_settimeout(peers[i], SNT_NOWAIT);
		FAILS(snt_connect(peers[i], &addr), i < 2 ? 0 : -EAGAIN);
	}
	OK(snt_accept(listener, &conn));
	OK(snt_connect(peers[2], &addr));
	for (int i = 0; i < 3; i++)
		snt_close(peers[i]);
	snt_close(conn);
	snt_close(listener);
	return 0;
}

static void a_full_backlog_takes_no_more(void)
{
	in_world(overrun_backlog);
}

static size_t total_read;

static int read_all(void *socket)
{
	static char bytes[10000];
	ptrdiff_t n;

	while ((n = snt_recv(socket, bytes, sizeof bytes)) > 0) {
		total_read += (size_t)n;
		OK(snt_sleep(SNT_MILLISECOND));
	}
	return (int)n;
}

static int send_more_than_fits(struct snt_socket *a, struct snt_socket *b)
{
	static const char bytes[1000000];
	struct snt_group *group;

	snt_settimeout(a, SNT_NOWAIT);
	/* With what Linux makes of a send buffer of 212,992. */
	assert_int_equal(snt_send(a, bytes, sizeof bytes), 219264);
	FAILS(snt_send(a, bytes, 1), -EAGAIN);
	snt_settimeout(a, SOON);
	group = group_with(NULL);
	start(group, read_all, b);
	OK(snt_sendall(a, bytes, sizeof bytes));
	snt_close(a);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(total_read, sizeof bytes + 219264);
	return 0;
}

static int fill_streams(void *unused)
{
	(void)unused;
	return use_streams(send_more_than_fits);
}

static void a_full_stream_goes_on_when_it_is_read(void)
{
	in_world(fill_streams);
}

static int wait_against_death(void *unused)
{
	struct snt_socket *a, *b;
	char byte;

	(void)unused;
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	FAILS(snt_recv(a, &byte, 1), -ECANCELED);
	snt_close(a);
	snt_close(b);
	return 0;
}

static int kill_waiting(void *unused)
{
	(void)unused;
	OK(snt_sim_start(server, wait_against_death, NULL));
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(server);
	return snt_sim_join(server, NULL);
}

static void a_killed_hosts_sockets_close_in_peace(void)
{
	in_world(kill_waiting);
}

static const struct test_case cases[] = {
	TEST(connections_are_made_over_paths_and_abstract_names),
	TEST(who_is_not_there_is_told_apart),
	TEST(names_are_a_hosts_own),
	TEST(a_path_outlives_its_host_and_an_abstract_name_does_not),
	TEST(a_stream_ends_as_on_linux),
	TEST(connections_nobody_accepted_are_reset),
	TEST(a_full_backlog_takes_no_more),
	TEST(a_full_stream_goes_on_when_it_is_read),
	TEST(a_killed_hosts_sockets_close_in_peace),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
