/* SPDX-License-Identifier: MIT */
/*
 * Worker threads, each with fibers of its own: for servers that need more than
 * one core. Like a group, but what is spawned runs on the worker with the least
 * to do. Each of these calls may be made on any thread; in a forked child, where
 * the threads are not, they give -SNT_EFORK. pthreads(7).
 */
#ifndef SENNIT_WORKERS_H
#define SENNIT_WORKERS_H

#include <sennit/fiber.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_workers;

struct snt_workers_opts {
	/* Threads; at most 1024. 0: as many as the machine has cores for us. */
	int count;
	/* Most fibers alive at a time on each worker, of those that
	 * snt_workers_spawn dealt it, which then waits. 0: no limit. */
	size_t limit;
	/* As in snt_group_opts: a failure does not cancel the others. */
	bool keep_going;
};

/*
 * Starts the threads, with every signal held back from them that does not
 * report a fault. opts may be NULL. -EINVAL (count), -EAGAIN (no more threads,
 * see ulimit -u), -ENOMEM, -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int
snt_workers_open(struct snt_workers **workers,
		 const struct snt_workers_opts *opts);

/*
 * Runs fn(arg) as a fiber of the worker that has the fewest of these alive; of
 * several such, each in turn. Once this returned 0 it always starts, even if
 * cancelled first (without memory for a stack, on the worker's own stack, and
 * then other new fibers of that worker wait until it has ended); so fn can own
 * arg. Waits only at the limit. opts may be NULL; its fiber must be.
 * On any error nothing was started and arg stays yours.
 * -ECANCELED: the workers or the caller are cancelled. -ETIMEDOUT, -ENOMEM,
 * -EINVAL (stack_size as for snt_spawn; opts->fiber); at the limit -EMFILE.
 */
SNT_API SNT_MUST_CHECK int snt_workers_spawn(struct snt_workers *workers,
					     int (*fn)(void *arg), void *arg,
					     const struct snt_spawn_opts *opts);

/*
 * The same once on every worker, all or none: a listener each. These do not
 * count for the limit, nor for who has the fewest. Does not wait.
 */
SNT_API SNT_MUST_CHECK int
snt_workers_spawn_each(struct snt_workers *workers, int (*fn)(void *arg),
		       void *arg, const struct snt_spawn_opts *opts);

/* How many threads there are. */
SNT_API size_t snt_workers_size(const struct snt_workers *workers);
/* How many fibers have not ended, on all of them. */
SNT_API size_t snt_workers_count(const struct snt_workers *workers);

/*
 * Waits until no fiber is left. Returns the first failure among them (message
 * included) or 0; -ECANCELED after a cancel is no failure.
 * -ECANCELED, -ETIMEDOUT: the caller was told to stop waiting; at a thread's
 * first wait -EMFILE, -ENFILE, -ENOMEM. -EDEADLK: called by a fiber of one.
 */
SNT_API SNT_MUST_CHECK int snt_workers_wait(struct snt_workers *workers);

/* Waiting calls in their fibers, of now and later, return -ECANCELED. */
SNT_API void snt_workers_cancel(struct snt_workers *workers);

/*
 * Cancels, waits for the fibers whatever cancel or deadline the caller is
 * under, ends the threads and releases workers. Takes workers; NULL is fine.
 * Returns what snt_workers_wait would. -EDEADLK: called by a fiber of one of
 * them, which stay as they are.
 */
SNT_API int snt_workers_end(struct snt_workers *workers);
SNT_API void snt_auto_workers(struct snt_workers **workers);

#ifdef __cplusplus
}
#endif
#endif
