/* SPDX-License-Identifier: MIT */
/*
 * RFC 6298's estimate, fed by answers that are never ambiguous, since nothing
 * is sent twice under one number.
 *
 * The floor is not that RFC's second. A second protects from sending again what
 * is only late; here a timeout costs two datagrams, takes nothing from the
 * window unless a second one follows, and is undone when the answer to what was
 * sent before comes after all. So it need only be longer than what varies when
 * nothing is wrong: the peer's wait before it answers, a timer's and a
 * scheduler's millisecond, and an eighth of the round trip, since the variation
 * of a steady path goes to nothing and the first small queue would exceed it.
 */
#include "seq/rtt.h"

#define FIRST_TIMEOUT SNT_SECOND /* RFC 6298, 2.1; RFC 8085, 3.1.1 */
#define GRAIN SNT_MILLISECOND
#define ACK_DELAY (5 * SNT_MILLISECOND)
/* More than a loaded machine waits; who tells more would hide a queue. */
#define DELAY_MAX (25 * SNT_MILLISECOND)

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void snt__seq_rtt_sample(struct snt__seq_rtt *rtt, int64_t sample,
			 int64_t delay, int64_t now)
{
	int64_t off;

	sample = greater(sample, 1);
	delay = delay < DELAY_MAX ? delay : DELAY_MAX;
	if (rtt->least == 0 || sample < rtt->least) {
		rtt->least = sample;
		rtt->least_at = now;
	} else if (sample - delay <= rtt->least + rtt->least / 16) {
		rtt->least_at = now;
	}
	rtt->latest = greater(sample - delay, rtt->least);
	if (rtt->smoothed == 0) {
		rtt->smoothed = rtt->latest;
		rtt->variation = rtt->latest / 2;
		return;
	}
	off = rtt->smoothed - rtt->latest;
	rtt->variation += ((off < 0 ? -off : off) - rtt->variation) / 4;
	rtt->smoothed = greater(1, rtt->smoothed - off / 8);
}

bool snt__seq_rtt_stale(const struct snt__seq_rtt *rtt, int64_t now)
{
	return rtt->least != 0 && now - rtt->least_at > SNT__SEQ_LEAST_AGE;
}

void snt__seq_rtt_forget(struct snt__seq_rtt *rtt)
{
	rtt->least = 0;
}

int64_t snt__seq_rtt_timeout(const struct snt__seq_rtt *rtt)
{
	int64_t beyond = greater(4 * rtt->variation, rtt->smoothed / 8);

	if (rtt->smoothed == 0)
		return FIRST_TIMEOUT;
	return rtt->smoothed + greater(beyond, GRAIN) + ACK_DELAY;
}

int64_t snt__seq_rtt_patience(const struct snt__seq_rtt *rtt, unsigned eighths)
{
	int64_t trip = greater(rtt->smoothed, rtt->latest);

	return trip == 0 ? FIRST_TIMEOUT : greater(trip / 8 * eighths, GRAIN);
}
