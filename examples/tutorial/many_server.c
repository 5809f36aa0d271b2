/* SPDX-License-Identifier: MIT */
/*
 * Many clients on one thread, where others teach select: a fiber for each.
 * Fibers of a thread take turns only where one waits, so what they share
 * (here a count) needs no lock.
 *
 *   many_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>

static int clients;

static int client(void *arg)
{
	snt_auto(socket) conn = arg;
	char buf[1024];
	ptrdiff_t n;

	printf("%d here\n", ++clients);
	while ((n = snt_recv(conn, buf, sizeof buf)) > 0)
		if ((n = snt_sendall(conn, buf, (size_t)n)) < 0)
			break;
	if (n < 0)
		fprintf(stderr, "many_server: %s\n", snt_errmsg());
	printf("%d here\n", --clients);
	return 0;
}

static int serve(const char *text)
{
	/* At the limit snt_spawn waits, and new clients with it. */
	const struct snt_group_opts opts = { .limit = 500, .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL; /* ends first: fibers before server */
	struct snt_socket *conn;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, NULL));
	SNT_TRY(snt_group_open(&group, &opts));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	setvbuf(stdout, NULL, _IOLBF, 0); /* show each line at once */
	printf("listening on %s\n", name);

	for (;;) {
		SNT_TRY(snt_accept(server, &conn));
		if (snt_spawn(group, client, conn, NULL) < 0)
			snt_close(conn);
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "many_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
