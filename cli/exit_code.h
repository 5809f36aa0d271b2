/* SPDX-License-Identifier: MIT */
/* Exit codes by kind of error, and the one line that goes with them. */
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

#include <stddef.h>

enum {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_ADDRESS = 3,
	STATUS_REFUSED = 4,
	STATUS_TIMEOUT = 5,
	STATUS_LOST = 6,
	STATUS_OUTPUT = 7,
	STATUS_LISTEN = 8,
	STATUS_CERTIFICATE = 9,
	STATUS_TLS = 10,
	STATUS_SIGNAL = 128, /* plus its number */
};

/* What was being done; the same error code means different things. */
enum phase {
	PHASE_CONNECT = 1,
	PHASE_LISTEN = 2,
	PHASE_TRANSFER = 4,
	PHASE_SETUP = 8, /* before anything of the network */
};

struct exit_code {
	int status;
	const char *words;
};

/* The table of --help and sennit(1); *count rows. */
const struct exit_code *exit_codes(size_t *count);

/* The status for one of sennit's negative codes. */
int exit_code_of(enum phase phase, int code);

/*
 * Prints the calling fiber's last failure, "sennit: " before it, and returns
 * its status. Says nothing of a cancel: whoever cancelled knows.
 */
int report(enum phase phase, int code);

/* A failed write to stdout. */
int report_output(int code);

/* "sennit: ...; see sennit [verb] --help"; verb may be NULL. */
int report_usage(const char *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Flushes what was printed to stdout; status, or STATUS_OUTPUT. */
int flush_stdout(int status);

#endif
