/* SPDX-License-Identifier: MIT */
/*
 * A loss alone says nothing of who else is on the path. Two things do:
 *
 *  - a queue: the least of many round trips is well over the least there ever
 *    was, and by more than they vary (single ones may be late for reasons of
 *    their own, as on radio);
 *  - losses of our own making: of what is sent while fewer are under way less
 *    than half as much is lost. Random loss does not care how many there are; a
 *    queue too shallow to be seen does.
 */
#include "seq/crowd.h"

/* RFC 9406: a round trip so much longer than the least one is a queue. */
#define ETA_MIN (4 * SNT_MILLISECOND)
#define ETA_MAX (16 * SNT_MILLISECOND)
#define SAMPLES 16
#define RISE_SAMPLES 8
/* DATA before shares are compared, losses among them, and how many are
 * remembered: more, and a path that begins to lose is misjudged the longer;
 * fewer, and others have to bear the more losses. */
#define COUNT 32
#define LOST 3
#define MEMORY 2048

static int64_t eta(int64_t trip)
{
	int64_t time = trip / 8;

	return time < ETA_MIN ? ETA_MIN : time > ETA_MAX ? ETA_MAX : time;
}

void snt__seq_crowd_init(struct snt__seq_crowd *crowd, size_t window)
{
	*crowd = (struct snt__seq_crowd){ .high = window };
	snt__seq_crowd_forget(crowd);
}

void snt__seq_crowd_sample(struct snt__seq_crowd *crowd, int64_t sample)
{
	crowd->samples++;
	if (sample < crowd->some_least)
		crowd->some_least = sample;
}

void snt__seq_crowd_count(struct snt__seq_crowd *crowd, bool few, uint32_t came,
			  uint32_t lost)
{
	struct snt__seq_share *share = few ? &crowd->few : &crowd->many;

	share->came += came;
	share->lost += lost;
	if (share->came + share->lost > MEMORY) {
		share->came /= 2;
		share->lost /= 2;
	}
}

void snt__seq_crowd_round(struct snt__seq_crowd *crowd, size_t window)
{
	crowd->high -= crowd->high / 64;
	if (crowd->high < window)
		crowd->high = window;
	if (crowd->samples < SAMPLES)
		return;
	crowd->last_least = crowd->some_least;
	crowd->some_least = SNT_FOREVER;
	crowd->samples = 0;
}

void snt__seq_crowd_answered(struct snt__seq_crowd *crowd, size_t window)
{
	/* What told it is used up: the next time needs new losses. And what
	 * fewer lost once counts for less, each time: it may be long ago. */
	crowd->many = (struct snt__seq_share){ 0 };
	crowd->few.came /= 2;
	crowd->few.lost /= 2;
	crowd->high = window;
}

void snt__seq_crowd_forget(struct snt__seq_crowd *crowd)
{
	crowd->some_least = crowd->last_least = SNT_FOREVER;
	crowd->samples = 0;
}

bool snt__seq_crowd_rises(const struct snt__seq_crowd *crowd)
{
	return crowd->samples >= RISE_SAMPLES &&
	       crowd->last_least != SNT_FOREVER &&
	       crowd->some_least >= crowd->last_least + eta(crowd->last_least);
}

static bool queued(const struct snt__seq_crowd *crowd,
		   const struct snt__seq_rtt *rtt)
{
	int64_t trip = crowd->last_least, more = eta(rtt->least);

	if (crowd->samples >= SAMPLES || trip == SNT_FOREVER)
		trip = crowd->some_least;
	if (more < 2 * rtt->variation)
		more = 2 * rtt->variation;
	return trip != SNT_FOREVER && rtt->least != 0 &&
	       trip > rtt->least + more;
}

static bool self_made(const struct snt__seq_crowd *crowd)
{
	uint64_t few = (uint64_t)crowd->few.came + crowd->few.lost;
	uint64_t many = (uint64_t)crowd->many.came + crowd->many.lost;

	return few >= COUNT && crowd->many.lost >= LOST &&
	       crowd->many.lost * few >
		       2 * (crowd->few.lost + UINT64_C(1)) * many;
}

bool snt__seq_crowd_is(const struct snt__seq_crowd *crowd,
		       const struct snt__seq_rtt *rtt)
{
	return queued(crowd, rtt) || self_made(crowd);
}
