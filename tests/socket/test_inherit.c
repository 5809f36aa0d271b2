/* SPDX-License-Identifier: MIT */
/* Sockets in a forked child, and in the parent beside it. */
#include "net.h"

#include "../forked.h"

#include <sennit/wait.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* Has waited in both directions, so that a poller knows it. */
static void wait_on(struct snt_socket *socket)
{
	char byte;

	snt_settimeout(socket, SNT_MILLISECOND);
	FAILS(snt_recv(socket, &byte, 1), -ETIMEDOUT);
	snt_settimeout(socket, 0);
}

static void expect(struct snt_socket *socket, const char *words)
{
	char buf[64] = "";

	assert_int_equal(OK(snt_recv_exact(socket, buf, strlen(words))),
			 strlen(words));
	assert_string_equal(buf, words);
}

static void say(struct snt_socket *socket, const char *words)
{
	OK(snt_sendall(socket, words, strlen(words)));
}

/* Waits in the child until the parent has done something. */
static void expect_soon(struct snt_socket *socket, const char *words)
{
	snt_timeout_scope(limit, 5 * SNT_SECOND * test_slowness());
	expect(socket, words);
}

static void a_connection_works_on_in_the_child(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *here, *there;
		pid_t child;

		pair_on(text, &here, &there);
		wait_on(here);
		child = forked();
		if (child == 0) {
			expect_soon(here, "to the child");
			say(here, "from the child");
			_exit(0);
		}
		wait_on(there);
		say(there, "to the child");
		expect_soon(there, "from the child");
		child_succeeds(child);
		snt_close(here);
		snt_close(there);
	}
}

static int hear_one(void *arg)
{
	expect(arg, "news");
	return 0;
}

/* The child closes what the parent's fiber waits on: whichever way the poller
 * was told of it, the parent still hears. */
static void closing_in_the_child_does_not_deafen_the_parent(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *here, *there;
		pid_t child;

		pair_on(text, &here, &there);
		spawn(group, hear_one, here);
		let_them_wait();
		child = forked();
		if (child == 0) {
			snt_close(here);
			snt_close(there);
			_exit(0);
		}
		child_succeeds(child);
		say(there, "news");
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(here);
		snt_close(there);
	}
}

static void nor_does_closing_in_a_child_with_a_loop(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *here, *there;
		pid_t child;

		pair_on(text, &here, &there);
		wait_on(here);
		child = forked();
		if (child == 0) {
			wait_on(here);
			snt_close(here);
			snt_close(there);
			_exit(0);
		}
		child_succeeds(child);
		wait_on(here);
		say(there, "news");
		expect_soon(here, "news");
		snt_close(here);
		snt_close(there);
	}
}

static void a_close_in_the_child_ends_no_connection(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *here, *there;
		pid_t child;

		pair_on(text, &here, &there);
		child = forked();
		if (child == 0) {
			snt_close(here);
			_exit(0);
		}
		child_succeeds(child);
		wait_on(there);
		say(here, "still open");
		expect_soon(there, "still open");
		snt_close(here);
		snt_close(there);
	}
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

static void where_fibers_stayed_behind_sockets_do_not_wait(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *here, *there, *server, *made = NULL;
	struct snt_addr name;
	char text[SNT_ADDR_TEXT + 64], byte = 0;
	pid_t child;

	pair_on("127.0.0.1:0", &here, &there);
	server = server_on("127.0.0.1:0");
	say(there, "x");
	spawn(group, sleep_for_ever, NULL);
	let_them_wait();
	child = forked();
	if (child == 0) {
		name = name_of(there);
		FAILS(snt_recv(here, &byte, 1), -SNT_EFORK);
		snprintf(text, sizeof text,
			 "recv from %s: the loop stayed with the parent "
			 "process",
			 text_of(&name));
		assert_string_equal(snt_errmsg(), text);
		FAILS(snt_send(here, &byte, 1), -SNT_EFORK);
		FAILS(snt_sendall(here, &byte, 1), -SNT_EFORK);
		FAILS(snt_recv_exact(here, &byte, 1), -SNT_EFORK);
		FAILS(snt_recv_until(here, "\n", 1, &byte, 1), -SNT_EFORK);
		FAILS(snt_recvfrom(here, &byte, 1, &name), -SNT_EFORK);
		FAILS(snt_accept(server, &made), -SNT_EFORK);
		FAILS(snt_create_server(&made, "127.0.0.1:0", NULL),
		      -SNT_EFORK);
		FAILS(snt_create_connection(&made, "127.0.0.1:1", NULL),
		      -SNT_EFORK);
		FAILS(snt_getaddrinfo("localhost", "1", &name, 1, NULL),
		      -SNT_EFORK);
		assert_null(made);
		/* What only lets go, or only asks, works. */
		byte = 'y';
		assert_int_equal(write(snt_fileno(here), &byte, 1), 1);
		assert_int_equal(close(snt_detach(here)), 0);
		OK(snt_getsockname(server, &name));
		snt_close(there);
		snt_close(server);
		_exit(0);
	}
	child_succeeds(child);
	expect_soon(here, "x");
	expect_soon(there, "y");
	OK(snt_group_end(group));
	snt_close(here);
	snt_close(there);
	snt_close(server);
}

/* In a child it would end the process with a failure. */
static int fail_at_once(void *arg)
{
	(void)arg;
	return -EPROTO;
}

/* Long enough for others to be given a turn. */
static void looking_at_many_sockets_does_not_switch_there(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;
	pid_t child;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	spawn(group, fail_at_once, NULL);
	child = forked();
	if (child == 0) {
		struct snt_wait wait = { a, SNT_WRITABLE, 0 };
		struct snt_selector *selector;
		struct snt_selected ready;

		OK(snt_selector_open(&selector));
		for (int i = 0; i < 300; i++) {
			FAILS(snt_wait_any(&wait, 1), -SNT_EFORK);
			FAILS(snt_selector_select(selector, &ready, 1, 0),
			      -SNT_EFORK);
		}
		snt_selector_close(selector);
		_exit(0);
	}
	child_succeeds(child);
	FAILS(snt_group_end(group), -EPROTO);
	snt_close(a);
	snt_close(b);
}

static char path_text[64];

static const char *path_of(char mark)
{
	snprintf(path_text, sizeof path_text, "unix:/tmp/sennit-fork-%d-%c",
		 getpid(), mark);
	return path_text;
}

static bool is_there(const char *text)
{
	struct stat file;

	return stat(text + strlen("unix:"), &file) == 0;
}

static void the_path_of_a_server_is_its_makers_to_remove(void)
{
	char text[64];
	struct snt_socket *server;
	pid_t child;

	snprintf(text, sizeof text, "%s", path_of('a'));
	server = server_on(text);
	child = forked();
	if (child == 0) {
		struct snt_socket *own = server_on(path_of('b'));

		snt_close(server);
		assert_true(is_there(text));
		snt_close(own);
		assert_false(is_there(path_text));
		_exit(0);
	}
	child_succeeds(child);
	assert_true(is_there(text));
	snt_close(server);
	assert_false(is_there(text));
}

static int greet(void *arg)
{
	snt_auto(socket) conn = arg;

	return snt_sendall(conn, "hi", 2);
}

/* With a fiber for each connection, until killed. */
static void serve(struct snt_socket *server)
{
	struct snt_group *group = group_open();
	struct snt_socket *conn;

	for (;;) {
		OK(snt_accept(server, &conn));
		OK(snt_spawn(group, greet, conn, NULL));
	}
}

#define SERVERS 4
#define CLIENTS 200

/* All of them wake for each; those that come too late go on waiting. */
static void children_share_a_listener(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *conn;
		pid_t children[SERVERS];

		for (int i = 0; i < SERVERS; i++) {
			children[i] = forked();
			if (children[i] == 0)
				serve(server);
		}
		for (int i = 0; i < CLIENTS; i++) {
			conn = connected_to(server);
			expect_soon(conn, "hi");
			snt_close(conn);
		}
		for (int i = 0; i < SERVERS; i++) {
			kill(children[i], SIGKILL);
			assert_true(WIFSIGNALED(status_of(children[i])));
		}
		snt_close(server);
	}
}

static void connect_by_name(const struct snt_socket *server)
{
	struct snt_addr name = name_of(server);
	struct snt_socket *socket;
	char text[32];

	snprintf(text, sizeof text, "localhost:%u", snt_addr_port(&name));
	OK(snt_create_connection(&socket, text, NULL));
	snt_close(socket);
}

static atomic_bool enough;

static void look_up_once(const char *service)
{
	struct snt_addr addr;

	OK(snt_getaddrinfo("localhost", service, &addr, 1, NULL));
	assert_int_equal(snt_addr_port(&addr), 80);
}

static void *look_up(void *arg)
{
	struct snt_group *group = group_open();

	/* Not alone, it uses the resolver's threads. */
	spawn(group, sleep_for_ever, NULL);
	while (!enough)
		look_up_once(arg);
	OK(snt_group_end(group));
	return NULL;
}

static void a_child_looks_up_names_while_its_parent_does(void)
{
	struct snt_socket *server = server_on("localhost:0");
	char service[] = "http";
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, look_up, service), 0);
	for (int i = 0; i < 20; i++) {
		pid_t child = forked();

		if (child == 0) {
			struct snt_group *group = group_open();

			spawn(group, sleep_for_ever, NULL);
			look_up_once(service);
			connect_by_name(server);
			OK(snt_group_end(group));
			_exit(0);
		}
		child_succeeds(child);
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	snt_close(server);
}

static void *accept_one(void *arg)
{
	struct snt_socket *conn;

	OK(snt_accept(arg, &conn));
	snt_close(conn);
	return NULL;
}

/* Whether another thread of this process sleeps in a call. */
static bool thread_sleeps(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *task;
	bool sleeps = false;

	assert_non_null(tasks);
	while ((task = readdir(tasks)) != NULL) {
		char path[300], state = 0;
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%s/stat",
			 task->d_name);
		file = atoi(task->d_name) != getpid() ? fopen(path, "re")
						      : NULL;
		if (file == NULL)
			continue;
		sleeps |=
			fscanf(file, "%*d %*s %c", &state) == 1 && state == 'S';
		fclose(file);
	}
	closedir(tasks);
	return sleeps;
}

/* On a listener that a thread of the parent waits on. */
static void what_another_thread_waited_on_is_free_in_the_child(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0"), *client, *conn;
	pthread_t thread;
	pid_t child;

	assert_int_equal(pthread_create(&thread, NULL, accept_one, server), 0);
	while (!thread_sleeps())
		usleep(1000);
	child = forked();
	if (child == 0) {
		snt_settimeout(server, SNT_MILLISECOND);
		FAILS(snt_accept(server, &conn), -ETIMEDOUT);
		snt_close(server);
		_exit(0);
	}
	child_succeeds(child);
	client = connected_to(server);
	pthread_join(thread, NULL);
	snt_close(client);
	snt_close(server);
}

static const struct test_case cases[] = {
	TEST(a_connection_works_on_in_the_child),
	TEST(closing_in_the_child_does_not_deafen_the_parent),
	TEST(nor_does_closing_in_a_child_with_a_loop),
	TEST(a_close_in_the_child_ends_no_connection),
	TEST(where_fibers_stayed_behind_sockets_do_not_wait),
	TEST(looking_at_many_sockets_does_not_switch_there),
	TEST(the_path_of_a_server_is_its_makers_to_remove),
	TEST_SLOW(children_share_a_listener, 30),
	TEST_SLOW(a_child_looks_up_names_while_its_parent_does, 60),
	TEST(what_another_thread_waited_on_is_free_in_the_child),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
