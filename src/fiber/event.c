/* SPDX-License-Identifier: MIT */
/* A flag that fibers wait for. */
#include "base/alloc.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_event {
	struct snt__link waiters;
	bool set;
};

int snt_event_open(struct snt_event **event)
{
	struct snt_event *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "event");
	snt__list_init(&made->waiters);
	*event = made;
	return 0;
}

void snt_event_set(struct snt_event *event)
{
	event->set = true;
	snt__waiters_wake_all(&event->waiters, 0);
}

void snt_event_clear(struct snt_event *event)
{
	event->set = false;
}

bool snt_event_is_set(const struct snt_event *event)
{
	return event->set;
}

int snt_event_wait(struct snt_event *event)
{
	struct snt__waiter waiter;
	int code = snt__enter(snt__fiber_now());

	if (code == 0 && !event->set)
		code = snt__waiters_park(&event->waiters, &waiter);
	else if (code == 0)
		snt__spend(snt__self);
	return code < 0 ? snt__fail(code, "wait for event") : 0;
}

void snt_event_close(struct snt_event *event)
{
	if (event == NULL)
		return;
	snt__waiters_wake_all(&event->waiters, -EBADF);
	snt__free(event);
}

void snt_auto_event(struct snt_event **event)
{
	snt_event_close(*event);
	*event = NULL;
}
