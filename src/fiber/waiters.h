/* SPDX-License-Identifier: MIT */
/*
 * A queue of parked fibers, first come first served. A fiber that was woken
 * for another reason (cancel, deadline) but has not run yet still stands in
 * the queue, and is passed over: nothing handed out is lost to it.
 */
#ifndef SNT_FIBER_WAITERS_H
#define SNT_FIBER_WAITERS_H

#include "fiber/thread.h"

/* On the waiting fiber's stack. */
struct snt__waiter {
	struct snt__link link;
	struct snt_fiber *fiber;
	void *item; /* what is handed over, if anything */
};

/* Parks the running fiber at the queue's end until it is woken. */
int snt__waiters_park(struct snt__link *queue, struct snt__waiter *waiter);
/* The same until a deadline of the call's own. */
int snt__waiters_park_until(struct snt__link *queue, struct snt__waiter *waiter,
			    int64_t deadline);
/* The longest waiter, taken off the queue and made ready; NULL: none. */
struct snt__waiter *snt__waiters_wake(struct snt__link *queue, int code);
/* Those woken already, but not run yet: theirs is -EBADF after all. */
void snt__waiters_turn_away(struct snt__link *woken);
void snt__waiters_wake_all(struct snt__link *queue, int code);

#endif
