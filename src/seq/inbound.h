/* SPDX-License-Identifier: MIT */
/*
 * The messages that come in a session: put together, in order, bounded. Embedded
 * in a session, whose thread alone calls it. No clock, no waiting; a number that
 * is not 0 comes without a sentence, for the session to word.
 */
#ifndef SNT_SEQ_INBOUND_H
#define SNT_SEQ_INBOUND_H

#include "base/list.h"
#include "seq/wire.h"

/* All in bytes, each message with SNT__SEQ_CHARGE added to its size. */
struct snt__seq_limits {
	uint32_t message_max; /* the size of one */
	/* Kept of ordered and reliable channels, in pieces, whole and lent: the
	 * first credit. At least message_max and the charge; with a third more
	 * the peer is told of new credit seldom. */
	size_t window;
	/* Kept of latest channels; the oldest make way. A message beyond it never
	 * comes. */
	size_t latest;
};

struct snt__seq_assembly;
struct snt__seq_channel;

/* A whole message. Its bytes follow it in the same block. */
struct snt__seq_whole {
	unsigned channel;
	uint16_t number; /* private */
	bool is_whole;   /* private */
	size_t size;
	const char *data;
	/* Latest channels: how many messages of that channel did not come, or
	 * were dropped here, since the one before; modulo 65,536. */
	uint64_t missed;
	/* Private: on a list once it is whole; found by its number, or on the
	 * list of latest ones by age. */
	union {
		struct snt__link link;
		struct snt__seq_assembly *assembly;
	};
	union {
		struct snt__seq_whole *child[2];
		struct snt__link age;
	};
};

#define SNT__SEQ_CHANNEL_BLOCK 8 /* channels that are made together */

/* All of it private. */
struct snt__seq_inbound {
	struct snt__seq_limits limits;
	uint64_t begun;    /* counted of messages that began; not latest ones */
	uint64_t released; /* and of those that were dropped */
	uint64_t told;     /* the limit that the peer was told last */
	bool told_lost;
	size_t latest_kept; /* counted of latest ones */
	size_t latest_lent; /* of these, those the program has */
	struct snt__link ready;
	struct snt__link lent;
	struct snt__link latest; /* by age; not those that are lent */
	struct snt__seq_channel
		*channels[SNT__SEQ_CHANNELS / SNT__SEQ_CHANNEL_BLOCK];
};

void snt__seq_inbound_init(struct snt__seq_inbound *inbound,
			   const struct snt__seq_limits *limits);

/*
 * A MESSAGE or PIECE came in the DATA of that number, which is a new one; its
 * bytes are copied. 0: it was taken, or is of no use (a duplicate, an old one of
 * a latest channel, or there is no room for it there). -EBADMSG: it makes no
 * sense. -SNT_ELIMIT: beyond message_max, the credit or SNT__SEQ_BEGUN.
 * -ENOMEM: it was not taken, for want of memory or because the message has too
 * many holes; nothing is lost if the whole DATA is treated as if it had not
 * come. So this is called before snt__seq_received_note.
 */
int snt__seq_inbound_piece(struct snt__seq_inbound *inbound, uint64_t number,
			   const struct snt__seq_frame *frame);

/* Whether a message is there to be taken. */
bool snt__seq_inbound_ready(const struct snt__seq_inbound *inbound);

/* Lends the next whole message, in the order in which they became deliverable,
 * until it is dropped or all ends; NULL: none is there. */
struct snt__seq_whole *snt__seq_inbound_take(struct snt__seq_inbound *inbound);

/* The program is done with a message that it took: frees it, and raises the
 * credit (not of latest channels). */
void snt__seq_inbound_drop(struct snt__seq_inbound *inbound,
			   struct snt__seq_whole *whole);

/* The limit to tell the peer now. */
uint64_t snt__seq_inbound_credit(const struct snt__seq_inbound *inbound);
/* Whether it is worth a CREDIT: risen by a quarter of the window since it was
 * last told, or by less where else a peer could wait for ever; or lost. */
bool snt__seq_inbound_credit_due(const struct snt__seq_inbound *inbound);
/* It was put into a body; and that was lost. */
void snt__seq_inbound_credit_told(struct snt__seq_inbound *inbound);
void snt__seq_inbound_credit_lost(struct snt__seq_inbound *inbound);

/* Frees all, what is lent as well. */
void snt__seq_inbound_end(struct snt__seq_inbound *inbound);

#endif
