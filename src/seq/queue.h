/* SPDX-License-Identifier: MIT */
/*
 * Messages on their way out: which bytes of them were never sent, which were
 * lost and go again, which have arrived.
 *
 * A message is one block of memory. It is looked at in cells of 32 bytes, and
 * two bits for each, in the same block, say what became of it: so nothing that
 * an answer or a loss brings needs memory, and what is lost may be cut
 * differently when it goes again.
 */
#ifndef SNT_SEQ_QUEUE_H
#define SNT_SEQ_QUEUE_H

#include "base/list.h"
#include "seq/wire.h"

#include <sennit/base.h>

#define SNT__SEQ_CELL 32
#define SNT__SEQ_LANE_BLOCK 16

struct snt__seq_lane; /* what is kept of a channel */

struct snt__seq_message {
	struct snt__link queue; /* of its kind, while bytes were never sent */
	struct snt__link again; /* while bytes are to go again */
	struct snt__link open;  /* of its channel, until all has arrived */
	struct snt__seq_lane *lane;
	uint64_t serial; /* in which order they came, all channels */
	uint64_t number; /* in its channel */
	uint32_t size;
	uint32_t cells;
	uint32_t next; /* the first cell that was never sent */
	uint32_t left; /* cells that have not arrived */
	uint32_t refs; /* pieces of it under way */
	uint32_t words;
	uint32_t from;    /* no word before it has a cell to go again */
	uint32_t waiting; /* cells to go again */
	bool latest;
	bool begun;
	uint64_t bits[]; /* words: arrived; words: go again; then the bytes */
};

struct snt__seq_queue {
	struct snt__link reliable; /* never or partly sent, both kinds */
	struct snt__link latest;
	struct snt__link again; /* the oldest first */
	struct snt__seq_lane *lanes[SNT__SEQ_CHANNELS / SNT__SEQ_LANE_BLOCK];
	size_t buffer;
	size_t held;        /* of it, by reliable kinds */
	size_t held_latest; /* queued on latest channels */
	uint32_t message_max;
	uint64_t serial;
	uint64_t open; /* reliable messages that have not arrived whole */
	uint64_t credit, charged;
	uint64_t messages, dropped;
	bool latest_turn; /* its queue is looked at first in the next body */
};

void snt__seq_queue_init(struct snt__seq_queue *q, size_t buffer,
			 uint32_t message_max, uint64_t credit);
/* As snt__seq_outbound_send. */
int snt__seq_queue_send(struct snt__seq_queue *q, unsigned channel,
			const void *buffer, size_t size);
bool snt__seq_queue_has_room(const struct snt__seq_queue *q, size_t size);
/* Whether the first reliable message that was never wholly sent may go: the
 * peer's credit, and its channel's numbers. */
bool snt__seq_queue_may_begin(const struct snt__seq_queue *q);
/* The message that begins or goes on, NULL: none. */
struct snt__seq_message *snt__seq_queue_first(struct snt__seq_queue *q,
					      bool latest);
/* So many cells of it have been sent for the first time. */
void snt__seq_queue_began(struct snt__seq_queue *q, struct snt__seq_message *m,
			  uint32_t cells);
/* The first cells that go again, at most so many; returns how many, 0: none. */
uint32_t snt__seq_queue_again(struct snt__seq_message *m, uint32_t most,
			      uint32_t *first);
void snt__seq_queue_went_again(struct snt__seq_message *m, uint32_t first,
			       uint32_t cells);
/* A piece that was under way, which m->refs counts, no longer is. */
void snt__seq_queue_came(struct snt__seq_queue *q, struct snt__seq_message *m,
			 uint32_t first, uint32_t cells);
void snt__seq_queue_lost(struct snt__seq_queue *q, struct snt__seq_message *m,
			 uint32_t first, uint32_t cells, bool put_back);
/* They go again though they are still under way. */
void snt__seq_queue_put_back(struct snt__seq_queue *q,
			     struct snt__seq_message *m, uint32_t first,
			     uint32_t cells);
unsigned snt__seq_queue_channel(const struct snt__seq_message *m);
const unsigned char *snt__seq_queue_bytes(const struct snt__seq_message *m);
void snt__seq_queue_end(struct snt__seq_queue *q);

#endif
