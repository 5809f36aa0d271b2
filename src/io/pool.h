/* SPDX-License-Identifier: MIT */
/*
 * Bounded pools of threads for what cannot be done without waiting: names, and
 * the work users offload. A finished job lands in the inbox of the thread that
 * submitted it, whose poller is told through a descriptor.
 */
#ifndef SNT_IO_POOL_H
#define SNT_IO_POOL_H

#include "base/list.h"
#include "io/io.h"
#include "io/poller.h"

#include <pthread.h>

/* Where one thread's finished jobs arrive. */
struct snt__inbox {
	pthread_mutex_t mutex;
	struct snt__link finished;
	struct snt__handle handle; /* readable when finished is not empty */
	bool open;
};

/* -EMFILE, -ENFILE, -ENOMEM. Opening what is open does nothing. */
int snt__inbox_open(struct snt__inbox *inbox);
/* The oldest finished job, or NULL. */
struct snt__job *snt__inbox_take(struct snt__inbox *inbox);
void snt__inbox_close(struct snt__inbox *inbox);

struct snt__job {
	struct snt__link link; /* in the pool's queue, then in the inbox */
	void (*run)(struct snt__job *job);     /* on a worker thread */
	void (*release)(struct snt__job *job); /* there too, when abandoned */
	struct snt__inbox *inbox;
	void *waiter; /* the fiber floor's */
	/* The pool's own: */
	struct snt__pool *pool;
	const struct snt__io *io; /* the submitter's world */
	int state;
	bool abandoned;
	bool refused; /* delivered without having run: no thread came free */
};

struct snt__pool {
	pthread_mutex_t mutex;
	pthread_cond_t work;
	struct snt__link queue;
	int queued;
	int threads; /* alive */
	int idle;
	int hung;  /* running a job that was abandoned */
	int limit; /* most threads at work that are not hung */
	int most;  /* most threads at all */
};

extern struct snt__pool snt__offload_pool;
extern struct snt__pool snt__resolver_pool;

/* -EINVAL unless 1 <= limit <= most <= 4096. */
int snt__pool_set_limits(struct snt__pool *pool, int limit, int most);

#endif
