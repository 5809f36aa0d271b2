/* SPDX-License-Identifier: MIT */
/* A lock with an owner, a fiber of whatever thread, handed to the longest
 * waiter when it is unlocked. */
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_mutex {
	struct snt__shared shared;
	uint64_t owner; /* the number of a fiber, or 0 */
};

static void release(struct snt__shared *shared)
{
	snt__free(SNT__CONTAINER(shared, struct snt_mutex, shared));
}

int snt_mutex_open(struct snt_mutex **mutex)
{
	struct snt_mutex *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "mutex");
	snt__shared_init(&made->shared, release);
	*mutex = made;
	return 0;
}

int snt_mutex_lock(struct snt_mutex *mutex)
{
	struct snt_fiber *self = snt__fiber_now();
	struct snt__waiter waiter = { .lapses = true };
	int code = snt__enter(self);

	if (code < 0)
		return snt__fail(code, "lock mutex");
	snt__lock(&mutex->shared);
	if (mutex->owner != 0 && mutex->owner != self->number) {
		snt__park_for("mutex");
		code = snt__shared_wait(&mutex->shared,
					&mutex->shared.waiters[0], &waiter);
		return code < 0 ? snt__fail(code, "lock mutex") : 0;
	}
	if (mutex->owner == self->number)
		code = -EDEADLK;
	mutex->owner = self->number;
	snt__unlock(&mutex->shared);
	if (code < 0)
		return snt__fail(code, "lock mutex");
	snt__spend(snt__self);
	return 0;
}

int snt_mutex_unlock(struct snt_mutex *mutex)
{
	const struct snt_fiber *self = snt__fiber_now();
	const struct snt__waiter *next;
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&mutex->shared);
	if (mutex->owner != self->number) {
		snt__unlock(&mutex->shared);
		return snt__fail_text(-EPERM,
				      "unlock mutex: the caller does not hold "
				      "it");
	}
	next = snt__shared_serve(&mutex->shared.waiters[0], 0, &letters);
	mutex->owner = next != NULL ? next->fiber->number : 0;
	snt__unlock_and_send(&mutex->shared, &letters);
	return 0;
}

void snt_mutex_close(struct snt_mutex *mutex)
{
	struct snt__link letters;

	if (mutex == NULL)
		return;
	snt__list_init(&letters);
	snt__lock(&mutex->shared);
	snt__shared_serve_all(&mutex->shared.waiters[0], -EBADF, &letters);
	snt__shared_close(&mutex->shared, &letters);
}

void snt_auto_mutex(struct snt_mutex **mutex)
{
	snt_mutex_close(*mutex);
	*mutex = NULL;
}
