/* SPDX-License-Identifier: MIT */
/*
 * Torture: every call that can fail is made to fail, one at a time.
 *
 * A scenario is a small complete program over the library's public calls. It
 * is run once undisturbed, to count the calls that it makes on the world: the
 * functions of the io table, those of the poller, the ring's system calls, and
 * requests for memory.
 * Then it is run again for each of them, and for each error that call may
 * have, with just this call failing; at last with seeded sets of several. Each
 * run is a process of its own and must end in time, without a crash, with all
 * memory and descriptors given back, and with an error that has words, unless
 * the failure is one that the library may take care of by itself: those are
 * listed with the reason (absorbed.c).
 *
 *	./test_torture_net [direct|epoll|uring [SCENARIO [CALL ERROR]]]
 *
 * With CALL and ERROR it replays one case in this very process, for a
 * debugger. Environment: TORTURE_SAMPLE=1 tries a seeded sample only,
 * TORTURE_SEED chooses it.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include "io/io.h"

#include <stdatomic.h>
#include <stdbool.h>

/* What a scenario does that lets the library take care of a failure itself. */
#define ACCEPTS 1u         /* accept waits out shortages */
#define TWO_ADDRESSES 2u   /* the other one answers, or is listened on */
#define EXPECTS_FAILURE 4u /* and asks for no more than its code */
#define LEAVES_FILE 8u     /* a socket's file that may be left */
#define SENDS_FILE 16u     /* what cannot be sent is read */
#define SESSIONS 64u       /* over datagrams: what is lost goes again */
#define BATCHES 32u        /* what is left goes with the next call */

/* Returns 0 or the failure that a call of the library returned. */
struct scenario {
	const char *name;
	int (*run)(void);
	unsigned traits;
};

int torture_run(int argc, char **argv, const struct scenario *scenarios,
		size_t count);

/* What a run is to suffer, and what came of it. Shared with the parent. */
struct torture {
	/* In: */
	long fail_at;    /* the number of the call to fail, from 1; 0: none */
	unsigned error;  /* which of its plausible errors */
	unsigned one_in; /* not 0: each call fails once in so many times ... */
	uint64_t seed;   /* ... as this says */
	/* Out: */
	atomic_long calls;
	atomic_int failed;        /* how many calls were made to fail */
	const char *_Atomic name; /* of the last call that was */
	atomic_int code;          /* with what */
	atomic_uint errors;       /* how many errors that call may have */
	int result;               /* what the scenario returned */
	bool stuck;               /* it ended by its deadline only */
	bool finished;
	char message[512];
};

extern struct torture *torture;

/* Has every call of this thread go through us from now on. */
void torture_begin(void);

/* Counts a call; returns 0, or the negative code that it is to fail with.
 * errors ends with 0. */
int torture_call(const char *name, const int *errors);

/* Has the ring's system calls of this thread fail, too. */
void torture_ring(void);

/* The pollers that fail; as the table's entry. */
void torture_backends(const struct snt__poller_ops **begin,
		      const struct snt__poller_ops **spawn);

/* Why a failure of this call need not be seen by the caller; NULL: it must. */
const char *torture_absorbed(const char *name, int code, unsigned traits);

#endif
