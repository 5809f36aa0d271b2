/* SPDX-License-Identifier: MIT */
/*
 * Queues of parked fibers, first come first served. A fiber that was woken for
 * another reason (cancel, deadline) but has not run yet still stands in the
 * queue, and is passed over: nothing handed out is lost to it.
 *
 * The first kind of queue is for fibers of one thread. The second belongs to a
 * thing that any thread may use: under the thing's lock; who waits keeps the
 * thing alive, and whoever leaves last after the close frees it. A fiber of
 * another thread is handed what it waits for under the lock and then sent a
 * letter; told to stop meanwhile, it waits for the letter all the same. In a
 * forked child nobody has the lock or waits: those who did are in the parent.
 */
#ifndef SNT_FIBER_WAITERS_H
#define SNT_FIBER_WAITERS_H

#include "fiber/thread.h"

#include <pthread.h>

/* On the waiting fiber's stack. */
struct snt__waiter {
	struct snt__link link;
	struct snt_fiber *fiber;
	void *item; /* what is handed over, if anything */
	/* In a shared queue: */
	struct snt__thread *thread;
	struct snt__letter letter;
	int code;     /* the waker's */
	bool served;  /* by a waker */
	bool arrived; /* and told so; its own thread's to look at */
	bool lapses; /* what was handed over is void once the thing is closed */
};

/* Parks the running fiber at the queue's end until it is woken. */
int snt__waiters_park(struct snt__link *queue, struct snt__waiter *waiter);
/* The same until a deadline of the call's own. */
int snt__waiters_park_until(struct snt__link *queue, struct snt__waiter *waiter,
			    int64_t deadline);
/* The longest waiter, taken off the queue and made ready; NULL: none. */
struct snt__waiter *snt__waiters_wake(struct snt__link *queue, int code);
void snt__waiters_wake_all(struct snt__link *queue, int code);

/* What things that any thread may use begin with. */
struct snt__shared {
	pthread_mutex_t lock;
	unsigned users;    /* the opener, until the close, and who waits */
	atomic_uint forks; /* snt__forks where they are */
	bool closed;
	struct snt__link waiters[2]; /* queues; most things need one */
	void (*release)(struct snt__shared *shared);
};

void snt__shared_init(struct snt__shared *shared,
		      void (*release)(struct snt__shared *shared));

/* In a forked child, at its first use there. */
void snt__shared_begin_anew(struct snt__shared *shared);

/* Looking is using it, too. */
static inline void snt__lock(const struct snt__shared *shared)
{
	if (__builtin_expect(atomic_load_explicit(&shared->forks,
						  memory_order_acquire) !=
				     snt__forks,
			     0))
		snt__shared_begin_anew((void *)(uintptr_t)shared);
	pthread_mutex_lock((pthread_mutex_t *)(uintptr_t)&shared->lock);
}

static inline void snt__unlock(const struct snt__shared *shared)
{
	pthread_mutex_unlock((pthread_mutex_t *)(uintptr_t)&shared->lock);
}

/*
 * Parks the running fiber at the queue's end until it is served. Called with
 * the lock, returns without it, and then the thing may be gone.
 * What the server says; -ECANCELED, -ETIMEDOUT: nothing was handed over;
 * -EMFILE, -ENFILE, -ENOMEM: the thread cannot be told from another one.
 */
int snt__shared_wait(struct snt__shared *shared, struct snt__link *queue,
		     struct snt__waiter *waiter);

/*
 * The longest waiter, taken off the queue with the lock held; NULL: none. What
 * it waits for may be handed to it until the lock is given back; then those
 * collected in letters must be sent theirs.
 */
struct snt__waiter *snt__shared_serve(struct snt__link *queue, int code,
				      struct snt__link *letters);
void snt__shared_serve_all(struct snt__link *queue, int code,
			   struct snt__link *letters);
/* Gives the lock back and sends the letters. */
void snt__unlock_and_send(struct snt__shared *shared,
			  struct snt__link *letters);

/* One of the users leaves, with the lock; frees it if that was the last. */
void snt__shared_leave(struct snt__shared *shared);
/* The opener leaves, with the lock and letters; frees it if nobody waits. */
void snt__shared_close(struct snt__shared *shared, struct snt__link *letters);

#endif
