/* SPDX-License-Identifier: MIT */
/* What only seq:// addresses have for options; --key and --insecure they share
 * with tls://, and the rest with datagrams. */
#ifndef CLI_SEQ_OPTIONS_H
#define CLI_SEQ_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct address;
struct options;
struct verb;

struct seq_options {
	bool given;
	unsigned channel; /* that stdin goes on */
};

/* --channel. Returns -1 to go on, or the status to end with. */
int seq_option(struct seq_options *seq, const struct verb *verb,
	       const char *value);

/* Whether the addresses have a use for what was given, and it goes together.
 * 0, or a status after it has said what not. */
int seq_check_needed(const struct options *options, const char *verb,
		     const struct address *addresses, size_t count);

#define SEQ_CHANNEL_TEXT 24

/* As it would be asked for: "ordered", "latest:3". */
void seq_channel_text(char text[SEQ_CHANNEL_TEXT], unsigned channel);

#endif
