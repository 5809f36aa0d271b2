/* SPDX-License-Identifier: MIT */
/* A count of permits. A released one goes straight to the longest waiter, so
 * that nobody who comes later can take it first. */
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_semaphore {
	struct snt__shared shared;
	size_t permits;
};

static void release(struct snt__shared *shared)
{
	snt__free(SNT__CONTAINER(shared, struct snt_semaphore, shared));
}

int snt_semaphore_open(struct snt_semaphore **semaphore, size_t permits)
{
	struct snt_semaphore *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "semaphore");
	snt__shared_init(&made->shared, release);
	made->permits = permits;
	*semaphore = made;
	return 0;
}

int snt_semaphore_acquire(struct snt_semaphore *semaphore)
{
	struct snt__waiter waiter = { .lapses = true };
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "acquire semaphore");
	snt__lock(&semaphore->shared);
	if (semaphore->permits == 0) {
		snt__park_for("semaphore");
		code = snt__shared_wait(&semaphore->shared,
					&semaphore->shared.waiters[0], &waiter);
		return code < 0 ? snt__fail(code, "acquire semaphore") : 0;
	}
	semaphore->permits--;
	snt__unlock(&semaphore->shared);
	snt__spend(snt__self);
	return 0;
}

void snt_semaphore_release(struct snt_semaphore *semaphore)
{
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&semaphore->shared);
	if (snt__shared_serve(&semaphore->shared.waiters[0], 0, &letters) ==
	    NULL)
		semaphore->permits++;
	snt__unlock_and_send(&semaphore->shared, &letters);
}

size_t snt_semaphore_value(const struct snt_semaphore *semaphore)
{
	size_t permits;

	snt__lock(&semaphore->shared);
	permits = semaphore->permits;
	snt__unlock(&semaphore->shared);
	return permits;
}

void snt_semaphore_close(struct snt_semaphore *semaphore)
{
	struct snt__link letters;

	if (semaphore == NULL)
		return;
	snt__list_init(&letters);
	snt__lock(&semaphore->shared);
	snt__shared_serve_all(&semaphore->shared.waiters[0], -EBADF, &letters);
	snt__shared_close(&semaphore->shared, &letters);
}

void snt_auto_semaphore(struct snt_semaphore **semaphore)
{
	snt_semaphore_close(*semaphore);
	*semaphore = NULL;
}
