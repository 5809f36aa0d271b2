/* SPDX-License-Identifier: MIT */
/* select_server [ADDR]: an echo server in one loop around a selector, for code
 * that is ported. With a fiber for each client it is many_server.c. */
#include <sennit.h>
#include <stdio.h>

static void welcome(struct snt_selector *sel, struct snt_socket *server)
{
	struct snt_socket *conn;

	if (snt_accept(server, &conn) < 0)
		return;                   /* it left before it was taken */
	snt_settimeout(conn, SNT_SECOND); /* while it holds up the others */
	if (snt_selector_register(sel, conn, SNT_READABLE, conn) < 0)
		snt_close(conn);
}

static void talk(struct snt_socket *conn)
{
	char buf[1024];
	ptrdiff_t n = snt_recv(conn, buf, sizeof buf);

	if (n > 0 && (n = snt_sendall(conn, buf, (size_t)n)) == 0)
		return;
	if (n < 0)
		fprintf(stderr, "select_server: %s\n", snt_errmsg());
	snt_close(conn); /* and with that unregistered */
}

static int serve(const char *text)
{
	snt_auto(selector) sel = NULL;
	snt_auto(socket) server = NULL;
	struct snt_selected ready[64];
	struct snt_addr addr;
	char name[SNT_ADDR_TEXT];
	int count;

	SNT_TRY(snt_selector_open(&sel));
	SNT_TRY(snt_create_server(&server, text, NULL));
	snt_settimeout(server, SNT_NOWAIT);
	SNT_TRY(snt_selector_register(sel, server, SNT_READABLE, NULL));
	SNT_TRY(snt_getsockname(server, &addr));
	snt_addr_format(&addr, name, sizeof name);
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		SNT_TRY(count = snt_selector_select(sel, ready, 64, 0));
		while (count-- > 0)
			ready[count].data ? talk(ready[count].data)
					  : welcome(sel, server);
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "select_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
