/* SPDX-License-Identifier: MIT */
/*
 * A small world: a server (10.0.0.1, fd00::1), a client (10.0.0.2, fd00::2) and
 * the link between them, with a program on each and, where the network changes,
 * a director. Sleeping is waiting for the world's clock, which nothing delays.
 */
#ifndef TESTS_SIM_SCENE_H
#define TESTS_SIM_SCENE_H

#include "../runner.h"

#include <sennit.h>
#include <sennit/sim_net.h>
#include <string.h>

#define MAYBE __attribute__((unused))
#define SERVER "10.0.0.1:7000"
#define SERVER6 "[fd00::1]:7000"
#define LATENCY (10 * SNT_MILLISECOND)

struct scene {
	/* Programs; NULL: none. */
	void (*server)(struct scene *scene);
	void (*client)(struct scene *scene);
	void (*director)(struct scene *scene);
	struct snt_sim_link link; /* .latency 0: LATENCY */
	struct snt_sim_host_opts server_opts, client_opts;
	struct snt_sim *sim;
	struct snt_sim_host *at_server, *at_client;
	struct snt_sim_report report; /* when all is over */
};

/* The call succeeds; its value. A failure is told in the library's words. */
#define OK(call) scene_ok((call), #call, __FILE__, __LINE__)
MAYBE static ptrdiff_t scene_ok(ptrdiff_t code, const char *call,
				const char *file, int line)
{
	if (code < 0) {
		print_error("%s: %td: %s\n", call, code, snt_errmsg());
		_fail(file, line);
	}
	return code;
}

/* The call fails with that code. */
#define FAILS(call, code) scene_fails((call), (code), #call, __FILE__, __LINE__)
MAYBE static void scene_fails(ptrdiff_t code, ptrdiff_t expected,
			      const char *call, const char *file, int line)
{
	if (code == expected)
		return;
	print_error("%s: %td (%s), expected %td (%s)\n", call, code,
		    snt_strerror((int)code), expected,
		    snt_strerror((int)expected));
	_fail(file, line);
}

MAYBE static int scene_serve(void *arg)
{
	struct scene *scene = arg;

	scene->server(scene);
	return 0;
}

MAYBE static int scene_ask(void *arg)
{
	struct scene *scene = arg;

	scene->client(scene);
	return 0;
}

MAYBE static int scene_direct(struct snt_sim *sim, void *arg)
{
	struct scene *scene = arg;

	scene->sim = sim;
	OK(snt_sim_add(sim, &scene->at_server, "server", &scene->server_opts));
	OK(snt_sim_add(sim, &scene->at_client, "client", &scene->client_opts));
	if (scene->link.latency == 0)
		scene->link.latency = LATENCY;
	snt_sim_set_link(sim, NULL, NULL, &scene->link);
	if (scene->server != NULL)
		OK(snt_sim_start(scene->at_server, scene_serve, scene));
	if (scene->client != NULL)
		OK(snt_sim_start(scene->at_client, scene_ask, scene));
	if (scene->director != NULL)
		scene->director(scene);
	if (scene->client != NULL)
		OK(snt_sim_join(scene->at_client, NULL));
	if (scene->server != NULL)
		OK(snt_sim_join(scene->at_server, NULL));
	return 0;
}

MAYBE static void play_seed(struct scene *scene, uint64_t seed)
{
	const struct snt_sim_opts opts = { .seed = seed };

	OK(snt_sim_run(scene_direct, scene, &opts, &scene->report));
	snt_sim_report_release(&scene->report);
}

/* The same for every run: a test shows one behaviour, not luck. */
MAYBE static void play(struct scene *scene)
{
	play_seed(scene, 1);
}

MAYBE static struct snt_addr addr_of(const char *text)
{
	struct snt_addr addr;

	OK(snt_addr_parse(&addr, text));
	return addr;
}

/* A socket, bound to that name. */
MAYBE static struct snt_socket *bound(const char *text)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket;

	OK(snt_socket(&socket, addr.sa.any.sa_family, SOCK_STREAM, 0));
	OK(snt_bind(socket, &addr));
	return socket;
}

MAYBE static struct snt_socket *listening(const char *text, int backlog)
{
	struct snt_socket *socket = bound(text);

	OK(snt_listen(socket, backlog));
	return socket;
}

/* What became of connecting to that name; *socket stays open. */
MAYBE static int try_connect(struct snt_socket **socket, const char *text)
{
	struct snt_addr addr = addr_of(text);

	OK(snt_socket(socket, addr.sa.any.sa_family, SOCK_STREAM, 0));
	return snt_connect(*socket, &addr);
}

/* The server may not listen yet. */
MAYBE static struct snt_socket *connected(const char *text)
{
	struct snt_socket *socket;
	int code;

	while ((code = try_connect(&socket, text)) == -ECONNREFUSED) {
		snt_close(socket);
		OK(snt_sleep(SNT_MILLISECOND));
	}
	OK(code);
	return socket;
}

MAYBE static struct snt_socket *accepted(struct snt_socket *listener)
{
	struct snt_socket *conn;

	OK(snt_accept(listener, &conn));
	return conn;
}

/* The next bytes are these. */
MAYBE static void expect(struct snt_socket *socket, const char *text)
{
	char bytes[64];

	assert_true(strlen(text) <= sizeof bytes);
	OK(snt_recv_exact(socket, bytes, strlen(text)));
	assert_memory_equal(bytes, text, strlen(text));
}

MAYBE static void say(struct snt_socket *socket, const char *text)
{
	OK(snt_sendall(socket, text, strlen(text)));
}

MAYBE static void expect_end(struct snt_socket *socket)
{
	char byte;

	assert_int_equal(OK(snt_recv(socket, &byte, 1)), 0);
}

/* Which byte stands at that place of a stream; no short period. */
MAYBE static unsigned char pattern(size_t place)
{
	return (unsigned char)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

MAYBE static void send_pattern(struct snt_socket *socket, size_t size)
{
	unsigned char bytes[3000];
	size_t done = 0, count;

	while (done < size) {
		count = size - done < sizeof bytes ? size - done : sizeof bytes;
		for (size_t i = 0; i < count; i++)
			bytes[i] = pattern(done + i);
		OK(snt_sendall(socket, bytes, count));
		done += count;
	}
}

/* All of it, and then the end. */
MAYBE static void recv_pattern(struct snt_socket *socket, size_t size)
{
	unsigned char bytes[5000];
	size_t done = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv(socket, bytes, sizeof bytes))) > 0) {
		for (ptrdiff_t i = 0; i < n; i++)
			if (bytes[i] != pattern(done + (size_t)i))
				fail_msg("byte %zu of the stream is wrong",
					 done + (size_t)i);
		done += (size_t)n;
	}
	assert_int_equal(done, size);
}

/* Serves until it is killed. */
MAYBE static void serve_until_death(struct scene *scene)
{
	snt_auto(socket) listener = listening(SERVER, 5);
	snt_auto(socket) conn = accepted(listener);
	char byte;

	(void)scene;
	while (snt_recv(conn, &byte, 1) > 0)
		;
}

MAYBE static void kill_server(struct scene *scene)
{
	OK(snt_sleep(SNT_SECOND));
	snt_sim_kill(scene->at_server);
}

#endif
