/* SPDX-License-Identifier: MIT */
/*
 * A stack beside those of the fibers, one a thread, for other libraries' code
 * that needs much of it for a moment: so that a fiber which goes through it
 * once need not keep the pages.
 */
#ifndef SNT_FIBER_ASIDE_H
#define SNT_FIBER_ASIDE_H

#include "fiber/thread.h"

/*
 * Runs fn(arg) on the thread's own stack of the default size, as the running
 * fiber. In there nothing can wait: each call that would is -EDEADLK. Calls
 * itself from in there too. -ENOMEM: there is no stack, and fn was not called.
 */
int snt__aside(void (*fn)(void *arg), void *arg);

/* At the thread's end; and in a forked child, which makes its own when it needs
 * one. */
void snt__aside_end(struct snt__thread *thread);

#endif
