/* SPDX-License-Identifier: MIT */
/*
 * Messages at a steady rate from one program to another, over whatever carries
 * them: each says which it is and when it was due, so that one which had to
 * wait at its sender counts as late. Both programs run on one machine, by one
 * clock. What they found is told in a line of JSON each.
 */
#ifndef BENCH_DELIVERY_H
#define BENCH_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery_opts {
	bool serve;        /* or send */
	const char *host;  /* to listen on, or to send to; an IPv4 literal */
	int port;          /* to send to */
	size_t size;       /* of a message, at least 16 bytes */
	uint64_t rate;     /* a second */
	uint64_t messages; /* in all */
};

/* "serve [--host ADDR]", or "send [--host ADDR] --port N --size N --rate N
 * --messages N"; leaves on anything else. */
void delivery_parse(struct delivery_opts *opts, int argc, char **argv);

int64_t delivery_now(void); /* CLOCK_MONOTONIC, ns */

/* The sender's: when message number n is due, of those from begin on; and the
 * bytes it is, in a buffer that stays until the next. */
int64_t delivery_due(const struct delivery_opts *opts, int64_t begin,
		     uint64_t number);
const void *delivery_message(const struct delivery_opts *opts, int64_t begin,
			     uint64_t number);
/* {"sent": n, "cpu_ns": of this process since begin} */
void delivery_tell_sent(uint64_t sent);

/* The receiver's. Leaves on a wrong byte, or one that came twice. */
void delivery_arrived(const void *bytes, size_t size);
/* {"delivered": n, "disordered": n, "p50_ns", "p99_ns", "most_ns", "cpu_ns"} */
void delivery_tell_arrived(void);

__attribute__((noreturn, cold, format(printf, 1, 2))) void
delivery_die(const char *format, ...);

#endif
