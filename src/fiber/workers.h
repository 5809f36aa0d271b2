/* SPDX-License-Identifier: MIT */
/*
 * Worker threads. Those who deal see workers.c; what a worker does on its own
 * thread stands in worker.c. A fiber is dealt as a letter to the worker's
 * mailbox, which its main fiber turns into a fiber.
 */
#ifndef SNT_FIBER_WORKERS_H
#define SNT_FIBER_WORKERS_H

#include "fiber/waiters.h"

#include <sennit/sync.h>
#include <sennit/workers.h>

/* A fiber to be. */
struct snt__task {
	struct snt__letter letter;
	struct snt__worker *worker;
	int (*fn)(void *arg);
	void *arg;
	size_t stack_size;
	bool dealt; /* has a place, and counts for who has the fewest */
	char name[SNT__FIBER_NAME];
};

struct snt__worker {
	struct snt_workers *all;
	void *thread; /* the io floor's */
	/* Under the lock: */
	struct snt__mailbox *mailbox;
	uint64_t id; /* the thread's; 0: it could not be set up */
	size_t dealt;
	struct snt__letter cancel;
	struct snt__letter stop;
	/* The thread's own: */
	struct snt_fiber *main;
	struct snt_group *group;
	struct snt__letter *first; /* of the tasks that have come ... */
	struct snt__letter *last;  /* ... if any */
	bool idle;                 /* main waits for a letter */
	bool lends_stack;          /* main runs a task itself */
	bool cancelled;
	bool stopped;
};

/* The lock is shared's; so is the queue, for no fiber left, or all threads
 * begun. */
struct snt_workers {
	struct snt__shared shared;
	struct snt_semaphore *places; /* NULL: no limit */
	struct snt__context failure;  /* the first; its code is 0 until then */
	size_t alive;                 /* fibers dealt, or to every worker */
	size_t starting;              /* threads */
	size_t turn;                  /* who is looked at first */
	size_t size;
	unsigned forks; /* snt__forks where the threads are */
	bool keep_going;
	bool cancelled;
	struct snt__worker workers[];
};

/* A thread's whole life; arg is its worker. */
void snt__worker_run(void *arg);

/* A task's letter. */
void snt__worker_take(struct snt__letter *letter);

/* Tells every worker, with the lock held. */
void snt__workers_cancel(struct snt_workers *all);

#endif
