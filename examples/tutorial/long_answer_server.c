/* SPDX-License-Identifier: MIT */
/*
 * Gives every client a long answer: its size as four bytes in network order,
 * then the answer itself. long_answer_client.c reads it.
 *
 *   long_answer_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>

static char answer[1000 * 1000];

static int give(struct snt_socket *conn)
{
	const uint32_t size = htonl(sizeof answer);

	SNT_TRY(snt_sendall(conn, &size, sizeof size));
	/* Far more than the system takes at once; sendall sees to the rest. */
	return snt_sendall(conn, answer, sizeof answer);
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
		snt_auto(socket) conn = NULL;

		SNT_TRY(snt_accept(server, &conn));
		if (give(conn) < 0)
			fprintf(stderr, "long_answer_server: %s\n",
				snt_errmsg());
	}
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof answer; i++)
		answer[i] = (char)('a' + i % 26);
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "long_answer_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
