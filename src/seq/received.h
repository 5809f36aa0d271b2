/* SPDX-License-Identifier: MIT */
/*
 * Which numbers of DATA came, and the ACKs that are owed for them. Embedded in a
 * session, whose thread alone calls it; takes no memory. `now` is the seam's
 * clock, in nanoseconds.
 */
#ifndef SNT_SEQ_RECEIVED_H
#define SNT_SEQ_RECEIVED_H

#include "seq/wire.h"

/* Of so many numbers up to the highest it is known whether they came. */
#define SNT__SEQ_REMEMBERED 2048
/* Bytes of bitmap in the ACKs that are sent: a few lost ACKs cost nothing. */
#define SNT__SEQ_ACK_BITMAP 16
/* The most bytes of a body that snt__seq_received_ack takes. */
#define SNT__SEQ_ACK_MAX (SNT__SEQ_ACK_HEAD + SNT__SEQ_ACK_BITMAP)
/* An ACK waits no longer for something that it can go with. */
#define SNT__SEQ_ACK_DELAY (5 * SNT_MILLISECOND)

struct snt__seq_received {
	uint64_t first;
	uint64_t next;      /* one more than the highest; first: none came */
	int64_t highest_at; /* when that came */
	int64_t ack_at;
	unsigned unanswered; /* came since the last ACK, and ask for one */
	/* A ring. Higher numbers have lower bits: an ACK's bitmap is so. */
	uint64_t seen[SNT__SEQ_REMEMBERED / 64];
};

void snt__seq_received_init(struct snt__seq_received *received,
			    uint32_t first_number);

/* The number that a DATA with these low bits has. */
uint64_t snt__seq_received_widen(const struct snt__seq_received *received,
				 uint32_t low);

/* Whether it is neither one that came nor too old to tell. To be asked after the
 * DATA was unsealed, before its body is looked at. */
bool snt__seq_received_is_new(const struct snt__seq_received *received,
			      uint64_t number);

/* A DATA of that number came; elicits: its body asks for an ACK. For those that
 * are not new as well: the ACK that told of them may be lost, so one is due at
 * once. Not for those of which a piece was not taken (-ENOMEM). */
void snt__seq_received_note(struct snt__seq_received *received, uint64_t number,
			    bool elicits, int64_t now);

/* When the ACK that is owed must go, at once if not later than now;
 * SNT_FOREVER: none is owed. */
int64_t snt__seq_received_ack_at(const struct snt__seq_received *received);

/* Writes the ACK, owed or not, and nothing is owed any more: its bytes, or 0
 * where nothing came yet or there is no room for all of it. */
size_t snt__seq_received_ack(struct snt__seq_received *received,
			     unsigned char *body, size_t room, int64_t now);

#endif
