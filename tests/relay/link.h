/* SPDX-License-Identifier: MIT */
/*
 * One direction of a bad link: what is put in comes out late, twice, out of
 * order, changed, or not at all, by a seed. For programs that stand between
 * two peers on real sockets; the simulator has links of its own.
 */
#ifndef TESTS_RELAY_LINK_H
#define TESTS_RELAY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Chances in so many of a million. */
struct link_opts {
	int64_t delay;  /* ns */
	int64_t jitter; /* up to so much more, each packet by chance */
	unsigned loss;
	unsigned duplicate;
	unsigned reorder; /* waits for three times the delay and 2 ms */
	unsigned corrupt; /* a bit changes */
	uint64_t rate;    /* bytes a second through a bottleneck; 0: no limit */
	size_t queue;     /* bytes that wait before it; more are dropped */
	uint64_t seed;
};

struct link_packet {
	int64_t at;     /* when it comes out */
	uint64_t order; /* of two at the same time */
	void *tag;      /* the owner's */
	size_t size;
	unsigned char bytes[];
};

struct link_counts {
	uint64_t in, lost, full, duplicated, late, changed;
};

struct link {
	struct link_opts opts;
	struct link_counts counts;
	uint64_t chance;
	int64_t free_at;           /* the bottleneck */
	struct link_packet **heap; /* earliest first */
	size_t count, capacity;
	uint64_t next;
};

void link_init(struct link *link, const struct link_opts *opts);
void link_put(struct link *link, int64_t now, const void *bytes, size_t size,
	      void *tag);
/* When the next comes out; INT64_MAX: none. */
int64_t link_at(const struct link *link);
/* One that is due, the caller's to free; NULL: none yet. */
struct link_packet *link_take(struct link *link, int64_t now);

/* Takes the option at argv[i] and its value: true; false: it is not one of
 * these. --delay MS, --loss PERCENT, ..., see LINK_USAGE. */
bool link_option(struct link_opts *opts, const char *name, const char *value);
#define LINK_USAGE                                                             \
	"[--delay MS] [--jitter MS] [--loss PERCENT] [--duplicate PERCENT] "   \
	"[--reorder PERCENT] [--corrupt PERCENT] [--rate BYTES] "              \
	"[--queue BYTES] [--seed N]"

#endif
