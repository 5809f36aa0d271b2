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

void snt__waiters_turn_away(struct snt__link *woken)
{
	struct snt__link *link;

	while ((link = snt__list_first(woken)) != NULL) {
		SNT__CONTAINER(link, struct snt__waiter, link)
			->fiber->wake_code = -EBADF;
		snt__list_remove(link);
	}
}
