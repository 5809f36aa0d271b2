/* SPDX-License-Identifier: MIT */
/*
 * How large a body may be on this path: RFC 8899's search by probes, and its
 * way back when large datagrams stop arriving. All sizes are of bodies.
 */
#ifndef SNT_SEQ_PATH_H
#define SNT_SEQ_PATH_H

#include <sennit/base.h>

/* A datagram of 1,200 bytes is where it begins, 548 surely pass (IPv4's 576
 * less its headers). */
#define SNT__SEQ_PATH_FLOOR_CUT (1200 - 548)

struct snt__seq_path {
	size_t body;  /* what may be used now */
	size_t base;  /* of a datagram of 1,200 bytes */
	size_t floor; /* of one of 548 */
	size_t max;   /* what the interface takes */
	size_t upper; /* sizes above it are known not to pass now */
	size_t probe; /* the one under way or to be sent; 0: none */
	bool waiting; /* that probe is under way */
	bool wanted;  /* larger bodies would have been used */
	uint8_t tries;
	uint8_t large_lost; /* in a row, while ... */
	uint8_t small_came; /* ... so many small ones arrived */
	uint8_t falls;      /* how often in a row it went back: waits longer */
	int64_t probe_at;   /* not before */
};

void snt__seq_path_init(struct snt__seq_path *path, size_t body, size_t max);
/* The size to probe now; 0: none. */
size_t snt__seq_path_probe(struct snt__seq_path *path, int64_t now);
void snt__seq_path_probe_sent(struct snt__seq_path *path);
void snt__seq_path_probe_came(struct snt__seq_path *path, size_t body,
			      int64_t now);
void snt__seq_path_probe_lost(struct snt__seq_path *path, int64_t now);
/* The fate of DATA that was no probe. */
void snt__seq_path_came(struct snt__seq_path *path, size_t body, int64_t now);
void snt__seq_path_lost(struct snt__seq_path *path, size_t body, int64_t now);
/* The system said that no more than that passes. */
void snt__seq_path_too_big(struct snt__seq_path *path, size_t body,
			   int64_t now);
/* The most that a body should have when answers fail to come for the n-th time
 * in a row: the size may be why. */
size_t snt__seq_path_careful(const struct snt__seq_path *path, unsigned n);

#endif
