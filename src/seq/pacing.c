/* SPDX-License-Identifier: MIT */
/*
 * A bucket of bytes. It may be overdrawn by one datagram, so that what goes
 * need not be known before; and it asks to be woken for a millisecond's worth,
 * not for each datagram of a fast path.
 */
#include "seq/pacing.h"

#define BURST 10 /* datagrams, as the first window */
#define BURST_TIME (2 * SNT_MILLISECOND)
/* Keeps a second's bytes times a second within 64 bits. */
#define RATE_MAX UINT64_C(9000000000)

static int64_t filled(const struct snt__seq_pacing *p, int64_t now)
{
	uint64_t time = now > p->at ? (uint64_t)(now - p->at) : 0;
	int64_t more;

	if (time > (uint64_t)SNT_SECOND)
		time = (uint64_t)SNT_SECOND;
	more = p->filled + (int64_t)(p->rate * time / (uint64_t)SNT_SECOND);
	return more < (int64_t)p->burst ? more : (int64_t)p->burst;
}

/* What does not make a byte yet is not lost: the time stays. */
static void fill(struct snt__seq_pacing *p, int64_t now)
{
	int64_t full = filled(p, now);
	int64_t more = full - p->filled;

	if (p->rate == 0 || now - p->at >= SNT_SECOND ||
	    full >= (int64_t)p->burst)
		p->at = now;
	else
		p->at += (int64_t)((uint64_t)more * (uint64_t)SNT_SECOND /
				   p->rate);
	p->filled = full;
}

void snt__seq_pacing_init(struct snt__seq_pacing *p, size_t datagram,
			  int64_t now)
{
	*p = (struct snt__seq_pacing){ .burst = BURST * datagram, .at = now };
	p->filled = (int64_t)p->burst;
	p->step = datagram;
}

void snt__seq_pacing_rate(struct snt__seq_pacing *p, uint64_t rate,
			  size_t datagram, int64_t now)
{
	uint64_t worth;

	fill(p, now);
	p->rate = rate < RATE_MAX ? rate : RATE_MAX;
	worth = p->rate * BURST_TIME / (uint64_t)SNT_SECOND;
	p->burst = worth > BURST * datagram ? worth : BURST * datagram;
	p->step = worth / 2 > datagram ? worth / 2 : datagram;
}

void snt__seq_pacing_spend(struct snt__seq_pacing *p, size_t size, int64_t now)
{
	fill(p, now);
	if (p->rate != 0)
		p->filled -= (int64_t)size;
}

int64_t snt__seq_pacing_at(const struct snt__seq_pacing *p, int64_t now)
{
	int64_t full = filled(p, now);
	uint64_t missing;

	if (p->rate == 0 || full > 0)
		return now;
	missing = (uint64_t)((int64_t)p->step - full);
	return now + 1 + (int64_t)(missing * (uint64_t)SNT_SECOND / p->rate);
}
