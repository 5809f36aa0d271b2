/* SPDX-License-Identifier: MIT */
/* A group: the fibers that end before the scope that opened it. */
#ifndef SNT_FIBER_GROUP_H
#define SNT_FIBER_GROUP_H

#include "fiber/thread.h"

#include <stdatomic.h>

struct snt_group {
	struct snt__link running;
	struct snt__link kept; /* ended, waiting for snt_join */
	size_t count;          /* of running */
	size_t limit;
	bool keep_going;
	bool cancelled;
	bool ended;                /* by snt_group_end */
	bool told;                 /* the cancel from another thread has come */
	atomic_bool cancel_posted; /* by one */
	uint64_t home;             /* the opener's thread */
	struct snt__letter letter; /* that cancel */
	struct snt_fiber *awaiting; /* who waits for it */
	struct snt_group *outer;    /* the opener's own, or NULL */
	unsigned refs; /* the opener's, who waits on it, those opened inside */
	struct snt__context failure; /* the first; its code is 0 until then */
	struct snt__link joiners;    /* who waits for count to be 0 */
	struct snt__link spawners;   /* who waits for a place */
};

/* snt_spawn, once there is a place; into a cancelled group, too. */
int snt__spawn(struct snt_group *group, int (*fn)(void *arg), void *arg,
	       const struct snt_spawn_opts *opts);

/* Whether the calling thread may use it: 0, -SNT_ETHREAD; -SNT_EFORK in a child
 * whose parent has its fibers. */
int snt__group_check(struct snt_group *group);

/* The running fiber of the group has returned its result. */
void snt__group_ended(struct snt_group *group, struct snt_fiber *fiber);

/*
 * Parks the running fiber in one of the group's queues. -EBADF: the group was
 * ended meanwhile and is gone.
 */
int snt__group_park(struct snt_group *group, struct snt__link *queue);

/* Releases ended fibers that nobody joined. */
void snt__fiber_release_kept(struct snt__link *kept);

#endif
