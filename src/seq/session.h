/* SPDX-License-Identifier: MIT */
/*
 * A session: what both sides have agreed on, what is under way in each
 * direction, and who waits for it. It is its endpoint's until the program gets
 * it (handed), and its memory is the program's from then on.
 */
#ifndef SNT_SEQ_SESSION_H
#define SNT_SEQ_SESSION_H

#include "seq/endpoint.h"
#include "seq/inbound.h"
#include "seq/outbound.h"
#include "seq/received.h"

enum snt__seq_stage {
	SNT__SEQ_ASKING,  /* client: HELLO goes */
	SNT__SEQ_OPENING, /* client: OPEN goes */
	SNT__SEQ_HALF,    /* server: WELCOME went, nothing came yet */
	SNT__SEQ_UP,
	SNT__SEQ_OVER, /* code and why say how */
};

struct snt_seq {
	struct snt__seq_home home;
	struct snt_seq_endpoint *endpoint; /* NULL: it was closed */
	struct snt__seq_route route;
	uint64_t id, peer_id;
	struct snt__seq_node by_id, by_peer;
	struct snt__seq_quota *quota;
	uint8_t state;
	bool is_client;
	bool handed;       /* the program has it */
	bool has_endpoint; /* which ends with it */
	bool in_tables;    /* by_id, and quota */
	bool knows_peer;   /* by_peer */
	bool running;      /* received, inbound, outbound, seal have begun */
	bool fin;          /* nothing comes any more */
	bool finishing;    /* nothing goes any more */
	int code;          /* OVER: of all calls from then on */
	const char *why;   /* its words */
	struct snt__link in_endpoint, in_backlog, in_due;
	struct snt__heap_node timer;
	bool timed;
	/* The handshake. */
	unsigned char client_random[SNT__SEQ_RANDOM];
	unsigned char server_random[SNT__SEQ_RANDOM];
	unsigned char cookie[SNT__SEQ_COOKIE];
	uint32_t first_number;   /* of what it sends */
	uint32_t peer_first;     /* of what comes */
	int64_t pause, again_at; /* client: when it asks again */
	int64_t asked_at;        /* of the last HELLO or OPEN */
	int64_t until;           /* server: half open no longer than that */
	/* While it is up. */
	struct snt__seq_seal seal;
	struct snt__seq_received received;
	struct snt__seq_inbound inbound;
	struct snt__seq_outbound outbound;
	struct snt__seq_whole *lent;
	int64_t heard_at, probed_at;
	int64_t silence;         /* that ended it */
	uint64_t came, repeated; /* datagrams */
	/* The program's. */
	struct snt_fiber *reader, *writer;
	size_t wanted; /* room that the writer waits for; 0: for the end */
	int64_t timeout;
};

/* A session of that endpoint and route, in its tables; ids and randoms are
 * drawn. -SNT_ELIMIT: too many from that address, -ENOSPC: in all. -ENOMEM. */
int snt__seq_session_make(struct snt_seq **seq,
			  struct snt_seq_endpoint *endpoint,
			  const struct snt__seq_route *route);
/* The peer's part is known: both directions begin. -ENOMEM. */
int snt__seq_session_run(struct snt_seq *seq,
			 const struct snt__seq_datagram *peer, int64_t now);
/* It is over, by that code and for that reason; whoever waits is told. */
void snt__seq_session_over(struct snt_seq *seq, int code, const char *why);
/* The peer has left: all is well if nothing was missing. */
void snt__seq_session_left(struct snt_seq *seq, int code, const char *why);
/* Its endpoint knows it no more; and the rest of it, with its memory. */
void snt__seq_session_detach(struct snt_seq *seq);
void snt__seq_session_free(struct snt_seq *seq);
/* What the session says of its end. */
int snt__seq_session_fail(const struct snt_seq *seq);
/* "seq 127.0.0.1:7000: ..." and what the code means. */
int snt__seq_fail_at(const struct snt_addr *addr, int code, const char *why);

/* flush.c: sends all that may go now, and sets the clock. */
void snt__seq_flush(struct snt_seq *seq, int64_t now);
/* The keeper shall, once the senders wait. */
void snt__seq_mark_due(struct snt_seq *seq);
/* One CLOSE, if there is a peer to be told. */
void snt__seq_say_goodbye(struct snt_seq *seq, uint8_t reason);
/* What did not fit the socket has gone, or never will. */
void snt__seq_unstick(struct snt_seq_endpoint *endpoint, int64_t now);

/* clock.c: what it has to do at that time; and when it has next. */
void snt__seq_tick(struct snt_seq *seq, int64_t now);
void snt__seq_set_clock(struct snt_seq *seq, int64_t now);

/* body.c: an unsealed body that came as DATA of that number. */
void snt__seq_body_came(struct snt_seq *seq, uint64_t number,
			const unsigned char *body, size_t size, int64_t now);

/* Wakes who waits: he looks again. */
static inline void snt__seq_wake(struct snt_fiber *fiber)
{
	if (fiber != NULL)
		snt__wake(fiber, 0);
}

#endif
