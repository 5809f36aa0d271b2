/* SPDX-License-Identifier: MIT */
/*
 * Look-ups that hang: a table of the test's own in front of the kernel's, whose
 * jobs wait at a gate on their worker thread before they run. (Nobody holds a lock
 * where simulated threads take turns.)
 */
#ifndef TESTS_SOCKET_HANG_H
#define TESTS_SOCKET_HANG_H

#include "io/pool.h"
#include "net.h"

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool open;
	int hanging;
	int released; /* given up, and then finished by themselves */
	void (*run)(struct snt__job *job);
	void (*release)(struct snt__job *job);
	struct snt__io table;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	   .changed = PTHREAD_COND_INITIALIZER };

/* Something has changed since; under the mutex. */
static void wait_for_change(void)
{
	if (simulated()) {
		pthread_mutex_unlock(&gate.mutex);
		stand_still(10 * SNT_MICROSECOND);
		pthread_mutex_lock(&gate.mutex);
	} else {
		pthread_cond_wait(&gate.changed, &gate.mutex);
	}
}

static void hang_run(struct snt__job *job)
{
	pthread_mutex_lock(&gate.mutex);
	gate.hanging++;
	pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		wait_for_change();
	gate.hanging--;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
	gate.run(job);
}

static void hang_release(struct snt__job *job)
{
	gate.release(job);
	pthread_mutex_lock(&gate.mutex);
	gate.released++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

static int hang_submit(struct snt__pool *pool, struct snt__job *job)
{
	pthread_mutex_lock(&gate.mutex);
	gate.run = job->run;
	gate.release = job->release;
	pthread_mutex_unlock(&gate.mutex);
	job->run = hang_run;
	job->release = hang_release;
	return real_io()->submit(pool, job);
}

/* From now on this thread's look-ups hang. */
MAYBE static void hang_names(void)
{
	gate.table = *real_io();
	gate.table.submit = hang_submit;
	gate.open = false;
	snt__io = &gate.table;
}

/* Until so many hang. */
MAYBE static void wait_for_hanging(int count)
{
	pthread_mutex_lock(&gate.mutex);
	while (gate.hanging < count)
		wait_for_change();
	pthread_mutex_unlock(&gate.mutex);
}

/* Alive: at work, idle or hanging. */
MAYBE static int resolver_threads(void)
{
	int count;

	if (simulated())
		return thread_count() - 1;
	pthread_mutex_lock(&snt__resolver_pool.mutex);
	count = snt__resolver_pool.threads;
	pthread_mutex_unlock(&snt__resolver_pool.mutex);
	return count;
}

/* Lets them all run, and waits for those that nobody waits for any more. */
MAYBE static void let_names_go(void)
{
	int given_up;

	pthread_mutex_lock(&snt__resolver_pool.mutex);
	given_up = snt__resolver_pool.hung;
	pthread_mutex_unlock(&snt__resolver_pool.mutex);
	pthread_mutex_lock(&gate.mutex);
	given_up += gate.released;
	gate.open = true;
	pthread_cond_broadcast(&gate.changed);
	while (simulated() ? resolver_threads() > 0 : gate.released < given_up)
		wait_for_change();
	pthread_mutex_unlock(&gate.mutex);
	snt__io = real_io();
}

#endif
