/* SPDX-License-Identifier: MIT */
/*
 * What goes into the next body. In this order: what was lost, oldest first;
 * FIN or PING; messages that were not sent yet, those of latest channels and
 * the others first by turns. A small message goes whole or waits for the next
 * body; only what is too large for any is cut.
 *
 * Always: fill returns more than 0 only when snt__seq_outbound_wants said so,
 * so a deadline that says "now" is never one at which nothing goes.
 */
#include "seq/fill.h"

#include <string.h>

#define RETRY_AFTER (10 * SNT_MILLISECOND)
/* A cut that leaves less than that in a body is not worth its frame. */
#define CUT_LEAST 128

struct making {
	unsigned char *body;
	size_t room, used;
	bool full; /* something had to wait for the next */
};

static bool fin_is_due(const struct snt__seq_outbound *out)
{
	return out->finish && !out->finished && !out->fin_under_way &&
	       out->queue.open == 0 && snt__list_empty(&out->queue.latest);
}

bool snt__seq_outbound_wants(const struct snt__seq_outbound *out)
{
	return out->probes > 0 || out->ping || fin_is_due(out) ||
	       !snt__list_empty(&out->queue.again) ||
	       !snt__list_empty(&out->queue.latest) ||
	       snt__seq_queue_may_begin(&out->queue);
}

int64_t snt__seq_outbound_go_at(const struct snt__seq_outbound *out,
				int64_t now)
{
	const struct snt__seq_congestion *c = &out->congestion;
	int64_t at = now;

	if (out->full)
		return SNT_FOREVER;
	if (out->probes == 0) {
		if (c->in_flight >= snt__seq_congestion_window(c))
			return SNT_FOREVER;
		at = snt__seq_pacing_at(&out->pacing, now);
	}
	return at > out->retry_at ? at : out->retry_at;
}

static bool reserve(struct snt__seq_outbound *out, uint32_t pieces, int64_t now)
{
	int code = snt__seq_sent_reserve(&out->sent, pieces);

	if (code == -EAGAIN)
		out->full = true;
	else if (code < 0)
		out->retry_at = now + RETRY_AFTER;
	return code == 0;
}

size_t snt__seq_outbound_room(struct snt__seq_outbound *out, int64_t now)
{
	size_t body = snt__seq_path_careful(&out->path, out->silence);

	out->offered = 0;
	if (out->answered && out->silence == 0 && out->probes == 0 &&
	    snt__seq_outbound_go_at(out, now) <= now && reserve(out, 0, now))
		out->offered = snt__seq_path_probe(&out->path, now);
	return out->offered != 0 ? out->offered : body;
}

/* How many cells from first on go into this body; 0: none. */
static uint32_t fitting(const struct snt__seq_outbound *out,
			struct making *making, const struct snt__seq_message *m,
			uint32_t first, uint32_t cells)
{
	size_t room = making->room - making->used;
	size_t offset = (size_t)first * SNT__SEQ_CELL, most;

	if (cells == m->cells && m->size + SNT__SEQ_MESSAGE_HEAD <= room &&
	    m->size <= UINT16_MAX)
		return cells;
	most = room > SNT__SEQ_PIECE_HEAD ? room - SNT__SEQ_PIECE_HEAD : 0;
	if (most > UINT16_MAX)
		most = UINT16_MAX;
	if (first + cells == m->cells && m->size - offset <= most)
		return cells;
	making->full = true;
	if (making->used > 0 &&
	    (most < CUT_LEAST ||
	     m->size + SNT__SEQ_MESSAGE_HEAD <= out->path.body))
		return 0;
	return most / SNT__SEQ_CELL < cells ? (uint32_t)(most / SNT__SEQ_CELL)
					    : cells;
}

/* Returns how many cells were put in, 0: none. */
static uint32_t put(struct snt__seq_outbound *out, struct making *making,
		    struct snt__seq_message *m, uint32_t first, uint32_t cells)
{
	size_t offset = (size_t)first * SNT__SEQ_CELL, size;
	struct snt__seq_frame frame = { .type = SNT__SEQ_PIECE };
	size_t written;

	cells = fitting(out, making, m, first, cells);
	if (cells == 0)
		return 0;
	size = m->size - offset;
	if (size > (size_t)cells * SNT__SEQ_CELL)
		size = (size_t)cells * SNT__SEQ_CELL;
	frame.piece.channel = (uint8_t)snt__seq_queue_channel(m);
	frame.piece.number = (uint16_t)m->number;
	frame.piece.total = m->size;
	frame.piece.offset = (uint32_t)offset;
	frame.piece.size = (uint16_t)size;
	frame.piece.bytes = snt__seq_queue_bytes(m) + offset;
	written = snt__seq_frame_write(making->body + making->used,
				       making->room - making->used, &frame);
	if (written == 0)
		return 0;
	making->used += written;
	if (!m->latest) {
		m->refs++;
		snt__seq_sent_stage(&out->sent,
				    (struct snt__seq_piece){ m, first, cells });
	}
	return cells;
}

static bool may_put(struct snt__seq_outbound *out, struct making *making,
		    int64_t now)
{
	if (making->full)
		return false;
	if (out->sent.staged < SNT__SEQ_PIECES_BODY && reserve(out, 1, now))
		return true;
	making->full = true;
	return false;
}

static void put_again(struct snt__seq_outbound *out, struct making *making,
		      int64_t now)
{
	struct snt__link *link;
	struct snt__seq_message *m;
	uint32_t first, cells;

	while ((link = snt__list_first(&out->queue.again)) != NULL &&
	       may_put(out, making, now)) {
		m = SNT__CONTAINER(link, struct snt__seq_message, again);
		cells = snt__seq_queue_again(m, UINT16_MAX / SNT__SEQ_CELL,
					     &first);
		cells = put(out, making, m, first, cells);
		if (cells == 0)
			break;
		snt__seq_queue_went_again(m, first, cells);
		out->again++;
	}
}

static void put_new(struct snt__seq_outbound *out, struct making *making,
		    bool latest, int64_t now)
{
	struct snt__seq_message *m;
	uint32_t cells;

	while ((m = snt__seq_queue_first(&out->queue, latest)) != NULL &&
	       may_put(out, making, now)) {
		cells = put(out, making, m, m->next, m->cells - m->next);
		if (cells == 0)
			break;
		snt__seq_queue_began(&out->queue, m, cells);
	}
}

static void put_plain(struct snt__seq_outbound *out, struct making *making,
		      uint8_t type)
{
	const struct snt__seq_frame frame = { .type = type };
	size_t written =
		snt__seq_frame_write(making->body + making->used,
				     making->room - making->used, &frame);

	making->used += written;
	if (type == SNT__SEQ_FIN && written > 0)
		out->staged |= SNT__SEQ_HAS_FIN;
}

/* For a timeout: the oldest goes again, though it may still arrive. When it has
 * just gone, once more: two have a better chance than one. */
static void put_back_oldest(struct snt__seq_outbound *out)
{
	struct snt__seq_sent *sent = &out->sent;
	struct snt__seq_packet *p;
	struct snt__seq_piece *piece;

	for (uint32_t i = sent->open; i != sent->tail; i++) {
		p = snt__seq_sent_at(sent, i);
		if (p->state != SNT__SEQ_UNDER_WAY || p->pieces == 0 ||
		    (p->flags & SNT__SEQ_PUT_BACK) != 0)
			continue;
		p->flags |= SNT__SEQ_PUT_BACK;
		for (uint32_t k = 0; k < p->pieces; k++) {
			piece = snt__seq_sent_piece(sent, p->piece + k);
			snt__seq_queue_put_back(&out->queue, piece->message,
						piece->first, piece->cells);
		}
		if (!snt__list_empty(&out->queue.again))
			return;
	}
}

static size_t make_probe(struct snt__seq_outbound *out, unsigned char *body,
			 size_t room)
{
	memset(body, SNT__SEQ_PAD, room);
	body[0] = SNT__SEQ_PING;
	out->staged = SNT__SEQ_IS_PROBE;
	out->something_staged = true;
	return room;
}

/* There was nothing to send, though the window had room. */
static void rest(struct snt__seq_outbound *out)
{
	struct snt__seq_congestion *c = &out->congestion;

	if (c->in_flight + 3 * c->datagram < snt__seq_congestion_window(c))
		snt__seq_congestion_idle(c);
}

size_t snt__seq_outbound_fill(struct snt__seq_outbound *out,
			      unsigned char *body, size_t room, int64_t now)
{
	struct making making = { .body = body, .room = room };
	size_t most = snt__seq_path_careful(&out->path, out->silence);
	bool latest = out->queue.latest_turn;

	if (room > 0 && out->offered != 0)
		return make_probe(out, body, room);
	if (!snt__seq_outbound_wants(out)) {
		rest(out);
		return 0;
	}
	if (snt__seq_outbound_go_at(out, now) > now || !reserve(out, 0, now)) {
		snt__seq_congestion_limited(&out->congestion);
		return 0;
	}
	if (making.room > most)
		making.room = most;
	if (out->probes > 0 && snt__list_empty(&out->queue.again))
		put_back_oldest(out);
	put_again(out, &making, now);
	if (fin_is_due(out))
		put_plain(out, &making, SNT__SEQ_FIN);
	put_new(out, &making, latest, now);
	put_new(out, &making, !latest, now);
	if (making.used == 0 && (out->ping || out->probes > 0))
		put_plain(out, &making, SNT__SEQ_PING);
	if (making.full) {
		out->queue.latest_turn = !latest;
		out->path.wanted = true;
	}
	out->something_staged = making.used > 0;
	return making.used;
}
