/* SPDX-License-Identifier: MIT */
/*
 * Can be found without anybody knowing its address: it joins a group, and
 * answers who asks there by its name. discover.c asks.
 *
 *   discoverable NAME GROUP:PORT [INTERFACE]
 */
#include <sennit.h>
#include <stdio.h>
#include <string.h>

static int serve(const char *name, const char *text, const char *interface)
{
	snt_auto(socket) socket = NULL;
	struct snt_addr group, from;
	char question[64];

	SNT_TRY(snt_addr_parse(&group, text));
	SNT_TRY(snt_socket(&socket, group.sa.any.sa_family, SOCK_DGRAM, 0));
	/* Others on this machine may be found there, too. */
	SNT_TRY(snt_set_reuseaddr(socket, true));
	SNT_TRY(snt_bind(socket, &group));
	SNT_TRY(snt_join_group(socket, &group, interface));
	SNT_TRY(snt_getsockname(socket, &group));
	printf("listening on port %u\n", snt_addr_port(&group));
	fflush(stdout);

	for (;;) {
		ptrdiff_t n =
			snt_recvfrom(socket, question, sizeof question, &from);

		if (n == 4 && memcmp(question, "who?", 4) == 0)
			n = snt_sendto(socket, name, strlen(name), &from);
		/* One that is too long, or cannot be answered, is no reason
		 * not to hear the next. */
		if (n == -EBADF || n == -ENOMEM)
			return (int)n;
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return puts("usage: discoverable NAME GROUP:PORT [IF]"), 2;
	if (serve(argv[1], argv[2], argc > 3 ? argv[3] : NULL) < 0)
		fprintf(stderr, "discoverable: %s\n", snt_errmsg());
	return 1; /* it serves until something breaks */
}
