/* SPDX-License-Identifier: MIT */
/*
 * How many bytes may be under way. docs/seq.md, "Loss and congestion", says
 * which design this is and why.
 */
#ifndef SNT_SEQ_CONGESTION_H
#define SNT_SEQ_CONGESTION_H

#include "seq/crowd.h"
#include "seq/rates.h"

struct snt__seq_congestion {
	size_t datagram; /* bytes on the wire of a full one */
	size_t window;
	size_t threshold; /* beginning ends there at the latest */
	size_t saved;     /* the window before timeouts, 0: none */
	size_t in_flight;
	bool starting; /* doubles with each round */
	bool idle;     /* in this round there was a time of nothing to send */
	bool limited;  /* and one of more to send than was allowed */
	bool leaner;   /* a quarter less is sent, to see whether it matters */
	uint8_t draining; /* so many rounds few are sent: the least round trip */
	uint8_t flat;     /* rounds of the beginning that brought no more */
	uint8_t calm;     /* rounds since the last leaner one */
	uint8_t still;    /* rounds since the window was last made smaller */
	uint64_t saved_before; /* an answer to an older one undoes timeouts */
	uint64_t recovery;     /* losses of older ones have been answered */
	/* The round: ends when something sent after its begin is answered. */
	uint64_t round_end;
	int64_t round_at;
	uint64_t round_delivered;
	uint64_t round_volume;
	struct snt__seq_rates rates;
	uint64_t best_before; /* in the beginning */
	struct snt__seq_crowd crowd;
	/* The circuit breaker's. */
	uint32_t heard, missed, rounds;
};

void snt__seq_congestion_init(struct snt__seq_congestion *c, size_t datagram,
			      uint64_t next, int64_t now);
/* The bytes that may be under way now. */
size_t snt__seq_congestion_window(const struct snt__seq_congestion *c);
/* Bytes a second to send at; 0: not paced. */
uint64_t snt__seq_congestion_pace(const struct snt__seq_congestion *c,
				  const struct snt__seq_rtt *rtt);
static inline void snt__seq_congestion_sent(struct snt__seq_congestion *c,
					    size_t size)
{
	c->in_flight += size;
}
/* Whether what is sent now goes while few are under way. */
static inline bool snt__seq_congestion_few(const struct snt__seq_congestion *c)
{
	return c->in_flight <= c->crowd.high - c->crowd.high / 5;
}
/* It is no longer under way, and that says nothing about the path. */
static inline void snt__seq_congestion_drop(struct snt__seq_congestion *c,
					    size_t size)
{
	c->in_flight -= size;
}
/* There was nothing to send, though more might have been. */
static inline void snt__seq_congestion_idle(struct snt__seq_congestion *c)
{
	c->idle = true;
}
/* There was more to send than the window or the pace allow. */
static inline void snt__seq_congestion_limited(struct snt__seq_congestion *c)
{
	c->limited = true;
}

/* One answer that newly acknowledges something. */
struct snt__seq_answer {
	size_t size;     /* bytes that were under way and arrived */
	size_t before;   /* bytes that were under way before it */
	unsigned count;  /* DATA that arrived */
	unsigned few;    /* of them, sent while few were under way */
	uint64_t oldest; /* the lowest number among them */
	uint64_t newest; /* the highest number among them */
	uint64_t next;   /* the number that will be sent next */
	int64_t sample;  /* the round trip measured; 0: none */
};
/* The bytes have not been dropped before. rtt has the sample already. */
void snt__seq_congestion_acked(struct snt__seq_congestion *c,
			       struct snt__seq_rtt *rtt,
			       const struct snt__seq_answer *answer,
			       int64_t now);
/* One was lost. */
struct snt__seq_loss {
	uint64_t number;
	uint64_t next; /* the number that will be sent next */
	size_t size;
	bool few;
};
void snt__seq_congestion_lost(struct snt__seq_congestion *c,
			      const struct snt__seq_rtt *rtt,
			      const struct snt__seq_loss *loss);
/* The n-th time in a row that nothing came. */
void snt__seq_congestion_timeout(struct snt__seq_congestion *c, unsigned n,
				 uint64_t next);
/* Nothing was under way for so long. */
void snt__seq_congestion_rested(struct snt__seq_congestion *c, int64_t time,
				uint64_t next, int64_t now);

#endif
