/* SPDX-License-Identifier: MIT */
/*
 * Two rings of places that count without end: packets, and beside them their
 * pieces in the same order. A ring that is full is copied into one twice as
 * large; both end with the session.
 */
#include "seq/sent.h"

#include "base/alloc.h"

#define FIRST_PACKETS 16
#define FIRST_PIECES 32

int snt__seq_sent_init(struct snt__seq_sent *s)
{
	*s = (struct snt__seq_sent){ 0 };
	s->packets = snt__alloc_array(FIRST_PACKETS, sizeof *s->packets);
	s->pool = snt__alloc_array(FIRST_PIECES, sizeof *s->pool);
	s->room = FIRST_PACKETS;
	s->pool_room = FIRST_PIECES;
	if (s->packets != NULL && s->pool != NULL)
		return 0;
	snt__seq_sent_end(s);
	return -ENOMEM;
}

static int grow_packets(struct snt__seq_sent *s)
{
	uint32_t room = 2 * s->room;
	struct snt__seq_packet *packets =
		snt__alloc_array(room, sizeof *packets);

	if (packets == NULL)
		return -ENOMEM;
	for (uint32_t i = s->head; i != s->tail; i++)
		packets[i & (room - 1)] = *snt__seq_sent_at(s, i);
	snt__free(s->packets);
	s->packets = packets;
	s->room = room;
	return 0;
}

static int grow_pieces(struct snt__seq_sent *s)
{
	uint32_t room = 2 * s->pool_room;
	struct snt__seq_piece *pool = snt__alloc_array(room, sizeof *pool);

	if (pool == NULL)
		return -ENOMEM;
	for (uint32_t i = s->pool_head; i != s->pool_tail; i++)
		pool[i & (room - 1)] = *snt__seq_sent_piece(s, i);
	snt__free(s->pool);
	s->pool = pool;
	s->pool_room = room;
	return 0;
}

int snt__seq_sent_reserve(struct snt__seq_sent *s, uint32_t pieces)
{
	if (s->tail - s->head >= SNT__SEQ_SENT_MAX ||
	    s->pool_tail - s->pool_head + pieces > SNT__SEQ_PIECES_MAX)
		snt__seq_sent_settle(s, UINT64_MAX);
	if (s->tail - s->head >= SNT__SEQ_SENT_MAX ||
	    s->pool_tail - s->pool_head + pieces > SNT__SEQ_PIECES_MAX)
		return -EAGAIN;
	if (s->tail - s->head == s->room)
		SNT_TRY(grow_packets(s));
	while (s->pool_tail - s->pool_head + pieces > s->pool_room)
		SNT_TRY(grow_pieces(s));
	return 0;
}

void snt__seq_sent_stage(struct snt__seq_sent *s, struct snt__seq_piece piece)
{
	*snt__seq_sent_piece(s, s->pool_tail++) = piece;
	s->staged++;
}

void snt__seq_sent_add(struct snt__seq_sent *s, struct snt__seq_packet packet)
{
	packet.piece = s->pool_tail - s->staged;
	packet.pieces = (uint16_t)s->staged;
	s->staged = 0;
	*snt__seq_sent_at(s, s->tail++) = packet;
}

uint32_t snt__seq_sent_behind(const struct snt__seq_sent *s, uint64_t number)
{
	uint32_t low = 0, high = s->tail - s->head, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (snt__seq_sent_at(s, s->head + middle)->number <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return s->head + low;
}

void snt__seq_sent_settle(struct snt__seq_sent *s, uint64_t number)
{
	const struct snt__seq_packet *p;

	while (s->open != s->tail &&
	       snt__seq_sent_at(s, s->open)->state != SNT__SEQ_UNDER_WAY)
		s->open++;
	while (s->head != s->open) {
		p = snt__seq_sent_at(s, s->head);
		if (p->state == SNT__SEQ_LOST && p->number >= number)
			break;
		s->pool_head = p->piece + p->pieces;
		s->head++;
	}
}

void snt__seq_sent_end(struct snt__seq_sent *s)
{
	snt__free(s->packets);
	snt__free(s->pool);
	*s = (struct snt__seq_sent){ 0 };
}
