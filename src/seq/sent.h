/* SPDX-License-Identifier: MIT */
/*
 * What is under way: DATA in the order of their numbers, and the pieces of
 * messages that each carried. Two rings that grow as needed, to a limit. Only
 * what asks for an answer is kept, so numbers here have gaps.
 */
#ifndef SNT_SEQ_SENT_H
#define SNT_SEQ_SENT_H

#include <sennit/base.h>

#define SNT__SEQ_SENT_MAX 1024
#define SNT__SEQ_PIECES_MAX 16384
#define SNT__SEQ_PIECES_BODY 192 /* most pieces in one body */

enum snt__seq_state {
	SNT__SEQ_UNDER_WAY,
	SNT__SEQ_CAME,
	SNT__SEQ_LOST, /* kept for a while: it may only have been late */
};

enum {
	SNT__SEQ_HAS_CREDIT = 1,
	SNT__SEQ_HAS_FIN = 2,
	SNT__SEQ_IS_PROBE = 4,       /* of the path's size */
	SNT__SEQ_PUT_BACK = 8,       /* its pieces go again already */
	SNT__SEQ_IS_ONE_OF_FEW = 16, /* see congestion.h */
};

struct snt__seq_message;

struct snt__seq_piece {
	struct snt__seq_message *message;
	uint32_t first, cells;
};

struct snt__seq_packet {
	uint64_t number;
	int64_t at;
	uint32_t size; /* bytes on the wire */
	uint32_t body;
	uint32_t piece; /* the first of its pieces; counts without end */
	uint16_t pieces;
	uint8_t state;
	uint8_t flags;
};

struct snt__seq_sent {
	struct snt__seq_packet *packets;
	struct snt__seq_piece *pool;
	uint32_t room, pool_room; /* powers of two */
	/* Places count without end; masked they are in the ring. */
	uint32_t head, open, tail; /* open: the first that is under way */
	uint32_t pool_head, pool_tail;
	uint32_t staged; /* pieces at the tail that no packet has yet */
};

int snt__seq_sent_init(struct snt__seq_sent *s);
/* Room for one more and for so many pieces: 0, -ENOMEM, or -EAGAIN when a limit
 * is reached. */
int snt__seq_sent_reserve(struct snt__seq_sent *s, uint32_t pieces);
/* Needs room. A piece belongs to the next packet that is added. */
void snt__seq_sent_stage(struct snt__seq_sent *s, struct snt__seq_piece piece);
void snt__seq_sent_add(struct snt__seq_sent *s, struct snt__seq_packet packet);

static inline struct snt__seq_packet *
snt__seq_sent_at(const struct snt__seq_sent *s, uint32_t place)
{
	return &s->packets[place & (s->room - 1)];
}
static inline struct snt__seq_piece *
snt__seq_sent_piece(const struct snt__seq_sent *s, uint32_t place)
{
	return &s->pool[place & (s->pool_room - 1)];
}
/* The place behind the last whose number is at most that. */
uint32_t snt__seq_sent_behind(const struct snt__seq_sent *s, uint64_t number);
/* Moves open and head on; lost ones below number are no longer kept. */
void snt__seq_sent_settle(struct snt__seq_sent *s, uint64_t number);
void snt__seq_sent_end(struct snt__seq_sent *s);

#endif
