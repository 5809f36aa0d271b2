/* SPDX-License-Identifier: MIT */
/*
 * A small network without sockets or clocks, for the outbound side: flows with
 * a naive receiver each, which knows docs/seq.md and nothing of the code, and
 * links with a rate, a queue, loss, copies and datagrams that overtake. All of
 * it follows from the seed.
 */
#ifndef TESTS_SEQ_NETWORK_H
#define TESTS_SEQ_NETWORK_H

#include "seq/outbound.h"

#define OVERHEAD 57 /* IPv4, UDP, DATA's header, a tag */
#define BODY (1200 - OVERHEAD)
#define MESSAGES 32768

struct link {
	uint64_t rate;   /* bytes a second; 0: without end */
	size_t queue;    /* bytes it holds; 0: without end */
	int64_t delay;   /* one way */
	int64_t jitter;  /* up to so much more, each for itself */
	unsigned loss;   /* of 1,000 */
	unsigned back;   /* of 1,000 answers lost */
	unsigned copies; /* of 1,000 that come twice */
	size_t mtu;      /* largest body; 0: any */
	int64_t free_at; /* when what stands in the queue has gone */
	uint64_t carried, dropped;
};

struct arrived { /* of one message, at the receiver */
	unsigned char *bytes;
	unsigned char *came;
	uint32_t total, left;
	bool known;
};

struct flow {
	struct snt__seq_outbound out;
	struct link *link;
	bool tcp; /* a Reno sender instead of out */
	/* The program: called before each chance to send. */
	void (*program)(struct flow *flow, int64_t now);
	void *arg;
	int64_t program_at; /* wakes it; SNT_FOREVER: only with others */
	uint64_t told;      /* messages handed to send so far */
	/* The receiver. */
	uint64_t first;
	uint64_t highest;
	bool any;
	unsigned char seen[1 << 21]; /* by number less first */
	struct arrived *messages; /* of channel 0, by their numbers; or NULL */
	uint64_t whole;           /* messages that are whole */
	uint64_t bytes;           /* of whole messages and pieces, once each */
	uint64_t fins;
	int64_t ack_at;
	unsigned owed;
	uint64_t charged, credit; /* credit 0: without end */
	void (*delivered)(struct flow *flow, unsigned channel, uint64_t number,
			  int64_t now);
	/* TCP's. */
	double window, threshold;
	uint64_t sent, acked, recovery, tcp_bytes;
	unsigned flying;
	uint64_t highest_acked;
	unsigned char *state;
	uint64_t oldest;
	int64_t tcp_heard;
	unsigned most_under_way;
};

struct network;
struct network *network_new(uint64_t seed);
void network_free(struct network *net);
uint64_t network_random(struct network *net, uint64_t below);
struct flow *network_flow(struct network *net, struct link *link,
			  const struct snt__seq_out_setup *setup);
struct flow *network_tcp(struct network *net, struct link *link);
int64_t network_now(const struct network *net);
/* Runs to that time, or until done() says so. */
void network_run(struct network *net, int64_t until,
		 bool (*done)(struct network *net));
struct flow *network_flow_at(struct network *net, unsigned index);

/* 64 KB to wait, 1 MB messages, credit without end. */
struct snt__seq_out_setup usual_setup(void);
/* Keeps the queue full with messages of *(size_t *)arg on channel 0. */
void program_of_bulk(struct flow *flow, int64_t now);

#endif
