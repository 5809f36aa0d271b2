/* SPDX-License-Identifier: MIT */
/*
 * Work for every core: main accepts, and the worker thread with the fewest
 * clients serves the next, telling of each number sent whether it is prime.
 *
 *   worker_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_prime(long n)
{
	for (long i = 2; i <= n / i; i++)
		if (n % i == 0)
			return false;
	return n > 1;
}

static int client(void *arg)
{
	snt_auto(socket) conn = arg; /* this worker's from its first use on */
	char text[24] = "";
	ptrdiff_t n;

	while ((n = snt_recv_until(conn, "\n", 1, text, 20)) > 0)
		SNT_TRY(is_prime(atol(text)) ? snt_sendall(conn, "yes\n", 4)
					     : snt_sendall(conn, "no\n", 3));
	return (int)n;
}

static int serve(const char *text)
{
	const struct snt_workers_opts opts = { .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(workers) workers = NULL; /* one for each core */
	struct snt_socket *conn;
	struct snt_addr addr;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_workers_open(&workers, &opts));
	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_getsockname(server, &addr));
	snt_addr_format(&addr, name, sizeof name);
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
