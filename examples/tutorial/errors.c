/* SPDX-License-Identifier: MIT */
/*
 * Asks each address for a line, and tells what went wrong. Whichever way ask()
 * ends, snt_auto closes the connection.
 *
 *   errors [ADDR...]       (see localhost:1, localhost, no.invalid:80 fail)
 */
#include <sennit.h>
#include <stdio.h>

static int ask(const char *text)
{
	snt_auto(socket) conn = NULL;
	char line[256];
	ptrdiff_t n;

	snt_timeout_scope(limit, SNT_SECOND); /* for all of it */
	SNT_TRY(snt_create_connection(&conn, text, NULL));
	SNT_TRY(snt_sendall(conn, "hello?\n", 7));
	SNT_TRY(n = snt_recv_until(conn, "\n", 1, line, sizeof line));
	printf("%s\n", n > 0 ? "it answered" : "it closed without an answer");
	return 0;
}

/* The code is for the program, snt_errmsg() for people. */
static const char *advice(int code)
{
	switch (code) {
	case -ECONNREFUSED:
		return "start a server there";
	case -EINVAL:
		return "write host:port";
	case -ETIMEDOUT:
		return "try again later";
	case -SNT_ENONAME:
		return "check the name";
	default:
		return "no advice";
	}
}

static int report(const char *text)
{
	int code = ask(text);

	if (code < 0)
		printf("%s (%s)\n", snt_errmsg(), advice(code));
	return code < 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += report(argv[i]);
	if (argc == 1)
		failed += report("localhost:7000");
	return failed > 0;
}
