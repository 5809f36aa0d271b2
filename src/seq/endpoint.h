/* SPDX-License-Identifier: MIT */
/*
 * An endpoint: a datagram handle, the sessions on it, and the two fibers that
 * belong to it. The receiver takes what comes, as long as something does, and
 * hands it out; the keeper sends what senders have left to it, once they wait,
 * and keeps the clock of all sessions.
 */
#ifndef SNT_SEQ_ENDPOINT_H
#define SNT_SEQ_ENDPOINT_H

#include "base/heap.h"
#include "base/list.h"
#include "seq/cookie.h"
#include "seq/quota.h"
#include "seq/seal.h"
#include "seq/table.h"
#include "seq/route.h"
#include "socket/socket.h"

#include <sennit/seq.h>

/* The largest datagram that is made or taken: a jumbo frame's. */
#define SNT__SEQ_DATAGRAM 9000
/* Where a session begins: passes nearly everywhere. */
#define SNT__SEQ_DATAGRAM_FIRST 1200

/* So many datagrams are received in one go; and with a single peer, so that one
 * of ten thousand such endpoints is small. */
#define SNT__SEQ_BATCH 8
#define SNT__SEQ_BATCH_OF_ONE 2

/* A made session's peer has so long to send something. */
#define SNT__SEQ_HALF_OPEN (5 * SNT_SECOND)

struct snt__seq_items {
	_Alignas(struct cmsghdr) unsigned char bytes[SNT__CONTROL_ROOM];
};

/* To what thread and process a handle belongs. */
struct snt__seq_home {
	uint64_t thread;
	unsigned forks;
	struct snt__letter closing; /* to it, from another thread */
};

struct snt_seq_endpoint {
	struct snt__seq_home home;
	struct snt_socket *socket;
	bool connected; /* the socket is: to the peer of the only session */
	bool closing;
	bool anywhere; /* bound to every address: see route.h */
	bool sealed;
	unsigned char key[SNT__SEQ_KEY];
	unsigned char secret[SNT__SEQ_SECRET]; /* its own, of cookies */
	uint64_t mix;                          /* likewise, of tables */
	struct snt_seq_opts opts;              /* all of them set */
	struct snt_fiber *receiver, *keeper;
	struct snt_fiber *acceptor;    /* who waits for a session */
	struct snt__seq_table by_id;   /* sessions by their own id */
	struct snt__seq_table by_peer; /* and by the other one's */
	struct snt__seq_quotas quotas;
	struct snt__link sessions; /* all that know of it */
	struct snt__link backlog;  /* to be accepted */
	size_t unaccepted;         /* of these, and half open */
	size_t half_open;
	struct snt__link due;   /* sessions that may have something to send */
	struct snt__heap clock; /* of sessions */
	int64_t keeper_until;   /* parked: until then at most */
	bool keeper_parked;     /* and a wake ends it */
	size_t stuck; /* bytes of out that the system has no room for */
	struct snt_seq *stuck_for;
	uint64_t refused, forged, repeated;
	struct snt__seq_route from; /* of what the receiver looks at, */
	unsigned char *in;          /* and where that is */
	unsigned char out[SNT__SEQ_DATAGRAM];
	struct snt_addr senders[SNT__SEQ_BATCH];
	struct snt__seq_items
		*items; /* with each of them; NULL: not anywhere */
	/* Of SNT__SEQ_BATCH, or less: room for so many datagrams. */
	unsigned batch_size;
	unsigned char (*batch)[SNT__SEQ_DATAGRAM + 1];
};

/* Whether the calling thread may use what has that home: 0, -SNT_ETHREAD,
 * -SNT_EFORK. */
int snt__seq_home_check(const struct snt__seq_home *home);
/* Whether a close is left to the home's own thread, which is told. */
bool snt__seq_close_elsewhere(struct snt__seq_home *home,
			      void (*open)(struct snt__letter *letter));
/* Whether the fibers and sockets of that home are this thread's to end. */
bool snt__seq_is_home(const struct snt__seq_home *home);

/* The opener's; waits for nothing. Takes the socket when it succeeds. */
int snt__seq_endpoint_make(struct snt_seq_endpoint **endpoint,
			   struct snt_socket *socket,
			   const struct snt_seq_opts *opts);
/* Whether plain datagrams may go to that address and come from it. */
bool snt__seq_may_talk(const struct snt_seq_endpoint *endpoint,
		       const struct snt_addr *addr);
/* -EINVAL in words; settled holds no pointer. */
int snt__seq_settle(struct snt_seq_opts *settled,
		    const struct snt_seq_opts *opts);

/* fibers.c: what the two fibers run; arg is the endpoint. */
int snt__seq_receive(void *arg);
int snt__seq_keep(void *arg);
/* The keeper has something to do at that time; 0: now. */
void snt__seq_poke(struct snt_seq_endpoint *endpoint, int64_t at);

/* arrival.c: a datagram is in endpoint->in, from endpoint->from. */
void snt__seq_arrived(struct snt_seq_endpoint *endpoint, size_t size,
		      int64_t now);

#endif
