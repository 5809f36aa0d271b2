/* SPDX-License-Identifier: MIT */
/*
 * The outbound side of a session: what waits, what is under way, what of it is
 * lost, when something goes and how much. No clock, no input or output.
 *
 * To send: room(); ACK and CREDIT first into the body; fill() with what is left;
 * when there is anything in the body, sent(), and out it goes. Again until fill
 * returns 0. A fill that returned more is followed by sent before all else.
 */
#ifndef SNT_SEQ_OUTBOUND_H
#define SNT_SEQ_OUTBOUND_H

#include "seq/congestion.h"
#include "seq/pacing.h"
#include "seq/path.h"
#include "seq/queue.h"
#include "seq/sent.h"

struct snt__seq_out_setup {
	uint32_t first_number;
	uint32_t message_max; /* the peer's */
	uint64_t credit;      /* the peer's first limit */
	size_t buffer;   /* most bytes, with 64 a message, until they arrive; a
			    quarter more for latest kinds */
	size_t body;     /* that surely passes: of a datagram of 1,200 */
	size_t body_max; /* that the interface takes */
	size_t overhead; /* bytes on the wire around a body */
};

struct snt__seq_outbound {
	struct snt__seq_queue queue;
	struct snt__seq_sent sent;
	struct snt__seq_rtt rtt;
	struct snt__seq_congestion congestion;
	struct snt__seq_pacing pacing;
	struct snt__seq_path path;
	uint64_t first, next; /* the number that is sent next */
	uint64_t highest;     /* acknowledged; next's first value: none yet */
	size_t overhead;
	size_t offered; /* a probe that room() told of, 0: none */
	uint8_t staged; /* flags of the body that fill made */
	bool something_staged;
	bool full; /* no room to note more until something is answered */
	bool credit_untracked; /* sent, but not noted */
	bool answered, ping, finish, fin_under_way, finished;
	unsigned silence; /* timeouts in a row */
	unsigned probes;  /* DATA that may go beside the window */
	uint8_t reorder;  /* so many later ones tell of a loss */
	uint8_t patience; /* or so many eighths of a round trip */
	int64_t reordered_at;
	int64_t timer_from; /* the timeout counts from it, at the earliest */
	int64_t sent_at;    /* the last that asked for an answer */
	int64_t retry_at;   /* no memory before: 0, there was */
	uint64_t count, lost, again;
};

int snt__seq_outbound_init(struct snt__seq_outbound *out,
			   const struct snt__seq_out_setup *setup, int64_t now);
/* What the handshake measured: the first loss is noticed the sooner. */
void snt__seq_outbound_round_trip(struct snt__seq_outbound *out, int64_t sample,
				  int64_t now);
/* Copies a message: 0. -EAGAIN: no room (latest kinds never wait, their oldest
 * that were not begun are dropped); -EMSGSIZE: over message_max; -EINVAL: no such
 * channel; -ENOMEM; -EPIPE after finish. */
int snt__seq_outbound_send(struct snt__seq_outbound *out, unsigned channel,
			   const void *buffer, size_t size);
/* No more messages: FIN goes when all of the reliable kinds has arrived, and is
 * finished when that has as well. */
void snt__seq_outbound_finish(struct snt__seq_outbound *out);
bool snt__seq_outbound_finished(const struct snt__seq_outbound *out);

/* The largest body that may be made now. More than snt__seq_out_info.body: a
 * probe; the fill that follows then fills all the room it is given, which must
 * be the rest of exactly that size. */
size_t snt__seq_outbound_room(struct snt__seq_outbound *out, int64_t now);
/* Frames for one body. 0: nothing may go now. */
size_t snt__seq_outbound_fill(struct snt__seq_outbound *out,
			      unsigned char *body, size_t room, int64_t now);
/* A body goes out, be it fill's or not: returns its number. elicits: as wire.h
 * says; with_credit: CREDIT is in it. */
uint64_t snt__seq_outbound_sent(struct snt__seq_outbound *out, size_t size,
				bool elicits, bool with_credit, int64_t now);
/* The system did not take it, for good. */
void snt__seq_outbound_lost_at_once(struct snt__seq_outbound *out,
				    uint64_t number, int64_t now,
				    bool *credit_lost);

/* 0, or -EBADMSG: it acknowledges what was never sent. *credit_lost: set to
 * true when a CREDIT was lost, else left alone; so in the others. */
int snt__seq_outbound_acked(struct snt__seq_outbound *out,
			    const struct snt__seq_frame *ack, int64_t now,
			    bool *credit_lost);
void snt__seq_outbound_credit(struct snt__seq_outbound *out, uint64_t limit);
/* So large a datagram does not pass: body bytes that do. */
void snt__seq_outbound_too_big(struct snt__seq_outbound *out, size_t body,
			       int64_t now);
/* When to call expire, and try to send; <= now: at once; SNT_FOREVER: never. */
int64_t snt__seq_outbound_deadline(const struct snt__seq_outbound *out,
				   int64_t now);
void snt__seq_outbound_expire(struct snt__seq_outbound *out, int64_t now,
			      bool *credit_lost);
/* Asks that a PING goes. */
void snt__seq_outbound_ping(struct snt__seq_outbound *out);
/* Whether a reliable message of that size would be taken. */
bool snt__seq_outbound_has_room(const struct snt__seq_outbound *out,
				size_t size);
/* Timeouts in a row since something last came. */
unsigned snt__seq_outbound_silence(const struct snt__seq_outbound *out);
struct snt__seq_out_info {
	int64_t rtt, rtt_least, rtt_variation;
	uint64_t sent, lost, again /* pieces that went again */, messages,
		dropped /* latest, never sent */;
	size_t window, in_flight, queued, body;
	uint64_t rate; /* bytes a second, the best of the last rounds */
};
void snt__seq_outbound_info(const struct snt__seq_outbound *out,
			    struct snt__seq_out_info *info);
void snt__seq_outbound_end(struct snt__seq_outbound *out);

#endif
