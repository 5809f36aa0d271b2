/* SPDX-License-Identifier: MIT */
/*
 * The echo server. One handler, run three ways: one connection at a time on a
 * lone thread, a thread for each, a fiber for each.
 *
 *   echo [once|threads|fibers] [ADDR]
 */
#include <pthread.h>
#include <sennit.h>
#include <stdio.h>
#include <string.h>

static int echo(void *arg)
{
	snt_auto(socket) conn = arg;
	char buf[1024];
	ptrdiff_t n;

	while ((n = snt_recv(conn, buf, sizeof buf)) > 0)
		SNT_TRY(snt_sendall(conn, buf, (size_t)n));
	return (int)n;
}

static void *echo_thread(void *arg)
{
	if (echo(arg) < 0)
		fprintf(stderr, "echo: %s\n", snt_errmsg());
	return NULL;
}

static int start_thread(struct snt_socket *conn)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, echo_thread, conn) != 0)
		return -ENOMEM;
	return -pthread_detach(thread);
}

static int serve(const char *how, const char *text)
{
	const struct snt_group_opts opts = { .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(group) clients = NULL;
	struct snt_socket *conn;
	struct snt_addr addr;
	char name[SNT_ADDR_TEXT];
	int code;

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_group_open(&clients, &opts));
	SNT_TRY(snt_getsockname(server, &addr));
	snt_addr_format(&addr, name, sizeof name);
	printf("listening on %s\n", name);
	fflush(stdout);
	while ((code = snt_accept(server, &conn)) == 0) {
		if (strcmp(how, "once") == 0)
			return echo(conn);
		code = strcmp(how, "threads") == 0
			       ? start_thread(conn)
			       : snt_spawn(clients, echo, conn, NULL);
		if (code < 0)
			snt_close(conn);
	}
	return code;
}

int main(int argc, char **argv)
{
	int code = serve(argc > 1 ? argv[1] : "fibers",
			 argc > 2 ? argv[2] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "echo: %s\n", snt_errmsg());
	return code < 0;
}
