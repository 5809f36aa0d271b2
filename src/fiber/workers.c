/* SPDX-License-Identifier: MIT */
/*
 * Fibers dealt to worker threads. Built for connections, which live long
 * compared to the dealing: each goes to the worker with the fewest, found by
 * looking at all of them under one lock. Nothing moves once it was dealt.
 *
 * Places are counted for all workers together; as each fiber goes to who has
 * the fewest, whoever holds a place finds a worker below the limit.
 */
#include "fiber/workers.h"

#include "base/alloc.h"
#include "fiber/call.h"

#include <string.h>

#define COUNT_MOST 1024
#define LOOK_AGAIN SNT_MILLISECOND

static void release(struct snt__shared *shared)
{
	struct snt_workers *workers =
		SNT__CONTAINER(shared, struct snt_workers, shared);

	snt_semaphore_close(workers->places);
	snt__context_reset(&workers->failure);
	snt__free(workers);
}

/* Waits with the lock held until nothing is left of what is counted there. */
static int wait_for_none(struct snt_workers *workers, const size_t *count)
{
	int code = 0;

	while (code == 0 && *count > 0) {
		struct snt__waiter waiter = { 0 };

		code = snt__shared_wait(&workers->shared,
					&workers->shared.waiters[0], &waiter);
		snt__lock(&workers->shared);
	}
	return code;
}

/* The same out of reach of cancel and deadline, and without fail: when nothing
 * can wake this thread it looks now and then. */
static void wait_out(struct snt_workers *workers, const size_t *count)
{
	struct snt_scope door;

	snt_cleanup_begin(&door, SNT_FOREVER);
	snt__lock(&workers->shared);
	while (wait_for_none(workers, count) < 0) {
		snt__unlock(&workers->shared);
		snt__park(snt__io->now() + LOOK_AGAIN);
		snt__lock(&workers->shared);
	}
	snt__unlock(&workers->shared);
	snt_scope_end(&door);
}

/* Their fibers have ended, so this thread waits for no more than a return. */
static void stop_threads(struct snt_workers *workers)
{
	for (size_t i = 0; i < workers->size; i++) {
		struct snt__worker *worker = &workers->workers[i];

		if (worker->thread == NULL)
			continue;
		if (worker->id != 0)
			snt__mailbox_post(worker->mailbox, &worker->stop);
		snt__io->thread_join(worker->thread);
	}
}

/* The workers' verdict becomes the caller's. */
static int verdict(const struct snt_workers *workers)
{
	if (workers->failure.code != 0)
		snt__context_copy(snt__context, &workers->failure);
	return workers->failure.code;
}

static int start_threads(struct snt_workers *workers)
{
	int code = snt__thread_reachable(snt__thread_now());

	for (size_t i = 0; i < workers->size && code == 0; i++) {
		struct snt__worker *worker = &workers->workers[i];

		worker->all = workers;
		snt__lock(&workers->shared);
		workers->starting++;
		snt__unlock(&workers->shared);
		code = snt__io->thread_start(&worker->thread, snt__worker_run,
					     worker);
		if (code == 0)
			continue;
		snt__lock(&workers->shared);
		workers->starting--;
		snt__unlock(&workers->shared);
		snt__fail(code, "thread %zu of %zu workers", i + 1,
			  workers->size);
	}
	wait_out(workers, &workers->starting);
	return code < 0 ? code : verdict(workers);
}

/* Under the limit of all of them together, which may be none. */
static int open_places(struct snt_workers *workers, size_t limit)
{
	if (limit == 0)
		return 0;
	if (limit > SIZE_MAX / workers->size)
		limit = SIZE_MAX / workers->size;
	return snt_semaphore_open(&workers->places, limit * workers->size);
}

int snt_workers_open(struct snt_workers **workers,
		     const struct snt_workers_opts *opts)
{
	static const struct snt_workers_opts defaults;
	struct snt_workers *made;
	size_t size;
	int code;

	if (opts == NULL)
		opts = &defaults;
	if (opts->count < 0 || opts->count > COUNT_MOST)
		return snt__fail_text(
			-EINVAL, "workers: %d threads: 1 to %d are possible",
			opts->count, COUNT_MOST);
	size = (size_t)(opts->count > 0 ? opts->count : snt__io->cores());
	made = snt__alloc(sizeof *made + size * sizeof made->workers[0]);
	if (made == NULL)
		return snt__fail(-ENOMEM, "workers");
	snt__shared_init(&made->shared, release);
	made->size = size;
	made->forks = snt__forks;
	made->keep_going = opts->keep_going;
	code = open_places(made, opts->limit);
	if (code == 0)
		code = start_threads(made);
	if (code < 0) {
		stop_threads(made);
		snt__lock(&made->shared);
		snt__shared_leave(&made->shared);
		return code;
	}
	*workers = made;
	return 0;
}

static int new_task(struct snt__task **task, int (*fn)(void *arg), void *arg,
		    const struct snt_spawn_opts *opts)
{
	static const struct snt_spawn_opts defaults;
	struct snt__task *made;

	if (opts == NULL)
		opts = &defaults;
	if (opts->fiber != NULL)
		return -EINVAL;
	if (opts->stack_size != 0 && (opts->stack_size < SNT__STACK_MIN ||
				      opts->stack_size > SNT__STACK_MAX))
		return -EINVAL;
	made = snt__alloc(sizeof *made);
	if (made == NULL)
		return -ENOMEM;
	made->letter.open = snt__worker_take;
	made->fn = fn;
	made->arg = arg;
	made->stack_size = opts->stack_size;
	strncpy(made->name, opts->name != NULL ? opts->name : "fiber",
		sizeof made->name - 1);
	*task = made;
	return 0;
}

/* With the lock held. */
static struct snt__worker *with_fewest(struct snt_workers *workers)
{
	struct snt__worker *best =
		&workers->workers[workers->turn % workers->size];

	for (size_t i = 1; i < workers->size; i++) {
		struct snt__worker *worker =
			&workers->workers[(workers->turn + i) % workers->size];

		if (worker->dealt < best->dealt)
			best = worker;
	}
	workers->turn = (size_t)(best - workers->workers) + 1;
	return best;
}

/* With the lock held, which it gives up while it waits at the limit. */
static int find_place(struct snt_workers *workers)
{
	int code;

	if (workers->places == NULL)
		return workers->cancelled ? -ECANCELED : 0;
	snt__unlock(&workers->shared);
	code = snt_semaphore_acquire(workers->places);
	snt__lock(&workers->shared);
	if (code == 0 && workers->cancelled) {
		snt_semaphore_release(workers->places);
		code = -ECANCELED;
	}
	return code;
}

static int deal(struct snt_workers *workers, struct snt__task *task)
{
	struct snt__worker *worker = NULL;
	int code;

	snt__lock(&workers->shared);
	/* Whoever ends them must not take them from under us. */
	workers->shared.users++;
	code = find_place(workers);
	if (code == 0) {
		worker = with_fewest(workers);
		task->worker = worker;
		task->dealt = true;
		worker->dealt++;
		workers->alive++;
	}
	snt__shared_leave(&workers->shared);
	/* Until the task has ended they are there. */
	if (worker != NULL)
		snt__mailbox_post(worker->mailbox, &task->letter);
	return code;
}

/* Told to stop; or in a forked child, whose parent has the threads. */
static int enter(const struct snt_workers *workers)
{
	int code = snt__enter(snt__fiber_now());

	return code == 0 && workers->forks != snt__forks ? -SNT_EFORK : code;
}

static int fail_spawn(int code, const struct snt_spawn_opts *opts,
		      const char *what)
{
	if (code == -EINVAL && opts != NULL)
		return snt__fail_text(
			code, "%s: %s", what,
			opts->fiber != NULL
				? "fibers of other threads cannot be joined, "
				  "so .fiber must be NULL"
				: ".stack_size is under 16 KiB or over 1 GiB");
	return snt__fail(code, "%s", what);
}

int snt_workers_spawn(struct snt_workers *workers, int (*fn)(void *arg),
		      void *arg, const struct snt_spawn_opts *opts)
{
	struct snt__task *task = NULL;
	int code = enter(workers);

	if (code == 0)
		code = new_task(&task, fn, arg, opts);
	if (code == 0)
		code = deal(workers, task);
	if (code == 0)
		return 0;
	snt__free(task);
	return fail_spawn(code, opts, "spawn on workers");
}

/* A list of one task for each worker. */
static int new_tasks(const struct snt_workers *workers,
		     struct snt__letter **tasks, const struct snt__task *like)
{
	for (size_t i = 0; i < workers->size; i++) {
		struct snt__task *task = snt__alloc(sizeof *task);

		if (task == NULL)
			return -ENOMEM;
		*task = *like;
		task->letter.next = *tasks;
		*tasks = &task->letter;
	}
	return 0;
}

static void send_to_each(struct snt_workers *workers, struct snt__letter *tasks)
{
	for (size_t i = 0; tasks != NULL; i++) {
		struct snt__task *task =
			SNT__CONTAINER(tasks, struct snt__task, letter);

		/* Posted, it is the worker's. */
		tasks = tasks->next;
		task->worker = &workers->workers[i];
		snt__mailbox_post(task->worker->mailbox, &task->letter);
	}
}

int snt_workers_spawn_each(struct snt_workers *workers, int (*fn)(void *arg),
			   void *arg, const struct snt_spawn_opts *opts)
{
	struct snt__letter *tasks = NULL;
	struct snt__task *like = NULL;
	int code = enter(workers);

	if (code == 0)
		code = new_task(&like, fn, arg, opts);
	if (code == 0)
		code = new_tasks(workers, &tasks, like);
	snt__free(like);
	if (code == 0) {
		snt__lock(&workers->shared);
		if (workers->cancelled)
			code = -ECANCELED;
		else
			workers->alive += workers->size;
		snt__unlock(&workers->shared);
	}
	if (code == 0) {
		send_to_each(workers, tasks);
		return 0;
	}
	while (tasks != NULL) {
		struct snt__letter *next = tasks->next;

		snt__free(SNT__CONTAINER(tasks, struct snt__task, letter));
		tasks = next;
	}
	return fail_spawn(code, opts, "spawn on each worker");
}

size_t snt_workers_size(const struct snt_workers *workers)
{
	return workers->size;
}

size_t snt_workers_count(const struct snt_workers *workers)
{
	size_t count;

	if (workers->forks != snt__forks)
		return 0;
	snt__lock(&workers->shared);
	count = workers->alive;
	snt__unlock(&workers->shared);
	return count;
}

/* Whether the calling fiber is one of theirs. */
static bool is_theirs(const struct snt_workers *workers)
{
	uint64_t id = snt__thread_now()->id;

	for (size_t i = 0; i < workers->size; i++)
		if (workers->workers[i].id == id)
			return true;
	return false;
}

int snt_workers_wait(struct snt_workers *workers)
{
	int code = enter(workers);

	if (code == 0 && is_theirs(workers))
		code = -EDEADLK;
	if (code < 0)
		return snt__fail(code, "wait for workers");
	snt__lock(&workers->shared);
	/* Whoever ends them must not take them from under us. */
	workers->shared.users++;
	code = wait_for_none(workers, &workers->alive);
	if (code < 0)
		snt__fail(code, "wait for workers");
	else
		code = verdict(workers);
	snt__shared_leave(&workers->shared);
	return code;
}

void snt__workers_cancel(struct snt_workers *all)
{
	if (all->cancelled)
		return;
	all->cancelled = true;
	for (size_t i = 0; i < all->size; i++)
		snt__mailbox_post(all->workers[i].mailbox,
				  &all->workers[i].cancel);
}

void snt_workers_cancel(struct snt_workers *workers)
{
	if (workers->forks != snt__forks)
		return;
	snt__lock(&workers->shared);
	snt__workers_cancel(workers);
	snt__unlock(&workers->shared);
}

int snt_workers_end(struct snt_workers *workers)
{
	int code;

	if (workers == NULL)
		return 0;
	if (workers->forks != snt__forks)
		return snt__fail(-SNT_EFORK, "end of workers");
	if (is_theirs(workers))
		return snt__fail(-EDEADLK, "end of workers by their own fiber");
	snt_workers_cancel(workers);
	wait_out(workers, &workers->alive);
	stop_threads(workers);
	snt__lock(&workers->shared);
	code = verdict(workers);
	workers->shared.closed = true;
	snt__shared_leave(&workers->shared);
	return code;
}

void snt_auto_workers(struct snt_workers **workers)
{
	snt_workers_end(*workers);
	*workers = NULL;
}
