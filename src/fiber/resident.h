/* SPDX-License-Identifier: MIT */
/*
 * A resident: a fiber that belongs to a handle and to no group. Nobody waits for
 * it, cancels it or gives it a limit; whoever opened the handle may do all of
 * that to itself meanwhile. It ends with the handle, at once and without
 * running again: so what it does between two waits must leave nothing on its
 * stack that somebody would have to give back.
 */
#ifndef SNT_FIBER_RESIDENT_H
#define SNT_FIBER_RESIDENT_H

#include "fiber/thread.h"

/*
 * fn(arg) is to run on the calling thread, and never returns. -ENOMEM, -EMFILE,
 * -ENFILE, -ENOSPC.
 */
int snt__resident_start(struct snt_fiber **resident, int (*fn)(void *arg),
			void *arg, const char *name);

/*
 * On its thread, by another fiber: it will not run any more. What it waited on
 * (a handle, a queue) has let go of it before. Not in a forked child, and not
 * once its thread has ended: its stack is gone there.
 */
void snt__resident_end(struct snt_fiber *fiber);

/* Takes a ready fiber out of the queue, however long that is. */
void snt__make_unready(struct snt__thread *thread,
		       const struct snt_fiber *fiber);

#endif
