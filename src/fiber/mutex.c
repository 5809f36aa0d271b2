/* SPDX-License-Identifier: MIT */
/* A lock with an owner, handed to the longest waiter when it is unlocked. */
#include "base/alloc.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_mutex {
	struct snt__link waiters;
	struct snt__link granted; /* woken with it, have not run yet */
	struct snt_fiber *owner;
};

int snt_mutex_open(struct snt_mutex **mutex)
{
	struct snt_mutex *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "mutex");
	snt__list_init(&made->waiters);
	snt__list_init(&made->granted);
	*mutex = made;
	return 0;
}

int snt_mutex_lock(struct snt_mutex *mutex)
{
	struct snt_fiber *self = snt__fiber_now();
	struct snt__waiter waiter;
	int code = snt__enter(self);

	if (code == 0 && mutex->owner == self)
		code = -EDEADLK;
	if (code == 0 && mutex->owner != NULL) {
		code = snt__waiters_park(&mutex->waiters, &waiter);
	} else if (code == 0) {
		mutex->owner = self;
		snt__spend(snt__self);
	}
	return code < 0 ? snt__fail(code, "lock mutex") : 0;
}

int snt_mutex_unlock(struct snt_mutex *mutex)
{
	struct snt__waiter *next;

	if (mutex->owner != snt__fiber_now())
		return snt__fail(-EPERM, "unlock mutex");
	next = snt__waiters_wake(&mutex->waiters, 0);
	mutex->owner = next != NULL ? next->fiber : NULL;
	if (next != NULL)
		snt__list_append(&mutex->granted, &next->link);
	return 0;
}

void snt_mutex_close(struct snt_mutex *mutex)
{
	if (mutex == NULL)
		return;
	snt__waiters_wake_all(&mutex->waiters, -EBADF);
	snt__waiters_turn_away(&mutex->granted);
	snt__free(mutex);
}

void snt_auto_mutex(struct snt_mutex **mutex)
{
	snt_mutex_close(*mutex);
	*mutex = NULL;
}
