/* SPDX-License-Identifier: MIT */
/* Spreads what the window allows over the round trip: a bucket that fills at a
 * rate and may be emptied at once (RFC 8085, 3.1.1; RFC 9002, 7.7). */
#ifndef SNT_SEQ_PACING_H
#define SNT_SEQ_PACING_H

#include <sennit/base.h>

struct snt__seq_pacing {
	uint64_t rate;  /* bytes a second; 0: not paced */
	uint64_t burst; /* most bytes that may go at once */
	uint64_t step;  /* bytes that are worth waking for */
	int64_t filled; /* bytes in the bucket; below 0: overdrawn by the last */
	int64_t at;     /* when that was */
};

void snt__seq_pacing_init(struct snt__seq_pacing *pacing, size_t datagram,
			  int64_t now);
/* rate in bytes a second, 0: unpaced; datagram: wire bytes of a full one. */
void snt__seq_pacing_rate(struct snt__seq_pacing *pacing, uint64_t rate,
			  size_t datagram, int64_t now);
/* So many bytes went out. */
void snt__seq_pacing_spend(struct snt__seq_pacing *pacing, size_t size,
			   int64_t now);
/* When the next may go; <= now: at once. */
int64_t snt__seq_pacing_at(const struct snt__seq_pacing *pacing, int64_t now);

#endif
