/* SPDX-License-Identifier: MIT */
/*
 * When a session has something to do though nothing comes. Its place in the
 * endpoint's heap is moved forward only: one that turns out to be early costs a
 * look, less than moving it with each datagram.
 *
 * A peer counts as dead after a silence in which it also left probes
 * unanswered, so that a clock that jumps, or a thread that stood still, ends
 * nothing by itself.
 */
#include "base/deadline.h"
#include "seq/handshake.h"

#define PROBES 3

/* What was hindered is tried again after so long, not at once and for ever. */
#define AGAIN SNT_MILLISECOND

static int64_t quiet_until(const struct snt_seq *seq)
{
	int64_t since =
		seq->heard_at > seq->probed_at ? seq->heard_at : seq->probed_at;

	return snt__deadline(since, seq->endpoint->opts.keep_alive);
}

static int64_t dead_at(const struct snt_seq *seq)
{
	return snt__deadline(seq->heard_at, seq->endpoint->opts.dead_after);
}

/* When the next of it comes. */
static int64_t next_of(const struct snt_seq *seq, int64_t now)
{
	int64_t at;

	switch (seq->state) {
	case SNT__SEQ_ASKING:
	case SNT__SEQ_OPENING:
		return seq->again_at;
	case SNT__SEQ_HALF:
		return seq->until;
	default:
		break;
	}
	at = snt__earlier(snt__seq_received_ack_at(&seq->received),
			  snt__seq_outbound_deadline(&seq->outbound, now));
	at = snt__earlier(at, quiet_until(seq));
	/* Past it, what is unanswered decides, and that has times of its own. */
	return dead_at(seq) > now ? snt__earlier(at, dead_at(seq)) : at;
}

void snt__seq_set_clock(struct snt_seq *seq, int64_t now)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;
	int64_t at;

	if (seq->state == SNT__SEQ_OVER)
		return;
	at = next_of(seq, now);
	/* What should have gone could not: the socket is full, the system would
	 * not take it, there is no memory. */
	if (at <= now)
		at = now + AGAIN;
	if (at == SNT_FOREVER || (seq->timed && seq->timer.key <= at))
		return;
	if (seq->timed)
		snt__heap_remove(&endpoint->clock, &seq->timer);
	snt__heap_insert(&endpoint->clock, &seq->timer, at);
	seq->timed = true;
	snt__seq_poke(endpoint, at);
}

static void tick_up(struct snt_seq *seq, int64_t now)
{
	bool credit_lost = false;

	if (snt__seq_outbound_deadline(&seq->outbound, now) <= now)
		snt__seq_outbound_expire(&seq->outbound, now, &credit_lost);
	if (credit_lost)
		snt__seq_inbound_credit_lost(&seq->inbound);
	if (dead_at(seq) <= now &&
	    snt__seq_outbound_silence(&seq->outbound) >= PROBES) {
		seq->silence = now - seq->heard_at;
		snt__seq_session_left(seq, -ETIMEDOUT, NULL);
		return;
	}
	if (quiet_until(seq) <= now) {
		snt__seq_outbound_ping(&seq->outbound);
		seq->probed_at = now;
	}
	snt__seq_flush(seq, now);
}

void snt__seq_tick(struct snt_seq *seq, int64_t now)
{
	if (next_of(seq, now) > now) {
		snt__seq_set_clock(seq, now);
		return;
	}
	switch (seq->state) {
	case SNT__SEQ_ASKING:
	case SNT__SEQ_OPENING:
		snt__seq_client_ask(seq, now);
		break;
	case SNT__SEQ_HALF:
		snt__seq_session_free(seq);
		break;
	case SNT__SEQ_UP:
		tick_up(seq, now);
		break;
	default:
		break;
	}
}
