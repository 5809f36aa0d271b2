/* SPDX-License-Identifier: MIT */
/*
 * Answers a line "N" with whether N is prime. That is work for the processor:
 * snt_offload does it on another thread, and the other clients' fibers go on.
 *
 *   busy_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>

static int is_prime(void *line)
{
	int n = atoi(line), d = 2;

	while (d < n && n % d != 0)
		d++;
	return d == n;
}

static int client(void *arg)
{
	snt_auto(socket) conn = arg;
	char line[11] = ""; /* N, at most nine digits; newline; NUL */
	int prime;

	SNT_TRY(snt_recv_until(conn, "\n", 1, line, sizeof line - 1));
	SNT_TRY(prime = snt_offload(is_prime, line, NULL));
	return snt_sendall(conn, prime ? "yes\n" : "no\n", prime ? 4 : 3);
}

static int serve(const char *text)
{
	const struct snt_group_opts opts = { .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_socket *conn;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_group_open(&group, &opts));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		SNT_TRY(snt_accept(server, &conn));
		if (snt_spawn(group, client, conn, NULL) < 0)
			snt_close(conn);
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "busy_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
