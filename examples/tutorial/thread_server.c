/* SPDX-License-Identifier: MIT */
/*
 * An echo server with a thread for each client. echo() is the handler of
 * echo_server.c: it does not know that it is on a thread.
 *
 *   thread_server [ADDR]
 */
#include <pthread.h>
#include <sennit.h>
#include <stdio.h>

static int echo(struct snt_socket *conn)
{
	char buf[1024];
	ptrdiff_t n;

	while ((n = snt_recv(conn, buf, sizeof buf)) > 0)
		SNT_TRY(snt_sendall(conn, buf, (size_t)n));
	return (int)n;
}

/* The connection belongs to this thread from its first wait on. */
static void *client(void *arg)
{
	snt_auto(socket) conn = arg;

	if (echo(conn) < 0)
		fprintf(stderr, "thread_server: %s\n", snt_errmsg());
	return NULL;
}

static int serve(const char *text)
{
	snt_auto(socket) server = NULL;
	struct snt_socket *conn;
	char name[SNT_ADDR_TEXT];
	pthread_t thread;

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);

	for (;;) {
		SNT_TRY(snt_accept(server, &conn));
		if (pthread_create(&thread, NULL, client, conn) == 0)
			pthread_detach(thread);
		else
			snt_close(conn); /* no thread to be had: turn it away */
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "thread_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
