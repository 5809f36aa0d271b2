/* SPDX-License-Identifier: MIT */
/*
 * A handle has one reader, one writer, and any number of watches; the poller
 * is asked for a direction as long as one of them wants it.
 */
#include "fiber/wait.h"

#include "fiber/call.h"
#include "fiber/registry.h"

static void **slot_of(struct snt__handle *handle, unsigned direction)
{
	return direction == SNT__READ ? &handle->reader : &handle->writer;
}

/* 1: cannot be polled, so there is nothing to wait for. */
static int arm(struct snt__thread *thread, struct snt__handle *handle,
	       unsigned directions)
{
	int code = snt__handle_claim(thread, handle);

	if (code < 0)
		return code;
	code = thread->poller.ops->arm(&thread->poller, handle, directions);
	if (code == 1)
		handle->ready |= (uint8_t)directions;
	return code;
}

/* Tells the poller which of these directions nobody waits for any more. */
static void disarm(struct snt__thread *thread, struct snt__handle *handle,
		   unsigned directions)
{
	if (handle->reader != NULL)
		directions &= ~SNT__READ;
	if (handle->writer != NULL)
		directions &= ~SNT__WRITE;
	for (const struct snt__watch *watch = handle->watches; watch != NULL;
	     watch = watch->next)
		directions &= ~(unsigned)watch->armed;
	if (directions != 0)
		thread->poller.ops->disarm(&thread->poller, handle, directions);
}

/* A fiber that waits for several things may meet a handle twice. */
static int begin(struct snt__thread *thread, struct snt__handle *handle,
		 unsigned direction)
{
	void **slot = slot_of(handle, direction);
	int code = snt__handle_claim(thread, handle);

	if (code < 0)
		return code;
	if (*slot != NULL && *slot != thread->current)
		return -EBUSY;
	code = arm(thread, handle, direction);
	if (code == 0)
		*slot = thread->current;
	return code;
}

static void end(struct snt__thread *thread, struct snt__handle *handle,
		unsigned direction)
{
	*slot_of(handle, direction) = NULL;
	disarm(thread, handle, direction);
}

int snt__wait(struct snt__handle *handle, unsigned direction, int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_open_poller(thread);

	if (code == 0)
		code = begin(thread, handle, direction);
	if (code != 0)
		return code < 0 ? code : 0;
	thread->current->waits_on = handle;
	code = snt__park(deadline);
	if (code != -EBADF)
		end(thread, handle, direction);
	return code;
}

static void wake_owner(struct snt__watch *watch)
{
	snt__wake(watch->owner, 0);
}

int snt__wait_as(struct snt__handle *handle, unsigned direction,
		 unsigned directions, int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	struct snt__watch watch = { .handle = handle,
				    .directions = (uint8_t)directions,
				    .tell = wake_owner,
				    .owner = thread->current };
	void **slot = slot_of(handle, direction);
	int code = snt__thread_open_poller(thread);

	if (code == 0)
		code = snt__handle_claim(thread, handle);
	if (code == 0 && *slot != NULL)
		code = -EBUSY;
	if (code < 0)
		return code;
	snt__watch_add(&watch);
	if (directions != 0)
		code = snt__watch_arm(&watch);
	if (code == 0) {
		*slot = thread->current;
		thread->current->waits_on = handle;
		code = snt__park(deadline);
	}
	if (code == -EBADF)
		return code;
	*slot = NULL;
	snt__watch_remove(&watch);
	/* Also what another was armed for while the slot was taken. */
	disarm(thread, handle, SNT__READ | SNT__WRITE);
	return code > 0 ? 0 : code;
}

static void end_watched(struct snt__thread *thread, struct snt__watch *watch,
			unsigned directions)
{
	if (watch->handle == NULL)
		return;
	if (directions & SNT__READ)
		end(thread, watch->handle, SNT__READ);
	if (directions & SNT__WRITE)
		end(thread, watch->handle, SNT__WRITE);
	snt__watch_remove(watch);
}

static int begin_watched(struct snt__thread *thread, struct snt__watch *watch)
{
	unsigned begun = 0;
	int code = snt__handle_claim(thread, watch->handle);

	if (code < 0)
		return code;
	watch->armed = 0;
	watch->tell = NULL;
	snt__watch_add(watch);
	for (unsigned direction = SNT__READ;
	     direction <= SNT__WRITE && code == 0; direction <<= 1) {
		if (!(watch->directions & direction))
			continue;
		code = begin(thread, watch->handle, direction);
		if (code == 0)
			begun |= direction;
	}
	if (code != 0)
		end_watched(thread, watch, begun);
	return code;
}

/* Does not wait. What others close meanwhile ends it, as it would a wait. */
static int look_around(struct snt__thread *thread,
		       const struct snt__watch *watches, size_t count)
{
	snt__poll_now(thread);
	snt__spend(thread);
	for (size_t i = 0; i < count; i++)
		if (watches[i].handle == NULL)
			return -EBADF;
	return snt__enter(thread->current);
}

int snt__wait_any(struct snt__watch *watches, size_t count, int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_open_poller(thread);
	size_t begun = 0;

	while (code == 0 && begun < count) {
		code = begin_watched(thread, &watches[begun]);
		if (code == 0)
			begun++;
	}
	if (code == 0 && deadline == 0)
		code = look_around(thread, watches, count);
	else if (code == 0) {
		if (count > 0)
			thread->current->waits_on = watches[0].handle;
		code = snt__park(deadline);
	}
	for (size_t i = 0; i < begun; i++)
		end_watched(thread, &watches[i], watches[i].directions);
	return code > 0 ? 0 : code;
}

void snt__watch_add(struct snt__watch *watch)
{
	watch->next = watch->handle->watches;
	watch->handle->watches = watch;
}

void snt__watch_remove(struct snt__watch *watch)
{
	struct snt__watch **place;

	if (watch->handle == NULL)
		return;
	snt__watch_disarm(watch);
	place = &watch->handle->watches;
	while (*place != watch)
		place = &(*place)->next;
	*place = watch->next;
}

int snt__watch_arm(struct snt__watch *watch)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_open_poller(thread);

	if (code == 0)
		code = arm(thread, watch->handle, watch->directions);
	if (code == 0)
		watch->armed = watch->directions;
	return code;
}

void snt__watch_disarm(struct snt__watch *watch)
{
	unsigned directions = watch->armed;

	watch->armed = 0;
	if (directions != 0)
		disarm(snt__thread_now(), watch->handle, directions);
}

void snt__watches_fire(struct snt__handle *handle, unsigned directions)
{
	for (struct snt__watch *watch = handle->watches; watch != NULL;
	     watch = watch->next)
		if (watch->tell != NULL && (watch->directions & directions))
			watch->tell(watch);
}

/* Also a fiber that was made ready by this handle but has not run yet must
 * not touch it any more. */
static void turn_away(struct snt_fiber *fiber)
{
	if (fiber != NULL && !snt__wake(fiber, -EBADF))
		fiber->wake_code = -EBADF;
}

int snt__handle_adopt(struct snt__thread *thread, struct snt__handle *handle)
{
	uint64_t home = atomic_load(&handle->home);

	/* What an ended thread did with it came before it left the registry. */
	if (home == thread->id)
		return 0;
	if ((home != 0 && snt__registry_has(home)) ||
	    !atomic_compare_exchange_strong(&handle->home, &home, thread->id))
		return -SNT_ETHREAD;
	/* What direct noted there was about the poller it had then. */
	handle->odd &= (uint8_t) ~(SNT__ERROR | SNT__ERRORS);
	if (home == 0)
		return 0;
	/* What it was registered with is gone. */
	snt__list_init(&handle->link);
	handle->registered = 0;
	handle->wanted = 0;
	handle->reader = NULL;
	handle->writer = NULL;
	handle->watches = NULL;
	return 0;
}

void snt__handle_release(struct snt__thread *thread, struct snt__handle *handle)
{
	if (atomic_load_explicit(&handle->home, memory_order_relaxed) !=
	    thread->id)
		return;
	thread->poller.ops->forget(&thread->poller, handle);
	atomic_store_explicit(&handle->home, 0, memory_order_release);
}

void snt__handle_end(struct snt__handle *handle)
{
	struct snt__thread *thread = snt__thread_now();
	struct snt__watch *watch;

	/* In a forked child, what the parent had of it counts for nothing. */
	(void)snt__handle_claim(thread, handle);
	turn_away(handle->reader);
	turn_away(handle->writer);
	handle->reader = NULL;
	handle->writer = NULL;
	if (atomic_load_explicit(&handle->home, memory_order_relaxed) ==
	    thread->id)
		thread->poller.ops->forget(&thread->poller, handle);
	while ((watch = handle->watches) != NULL) {
		handle->watches = watch->next;
		watch->handle = NULL;
		if (watch->tell != NULL)
			watch->tell(watch);
	}
}
