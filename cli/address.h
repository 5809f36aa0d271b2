/* SPDX-License-Identifier: MIT */
/* The tool's addresses: the library's, with tcp:// or udp:// in front. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <sennit.h>
#include <stdio.h>

struct address {
	const char *text; /* as the library reads it */
	int type;         /* SOCK_STREAM, SOCK_DGRAM */
	bool has_port;    /* neither unix: nor fd: */
};

/* Takes the prefix off; what follows is checked where it is used. Returns 0,
 * or a status after it has said why. */
int address_read(struct address *address, const char *text);

/* "listening on ADDR", one line for each that server listens on. */
int address_print(FILE *file, const struct address *address,
		  const struct snt_socket *server);

#endif
