/* SPDX-License-Identifier: MIT */
#include "fiber/waiters.h"

int snt__waiters_park(struct snt__link *queue, struct snt__waiter *waiter)
{
	return snt__waiters_park_until(queue, waiter, SNT_FOREVER);
}

int snt__waiters_park_until(struct snt__link *queue, struct snt__waiter *waiter,
			    int64_t deadline)
{
	int code;

	waiter->fiber = snt__fiber_now();
	snt__list_append(queue, &waiter->link);
	code = snt__park(deadline);
	/* Woken by the queue it is off already; then this does nothing, and the
	 * queue itself may be gone. */
	snt__list_remove(&waiter->link);
	return code;
}

struct snt__waiter *snt__waiters_wake(struct snt__link *queue, int code)
{
	struct snt__link *link;

	while ((link = snt__list_first(queue)) != NULL) {
		struct snt__waiter *waiter =
			SNT__CONTAINER(link, struct snt__waiter, link);

		snt__list_remove(link);
		if (snt__wake(waiter->fiber, code))
			return waiter;
	}
	return NULL;
}

void snt__waiters_wake_all(struct snt__link *queue, int code)
{
	while (snt__waiters_wake(queue, code) != NULL)
		;
}

void snt__shared_init(struct snt__shared *shared,
		      void (*release)(struct snt__shared *shared))
{
	pthread_mutex_init(&shared->lock, NULL);
	shared->users = 1;
	shared->closed = false;
	shared->release = release;
	for (int i = 0; i < 2; i++)
		snt__list_init(&shared->waiters[i]);
	atomic_store_explicit(&shared->forks, snt__forks, memory_order_release);
}

/* Two threads of the child may come at a time. */
static pthread_mutex_t anew = PTHREAD_MUTEX_INITIALIZER;

void snt__shared_begin_anew(struct snt__shared *shared)
{
	pthread_mutex_lock(&anew);
	if (atomic_load(&shared->forks) != snt__forks)
		snt__shared_init(shared, shared->release);
	pthread_mutex_unlock(&anew);
}

void snt__shared_leave(struct snt__shared *shared)
{
	bool last = --shared->users == 0;

	snt__unlock(shared);
	if (!last)
		return;
	pthread_mutex_destroy(&shared->lock);
	shared->release(shared);
}

static void open_letter(struct snt__letter *letter)
{
	struct snt__waiter *waiter =
		SNT__CONTAINER(letter, struct snt__waiter, letter);

	waiter->arrived = true;
	snt__wake(waiter->fiber, 0);
}

/* A limit passed, but not before the call had what it waited for. */
static void take_expiry_back(const struct snt_fiber *fiber)
{
	for (struct snt_scope *scope = fiber->scope; scope != NULL;
	     scope = scope->outer) {
		scope->expired = false;
		if (scope->masks)
			break;
	}
}

int snt__shared_wait(struct snt__shared *shared, struct snt__link *queue,
		     struct snt__waiter *waiter)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_reachable(thread);

	if (code < 0) {
		snt__unlock(shared);
		thread->current->waits = NULL;
		return code;
	}
	waiter->fiber = thread->current;
	waiter->thread = thread;
	waiter->letter.open = open_letter;
	waiter->served = false;
	waiter->arrived = false;
	snt__list_append(queue, &waiter->link);
	shared->users++;
	snt__unlock(shared);
	code = snt__park(SNT_FOREVER);
	/* A hook has forked: the queue is the parent's. */
	if (code == -SNT_EFORK)
		return code;
	snt__lock(shared);
	if (waiter->served && !waiter->arrived) {
		snt__unlock(shared);
		snt__await(&waiter->arrived);
		snt__lock(shared);
	}
	if (waiter->served) {
		if (code == -ETIMEDOUT)
			take_expiry_back(waiter->fiber);
		code = waiter->code;
	} else {
		snt__list_remove(&waiter->link);
	}
	if (code == 0 && waiter->lapses && shared->closed)
		code = -EBADF;
	snt__shared_leave(shared);
	return code;
}

struct snt__waiter *snt__shared_serve(struct snt__link *queue, int code,
				      struct snt__link *letters)
{
	struct snt__link *link;

	while ((link = snt__list_first(queue)) != NULL) {
		struct snt__waiter *waiter =
			SNT__CONTAINER(link, struct snt__waiter, link);

		snt__list_remove(link);
		if (waiter->thread != snt__self)
			snt__list_append(letters, link);
		else if (snt__wake(waiter->fiber, code))
			waiter->arrived = true;
		else
			continue;
		waiter->code = code;
		waiter->served = true;
		return waiter;
	}
	return NULL;
}

void snt__shared_serve_all(struct snt__link *queue, int code,
			   struct snt__link *letters)
{
	while (snt__shared_serve(queue, code, letters) != NULL)
		;
}

static void send_all(struct snt__link *letters)
{
	struct snt__link *link;

	while ((link = snt__list_first(letters)) != NULL) {
		struct snt__waiter *waiter =
			SNT__CONTAINER(link, struct snt__waiter, link);

		/* Its memory is its own again once the letter is opened. */
		snt__list_remove(link);
		snt__mailbox_post(&waiter->thread->mailbox, &waiter->letter);
	}
}

void snt__unlock_and_send(struct snt__shared *shared, struct snt__link *letters)
{
	snt__unlock(shared);
	send_all(letters);
}

void snt__shared_close(struct snt__shared *shared, struct snt__link *letters)
{
	shared->closed = true;
	snt__shared_leave(shared);
	send_all(letters);
}
