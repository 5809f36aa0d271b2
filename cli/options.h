/* SPDX-License-Identifier: MIT */
/* The verbs' options: one table, read by getopt_long(3) and by --help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "datagram_options.h"
#include "seq_options.h"
#include "tls_options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	VERB_ECHO = 1,
	VERB_CONNECT = 2,
	VERB_LISTEN = 4,
	VERB_INSPECT = 8,
	VERB_INTERFACES = 16,
	VERB_SERVERS = VERB_ECHO | VERB_LISTEN,
	VERB_CLIENTS = VERB_CONNECT | VERB_INSPECT,
	VERB_TLS = VERB_SERVERS | VERB_CLIENTS,
	VERB_ALL = VERB_TLS | VERB_INTERFACES,
};

struct options {
	char **addresses;
	size_t address_count;
	int64_t timeout; /* 0: none */
	int64_t grace;   /* 0: none */
	int workers;
	struct tls_options tls;
	bool json;
	bool keep;
	bool raw;
	bool verbose;
	struct datagram_options datagram;
	struct seq_options seq;
};

/* One of the tool's verbs, and all that its --help says. */
struct verb {
	const char *name;
	unsigned bit;
	const char *arguments; /* after the options */
	const char *summary;   /* one line of sennit --help */
	const char *about;
	const char *examples;
	size_t addresses_min, addresses_max;
	int (*run)(const struct options *options);
};

/* Threads that one echo server may have. */
#define WORKERS_MAX 256

/*
 * Reads what stands after the verb (argv[0] is the verb). Returns -1 to go on,
 * or the status to end with: --help has been printed, or what is wrong.
 */
int options_read(struct options *options, const struct verb *verb, int argc,
		 char **argv);

/* The verb's rows of the table, for --help. */
void options_print(FILE *file, unsigned verb_bit);

#endif
