/* SPDX-License-Identifier: MIT */
/* Whether a path is crowded, or only loses: by round trips, and by what fewer
 * under way lose. */
#ifndef SNT_SEQ_CROWD_H
#define SNT_SEQ_CROWD_H

#include "seq/rtt.h"

struct snt__seq_crowd {
	/* The least of some round trips, all in whole rounds; of the some
	 * before. SNT_FOREVER: none. */
	int64_t some_least;
	int64_t last_least;
	unsigned samples;
	/* How many came and were lost of those sent while few were under way,
	 * compared with high, and of the others. */
	size_t high;
	struct snt__seq_share {
		uint32_t came, lost;
	} few, many;
};

void snt__seq_crowd_init(struct snt__seq_crowd *crowd, size_t window);
void snt__seq_crowd_sample(struct snt__seq_crowd *crowd, int64_t sample);
void snt__seq_crowd_count(struct snt__seq_crowd *crowd, bool few, uint32_t came,
			  uint32_t lost);
/* A round has ended, with that window. */
void snt__seq_crowd_round(struct snt__seq_crowd *crowd, size_t window);
/* The window is made smaller than that because of what was told. */
void snt__seq_crowd_answered(struct snt__seq_crowd *crowd, size_t window);
/* What was told by round trips is old. */
void snt__seq_crowd_forget(struct snt__seq_crowd *crowd);

/* Whether round trips have just become longer (RFC 9406). */
bool snt__seq_crowd_rises(const struct snt__seq_crowd *crowd);
bool snt__seq_crowd_is(const struct snt__seq_crowd *crowd,
		       const struct snt__seq_rtt *rtt);

#endif
