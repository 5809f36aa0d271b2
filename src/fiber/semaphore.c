/* SPDX-License-Identifier: MIT */
/* A count of permits. A released one goes straight to the longest waiter, so
 * that nobody who comes later can take it first. */
#include "base/alloc.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_semaphore {
	struct snt__link waiters;
	struct snt__link granted; /* woken with it, have not run yet */
	size_t permits;
};

int snt_semaphore_open(struct snt_semaphore **semaphore, size_t permits)
{
	struct snt_semaphore *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "semaphore");
	snt__list_init(&made->waiters);
	snt__list_init(&made->granted);
	made->permits = permits;
	*semaphore = made;
	return 0;
}

int snt_semaphore_acquire(struct snt_semaphore *semaphore)
{
	struct snt__waiter waiter;
	int code = snt__enter(snt__fiber_now());

	if (code == 0 && semaphore->permits == 0) {
		code = snt__waiters_park(&semaphore->waiters, &waiter);
	} else if (code == 0) {
		semaphore->permits--;
		snt__spend(snt__self);
	}
	return code < 0 ? snt__fail(code, "acquire semaphore") : 0;
}

void snt_semaphore_release(struct snt_semaphore *semaphore)
{
	struct snt__waiter *next = snt__waiters_wake(&semaphore->waiters, 0);

	if (next == NULL)
		semaphore->permits++;
	else
		snt__list_append(&semaphore->granted, &next->link);
}

size_t snt_semaphore_value(const struct snt_semaphore *semaphore)
{
	return semaphore->permits;
}

void snt_semaphore_close(struct snt_semaphore *semaphore)
{
	if (semaphore == NULL)
		return;
	snt__waiters_wake_all(&semaphore->waiters, -EBADF);
	snt__waiters_turn_away(&semaphore->granted);
	snt__free(semaphore);
}

void snt_auto_semaphore(struct snt_semaphore **semaphore)
{
	snt_semaphore_close(*semaphore);
	*semaphore = NULL;
}
