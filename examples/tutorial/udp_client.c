/* SPDX-License-Identifier: MIT */
/*
 * Sends one datagram and prints the answer. Datagrams get lost, and nobody
 * says so: who wants an answer sets a limit and asks again.
 *
 *   udp_client [ADDR]
 */
#include <sennit.h>
#include <stdio.h>

#define TRIES 3

static int ask(const char *text)
{
	const struct snt_connection_opts opts = { .type = SOCK_DGRAM };
	snt_auto(socket) conn = NULL;
	char answer[1024];
	ptrdiff_t n = -ETIMEDOUT;

	/* Connected: answers of others do not reach it. */
	SNT_TRY(snt_create_connection(&conn, text, &opts));
	snt_settimeout(conn, 500 * SNT_MILLISECOND);
	for (int i = 0; i < TRIES && n == -ETIMEDOUT; i++) {
		printf("asking\n");
		SNT_TRY(snt_send(conn, "hello", 5));
		n = snt_recv(conn, answer, sizeof answer);
	}
	if (n >= 0)
		printf("answer: %.*s\n", (int)n, answer);
	return n < 0 ? (int)n : 0;
}

int main(int argc, char **argv)
{
	int code = ask(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "udp_client: %s\n", snt_errmsg());
	return code < 0;
}
