/* SPDX-License-Identifier: MIT */
/*
 * A thread's beginning and end, and how it comes to its poller: none until it
 * first waits, another one at its first spawn.
 */
#include "fiber/thread.h"

#include "base/thread.h"
#include "fiber/aside.h"
#include "fiber/call.h"
#include "fiber/registry.h"

#include <string.h>

_Thread_local struct snt__thread *snt__self;

/* Reached through snt__self only: a large object in the fast kind of
 * thread-local storage could keep the library from being loaded by dlopen. */
static _Thread_local struct snt__thread storage
	__attribute__((tls_model("global-dynamic")));

void snt__thread_take_down(void)
{
	struct snt__thread *thread = snt__self;
	bool lost = snt__fiber_lost(thread->current);

	snt__registry_leave(thread);
	if (thread->reachable)
		thread->poller.ops->forget(&thread->poller,
					   &thread->mailbox.handle);
	snt__mailbox_close(&thread->mailbox);
	if (thread->poller_open)
		thread->poller.ops->close(&thread->poller);
	/* Stacks of fibers that never ended. */
	if (!lost) {
		snt__aside_end(thread);
		snt__stacks_release(&thread->stacks);
	}
	snt__context = NULL;
	snt__context_reset(&thread->main.context);
	snt__self = NULL;
}

void snt__thread_set_up(struct snt__thread *thread)
{
	struct snt_fiber *main = &thread->main;

	memset(thread, 0, sizeof *thread);
	main->deadline = SNT_FOREVER;
	main->forks = snt__forks;
	memcpy(main->name, "main", sizeof "main");
	snt__list_init(&main->in_group);
	snt__list_init(&thread->all);
	snt__list_init(&thread->starved);
	snt__stacks_init(&thread->stacks);
	snt__mailbox_init(&thread->mailbox);
	snt__io->backends(&thread->poller.ops, &thread->spawn_ops);
	thread->current = main;
	thread->budget = SNT__BUDGET;
	snt__context = &main->context;
	snt__self = thread;
	snt__registry_join(thread);
	thread->last_number = thread->id << 40;
	main->number = thread->last_number;
	thread->clock = snt__io->now();
}

struct snt__thread *snt__thread_begin(void)
{
	struct snt__context before = *snt__context_now();

	*snt__context_now() = (struct snt__context){ 0 };
	snt__thread_set_up(&storage);
	storage.main.context = before;
#ifdef SNT__SANITIZER
	snt__sanitizer_main(&storage.main.sanitizer);
#endif
	snt__at_thread_end(snt__thread_take_down);
	snt__io->at_fork(snt__thread_forked);
	return &storage;
}

/* It may turn into another: that is the one to move to, then. */
static int open_poller(struct snt__thread *thread, struct snt__poller *poller)
{
	const struct snt__poller_ops *asked = poller->ops;
	int code = poller->ops->open(poller);

	if (code < 0) {
		code = snt__fail(code, "%s backend", poller->ops->name);
		poller->ops = asked;
		return code;
	}
	if (asked == thread->spawn_ops)
		thread->spawn_ops = poller->ops;
	thread->poller_open = true;
	return 0;
}

int snt__thread_open_poller(struct snt__thread *thread)
{
	if (thread->poller_open)
		return 0;
	if (snt__fiber_lost(thread->current))
		return snt__fail(-SNT_EFORK, "backend");
	return open_poller(thread, &thread->poller);
}

int snt__thread_listen(struct snt__thread *thread)
{
	int code = snt__thread_open_poller(thread);

	if (code < 0)
		return code;
	code = snt__mailbox_open(&thread->mailbox);
	if (code == 0)
		code = thread->poller.ops->arm(
			&thread->poller, &thread->mailbox.handle, SNT__READ);
	if (code < 0)
		return snt__fail(code, "mailbox of the thread");
	thread->reachable = true;
	return 0;
}

int snt__thread_move(struct snt__thread *thread)
{
	struct snt__poller moved = { .ops = thread->spawn_ops };
	bool was_open = thread->poller_open;
	int code;

	if (thread->poller.ops == thread->spawn_ops)
		return snt__thread_reachable(thread);
	code = open_poller(thread, &moved);
	if (code < 0)
		return code;
	/* Nobody waits at a first spawn, so only the mailbox moves along. */
	if (thread->reachable)
		thread->poller.ops->forget(&thread->poller,
					   &thread->mailbox.handle);
	thread->reachable = false;
	if (was_open)
		thread->poller.ops->close(&thread->poller);
	thread->poller = moved;
	return snt__thread_listen(thread);
}

const char *snt_backend(void)
{
	struct snt__thread *thread = snt__thread_now();

	return snt__thread_open_poller(thread) < 0 ? "none"
						   : thread->poller.ops->name;
}

bool snt_has_backend(const char *name)
{
	return snt__io->has_backend(name);
}

void snt_set_spin(int64_t duration)
{
	snt__thread_now()->spin = duration > 0 ? duration : 0;
}

int64_t snt_now(void)
{
	return snt__io->now();
}
