/* SPDX-License-Identifier: MIT */
/*
 * What is printed can be given to another sennit as it stands, so udp:// and
 * tls:// are kept and a port of 0 appears as what it became. TLS goes over any
 * stream, so tls:// may stand before unix: and fd: too.
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
	bool prefixed = false;

	if (strip(&read.text, "udp://")) {
		read.type = SOCK_DGRAM;
		prefixed = true;
	} else if (strip(&read.text, "tls://")) {
		read.tls = true;
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

void address_host(char host[ADDRESS_HOST], const struct address *address)
{
	const char *text = address->text;
	const char *colon = strrchr(text, ':');
	size_t length, zone = strcspn(text, "%");

	host[0] = '\0';
	if (!address->has_port || colon == NULL)
		return;
	length = (size_t)(colon - text);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		zone--;
		length -= 2;
	}
	if (zone < length)
		length = zone;
	if (length >= ADDRESS_HOST)
		return;
	memcpy(host, text, length);
	host[length] = '\0';
}

const char *address_prefix(const struct address *address)
{
	if (address->tls)
		return "tls://";
	return address->type == SOCK_DGRAM ? "udp://" : "";
}

int address_print(FILE *file, const struct address *address,
		  const struct snt_socket *server)
{
	struct snt_addr names[NAMES_MAX];
	int count = snt_getsocknames(server, names, NAMES_MAX);

	for (int i = 0; i < count && i < NAMES_MAX; i++) {
		char text[SNT_ADDR_TEXT];

		snt_addr_format(&names[i], text, sizeof text);
		fprintf(file, "listening on %s%s\n", address_prefix(address),
			text);
	}
	return count < 0 ? count : 0;
}
