/* SPDX-License-Identifier: MIT */
/*
 * The window. Built for paths that lose at random (radio, a policer's odd
 * drop) and that are shared with TCP. Loss alone does not shrink it; loss
 * together with a queue does, and three things keep it from growing beyond use:
 *
 *  - twice what the path delivers in its least round trip, and a few more;
 *  - a quarter more than what was under way when the path last delivered
 *    nearly its best: growth has to pay. Each eighth round goes with a
 *    quarter less, to see whether that does as well;
 *  - more than half lost, or two timeouts in a row, end it (RFC 8084).
 *
 * Always: at least two datagrams. What was not used does not grow.
 */
#include "seq/congestion.h"

#include "seq/sent.h"

#include <string.h>

#define FIRST 10 /* datagrams, RFC 6928 */
#define LEAST 2
#define FEW 6      /* beside twice the path's content */
#define FEW_MORE 2 /* beside what paid */
#define SLOT_TIME (20 * SNT_MILLISECOND)
#define LEAN_EACH 8
#define FLAT_ROUNDS 3
/* RFC 9406: a round trip so much longer than the least one is a queue. */
#define ETA_MIN (4 * SNT_MILLISECOND)
#define ETA_MAX (16 * SNT_MILLISECOND)
#define SAMPLES 16
#define ROUND_SAMPLES 8
#define PATIENT_ROUNDS 24
#define SHARE_COUNT 32
#define SHARE_LOST 3
#define SHARE_MEMORY 2048
#define BREAKER_ROUNDS 3
#define BREAKER_COUNT 16
#define BREAKER_MEMORY 1024

static size_t at_least(size_t size, size_t least)
{
	return size > least ? size : least;
}

static int64_t eta(int64_t trip)
{
	int64_t time = trip / 8;

	return time < ETA_MIN ? ETA_MIN : time > ETA_MAX ? ETA_MAX : time;
}

static void begin_round(struct snt__seq_congestion *c, uint64_t next,
			int64_t now)
{
	c->round_end = next;
	c->round_at = now;
	c->round_delivered = 0;
	c->round_volume = 0;
	c->idle = false;
	c->limited = false;
}

/* Whether the round tells of the path, and not of what the program sends. */
static bool tells(const struct snt__seq_congestion *c)
{
	return c->limited && !c->idle;
}

void snt__seq_congestion_init(struct snt__seq_congestion *c, size_t datagram,
			      uint64_t next, int64_t now)
{
	*c = (struct snt__seq_congestion){
		.datagram = datagram,
		.window = FIRST * datagram,
		.high = FIRST * datagram,
		.threshold = SIZE_MAX,
		.starting = true,
		.last_least = SNT_FOREVER,
		.some_least = SNT_FOREVER,
		.slot_at = now,
	};
	begin_round(c, next, now);
}

size_t snt__seq_congestion_window(const struct snt__seq_congestion *c)
{
	size_t window = c->window;

	if (c->draining > 0)
		window /= 3;
	else if (c->leaner)
		window -= window / 4;
	return at_least(window, LEAST * c->datagram);
}

uint64_t snt__seq_congestion_pace(const struct snt__seq_congestion *c,
				  const struct snt__seq_rtt *rtt)
{
	uint64_t a_trip = snt__seq_congestion_window(c);

	if (rtt->smoothed == 0)
		return 0;
	a_trip = c->starting ? 2 * a_trip : a_trip + a_trip / 4;
	return a_trip * (uint64_t)SNT_SECOND / (uint64_t)rtt->smoothed + 1;
}

/* The least that was sent in a round in which the path delivered nearly its
 * best. */
static uint64_t paid(const struct snt__seq_congestion *c)
{
	uint64_t volume = UINT64_MAX;

	for (unsigned i = 0; i < SNT__SEQ_SLOTS; i++)
		if (c->slots[i].rate / 9 >= c->best / 10 &&
		    c->slots[i].rate > 0 && c->slots[i].volume < volume)
			volume = c->slots[i].volume;
	return volume;
}

static size_t ceiling(const struct snt__seq_congestion *c,
		      const struct snt__seq_rtt *rtt)
{
	uint64_t most = (uint64_t)c->datagram * SNT__SEQ_SENT_MAX, use;

	if (c->best == 0 || rtt->least == 0)
		return (size_t)most;
	use = c->best / 1000 * (uint64_t)rtt->least / 500000;
	use += FEW * c->datagram;
	if (use < most)
		most = use;
	if (!c->starting) {
		use = paid(c);
		use += use / 4 + FEW_MORE * c->datagram;
		if (use < most)
			most = use;
	}
	return at_least((size_t)most, LEAST * c->datagram);
}

/* Whether round trips are well over the least one, each of some: single ones
 * may be late for other reasons, which make them vary. */
static bool queued(const struct snt__seq_congestion *c,
		   const struct snt__seq_rtt *rtt)
{
	int64_t trip = c->last_least, more = eta(rtt->least);

	if (c->samples >= SAMPLES || trip == SNT_FOREVER)
		trip = c->some_least;
	if (more < 2 * rtt->variation)
		more = 2 * rtt->variation;
	return trip != SNT_FOREVER && rtt->least != 0 &&
	       trip > rtt->least + more;
}

static void count_share(struct snt__seq_share *share, uint32_t came,
			uint32_t lost)
{
	share->came += came;
	share->lost += lost;
	if (share->came + share->lost > SHARE_MEMORY) {
		share->came /= 2;
		share->lost /= 2;
	}
}

/* Whether it is ourselves who make losses: less than half as many when fewer
 * are under way. A queue too shallow to be seen is told by that. */
static bool self_made(const struct snt__seq_congestion *c)
{
	uint64_t few = c->few.came + c->few.lost;
	uint64_t many = c->many.came + c->many.lost;

	return few >= SHARE_COUNT && c->many.lost >= SHARE_LOST &&
	       c->many.lost * few > 2 * (c->few.lost + UINT64_C(1)) * many;
}

static bool crowded(const struct snt__seq_congestion *c,
		    const struct snt__seq_rtt *rtt)
{
	return queued(c, rtt) || self_made(c);
}

/* How much to grow in a round while nothing is crowded: fast, but slowly where
 * it was too much not long ago. */
static size_t stride(const struct snt__seq_congestion *c)
{
	size_t fast = at_least(c->window / 8, c->datagram), slow;

	if (c->window < c->threshold)
		return fast;
	slow = (size_t)c->still * c->still;
	slow = c->datagram * (1 + slow / (PATIENT_ROUNDS * PATIENT_ROUNDS));
	return slow < fast ? slow : fast;
}

static void grow(struct snt__seq_congestion *c, const struct snt__seq_rtt *rtt,
		 const struct snt__seq_answer *answer)
{
	size_t most = ceiling(c, rtt), step = c->datagram;
	/* RFC 9002, 7.8: what was not used says nothing. */
	size_t used = c->starting ? 2 * answer->before
				  : answer->before + 3 * c->datagram;

	if (used < c->window || c->draining > 0 || c->window >= most)
		return;
	if (!c->starting && !crowded(c, rtt))
		step = stride(c);
	if (c->starting)
		c->window += answer->size;
	else
		c->window +=
			(size_t)((uint64_t)step * answer->size / c->window + 1);
	if (c->starting && c->window >= c->threshold)
		c->starting = false;
	if (c->window > most)
		c->window = most;
	if (c->window > c->high)
		c->high = c->window;
}

static void note_rate(struct snt__seq_congestion *c,
		      const struct snt__seq_rtt *rtt, int64_t now)
{
	int64_t time = now - c->round_at;
	struct snt__seq_slot *slot;
	uint64_t rate;

	if (time < rtt->least)
		time = rtt->least;
	if (time <= 0)
		return;
	rate = c->round_delivered * 1000000 / ((uint64_t)time / 1000 + 1);
	/* What a program had to send is no measure of the path. */
	if (!tells(c) && rate <= c->best)
		return;
	if (now - c->slot_at >= SLOT_TIME) {
		c->slot = (c->slot + 1) % SNT__SEQ_SLOTS;
		c->slots[c->slot] = (struct snt__seq_slot){ 0 };
		c->slot_at = now;
	}
	slot = &c->slots[c->slot];
	if (rate > slot->rate)
		*slot = (struct snt__seq_slot){ rate, c->round_volume };
	c->best = 0;
	for (unsigned i = 0; i < SNT__SEQ_SLOTS; i++)
		if (c->slots[i].rate > c->best)
			c->best = c->slots[i].rate;
}

static void forget_rates(struct snt__seq_congestion *c)
{
	memset(c->slots, 0, sizeof c->slots);
	c->best = 0;
	c->best_before = 0;
	c->flat = 0;
}

/* More than half lost for some round trips, by more than chance makes of a path
 * that loses two in five. */
static void break_circuit(struct snt__seq_congestion *c)
{
	uint64_t count = (uint64_t)c->heard + c->missed, beyond;

	c->rounds++;
	if (c->rounds < BREAKER_ROUNDS || count < BREAKER_COUNT)
		return;
	beyond = c->missed > count / 2 ? c->missed - count / 2 : 0;
	if (beyond * beyond > count) {
		c->window = LEAST * c->datagram;
		c->starting = false;
		forget_rates(c);
		c->heard = c->missed = c->rounds = 0;
	} else if (count > BREAKER_MEMORY) {
		c->heard /= 2;
		c->missed /= 2;
	}
}

/* The beginning ends when round trips rise (RFC 9406), or when what is
 * delivered no longer does, as a shallow queue makes it. */
static void look_at_start(struct snt__seq_congestion *c)
{
	if (!c->starting || !tells(c))
		return;
	if (c->best >= c->best_before + c->best_before / 4) {
		c->best_before = c->best;
		c->flat = 0;
	} else if (++c->flat >= FLAT_ROUNDS) {
		c->starting = false;
	}
}

static void end_round(struct snt__seq_congestion *c, struct snt__seq_rtt *rtt,
		      const struct snt__seq_answer *answer, int64_t now)
{
	size_t most;

	note_rate(c, rtt, now);
	break_circuit(c);
	look_at_start(c);
	c->leaner = false;
	if (c->still < UINT8_MAX)
		c->still++;
	c->high = at_least(c->high - c->high / 64, c->window);
	if (c->draining > 0) {
		c->draining--;
	} else if (snt__seq_rtt_stale(rtt, now)) {
		/* Unless little was sent anyway, it takes two rounds of few
		 * to empty the queue and see past it. */
		snt__seq_rtt_forget(rtt);
		c->draining = tells(c) ? 2 : 0;
	} else if (!c->starting && tells(c)) {
		most = ceiling(c, rtt);
		if (c->window > most)
			c->window = most;
		if (++c->calm >= LEAN_EACH) {
			c->calm = 0;
			c->leaner = true;
		}
	}
	if (c->samples >= SAMPLES) {
		c->last_least = c->some_least;
		c->some_least = SNT_FOREVER;
		c->samples = 0;
	}
	begin_round(c, answer->next, now);
}

void snt__seq_congestion_acked(struct snt__seq_congestion *c,
			       struct snt__seq_rtt *rtt,
			       const struct snt__seq_answer *answer,
			       int64_t now)
{
	c->in_flight -= answer->size;
	c->round_delivered += answer->size;
	c->round_volume += answer->size;
	c->heard += answer->count;
	count_share(&c->few, answer->few, 0);
	count_share(&c->many, answer->count - answer->few, 0);
	if (answer->sample > 0) {
		c->samples++;
		if (answer->sample < c->some_least)
			c->some_least = answer->sample;
	}
	if (c->saved != 0 && answer->oldest < c->saved_before &&
	    c->saved > c->window) {
		c->window = c->saved;
		c->starting = false;
	}
	c->saved = 0;
	grow(c, rtt, answer);
	if (c->starting && c->samples >= ROUND_SAMPLES &&
	    c->last_least != SNT_FOREVER &&
	    c->some_least >= c->last_least + eta(c->last_least))
		c->starting = false;
	if (answer->newest >= c->round_end)
		end_round(c, rtt, answer, now);
}

void snt__seq_congestion_lost(struct snt__seq_congestion *c,
			      const struct snt__seq_rtt *rtt,
			      const struct snt__seq_loss *loss)
{
	c->in_flight -= loss->size;
	c->round_volume += loss->size;
	c->missed++;
	count_share(loss->few ? &c->few : &c->many, 0, 1);
	if (loss->number < c->recovery || !crowded(c, rtt))
		return;
	/* What told it is used up: the next time needs new losses. And what
	 * fewer lost once counts for less, each time: it may be long ago. */
	c->many = (struct snt__seq_share){ 0 };
	c->few.came /= 2;
	c->few.lost /= 2;
	c->high = c->window;
	c->threshold = c->window - c->window / 4;
	c->still = 0;
	c->window = at_least(c->window / 10 * 7, LEAST * c->datagram);
	c->starting = false;
	c->recovery = loss->next;
}

void snt__seq_congestion_timeout(struct snt__seq_congestion *c, unsigned n,
				 uint64_t next)
{
	c->draining = 0;
	c->leaner = false;
	if (n == 1) {
		c->saved = c->window;
		c->saved_before = next;
	} else if (n == 2) {
		c->threshold = c->window / 2;
		c->window = LEAST * c->datagram;
		c->starting = c->window < c->threshold;
		c->recovery = next;
	}
}

void snt__seq_congestion_rested(struct snt__seq_congestion *c, int64_t time,
				uint64_t next, int64_t now)
{
	begin_round(c, next, now);
	c->draining = 0;
	c->leaner = false;
	c->last_least = c->some_least = SNT_FOREVER;
	c->samples = 0;
	if (time < SNT__SEQ_LEAST_AGE)
		return;
	/* What was known of the path is old. */
	forget_rates(c);
	if (c->window > FIRST * c->datagram)
		c->window = FIRST * c->datagram;
	c->starting = true;
	c->threshold = SIZE_MAX;
}
