/* SPDX-License-Identifier: MIT */
/*
 * The pools' threads. A thread is made when work is queued and none is idle,
 * and ends after a while without work. A job that was abandoned while it ran
 * frees its place for another thread, up to the pool's `most`: then a
 * submission is refused rather than queued behind jobs that may never end.
 */
#include "io/pool.h"

#include "io/fork.h"
#include "io/kernel.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#define IDLE_SECONDS 10

struct snt__pool snt__offload_pool = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.queue = { &snt__offload_pool.queue, &snt__offload_pool.queue },
	.limit = 0,
	.most = 0,
};

struct snt__pool snt__resolver_pool = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.queue = { &snt__resolver_pool.queue, &snt__resolver_pool.queue },
	.limit = SNT_RESOLVER_THREADS,
	.most = SNT_RESOLVER_THREADS_MAX,
};

static pthread_once_t conds_once = PTHREAD_ONCE_INIT;

/* The wall clock may jump; a wait on it would not end when it should. */
static void make_conds(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&snt__offload_pool.work, &attr);
	pthread_cond_init(&snt__resolver_pool.work, &attr);
	pthread_condattr_destroy(&attr);
}

/* NULL after IDLE_SECONDS without work. The pool's mutex is held. */
static struct snt__job *next_job(struct snt__pool *pool)
{
	struct snt__link *link;
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_SECONDS;
	/* More are at work than may be: hung ones came back, or the limit
	 * sank. */
	if (pool->threads - pool->hung > pool->limit)
		return NULL;
	while ((link = snt__list_first(&pool->queue)) == NULL) {
		int code;

		pool->idle++;
		code = pthread_cond_timedwait(&pool->work, &pool->mutex,
					      &until);
		pool->idle--;
		if (pool->threads - pool->hung > pool->limit ||
		    (code != 0 && snt__list_empty(&pool->queue)))
			return NULL;
	}
	snt__list_remove(link);
	pool->queued--;
	return SNT__CONTAINER(link, struct snt__job, link);
}

/* The job forked, and its child came back: to nobody, since whoever waits for
 * the job is in the parent. */
_Noreturn static void end_forked_child(void)
{
	static const char line[] = "sennit: offloaded work returned in a forked"
				   " child, where nobody waits for it\n";

	snt__io->complain(line, sizeof line - 1);
	snt__io->exit(1);
	__builtin_unreachable();
}

static void *worker(void *arg)
{
	struct snt__pool *pool = arg;
	unsigned forks = snt__forks;
	struct snt__job *job;

	pthread_mutex_lock(&pool->mutex);
	while ((job = next_job(pool)) != NULL) {
		job->state = SNT__JOB_IS_RUNNING;
		snt__io = job->io;
		pthread_mutex_unlock(&pool->mutex);
		job->run(job);
		if (forks != snt__forks)
			end_forked_child();
		pthread_mutex_lock(&pool->mutex);
		if (job->abandoned) {
			pool->hung--;
			pthread_mutex_unlock(&pool->mutex);
			job->release(job);
			pthread_mutex_lock(&pool->mutex);
		} else {
			job->state = SNT__JOB_IS_FINISHED;
			pthread_mutex_unlock(&pool->mutex);
			snt__mailbox_post(job->mailbox, &job->letter);
			pthread_mutex_lock(&pool->mutex);
		}
	}
	pool->threads--;
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Signals are for the program's own threads. */
static void start_thread(struct snt__pool *pool)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int code;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	code = pthread_create(&thread, &attr, worker, pool);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (code == 0)
		pool->threads++;
}

static void settle_limits(struct snt__pool *pool)
{
	long cores;

	if (pool->limit != 0)
		return;
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	pool->limit = cores < 4 ? 4 : cores > 1024 ? 1024 : (int)cores;
	pool->most = pool->limit + 64;
}

int snt__kernel_submit(struct snt__pool *pool, struct snt__job *job)
{
	int code = 0;

	pthread_once(&conds_once, make_conds);
	job->pool = pool;
	job->io = snt__io;
	job->state = SNT__JOB_IS_QUEUED;
	job->abandoned = false;
	job->refused = false;
	pthread_mutex_lock(&pool->mutex);
	settle_limits(pool);
	if (pool->queued >= pool->idle &&
	    pool->threads - pool->hung < pool->limit &&
	    pool->threads < pool->most)
		start_thread(pool);
	/* With no thread to be had, one that is at work will come to it later;
	 * hung ones may never. */
	if (pool->threads == pool->hung)
		code = -EAGAIN;
	if (code == 0) {
		snt__list_append(&pool->queue, &job->link);
		pool->queued++;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->mutex);
	return code;
}

void snt__jobs_refuse(struct snt__link *queue)
{
	struct snt__link *link;

	while ((link = snt__list_first(queue)) != NULL) {
		struct snt__job *job =
			SNT__CONTAINER(link, struct snt__job, link);

		snt__list_remove(link);
		job->refused = true;
		job->state = SNT__JOB_IS_FINISHED;
		snt__mailbox_post(job->mailbox, &job->letter);
	}
}

enum snt__job_fate snt__kernel_leave(struct snt__job *job, bool abandon)
{
	struct snt__pool *pool = job->pool;
	enum snt__job_fate fate = SNT__JOB_RUNNING;

	pthread_mutex_lock(&pool->mutex);
	if (job->state == SNT__JOB_IS_QUEUED) {
		snt__list_remove(&job->link);
		pool->queued--;
		fate = SNT__JOB_WITHDRAWN;
	} else if (job->state == SNT__JOB_IS_FINISHED) {
		fate = SNT__JOB_FINISHED;
	} else if (abandon) {
		job->abandoned = true;
		pool->hung++;
		/* Its place is free for what waits in the queue. */
		if (pool->queued > pool->idle &&
		    pool->threads - pool->hung < pool->limit &&
		    pool->threads < pool->most)
			start_thread(pool);
		if (pool->threads == pool->hung) {
			snt__jobs_refuse(&pool->queue);
			pool->queued = 0;
		}
		fate = SNT__JOB_LEFT;
	}
	pthread_mutex_unlock(&pool->mutex);
	return fate;
}

int snt__pool_set_limits(struct snt__pool *pool, int limit, int most)
{
	if (limit < 1 || limit > most || most > 4096)
		return -EINVAL;
	pthread_mutex_lock(&pool->mutex);
	pool->limit = limit;
	pool->most = most;
	pool->set = true;
	/* Those idle and too many end now. */
	pthread_once(&conds_once, make_conds);
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	return 0;
}

bool snt__pool_limits(struct snt__pool *pool, int *limit, int *most)
{
	bool set;

	pthread_mutex_lock(&pool->mutex);
	set = pool->set;
	if (set) {
		*limit = pool->limit;
		*most = pool->most;
	}
	pthread_mutex_unlock(&pool->mutex);
	return set;
}

void snt__pools_hold(void)
{
	pthread_mutex_lock(&snt__offload_pool.mutex);
	pthread_mutex_lock(&snt__resolver_pool.mutex);
}

void snt__pools_let_go(void)
{
	pthread_mutex_unlock(&snt__resolver_pool.mutex);
	pthread_mutex_unlock(&snt__offload_pool.mutex);
}

/* Threads and jobs are the parent's. */
static void empty(struct snt__pool *pool)
{
	snt__list_init(&pool->queue);
	pool->queued = 0;
	pool->threads = 0;
	pool->idle = 0;
	pool->hung = 0;
}

void snt__pools_begin_anew(void)
{
	empty(&snt__offload_pool);
	empty(&snt__resolver_pool);
	/* The parent's threads wait on these. */
	make_conds();
}
