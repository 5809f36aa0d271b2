/* SPDX-License-Identifier: MIT */
/*
 * Sends one client back whatever it sends, until it has no more; then ends.
 *
 *   echo_server [ADDR]
 *
 * loop_server.c goes on with the next client.
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
	snt_auto(socket) conn = NULL;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);

	SNT_TRY(snt_accept(server, &conn));
	return echo(conn);
}

int main(int argc, char **argv)
{
	int code = serve(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "echo_server: %s\n", snt_errmsg());
	return code < 0;
}
