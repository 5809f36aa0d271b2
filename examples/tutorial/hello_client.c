/* SPDX-License-Identifier: MIT */
/*
 * Prints the one line that hello_server.c sends.
 *
 *   hello_client [ADDR]
 *
 * A stream has no messages: what was sent at once may arrive in pieces. So a
 * message needs an end that both sides know; here it is the newline.
 */
#include <sennit.h>
#include <stdio.h>

static int listen_to(const char *text)
{
	snt_auto(socket) conn = NULL;
	char line[256];
	ptrdiff_t n;

	SNT_TRY(snt_create_connection(&conn, text, NULL));
	SNT_TRY(n = snt_recv_until(conn, "\n", 1, line, sizeof line));
	if (n == 0) {
		fprintf(stderr, "hello_client: the server said nothing\n");
		return 1;
	}
	printf("the server says: %.*s", (int)n, line);
	return 0;
}

int main(int argc, char **argv)
{
	int code = listen_to(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "hello_client: %s\n", snt_errmsg());
	return code != 0;
}
