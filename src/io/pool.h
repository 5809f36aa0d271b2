/* SPDX-License-Identifier: MIT */
/*
 * Bounded pools of threads for what cannot be done without waiting: names, and
 * the work users offload. A finished job is a letter in the mailbox of the thread
 * that submitted it.
 */
#ifndef SNT_IO_POOL_H
#define SNT_IO_POOL_H

#include "base/list.h"
#include "io/io.h"
#include "io/mailbox.h"

#include <pthread.h>

enum snt__job_state {
	SNT__JOB_IS_QUEUED,
	SNT__JOB_IS_RUNNING,
	SNT__JOB_IS_FINISHED,
};

struct snt__job {
	struct snt__link link;                 /* in the pool's queue */
	struct snt__letter letter;             /* posted once it is finished */
	void (*run)(struct snt__job *job);     /* on a worker thread */
	void (*release)(struct snt__job *job); /* there too, when abandoned */
	struct snt__mailbox *mailbox;          /* of the submitter */
	void *waiter;                          /* the fiber floor's, as is */
	bool arrived;                          /* its letter was opened */
	/* The pool's own: */
	struct snt__pool *pool;
	const struct snt__io *io; /* the submitter's world */
	enum snt__job_state state;
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
	bool set;  /* these two are the program's */
};

extern struct snt__pool snt__offload_pool;
extern struct snt__pool snt__resolver_pool;

/* -EINVAL unless 1 <= limit <= most <= 4096. */
int snt__pool_set_limits(struct snt__pool *pool, int limit, int most);

/* False: the program has set none. */
bool snt__pool_limits(struct snt__pool *pool, int *limit, int *most);

/* Every thread there may be hangs: whoever waits in the queue is told so. */
void snt__jobs_refuse(struct snt__link *queue);

#endif
