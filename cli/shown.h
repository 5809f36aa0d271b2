/* SPDX-License-Identifier: MIT */
/* Datagrams and messages of several peers on stdout, so that one can tell whose is whose. */
#ifndef CLI_SHOWN_H
#define CLI_SHOWN_H

#include "options.h"
#include "output.h"

struct shown {
	struct output *output;
	bool labels;
	bool colours;
	char *json; /* room for a line of it; NULL: not asked for */
};

/* many: it is not known beforehand who will send, so that a terminal gets
 * labels unasked. most: bytes of what will be shown at a time. -ENOMEM. */
int shown_open(struct shown *shown, struct output *output,
	       const struct options *options, bool many, size_t most);

/*
 * One datagram as a whole: its bytes, or each of its lines behind the peer's
 * address, or a JSON object on a line. A failure is report_output's.
 */
int shown_datagram(struct shown *shown, const struct snt_addr *from,
		   const char *bytes, size_t size);

/* The same of a message; in JSON with its channel, and how many before it never
 * came. */
int shown_message(struct shown *shown, const struct snt_addr *from,
		  const struct snt_seq_message *message);

void shown_close(struct shown *shown);

#endif
