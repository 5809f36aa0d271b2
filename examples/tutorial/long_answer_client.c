/* SPDX-License-Identifier: MIT */
/*
 * Reads the long answer of long_answer_server.c twice: in the loop that each
 * tutorial teaches, and by the one call that is this loop.
 *
 *   long_answer_client [ADDR]
 */
#include <sennit.h>
#include <stdio.h>

#define ANSWER_MAX (4u << 20) /* never believe a size that a peer sends */

static char answer[ANSWER_MAX];

static ptrdiff_t recv_in_pieces(struct snt_socket *conn, void *buf, size_t size)
{
	size_t have = 0;
	ptrdiff_t n = 1;

	while (have < size && n > 0) {
		n = snt_recv(conn, (char *)buf + have, size - have);
		if (n > 0)
			have += (size_t)n;
	}
	return n < 0 ? n : (ptrdiff_t)have;
}

static int ask(const char *text, const char *how,
	       ptrdiff_t (*receive)(struct snt_socket *, void *, size_t))
{
	snt_auto(socket) conn = NULL;
	uint32_t size = 0;
	ptrdiff_t n;

	SNT_TRY(snt_create_connection(&conn, text, NULL));
	SNT_TRY(n = snt_recv_exact(conn, &size, sizeof size));
	size = ntohl(size);
	if (n == 0 || size > ANSWER_MAX) {
		fprintf(stderr, "%s: no size, or too large a one\n", how);
		return 1;
	}
	SNT_TRY(n = receive(conn, answer, size));
	printf("%s: %td of %u bytes\n", how, n, size);
	return n < (ptrdiff_t)size;
}

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "localhost:7000";
	int code = ask(text, "in pieces", recv_in_pieces);

	if (code == 0)
		code = ask(text, "at once", snt_recv_exact);
	if (code < 0)
		fprintf(stderr, "long_answer_client: %s\n", snt_errmsg());
	return code != 0;
}
