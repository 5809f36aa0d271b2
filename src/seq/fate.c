/* SPDX-License-Identifier: MIT */
/*
 * What became of what was sent: answers, losses, and the times at which to
 * stop waiting for them. RFC 9002, section 6, with three differences: what tells
 * of a loss is stretched where datagrams overtake each other; the timeout counts
 * from the oldest and not from the last that was sent, so that a steady stream
 * does not put it off; and what a timeout sends is cut small, in case the path
 * has shrunk.
 */
#include "seq/fill.h"

#define REORDER 3
#define REORDER_MAX 64 /* well within an ACK's bitmap */
#define PATIENCE 9
#define PATIENCE_MAX 12
#define REORDER_AGE (10 * SNT_SECOND)
#define KEEP_LOST 130 /* numbers: what our own ACKs' bitmaps reach */
#define PROBES 2
#define BACKOFF_MAX 8
#define TIMEOUT_MAX (10 * SNT_SECOND)

static void repace(struct snt__seq_outbound *out, int64_t now)
{
	struct snt__seq_congestion *c = &out->congestion;

	c->datagram = out->path.body + out->overhead;
	snt__seq_pacing_rate(&out->pacing,
			     snt__seq_congestion_pace(c, &out->rtt),
			     c->datagram, now);
	out->full = false;
}

uint64_t snt__seq_outbound_sent(struct snt__seq_outbound *out, size_t size,
				bool elicits, bool with_credit, int64_t now)
{
	struct snt__seq_congestion *c = &out->congestion;
	struct snt__seq_packet packet = {
		.number = out->next++,
		.at = now,
		.size = (uint32_t)(size + out->overhead),
		.body = (uint32_t)size,
		.flags = out->staged,
	};
	bool noted = out->something_staged;

	out->count++;
	out->staged = 0;
	out->something_staged = false;
	out->offered = 0;
	if (!elicits)
		return packet.number;
	if (!noted && snt__seq_sent_reserve(&out->sent, 0) < 0) {
		out->credit_untracked |= with_credit;
		return packet.number;
	}
	if (c->in_flight == 0) {
		out->timer_from = now;
		if (now - out->sent_at > snt__seq_rtt_timeout(&out->rtt))
			snt__seq_congestion_rested(c, now - out->sent_at,
						   packet.number, now);
	}
	if (snt__seq_congestion_few(c))
		packet.flags |= SNT__SEQ_IS_ONE_OF_FEW;
	snt__seq_congestion_sent(c, packet.size);
	snt__seq_pacing_spend(&out->pacing, packet.size, now);
	if (with_credit)
		packet.flags |= SNT__SEQ_HAS_CREDIT;
	if ((packet.flags & SNT__SEQ_HAS_FIN) != 0)
		out->fin_under_way = true;
	if ((packet.flags & SNT__SEQ_IS_PROBE) != 0)
		snt__seq_path_probe_sent(&out->path);
	snt__seq_sent_add(&out->sent, packet);
	out->sent_at = now;
	out->ping = false;
	if (out->probes > 0)
		out->probes--;
	return packet.number;
}

/* Whose pieces no longer are its own. */
static void release(struct snt__seq_outbound *out, struct snt__seq_packet *p,
		    bool came)
{
	bool put_back = (p->flags & SNT__SEQ_PUT_BACK) == 0;
	struct snt__seq_piece *piece;

	for (uint32_t i = 0; i < p->pieces; i++) {
		piece = snt__seq_sent_piece(&out->sent, p->piece + i);
		if (came)
			snt__seq_queue_came(&out->queue, piece->message,
					    piece->first, piece->cells);
		else
			snt__seq_queue_lost(&out->queue, piece->message,
					    piece->first, piece->cells,
					    put_back);
		piece->message = NULL;
	}
}

static void lose(struct snt__seq_outbound *out, struct snt__seq_packet *p,
		 bool *credit_lost)
{
	release(out, p, false);
	p->state = SNT__SEQ_LOST;
	if ((p->flags & SNT__SEQ_HAS_CREDIT) != 0)
		*credit_lost = true;
	if ((p->flags & SNT__SEQ_HAS_FIN) != 0)
		out->fin_under_way = false;
}

static void lose_on_the_way(struct snt__seq_outbound *out,
			    struct snt__seq_packet *p, int64_t now,
			    bool *credit_lost)
{
	struct snt__seq_congestion *c = &out->congestion;
	struct snt__seq_loss loss;

	lose(out, p, credit_lost);
	if ((p->flags & SNT__SEQ_IS_PROBE) != 0) {
		/* Its size is the likely reason (RFC 8899, 3). */
		snt__seq_congestion_drop(c, p->size);
		snt__seq_path_probe_lost(&out->path, now);
		return;
	}
	out->lost++;
	snt__seq_path_lost(&out->path, p->body, now);
	loss.number = p->number;
	loss.next = out->next;
	loss.size = p->size;
	loss.few = (p->flags & SNT__SEQ_IS_ONE_OF_FEW) != 0;
	snt__seq_congestion_lost(c, &out->rtt, &loss);
}

/* Older ones than what came are lost after some later ones, or some time. */
static void find_losses(struct snt__seq_outbound *out, int64_t now,
			bool *credit_lost)
{
	int64_t patience = snt__seq_rtt_patience(&out->rtt, out->patience);
	struct snt__seq_packet *p;

	for (uint32_t i = out->sent.open; i != out->sent.tail; i++) {
		p = snt__seq_sent_at(&out->sent, i);
		if (!out->answered || p->number >= out->highest)
			break;
		if (p->state != SNT__SEQ_UNDER_WAY)
			continue;
		if (out->highest - p->number < out->reorder &&
		    p->at + patience > now)
			break;
		lose_on_the_way(out, p, now, credit_lost);
	}
	snt__seq_sent_settle(&out->sent, out->highest > KEEP_LOST
						 ? out->highest - KEEP_LOST
						 : 0);
}

/* It was only late: such are waited for longer from now on. */
static void be_patient(struct snt__seq_outbound *out,
		       const struct snt__seq_packet *p, int64_t now)
{
	uint64_t behind = out->highest - p->number + 1;

	out->lost--;
	out->reordered_at = now;
	if (behind > REORDER_MAX)
		behind = REORDER_MAX;
	if (behind > out->reorder)
		out->reorder = (uint8_t)behind;
	else if (out->patience < PATIENCE_MAX)
		out->patience++;
}

static void be_less_patient(struct snt__seq_outbound *out, int64_t now)
{
	if (now - out->reordered_at < REORDER_AGE)
		return;
	out->reordered_at = now;
	out->reorder = out->reorder / 2 > REORDER ? out->reorder / 2 : REORDER;
	if (out->patience > PATIENCE)
		out->patience--;
}

static void came(struct snt__seq_outbound *out, struct snt__seq_packet *p,
		 struct snt__seq_answer *answer, int64_t now)
{
	bool under_way = p->state == SNT__SEQ_UNDER_WAY;

	p->state = SNT__SEQ_CAME;
	if ((p->flags & SNT__SEQ_HAS_FIN) != 0)
		out->finished = true;
	if ((p->flags & SNT__SEQ_IS_PROBE) != 0)
		snt__seq_path_probe_came(&out->path, p->body, now);
	else if (under_way)
		snt__seq_path_came(&out->path, p->body, now);
	if (!under_way) {
		if ((p->flags & SNT__SEQ_IS_PROBE) == 0)
			be_patient(out, p, now);
		return;
	}
	release(out, p, true);
	answer->size += p->size;
	answer->count++;
	answer->few += (p->flags & SNT__SEQ_IS_ONE_OF_FEW) != 0;
	if (answer->count == 1)
		answer->newest = p->number;
	answer->oldest = p->number;
}

/* From the highest down, what the bitmap names. Returns when the highest was
 * sent, if it came only now; -1: else. */
static int64_t take_bitmap(struct snt__seq_outbound *out,
			   const struct snt__seq_frame *ack, uint64_t highest,
			   struct snt__seq_answer *answer, int64_t now)
{
	uint32_t i = snt__seq_sent_behind(&out->sent, highest);
	struct snt__seq_packet *p;
	int64_t at = -1;
	uint64_t bit;

	while (i != out->sent.head) {
		p = snt__seq_sent_at(&out->sent, --i);
		bit = highest - p->number;
		if (bit > (uint64_t)ack->ack.count * 8)
			break;
		if (bit > 0 &&
		    (ack->ack.bitmap[(bit - 1) / 8] >> ((bit - 1) % 8) & 1) ==
			    0)
			continue;
		if (p->state == SNT__SEQ_CAME)
			continue;
		if (bit == 0 && p->state == SNT__SEQ_UNDER_WAY)
			at = p->at;
		came(out, p, answer, now);
	}
	return at;
}

int snt__seq_outbound_acked(struct snt__seq_outbound *out,
			    const struct snt__seq_frame *ack, int64_t now,
			    bool *credit_lost)
{
	uint64_t highest = snt__seq_widen(out->next, ack->ack.highest);
	struct snt__seq_answer answer = {
		.before = out->congestion.in_flight,
		.next = out->next,
	};
	int64_t at;

	if (highest >= out->next || highest < out->first)
		return -EBADMSG;
	if (!out->answered || highest > out->highest)
		out->highest = highest;
	out->answered = true;
	at = take_bitmap(out, ack, highest, &answer, now);
	if (at >= 0) {
		snt__seq_rtt_sample(&out->rtt, now - at,
				    ack->ack.delay * 16 * SNT_MICROSECOND, now);
		answer.sample = out->rtt.latest;
	}
	if (answer.count > 0) {
		snt__seq_congestion_acked(&out->congestion, &out->rtt, &answer,
					  now);
		out->silence = 0;
		out->probes = 0;
		out->timer_from = now;
		be_less_patient(out, now);
	}
	find_losses(out, now, credit_lost);
	*credit_lost |= out->credit_untracked;
	out->credit_untracked = false;
	repace(out, now);
	return 0;
}

void snt__seq_outbound_lost_at_once(struct snt__seq_outbound *out,
				    uint64_t number, int64_t now,
				    bool *credit_lost)
{
	uint32_t behind = snt__seq_sent_behind(&out->sent, number);
	struct snt__seq_packet *p;

	if (behind == out->sent.head)
		return;
	p = snt__seq_sent_at(&out->sent, behind - 1);
	if (p->number != number || p->state != SNT__SEQ_UNDER_WAY)
		return;
	lose(out, p, credit_lost);
	snt__seq_congestion_drop(&out->congestion, p->size);
	if ((p->flags & SNT__SEQ_IS_PROBE) != 0)
		snt__seq_path_probe_lost(&out->path, now);
	snt__seq_sent_settle(&out->sent, 0);
	repace(out, now);
}

/* When the oldest under way is given up, or asked about. */
static int64_t answer_due(const struct snt__seq_outbound *out, bool *is_loss)
{
	const struct snt__seq_sent *sent = &out->sent;
	const struct snt__seq_packet *p = snt__seq_sent_at(sent, sent->open);
	unsigned times = out->silence;
	int64_t time;

	*is_loss = false;
	if (sent->open == sent->tail)
		return SNT_FOREVER;
	if (out->answered && p->number < out->highest) {
		*is_loss = true;
		return p->at + snt__seq_rtt_patience(&out->rtt, out->patience);
	}
	time = snt__seq_rtt_timeout(&out->rtt)
	       << (times < BACKOFF_MAX ? times : BACKOFF_MAX);
	if (time > TIMEOUT_MAX)
		time = TIMEOUT_MAX;
	return (p->at > out->timer_from ? p->at : out->timer_from) + time;
}

int64_t snt__seq_outbound_deadline(const struct snt__seq_outbound *out,
				   int64_t now)
{
	bool is_loss;
	int64_t due = answer_due(out, &is_loss), go;

	if (!snt__seq_outbound_wants(out))
		return due;
	go = snt__seq_outbound_go_at(out, now);
	return go < due ? go : due;
}

static void time_out(struct snt__seq_outbound *out, int64_t now,
		     bool *credit_lost)
{
	struct snt__seq_sent *sent = &out->sent;
	const struct snt__seq_packet *p;
	bool pieces = false;

	for (uint32_t i = sent->open; i != sent->tail; i++) {
		p = snt__seq_sent_at(sent, i);
		if (p->state != SNT__SEQ_UNDER_WAY)
			continue;
		pieces |= p->pieces > 0;
		*credit_lost |= (p->flags & SNT__SEQ_HAS_CREDIT) != 0;
	}
	out->silence++;
	out->probes = pieces ? PROBES : 1;
	out->timer_from = now;
	/* FIN goes again as a message does; that it goes twice is no harm. */
	out->fin_under_way = false;
	snt__seq_congestion_timeout(&out->congestion, out->silence, out->next);
}

void snt__seq_outbound_expire(struct snt__seq_outbound *out, int64_t now,
			      bool *credit_lost)
{
	bool is_loss;
	int64_t due = answer_due(out, &is_loss);

	*credit_lost |= out->credit_untracked;
	out->credit_untracked = false;
	if (due > now)
		return;
	if (is_loss)
		find_losses(out, now, credit_lost);
	else
		time_out(out, now, credit_lost);
	repace(out, now);
}
