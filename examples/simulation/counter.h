/* SPDX-License-Identifier: MIT */
/*
 * A number that many may add to: it lies in a store, and who changes it holds a
 * lock that another server lends for a while (a lease). Both speak in lines: a
 * request is "word token number", its answer a number, negative if refused.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <sennit.h>

#define LEASE (10 * SNT_SECOND)
#define LIMIT (30 * SNT_SECOND) /* of a question with its answer */
#define REFUSED (-1)

/* What a server does with a request; state is its own. */
struct service {
	long long (*answer)(void *state, const char *word, long long token,
			    long long number);
	void *state;
};

/* Answers whoever connects, until cancelled. Borrows both. Waits. */
int serve(struct snt_socket *listener, const struct service *service);
/* The answer, or a negative code; -EPERM: refused. Waits. */
long long ask(const char *where, const char *word, long long token,
	      long long number);

/* "take": a token that is larger than any before; refused while somebody holds
 * the lock. "free": it is not needed any longer. All zero at first. */
struct lock {
	long long token;
	int64_t until; /* whoever has that token holds the lock */
};

long long answer_lock(void *lock, const char *word, long long token,
		      long long number);

/* "read": the number. "write": it is another now. */
struct store {
	long long number;
	long long token; /* the largest that was shown */
	/* Which requests with an older token than that are refused. */
	enum {
		FENCE_NONE,
		FENCE_WRITES,
		FENCE_ALL
	} fence;
};

long long answer_store(void *store, const char *word, long long token,
		       long long number);

/* Adds 1 to the number so many times. */
struct client {
	const char *lock, *store; /* where they are */
	int64_t work;             /* how long it thinks about each sum */
	int wanted, added;
	long long sum; /* the last */
};

int run_client(void *client);

#endif
