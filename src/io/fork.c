/* SPDX-License-Identifier: MIT */
/*
 * The guard around fork(2). A child that never uses sennit again pays a few
 * locks; nothing here grows with the number of fibers or connections, since a
 * look at each would copy its page.
 *
 * While the fork goes on no lock of this floor is held by a thread that the
 * child will not have, and all signals wait: one that is sent to the child
 * must not meet a handler that would tell the parent. vfork(2), posix_spawn(3)
 * and _Fork(3) run none of this; after those nothing but exec is possible.
 */
#include "io/fork.h"

#include "io/io.h"
#include "io/poller.h"

#include <pthread.h>
#include <signal.h>

unsigned snt__forks;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic(void (*)(void)) child_fn;
static sigset_t mask_before; /* guarded by what prepare holds */

static void prepare(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	snt__signals_hold();
	snt__lookups_hold();
	snt__pools_hold();
	mask_before = before;
}

static void let_go(void)
{
	sigset_t before = mask_before;

	snt__pools_let_go();
	snt__lookups_let_go();
	snt__signals_let_go();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void in_child(void)
{
	void (*fn)(void) = child_fn;

	snt__forks++;
	snt__pools_begin_anew();
	snt__lookups_begin_anew();
	snt__signals_begin_anew();
	if (fn != NULL)
		fn();
	let_go();
}

/* Short of memory at the program's first call, forks go unguarded. */
static void register_guard(void)
{
	(void)pthread_atfork(prepare, let_go, in_child);
}

void snt__kernel_at_fork(void (*child)(void))
{
	if (child != NULL)
		child_fn = child;
	pthread_once(&once, register_guard);
}
