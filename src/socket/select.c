/* SPDX-License-Identifier: MIT */
/*
 * One select. Built for many registered sockets of which few are active at a
 * time: it costs a question to the poller and a look at each socket that
 * something happened to, or that was ready before.
 */
#include "socket/selector.h"

#include "base/deadline.h"
#include "socket/layer.h"
#include "socket/parts.h"

#include <limits.h>

/* Between two selects only what the poller keeps is armed. */
static void disarm_passing(struct snt_selector *selector)
{
	for (struct snt__link *link = selector->passing.next;
	     link != &selector->passing; link = link->next)
		snt__entry_disarm(snt__entry_of(link));
}

static int arm_passing(struct snt_selector *selector)
{
	struct snt__link *link = selector->passing.next;

	while (link != &selector->passing) {
		struct snt__link *next = link->next;
		int code = snt__entry_arm(snt__entry_of(link));

		if (code < 0)
			return code;
		link = next;
	}
	return 0;
}

/* What it is ready in now; 0: nothing, and only an event can change that. */
static int look_at(const struct snt__entry *entry)
{
	int ready = 0;

	for (size_t i = 0; i < entry->part_count; i++) {
		int code = snt__watch_look(&entry->watches[i]);

		if (code < 0)
			return code;
		ready |= code;
	}
	return ready & (int)entry->events;
}

/* A layer may have to write before it can be read, or the other way round. */
static int arm_for_layer(struct snt__entry *entry)
{
	struct snt__watch *watch = &entry->watches[0];
	unsigned asked =
		entry->events | snt__layer_wants(entry->socket, entry->events);

	if (watch->directions == asked)
		return 0;
	snt__watch_disarm(watch);
	watch->directions = (uint8_t)asked;
	return snt__entry_arm(entry);
}

/* A poll on a ring may have reported for the last time. */
static int keep_armed(struct snt__entry *entry)
{
	bool armed = true;
	int code = arm_for_layer(entry);

	if (code < 0)
		return code;
	for (size_t i = 0; entry->kept && i < entry->part_count; i++)
		armed = armed && snt__watch_kept(&entry->watches[i]);
	return armed ? 0 : snt__entry_arm(entry);
}

/* Those whose turn it is. */
static int take_hot(struct snt_selector *selector, struct snt_selected *ready,
		    size_t capacity)
{
	struct snt__link *last = selector->hot.prev, *link = NULL;
	size_t count = 0;

	while (count < capacity && link != last &&
	       (link = snt__list_first(&selector->hot)) != NULL) {
		struct snt__entry *entry =
			SNT__CONTAINER(link, struct snt__entry, hot);
		int events = look_at(entry);

		if (events == 0)
			events = keep_armed(entry);
		/* Those found before are found again: it is a level. */
		if (events < 0)
			return events;
		snt__list_remove(link);
		if (events == 0)
			continue;
		snt__list_append(&selector->hot, link);
		ready[count++] = (struct snt_selected){
			.socket = entry->socket,
			.events = (unsigned)events,
			.data = entry->data,
		};
	}
	return (int)count;
}

/* The poller is asked also when something is hot, so that what is new need not
 * wait for it. */
static int select_armed(struct snt_selector *selector,
			struct snt_selected *ready, size_t capacity,
			int64_t timeout)
{
	const struct snt__selecting *now = selector->now;
	int64_t deadline = SNT_FOREVER;
	int count;

	if (timeout < 0 || !snt__list_empty(&selector->hot))
		snt__poll_now(selector->thread);
	count = take_hot(selector, ready, capacity);
	if (count != 0 || timeout < 0)
		return count;
	if (timeout != 0 && timeout != SNT_FOREVER)
		deadline = snt__deadline(snt__io->now(), timeout);
	while (count == 0) {
		int code = snt__park(deadline);

		if (now->closed)
			return -EBADF;
		/* A scope's limit is told as a failure, ours is none. */
		if (code == -ETIMEDOUT && deadline < now->fiber->deadline)
			return 0;
		if (code < 0)
			return code;
		count = take_hot(selector, ready, capacity);
	}
	return count;
}

static int select_now(struct snt_selector *selector, struct snt_selected *ready,
		      size_t capacity, int64_t timeout)
{
	const struct snt__selecting *now = selector->now;
	int code;

	/* Before looking: what is told is true when the caller reads it. */
	snt__spend(selector->thread);
	if (now->closed)
		return -EBADF;
	code = snt__enter(now->fiber);
	if (code == 0)
		code = snt__thread_open_poller(selector->thread);
	if (code == 0)
		code = arm_passing(selector);
	if (code == 0)
		code = select_armed(selector, ready, capacity, timeout);
	return code;
}

int snt_selector_select(struct snt_selector *selector,
			struct snt_selected *ready, size_t capacity,
			int64_t timeout)
{
	struct snt__selecting now = { .fiber = snt__fiber_now() };
	int code = snt__selector_check(selector, "select");

	if (code < 0)
		return code;
	if (capacity == 0)
		return snt__fail_text(-EINVAL,
				      "selector, select: no room for any");
	if (selector->now != NULL)
		return snt__fail(-EBUSY, "selector, select");
	/* Until it is taken back below, or the selector is gone. */
	/* cppcheck-suppress autoVariables */
	selector->now = &now;
	code = select_now(selector, ready,
			  capacity < INT_MAX ? capacity : INT_MAX, timeout);
	if (!now.closed) {
		selector->now = NULL;
		disarm_passing(selector);
	}
	return code < 0 ? snt__fail(code, "selector, select") : code;
}
