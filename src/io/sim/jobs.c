/* SPDX-License-Identifier: MIT */
/*
 * The pools of simulated hosts, in the manner of pool.c: what is queued behind
 * what, which job is abandoned and when a submission is refused is the same.
 * Their threads are the driver's, all on one thread of the system, so nothing
 * is locked; and one ends as soon as it finds no work, since making another
 * costs no time here.
 */
#include "io/sim/calls.h"

#include "io/pool.h"

/* As pool.c has it when nobody set a limit. */
#define LEAST_THREADS 4
#define MOST_HUNG 64

struct pool {
	struct snt__sim_host *host;
	struct snt__link queue;
	int queued;
	int threads; /* alive */
	int hung;    /* running a job that was abandoned */
	struct snt__pool *settings;
	int limit, most; /* as they were when last looked at */
	struct snt__link workers;
	const char *name;
};

struct worker {
	struct snt__link in_pool;
	struct pool *pool;
	struct snt__sim_thread *thread;
};

struct snt__sim_jobs {
	struct pool offload, resolver;
	bool leaving;
};

static void pool_begin(struct pool *pool, struct snt__sim_host *host,
		       struct snt__pool *settings, const char *name)
{
	pool->host = host;
	pool->settings = settings;
	pool->name = name;
	snt__list_init(&pool->queue);
	snt__list_init(&pool->workers);
}

void snt__sim_jobs_begin(struct snt__sim_host *host)
{
	host->jobs = snt__sim_alloc(sizeof *host->jobs);
	pool_begin(&host->jobs->offload, host, &snt__offload_pool, "offload");
	pool_begin(&host->jobs->resolver, host, &snt__resolver_pool,
		   "resolver");
}

static void drop(struct worker *worker)
{
	snt__list_remove(&worker->in_pool);
	snt__sim_free(worker);
}

/* A program ends with all of its threads; but in a world that has failed some
 * never do. */
static void pool_end(struct pool *pool)
{
	struct snt__link *link;

	while ((link = snt__list_first(&pool->workers)) != NULL)
		drop(SNT__CONTAINER(link, struct worker, in_pool));
}

void snt__sim_jobs_end(struct snt__sim_host *host)
{
	pool_end(&host->jobs->offload);
	pool_end(&host->jobs->resolver);
	snt__sim_free(host->jobs);
	host->jobs = NULL;
}

void snt__sim_jobs_leave(struct snt__sim_host *host)
{
	const struct snt__link *workers = &host->jobs->resolver.workers;

	host->jobs->leaving = true;
	for (struct snt__link *link = workers->next; link != workers;
	     link = link->next)
		snt__sim_wake(
			SNT__CONTAINER(link, struct worker, in_pool)->thread);
}

bool snt__sim_jobs_leaving(const struct snt__sim_host *host)
{
	return host->jobs->leaving;
}

/* What the program has set counts for all hosts, as its other statics do; what
 * it has not is the host's own. */
static void settle_limits(struct pool *pool)
{
	if (snt__pool_limits(pool->settings, &pool->limit, &pool->most))
		return;
	if (pool->settings == &snt__resolver_pool) {
		pool->limit = SNT_RESOLVER_THREADS;
		pool->most = SNT_RESOLVER_THREADS_MAX;
		return;
	}
	pool->limit = pool->host->limits.cores;
	if (pool->limit < LEAST_THREADS)
		pool->limit = LEAST_THREADS;
	pool->most = pool->limit + MOST_HUNG;
}

static struct pool *pool_of(struct snt__sim_host *host,
			    const struct snt__pool *settings)
{
	struct pool *pool = settings == &snt__resolver_pool
				    ? &host->jobs->resolver
				    : &host->jobs->offload;

	settle_limits(pool);
	return pool;
}

/* NULL: no work, or more are at work than may be. */
static struct snt__job *next_job(struct pool *pool)
{
	struct snt__link *link = snt__list_first(&pool->queue);

	settle_limits(pool);
	if (link == NULL || pool->threads - pool->hung > pool->limit)
		return NULL;
	snt__list_remove(link);
	pool->queued--;
	return SNT__CONTAINER(link, struct snt__job, link);
}

static void work(void *arg)
{
	struct worker *worker = arg;
	struct pool *pool = worker->pool;
	struct snt__job *job;

	while ((job = next_job(pool)) != NULL) {
		job->state = SNT__JOB_IS_RUNNING;
		job->run(job);
		if (job->abandoned) {
			pool->hung--;
			job->release(job);
		} else {
			job->state = SNT__JOB_IS_FINISHED;
			snt__mailbox_post(job->mailbox, &job->letter);
		}
	}
	pool->threads--;
	drop(worker);
}

static void start_thread(struct pool *pool)
{
	const struct snt__sim_driver *driver = snt__sim_world->driver;
	struct worker *worker = snt__sim_alloc(sizeof *worker);

	worker->pool = pool;
	if (driver->start(pool->host, &worker->thread, work, worker,
			  pool->name) < 0) {
		snt__sim_free(worker);
		return;
	}
	driver->detach(worker->thread);
	snt__list_append(&pool->workers, &worker->in_pool);
	pool->threads++;
}

static bool may_start(const struct pool *pool)
{
	return pool->threads - pool->hung < pool->limit &&
	       pool->threads < pool->most;
}

int snt__sim_submit(struct snt__pool *pool, struct snt__job *job)
{
	struct pool *here = pool_of(snt__sim_host_now(), pool);
	int code = snt__sim_begin("submit");

	if (code < 0)
		return code;
	/* So a program runs. */
	snt__sim_host_now()->jobs->leaving = snt__sim_host_now()->dying;
	job->pool = pool;
	job->io = snt__io;
	job->state = SNT__JOB_IS_QUEUED;
	job->abandoned = false;
	job->refused = false;
	if (may_start(here))
		start_thread(here);
	/* With no thread to be had, one that is at work will come to it later;
	 * hung ones may never. */
	if (here->threads == here->hung)
		return -EAGAIN;
	snt__list_append(&here->queue, &job->link);
	here->queued++;
	return 0;
}

enum snt__job_fate snt__sim_leave(struct snt__job *job, bool abandon)
{
	struct pool *pool = pool_of(snt__sim_host_now(), job->pool);

	if (job->state == SNT__JOB_IS_QUEUED) {
		snt__list_remove(&job->link);
		pool->queued--;
		return SNT__JOB_WITHDRAWN;
	}
	if (job->state == SNT__JOB_IS_FINISHED)
		return SNT__JOB_FINISHED;
	if (!abandon)
		return SNT__JOB_RUNNING;
	job->abandoned = true;
	pool->hung++;
	/* Its place is free for what waits in the queue. */
	if (pool->queued > 0 && may_start(pool))
		start_thread(pool);
	if (pool->threads == pool->hung) {
		snt__jobs_refuse(&pool->queue);
		pool->queued = 0;
	}
	return SNT__JOB_LEFT;
}

int snt__sim_thread_start(void **thread, void (*fn)(void *arg), void *arg)
{
	struct snt__sim_thread *started;
	int code = snt__sim_begin("thread_start");

	if (code == 0)
		code = snt__sim_world->driver->start(
			snt__sim_host_now(), &started, fn, arg, "thread");
	if (code == 0)
		*thread = started;
	return code;
}

void snt__sim_thread_join(void *thread)
{
	snt__sim_world->driver->join(thread);
}

int snt__sim_cores(void)
{
	return snt__sim_host_now()->limits.cores;
}
