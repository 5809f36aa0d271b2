/* SPDX-License-Identifier: MIT */
/* Round trips: how long they take, how much that varies, and after which time
 * an answer must be missed. RFC 6298, with the clock of a nanosecond. */
#ifndef SNT_SEQ_RTT_H
#define SNT_SEQ_RTT_H

#include <sennit/base.h>

/* A least round trip that nothing confirmed for so long is forgotten. */
#define SNT__SEQ_LEAST_AGE (10 * SNT_SECOND)

struct snt__seq_rtt {
	int64_t smoothed; /* 0: nothing was measured yet */
	int64_t variation;
	int64_t latest;
	int64_t least; /* 0: forgotten, the next sample is it */
	int64_t least_at;
};

/* All zeros is a valid start. delay: what the peer says it waited. */
void snt__seq_rtt_sample(struct snt__seq_rtt *rtt, int64_t sample,
			 int64_t delay, int64_t now);
/* Whether the least one has not been seen for SNT__SEQ_LEAST_AGE. */
bool snt__seq_rtt_stale(const struct snt__seq_rtt *rtt, int64_t now);
void snt__seq_rtt_forget(struct snt__seq_rtt *rtt);

/* After that long without an answer something is sent again. */
int64_t snt__seq_rtt_timeout(const struct snt__seq_rtt *rtt);
/* How much later a later one may be answered before one counts as lost:
 * eighths of a round trip, of the greater of the smoothed and the latest. */
int64_t snt__seq_rtt_patience(const struct snt__seq_rtt *rtt, unsigned eighths);

#endif
