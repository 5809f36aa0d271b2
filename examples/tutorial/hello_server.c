/* SPDX-License-Identifier: MIT */
/*
 * Greets one client and ends. hello_client.c is the other half.
 *
 *   hello_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>
#include <string.h>

static int greet(const char *text)
{
	static const char hello[] = "hello, world\n";
	snt_auto(socket) server = NULL;
	snt_auto(socket) conn = NULL;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, NULL));
	/* Asked of the socket: with port 0 the system has chosen one. */
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);

	SNT_TRY(snt_accept(server, &conn));
	return snt_sendall(conn, hello, strlen(hello));
}

int main(int argc, char **argv)
{
	int code = greet(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "hello_server: %s\n", snt_errmsg());
	return code < 0;
}
