/* SPDX-License-Identifier: MIT */
/*
 * The threads that live, each with a number of its own that is never given
 * again: what a handle or a group keeps of its thread, which may end before
 * they do.
 */
#ifndef SNT_FIBER_REGISTRY_H
#define SNT_FIBER_REGISTRY_H

#include "fiber/thread.h"

/* Gives the thread its number. */
void snt__registry_join(struct snt__thread *thread);
/* Nobody finds the thread any more. */
void snt__registry_leave(struct snt__thread *thread);

/* In a forked child: the parent's threads have ended. */
void snt__registry_begin_anew(void);

bool snt__registry_has(uint64_t id);

/*
 * Posts a letter to the thread of that number; false: it has ended. asleep is
 * called when nothing would wake the thread to read it, and may be NULL; until
 * it has returned the thread does not get past snt__registry_pass.
 */
bool snt__registry_post(uint64_t id, struct snt__letter *letter,
			void (*asleep)(struct snt__letter *letter));
void snt__registry_pass(void);

#endif
