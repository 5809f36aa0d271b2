/* SPDX-License-Identifier: MIT */
/*
 * The outbound side of a session, from its beginning to its end, and what may
 * be asked of it. What goes is decided in fill.c, what became of it in fate.c.
 */
#include "seq/outbound.h"

#define REORDER 3  /* later ones that came: RFC 9002, 6.1.1 */
#define PATIENCE 9 /* eighths of a round trip: 6.1.2 */

int snt__seq_outbound_init(struct snt__seq_outbound *out,
			   const struct snt__seq_out_setup *setup, int64_t now)
{
	size_t datagram = setup->body + setup->overhead;
	uint64_t first = setup->first_number;

	*out = (struct snt__seq_outbound){
		.first = first,
		.next = first,
		.highest = first,
		.overhead = setup->overhead,
		.reorder = REORDER,
		.patience = PATIENCE,
		.reordered_at = now,
		.timer_from = now,
		.sent_at = now,
	};
	SNT_TRY(snt__seq_sent_init(&out->sent));
	snt__seq_queue_init(&out->queue, setup->buffer, setup->message_max,
			    setup->credit);
	snt__seq_congestion_init(&out->congestion, datagram, first, now);
	snt__seq_pacing_init(&out->pacing, datagram, now);
	snt__seq_path_init(&out->path, setup->body, setup->body_max);
	return 0;
}

void snt__seq_outbound_round_trip(struct snt__seq_outbound *out, int64_t sample,
				  int64_t now)
{
	snt__seq_rtt_sample(&out->rtt, sample, 0, now);
}

int snt__seq_outbound_send(struct snt__seq_outbound *out, unsigned channel,
			   const void *buffer, size_t size)
{
	if (out->finish)
		return -EPIPE;
	return snt__seq_queue_send(&out->queue, channel, buffer, size);
}

void snt__seq_outbound_finish(struct snt__seq_outbound *out)
{
	out->finish = true;
}

bool snt__seq_outbound_finished(const struct snt__seq_outbound *out)
{
	return out->finished;
}

void snt__seq_outbound_credit(struct snt__seq_outbound *out, uint64_t limit)
{
	if (limit > out->queue.credit)
		out->queue.credit = limit;
}

void snt__seq_outbound_too_big(struct snt__seq_outbound *out, size_t body,
			       int64_t now)
{
	snt__seq_path_too_big(&out->path, body, now);
	out->offered = 0;
}

void snt__seq_outbound_ping(struct snt__seq_outbound *out)
{
	out->ping = true;
}

bool snt__seq_outbound_has_room(const struct snt__seq_outbound *out,
				size_t size)
{
	return snt__seq_queue_has_room(&out->queue, size);
}

unsigned snt__seq_outbound_silence(const struct snt__seq_outbound *out)
{
	return out->silence;
}

void snt__seq_outbound_info(const struct snt__seq_outbound *out,
			    struct snt__seq_out_info *info)
{
	*info = (struct snt__seq_out_info){
		.rtt = out->rtt.smoothed,
		.rtt_least = out->rtt.least,
		.rtt_variation = out->rtt.variation,
		.sent = out->count,
		.lost = out->lost,
		.again = out->again,
		.messages = out->queue.messages,
		.dropped = out->queue.dropped,
		.window = out->congestion.window,
		.in_flight = out->congestion.in_flight,
		.queued = out->queue.held + out->queue.held_latest,
		.body = out->path.body,
		.rate = out->congestion.rates.best,
	};
}

void snt__seq_outbound_end(struct snt__seq_outbound *out)
{
	struct snt__seq_sent *sent = &out->sent;

	/* Whole ones that other copies of are under way are only held by
	 * these. */
	for (uint32_t i = sent->pool_head; i != sent->pool_tail; i++) {
		struct snt__seq_piece *piece = snt__seq_sent_piece(sent, i);

		if (piece->message != NULL)
			snt__seq_queue_lost(&out->queue, piece->message,
					    piece->first, piece->cells, false);
	}
	snt__seq_queue_end(&out->queue);
	snt__seq_sent_end(sent);
}
