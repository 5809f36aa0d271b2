/* SPDX-License-Identifier: MIT */
/* The tool's addresses: the library's, with a scheme such as udp:// in front. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <sennit.h>
#include <stdio.h>

struct address {
	const char *text;   /* as the library reads it, or a group's */
	const char *scheme; /* "udp://", "tls://" ...; "": none is needed */
	int type;           /* SOCK_STREAM, SOCK_DGRAM */
	bool has_port;      /* neither unix: nor fd:, and no group */
	bool tls;
	bool is_seq;
	bool is_group; /* and then these count: */
	bool has_source;
	struct snt_addr group, source;
	const char *interface; /* NULL: the system's choice */
};

/* Takes the scheme off; what follows is checked where it is used, but a group
 * here. Returns 0, or a status after it has said why. */
int address_read(struct address *address, const char *text);

/* Of one that was not read yet. */
bool address_is_seq(const char *text);

#define ADDRESS_HOST 256

/* The host of "example.org:443" or "[fe80::1%eth0]:443", without brackets and
 * zone; "" where it has none, or one that is too long for any. */
void address_host(char host[ADDRESS_HOST], const struct address *address);

/* The address as one would write it that became bound. */
void address_name(FILE *file, const struct address *address,
		  const struct snt_addr *bound);

/* "listening on ADDR", one line for each that server listens on. */
int address_print(FILE *file, const struct address *address,
		  const struct snt_socket *server);

#endif
