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

#define FIRST 10 /* datagrams, RFC 6928 */
#define LEAST 2
#define FEW 6      /* beside twice the path's content */
#define FEW_MORE 2 /* beside what paid */
#define LEAN_EACH 8
#define FLAT_ROUNDS 3
#define PATIENT_ROUNDS 24
#define BREAKER_ROUNDS 3
#define BREAKER_COUNT 16
#define BREAKER_MEMORY 1024

static size_t at_least(size_t size, size_t least)
{
	return size > least ? size : least;
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
		.threshold = SIZE_MAX,
		.starting = true,
	};
	c->rates.slot_at = now;
	snt__seq_crowd_init(&c->crowd, c->window);
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

static size_t ceiling(const struct snt__seq_congestion *c,
		      const struct snt__seq_rtt *rtt)
{
	uint64_t most = (uint64_t)c->datagram * SNT__SEQ_SENT_MAX, use;

	if (c->rates.best == 0 || rtt->least == 0)
		return (size_t)most;
	use = 2 * snt__seq_rates_content(&c->rates, rtt->least);
	use += FEW * c->datagram;
	if (use < most)
		most = use;
	if (!c->starting) {
		use = snt__seq_rates_paid(&c->rates);
		use += use / 4 + FEW_MORE * c->datagram;
		if (use < most)
			most = use;
	}
	return at_least((size_t)most, LEAST * c->datagram);
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
	if (!c->starting && !snt__seq_crowd_is(&c->crowd, rtt))
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
	if (c->window > c->crowd.high)
		c->crowd.high = c->window;
}

static void forget_rates(struct snt__seq_congestion *c)
{
	c->rates = (struct snt__seq_rates){ 0 };
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
	if (c->rates.best >= c->best_before + c->best_before / 4) {
		c->best_before = c->rates.best;
		c->flat = 0;
	} else if (++c->flat >= FLAT_ROUNDS) {
		c->starting = false;
	}
}

static void end_round(struct snt__seq_congestion *c, struct snt__seq_rtt *rtt,
		      const struct snt__seq_answer *answer, int64_t now)
{
	struct snt__seq_round round = {
		.delivered = c->round_delivered,
		.volume = c->round_volume,
		.tells = tells(c),
	};
	size_t most;

	round.time = now - c->round_at;
	if (round.time < rtt->least)
		round.time = rtt->least;
	snt__seq_rates_note(&c->rates, &round, now);
	break_circuit(c);
	look_at_start(c);
	c->leaner = false;
	if (c->still < UINT8_MAX)
		c->still++;
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
	snt__seq_crowd_round(&c->crowd, c->window);
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
	snt__seq_crowd_count(&c->crowd, true, answer->few, 0);
	snt__seq_crowd_count(&c->crowd, false, answer->count - answer->few, 0);
	if (answer->sample > 0)
		snt__seq_crowd_sample(&c->crowd, answer->sample);
	if (c->saved != 0 && answer->oldest < c->saved_before &&
	    c->saved > c->window) {
		c->window = c->saved;
		c->starting = false;
	}
	c->saved = 0;
	grow(c, rtt, answer);
	if (c->starting && snt__seq_crowd_rises(&c->crowd))
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
	snt__seq_crowd_count(&c->crowd, loss->few, 0, 1);
	if (loss->number < c->recovery || !snt__seq_crowd_is(&c->crowd, rtt))
		return;
	snt__seq_crowd_answered(&c->crowd, c->window);
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
	snt__seq_crowd_forget(&c->crowd);
	if (time < SNT__SEQ_LEAST_AGE)
		return;
	/* What was known of the path is old. */
	forget_rates(c);
	if (c->window > FIRST * c->datagram)
		c->window = FIRST * c->datagram;
	c->starting = true;
	c->threshold = SIZE_MAX;
}
