/* SPDX-License-Identifier: MIT */
/* A channel of a session's inbound side. */
#ifndef SNT_SEQ_CHANNEL_H
#define SNT_SEQ_CHANNEL_H

#include "seq/inbound.h"

/* Messages of a latest channel that are put together at a time. */
#define SNT__SEQ_MAKING 2

struct snt__seq_channel {
	union {
		/* Ordered and reliable: reliable.c. */
		struct {
			uint16_t floor; /* all before are whole */
			/* In pieces; ordered ones also whole, waiting for
			 * those before them. */
			struct snt__seq_whole *kept;
			/* Reliable: those beyond the floor that are whole, a
			 * ring of SNT__SEQ_BEGUN bits; NULL: none ever was. */
			uint64_t *done;
			/* For each quarter of the numbers, one more than the
			 * DATA that made one of them whole last. */
			uint64_t settled[4];
		} exact;
		/* latest.c */
		struct {
			struct snt__seq_whole *making[SNT__SEQ_MAKING];
			bool any;          /* one was whole */
			uint16_t number;   /* the newest that was */
			uint64_t newest;   /* the DATA that it began in */
			uint16_t expected; /* the next to be taken */
		} latest;
	};
};

/* Of a message that is kept. */
static inline struct snt__seq_channel *
snt__seq_channel_of(const struct snt__seq_inbound *inbound, unsigned channel)
{
	return &inbound->channels[channel / SNT__SEQ_CHANNEL_BLOCK]
				 [channel % SNT__SEQ_CHANNEL_BLOCK];
}

/* snt__seq_inbound_piece, of a piece that may be one. */
int snt__seq_exact_piece(struct snt__seq_inbound *inbound,
			 struct snt__seq_channel *channel, uint64_t number,
			 const struct snt__seq_frame *frame);
int snt__seq_latest_piece(struct snt__seq_inbound *inbound,
			  struct snt__seq_channel *channel, uint64_t number,
			  const struct snt__seq_frame *frame);

/* A whole message of a latest channel is lent; and is freed. */
void snt__seq_latest_lend(struct snt__seq_inbound *inbound,
			  struct snt__seq_whole *message);
void snt__seq_latest_drop(struct snt__seq_inbound *inbound,
			  struct snt__seq_whole *message);

/* Frees all that the channel keeps. */
void snt__seq_exact_end(struct snt__seq_channel *channel);
/* Frees all that latest channels keep and the program does not have. */
void snt__seq_latest_end(struct snt__seq_inbound *inbound);

#endif
