/* SPDX-License-Identifier: MIT */
/*
 * An echo server that takes one client after the other, for ever.
 *
 *   loop_server [ADDR]
 *
 * Whoever comes meanwhile waits in the system's queue. thread_server.c and
 * many_server.c let nobody wait.
 */
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

static int serve(const char *text)
{
	snt_auto(socket) server = NULL;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);

	for (;;) {
		snt_auto(socket) conn = NULL; /* closed at each turn's end */

		SNT_TRY(snt_accept(server, &conn));
		/* One silent client must not keep the others out for ever. */
		snt_settimeout(conn, 10 * SNT_SECOND);
		/* A client's failure is no reason to stop serving. */
		if (echo(conn) < 0)
			fprintf(stderr, "loop_server: %s\n", snt_errmsg());
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "loop_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
