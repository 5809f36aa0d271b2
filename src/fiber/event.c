/* SPDX-License-Identifier: MIT */
/* A flag that fibers of any threads wait for. */
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>

struct snt_event {
	struct snt__shared shared;
	bool set;
};

static void release(struct snt__shared *shared)
{
	snt__free(SNT__CONTAINER(shared, struct snt_event, shared));
}

int snt_event_open(struct snt_event **event)
{
	struct snt_event *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "event");
	snt__shared_init(&made->shared, release);
	*event = made;
	return 0;
}

void snt_event_set(struct snt_event *event)
{
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&event->shared);
	event->set = true;
	snt__shared_serve_all(&event->shared.waiters[0], 0, &letters);
	snt__unlock_and_send(&event->shared, &letters);
}

void snt_event_clear(struct snt_event *event)
{
	snt__lock(&event->shared);
	event->set = false;
	snt__unlock(&event->shared);
}

bool snt_event_is_set(const struct snt_event *event)
{
	bool set;

	snt__lock(&event->shared);
	set = event->set;
	snt__unlock(&event->shared);
	return set;
}

int snt_event_wait(struct snt_event *event)
{
	struct snt__waiter waiter = { 0 };
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "wait for event");
	snt__lock(&event->shared);
	if (!event->set) {
		snt__park_for("event");
		code = snt__shared_wait(&event->shared,
					&event->shared.waiters[0], &waiter);
		return code < 0 ? snt__fail(code, "wait for event") : 0;
	}
	snt__unlock(&event->shared);
	snt__spend(snt__self);
	return 0;
}

void snt_event_close(struct snt_event *event)
{
	struct snt__link letters;

	if (event == NULL)
		return;
	snt__list_init(&letters);
	snt__lock(&event->shared);
	snt__shared_serve_all(&event->shared.waiters[0], -EBADF, &letters);
	snt__shared_close(&event->shared, &letters);
}

void snt_auto_event(struct snt_event **event)
{
	snt_event_close(*event);
	*event = NULL;
}
