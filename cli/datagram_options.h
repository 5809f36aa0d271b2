/* SPDX-License-Identifier: MIT */
/* The options that only datagrams and messages have: udp://, mcast:// and
 * seq://. */
#ifndef CLI_DATAGRAM_OPTIONS_H
#define CLI_DATAGRAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct address;
struct options;
struct verb;

/* To whom a listener sends what stands on stdin. */
enum reply {
	REPLY_UNASKED, /* to the last, if stdin is a terminal */
	REPLY_LAST,
	REPLY_ALL,
};

struct datagram_options {
	const char *given;       /* one that was, for what makes no sense */
	const char *group_given; /* the same of those for groups */
	enum reply reply;
	size_t cut; /* pieces.h */
	int ttl;    /* -1: the system's */
	bool broadcast;
	bool label;
	bool no_loop;
};

/* Takes one option. Returns -1 to go on, or the status to end with. */
int datagram_option(struct datagram_options *datagram, const struct verb *verb,
		    const char *name, const char *value);

/* Whether the address has a use for what was given. 0, or a status after it
 * has said what not. */
int datagram_check_needed(const struct options *options, const char *verb,
			  const struct address *address);

#endif
