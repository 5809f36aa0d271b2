/* SPDX-License-Identifier: MIT */
/* What every waiting call begins with, and what it ends with when it did not
 * have to wait. */
#ifndef SNT_FIBER_CALL_H
#define SNT_FIBER_CALL_H

#include "fiber/thread.h"

/* The slow half of snt__enter. */
int snt__enter_alert(struct snt_fiber *fiber);

/*
 * Every waiting call begins with this: -ECANCELED or -ETIMEDOUT when the fiber
 * has been told to stop, even if the call would not have to wait; -SNT_EFORK
 * where there is no loop.
 */
static inline int snt__enter(struct snt_fiber *fiber)
{
	return __builtin_expect(fiber->alert, 0) ? snt__enter_alert(fiber) : 0;
}

/* Calls in a row that did not have to wait, before others get a turn. */
#define SNT__BUDGET 128

/* Fibers to run, while any is ready, before the poller is asked again. */
#define SNT__TURN 32

void snt__yield_now(struct snt__thread *thread);

/* A call succeeded without waiting: now and then, lets others run. */
static inline void snt__spend(struct snt__thread *thread)
{
	if (__builtin_expect(--thread->budget == 0, 0))
		snt__yield_now(thread);
}

#endif
