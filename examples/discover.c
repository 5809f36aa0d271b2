/* SPDX-License-Identifier: MIT */
/*
 * Who is there? One datagram to a group finds all who joined it (by
 * discoverable.c), without an address of any of them. Datagrams get lost, so it
 * asks three times and tells of each once.
 *
 *   discover GROUP:PORT [INTERFACE]
 */
#include <sennit.h>
#include <stdio.h>
#include <string.h>

#define MANY 64
#define LINE (SNT_ADDR_TEXT + 80)

static char known[MANY][LINE];
static size_t count;

static void tell(const struct snt_addr *from, const char *name, ptrdiff_t size)
{
	char text[SNT_ADDR_TEXT], line[LINE];

	snt_addr_format(from, text, sizeof text);
	snprintf(line, sizeof line, "%.*s is at %s", (int)size, name, text);
	for (size_t i = 0; i < count; i++)
		if (strcmp(known[i], line) == 0)
			return;
	if (count < MANY)
		memcpy(known[count++], line, LINE);
	puts(line);
}

static int ask(const char *text, const char *interface)
{
	snt_auto(socket) socket = NULL;
	struct snt_addr group, from;
	ptrdiff_t n = 0;
	char name[64];

	SNT_TRY(snt_addr_parse(&group, text));
	SNT_TRY(snt_socket(&socket, group.sa.any.sa_family, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_multicast_if(socket, interface));
	for (int i = 0; i < 3; i++) {
		snt_timeout_scope(limit, 300 * SNT_MILLISECOND);
		SNT_TRY(snt_sendto(socket, "who?", 4, &group));
		while ((n = snt_recvfrom(socket, name, sizeof name, &from)) >=
		       0)
			tell(&from, name, n);
	}
	return n == -ETIMEDOUT ? 0 : (int)n;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return puts("usage: discover GROUP:PORT [INTERFACE]"), 2;
	if (ask(argv[1], argc > 2 ? argv[2] : NULL) < 0)
		return fprintf(stderr, "discover: %s\n", snt_errmsg()), 1;
	return 0;
}
