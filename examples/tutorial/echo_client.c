/* SPDX-License-Identifier: MIT */
/*
 * Sends each line of its input and prints what comes back. Any of the echo
 * servers here can be at the other end.
 *
 *   echo_client [ADDR] <TEXT
 *
 * As many bytes come back as went out: snt_recv_exact waits for all of them,
 * where one snt_recv may return with the first few.
 */
#include <sennit.h>
#include <stdio.h>
#include <string.h>

static int talk(const char *text)
{
	snt_auto(socket) conn = NULL;
	char line[1024];

	SNT_TRY(snt_create_connection(&conn, text, NULL));
	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t size = strlen(line);
		ptrdiff_t n;

		SNT_TRY(snt_sendall(conn, line, size));
		SNT_TRY(n = snt_recv_exact(conn, line, size));
		if (n == 0) {
			fprintf(stderr, "echo_client: the server hung up\n");
			return 1;
		}
		printf("echo: %.*s", (int)n, line);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int code = talk(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "echo_client: %s\n", snt_errmsg());
	return code != 0;
}
