/* SPDX-License-Identifier: MIT */
/* worker_server [ADDR]: tells whether numbers are prime, on all cores. Main deals
 * each client to the worker with the fewest. For numbers of more digits, at
 * which a worker's other clients would wait too long, see busy_server.c. */
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_prime(long long n)
{
	for (long long i = 2; i <= n / i; i++)
		if (n % i == 0)
			return false;
	return n > 1;
}

static int client(void *arg)
{
	snt_auto(socket) conn = arg; /* this worker's from its first use on */
	char line[15] = "";          /* 13 digits, newline, NUL */
	const char *answer;
	ptrdiff_t n;

	while ((n = snt_recv_until(conn, "\n", 1, line, sizeof line - 1)) > 0) {
		answer = is_prime(atoll(line)) ? "yes\n" : "no\n";
		if ((n = snt_sendall(conn, answer, strlen(answer))) < 0)
			break;
	}
	if (n < 0)
		fprintf(stderr, "worker_server: %s\n", snt_errmsg());
	return (int)n; /* no concern of the others: keep_going */
}

static int serve(const char *text)
{
	const struct snt_workers_opts opts = { .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(workers) workers = NULL; /* one for each core; ends first */
	struct snt_socket *conn;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_workers_open(&workers, &opts));
	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		SNT_TRY(snt_accept(server, &conn));
		if (snt_workers_spawn(workers, client, conn, NULL) < 0)
			snt_close(conn);
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "worker_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
