/* SPDX-License-Identifier: MIT */
/*
 * What is printed can be given to another sennit as it stands, so datagram
 * addresses keep their udp:// and a port of 0 appears as what it became.
 */
#include "address.h"

#include "exit_code.h"

#include <string.h>

/* More addresses than a server of the library has. */
#define NAMES_MAX 64

static bool strip(const char **text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(*text, prefix, length) != 0)
		return false;
	*text += length;
	return true;
}

int address_read(struct address *address, const char *text)
{
	struct address read = { .text = text, .type = SOCK_STREAM };
	bool prefixed;

	if (strip(&read.text, "udp://")) {
		read.type = SOCK_DGRAM;
		prefixed = true;
	} else {
		prefixed = strip(&read.text, "tcp://");
	}
	read.has_port = strncmp(read.text, "unix:", 5) != 0 &&
			strncmp(read.text, "fd:", 3) != 0;
	if (prefixed && strncmp(read.text, "unix:", 5) == 0) {
		fprintf(stderr,
			"sennit: address \"%s\": a Unix socket takes no "
			"%.6s; write %s\n",
			text, text, read.text);
		return STATUS_ADDRESS;
	}
	*address = read;
	return 0;
}

int address_print(FILE *file, const struct address *address,
		  const struct snt_socket *server)
{
	struct snt_addr names[NAMES_MAX];
	int count = snt_getsocknames(server, names, NAMES_MAX);

	for (int i = 0; i < count && i < NAMES_MAX; i++) {
		char text[SNT_ADDR_TEXT];

		snt_addr_format(&names[i], text, sizeof text);
		fprintf(file, "listening on %s%s\n",
			address->type == SOCK_DGRAM ? "udp://" : "", text);
	}
	return count < 0 ? count : 0;
}
