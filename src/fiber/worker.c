/* SPDX-License-Identifier: MIT */
/*
 * One worker's thread: its main fiber makes a fiber of each task that comes,
 * and runs it itself when no stack is to be had. Failures and the count of
 * who is alive are all workers', so the group here only keeps the fibers.
 */
#include "fiber/workers.h"

#include "base/alloc.h"
#include "fiber/group.h"

#include <string.h>

void snt__worker_take(struct snt__letter *letter)
{
	struct snt__worker *worker =
		SNT__CONTAINER(letter, struct snt__task, letter)->worker;

	letter->next = NULL;
	if (worker->first == NULL)
		worker->first = letter;
	else
		worker->last->next = letter;
	worker->last = letter;
	if (worker->idle)
		snt__wake(worker->main, 0);
}

static void open_cancel(struct snt__letter *letter)
{
	struct snt__worker *worker =
		SNT__CONTAINER(letter, struct snt__worker, cancel);

	worker->cancelled = true;
	snt_group_cancel(worker->group);
	if (!worker->lends_stack)
		return;
	worker->main->cancelled = true;
	snt__fiber_refresh(worker->main);
	if (snt__cancel_shows(worker->main))
		snt__wake(worker->main, -ECANCELED);
}

static void open_stop(struct snt__letter *letter)
{
	struct snt__worker *worker =
		SNT__CONTAINER(letter, struct snt__worker, stop);

	worker->stopped = true;
	if (worker->idle)
		snt__wake(worker->main, 0);
}

static bool is_failure(const struct snt_workers *all, int code)
{
	return code < 0 && !(all->cancelled && code == -ECANCELED);
}

/* The running fiber has done its task. */
static void ended(struct snt__worker *worker, bool dealt, int code)
{
	struct snt_workers *all = worker->all;
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&all->shared);
	if (all->failure.code == 0 && is_failure(all, code)) {
		snt__context_copy(&all->failure, snt__context);
		if (!all->keep_going)
			snt__workers_cancel(all);
	}
	if (dealt) {
		worker->dealt--;
		if (all->places != NULL)
			snt_semaphore_release(all->places);
	}
	if (--all->alive == 0)
		snt__shared_serve_all(&all->shared.waiters[0], 0, &letters);
	snt__unlock_and_send(&all->shared, &letters);
}

static int run_task(void *arg)
{
	struct snt__task *task = arg;
	struct snt__worker *worker = task->worker;
	int (*fn)(void *) = task->fn;
	bool dealt = task->dealt;
	int code;

	arg = task->arg;
	snt__free(task);
	code = fn(arg);
	if (worker->all->forks != snt__forks) {
		snt__self->current->result = code;
		snt__fiber_stranded(snt__self->current);
	}
	if (code < 0 && snt__context->code != code)
		snt__fail_text(code, "fiber '%s': %s", snt_fiber_name(),
			       snt_strerror(code));
	ended(worker, dealt, code);
	return 0;
}

/* Without a stack of its own; it must be run, or nobody would free its arg. */
static void lend_stack(struct snt__worker *worker, struct snt__task *task)
{
	struct snt_fiber *main = worker->main;
	char name[SNT__FIBER_NAME];

	memcpy(name, main->name, sizeof name);
	memcpy(main->name, task->name, sizeof name);
	worker->lends_stack = true;
	snt__context_reset(&main->context);
	main->cancelled = worker->cancelled;
	snt__fiber_refresh(main);
	run_task(task);
	worker->lends_stack = false;
	main->cancelled = false;
	snt__fiber_refresh(main);
	memcpy(main->name, name, sizeof name);
}

static void start(struct snt__worker *worker, struct snt__task *task)
{
	const struct snt_spawn_opts opts = { .name = task->name,
					     .stack_size = task->stack_size };

	if (snt__spawn(worker->group, run_task, task, &opts) < 0)
		lend_stack(worker, task);
}

static void work(struct snt__worker *worker)
{
	while (!worker->stopped) {
		struct snt__letter *letter = worker->first;

		if (letter != NULL) {
			worker->first = letter->next;
			start(worker,
			      SNT__CONTAINER(letter, struct snt__task, letter));
			continue;
		}
		worker->idle = true;
		snt__park(SNT_FOREVER);
		worker->idle = false;
	}
}

/* All that can fail later for want of descriptors is made now. */
static int set_up(struct snt__worker *worker)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt_group_open(&worker->group, NULL);

	if (code < 0)
		return code;
	code = snt__thread_move(thread);
	if (code < 0) {
		snt_group_end(worker->group);
		return code;
	}
	worker->main = thread->current;
	worker->cancel.open = open_cancel;
	worker->stop.open = open_stop;
	return 0;
}

static void tell(struct snt__worker *worker, int code)
{
	struct snt_workers *all = worker->all;
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&all->shared);
	if (code == 0) {
		worker->mailbox = &snt__self->mailbox;
		worker->id = snt__self->id;
	} else if (all->failure.code == 0) {
		snt__context_copy(&all->failure, snt__context);
	}
	if (--all->starting == 0)
		snt__shared_serve_all(&all->shared.waiters[0], 0, &letters);
	snt__unlock_and_send(&all->shared, &letters);
}

void snt__worker_run(void *arg)
{
	struct snt__worker *worker = arg;
	int code = set_up(worker);

	tell(worker, code);
	if (code < 0)
		return;
	work(worker);
	snt_group_end(worker->group);
}
