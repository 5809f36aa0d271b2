/* SPDX-License-Identifier: MIT */
/* select_server [ADDR]: an echo server in one loop around a selector, for code
 * that is ported. With a fiber for each client it is many_server.c. */
#include <sennit.h>
#include <stdio.h>

static void welcome(struct snt_selector *sel, struct snt_socket *conn)
{
	snt_settimeout(conn, SNT_NOWAIT); /* it must not hold up the others */
	if (snt_selector_register(sel, conn, SNT_READABLE, NULL) < 0)
		snt_close(conn);
}

static void talk(struct snt_selector *sel, struct snt_socket *conn)
{
	unsigned next = SNT_READABLE;
	char buf[1024];
	ptrdiff_t n = snt_peek(conn, buf, sizeof buf);

	if (n > 0 && (n = snt_send(conn, buf, (size_t)n)) == -EAGAIN)
		next = SNT_WRITABLE; /* when it has taken some of it */
	else if (n > 0) /* what was not sent stays to be received */
		n = snt_recv_exact(conn, buf, (size_t)n);
	if ((n > 0 || n == -EAGAIN) &&
	    snt_selector_modify(sel, conn, next, NULL) == 0)
		return;
	if (n != 0)
		fprintf(stderr, "select_server: %s\n", snt_errmsg());
	snt_close(conn); /* and with that unregistered */
}

static int serve(const char *text)
{
	snt_auto(selector) sel = NULL;
	snt_auto(socket) server = NULL;
	struct snt_socket *conn;
	struct snt_selected ready;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_selector_open(&sel));
	SNT_TRY(snt_create_server(&server, text, NULL));
	snt_settimeout(server, SNT_MILLISECOND); /* when descriptors run out */
	SNT_TRY(snt_selector_register(sel, server, SNT_READABLE, NULL));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);
	while (snt_selector_select(sel, &ready, 1, 0) > 0)
		if (ready.socket != server)
			talk(sel, ready.socket);
		else if (snt_accept(server, &conn) == 0)
			welcome(sel, conn);
	return -1; /* snt_errmsg() says why */
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "select_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
