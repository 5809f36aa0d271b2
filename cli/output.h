/* SPDX-License-Identifier: MIT */
/* Stdout, for bytes from the network: raw, or safe where it is a terminal. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "terminal.h"

#include <sennit.h>

struct output {
	struct snt_socket *handle;
	struct snt_mutex *mutex; /* several connections write whole pieces */
	char *shown;             /* NULL: raw */
};

/* raw: also to a terminal. Failures are snt_errmsg's. */
int output_open(struct output *output, bool raw);

/* All of it. A failure is report_output's. */
int output_write(struct output *output, struct terminal *terminal,
		 const char *bytes, size_t size);

/* A line: a label as it is, the bytes, and an end. Failures as above. */
int output_line(struct output *output, const char *label, const char *bytes,
		size_t size);

/* The end of one stream of bytes. */
int output_end(struct output *output, struct terminal *terminal);

void output_close(struct output *output);

#endif
