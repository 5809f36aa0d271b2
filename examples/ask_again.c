/* SPDX-License-Identifier: MIT */
/*
 * Asks questions by datagrams and waits for the answer to each: of a request
 * or an answer that was lost nobody tells, so it asks again, each time with
 * twice the patience. Requests have numbers, or a late answer to the one before
 * would be taken for this one's. `sennit echo udp://:7000` answers.
 *
 *   ask_again ADDR QUESTION...
 */
#include <sennit.h>
#include <stdio.h>

#define TRIES 5
#define PATIENCE (250 * SNT_MILLISECOND)

/* The answer to that request; those to others are passed over. */
static ptrdiff_t wait_for(struct snt_socket *conn, unsigned number,
			  char answer[1024])
{
	unsigned its = number + 1;
	ptrdiff_t n = 0;

	while (its != number) {
		SNT_TRY(n = snt_recv(conn, answer, 1023));
		answer[n] = '\0';
		if (sscanf(answer, "%u", &its) != 1)
			its = number + 1;
	}
	return n;
}

static int ask(struct snt_socket *conn, unsigned number, const char *question)
{
	char request[512], answer[1024];
	int code = -ETIMEDOUT, size;

	size = snprintf(request, sizeof request, "%u %.400s", number, question);
	for (int i = 0; i < TRIES && code == -ETIMEDOUT; i++) {
		snt_timeout_scope(limit, PATIENCE << i);
		SNT_TRY(snt_send(conn, request, (size_t)size));
		code = (int)wait_for(conn, number, answer);
	}
	SNT_TRY(code);
	return puts(answer) < 0 ? -EIO : 0;
}

int main(int argc, char **argv)
{
	const struct snt_connection_opts opts = { .type = SOCK_DGRAM };
	snt_auto(socket) conn = NULL;
	int code = -EINVAL;

	if (argc > 2)
		code = snt_create_connection(&conn, argv[1], &opts);
	for (int i = 2; i < argc && code == 0; i++)
		code = ask(conn, (unsigned)i - 1, argv[i]);
	if (code < 0)
		fprintf(stderr, "ask_again: %s\n", snt_errmsg());
	return code < 0;
}
