/* SPDX-License-Identifier: MIT */
/*
 * Sends each datagram back to whoever sent it. One socket serves all clients:
 * there are no connections to accept.
 *
 *   udp_server [ADDR]
 */
#include <sennit.h>
#include <stdio.h>

static char buf[65536]; /* holds any datagram */

static int serve(const char *text)
{
	const struct snt_server_opts opts = { .type = SOCK_DGRAM };
	snt_auto(socket) server = NULL;
	struct snt_addr peer;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&server, text, &opts));
	SNT_TRY(snt_getsockname_text(server, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);

	for (;;) {
		ptrdiff_t n;

		SNT_TRY(n = snt_recvfrom(server, buf, sizeof buf, &peer));
		/* 0 is a datagram too: an empty one. */
		if (snt_sendto(server, buf, (size_t)n, &peer) < 0)
			fprintf(stderr, "udp_server: %s\n", snt_errmsg());
	}
}

int main(int argc, char **argv)
{
	if (serve(argc > 1 ? argv[1] : "localhost:7000") < 0)
		fprintf(stderr, "udp_server: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
