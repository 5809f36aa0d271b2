/* SPDX-License-Identifier: MIT */
/*
 * Says a line to a server of TLS and prints what comes back.
 *
 *   ask_tls ADDR [CAFILE]
 *
 * Whoever answers has to be whom ADDR names, by a certificate that the system,
 * or CAFILE, trusts: no call is needed for that, and none can be forgotten.
 */
#include <sennit.h>
#include <stdio.h>

static int ask(const char *text, const char *cafile)
{
	const struct snt_tls_opts trust = { .cafile = cafile };
	struct snt_connection_opts opts = { .timeout = 10 * SNT_SECOND };
	snt_auto(tls_context) tls = NULL;
	snt_auto(socket) conn = NULL;
	char line[256];
	ptrdiff_t n;

	SNT_TRY(snt_create_default_context(&tls, SNT_TLS_CLIENT, &trust));
	opts.tls = tls;
	SNT_TRY(snt_create_connection(&conn, text, &opts));
	SNT_TRY(snt_sendall(conn, "hello\n", 6));
	SNT_TRY(n = snt_recv_until(conn, "\n", 1, line, sizeof line));
	printf("%s says: %.*s", text, (int)n, line);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return puts("usage: ask_tls ADDR [CAFILE]"), 2;
	if (ask(argv[1], argc > 2 ? argv[2] : NULL) < 0)
		return fprintf(stderr, "ask_tls: %s\n", snt_errmsg()), 1;
	return 0;
}
