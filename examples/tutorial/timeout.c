/* SPDX-License-Identifier: MIT */
/*
 * Two limits: one for each call, and one for all calls of a block together.
 *
 *   timeout [ADDR]
 *
 * ADDR is that of an echo server. It is silent until spoken to, which runs
 * into the first limit. Then it answers every question at once; only the
 * second limit ends that.
 */
#include <sennit.h>
#include <stdio.h>

/* Asks for ever. Knows of no limit: the caller's reaches into it. */
static int ask_on(struct snt_socket *conn)
{
	char answer[4];
	ptrdiff_t n = 1;

	while (n > 0) {
		SNT_TRY(snt_sendall(conn, "ping", 4));
		SNT_TRY(n = snt_recv_exact(conn, answer, sizeof answer));
		SNT_TRY(snt_sleep(10 * SNT_MILLISECOND));
	}
	return (int)n;
}

static int try_limits(const char *text)
{
	snt_auto(socket) conn = NULL;
	char buf[64];
	int code;

	SNT_TRY(snt_create_connection(&conn, text, NULL));
	snt_settimeout(conn, 100 * SNT_MILLISECOND);
	if (snt_recv(conn, buf, sizeof buf) == -ETIMEDOUT)
		printf("one call: %s\n", snt_errmsg());

	snt_settimeout(conn, 5 * SNT_SECOND);
	snt_timeout_scope(limit, 300 * SNT_MILLISECOND);
	code = ask_on(conn);
	/* Either limit gives -ETIMEDOUT; this tells which it was. */
	if (!snt_scope_expired(&limit))
		return code;
	printf("all together: %s\n", snt_strerror(code));
	return 0;
}

int main(int argc, char **argv)
{
	int code = try_limits(argc > 1 ? argv[1] : "localhost:7000");

	if (code < 0)
		fprintf(stderr, "timeout: %s\n", snt_errmsg());
	return code < 0;
}
