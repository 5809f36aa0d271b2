/* SPDX-License-Identifier: MIT */
/* Waiting for a descriptor: the bridge between fibers and the poller. */
#ifndef SNT_FIBER_WAIT_H
#define SNT_FIBER_WAIT_H

#include "fiber/thread.h"

/*
 * Parks the running fiber until the handle may go on in that direction
 * (SNT__READ or SNT__WRITE). -ECANCELED, -ETIMEDOUT; -EBADF: closed meanwhile,
 * the handle is gone; -EBUSY: another fiber waits for the same; -SNT_ETHREAD;
 * -ENOMEM, -ENOSPC.
 */
int snt__wait(struct snt__handle *handle, unsigned direction, int64_t deadline);

/*
 * The same as the handle's reader (or writer) for other directions than that
 * one, any of which ends the wait; 0: none does, somebody wakes the fiber. For
 * who reads what must be answered before it can go on.
 */
int snt__wait_as(struct snt__handle *handle, unsigned direction,
		 unsigned directions, int64_t deadline);

/*
 * An interest in a handle beside the fibers that wait on it. It is told of the
 * handle's end, so that whoever looks after many learns which of them is gone;
 * a selector is told by it what may go on, whether or not it waits.
 */
struct snt__watch {
	struct snt__handle *handle; /* NULL: it has ended */
	struct snt__watch *next;    /* on the same handle */
	uint8_t directions;         /* SNT__READ | SNT__WRITE */
	uint8_t armed;              /* those the poller reports for its sake */
	/* One of the directions may go on, or the handle has ended (then the
	 * watch may go too). Adds and removes no watch of a living handle.
	 * NULL: nobody need be told. */
	void (*tell)(struct snt__watch *watch);
	void *owner;
};

/*
 * Waits for any of several handles, each in the directions of its watch, of
 * which only handle and directions need be set. Takes the place of a reader or
 * writer on each; the same handle may stand there twice. A deadline of 0 does
 * not wait: the poller is asked what it knows by now, and others may run. Errors
 * as snt__wait; on -EBADF the watches of the handles that ended have none any more.
 */
int snt__wait_any(struct snt__watch *watches, size_t count, int64_t deadline);

/* Puts the watch onto its handle; takes it off, unless the handle has ended. */
void snt__watch_add(struct snt__watch *watch);
void snt__watch_remove(struct snt__watch *watch);

/*
 * Has the poller report the watch's directions from now on. 1: it cannot be
 * polled, and is always worth trying. -SNT_ETHREAD, -ENOMEM, -ENOSPC.
 */
int snt__watch_arm(struct snt__watch *watch);
void snt__watch_disarm(struct snt__watch *watch);

/* The poller reports it whether or not somebody waits (epoll; uring, until a
 * poll has ended): so it can stay armed, which costs nothing there. */
static inline bool snt__watch_kept(const struct snt__watch *watch)
{
	return (watch->directions & ~watch->handle->registered) == 0;
}

/* For the scheduler: the handle may go on. */
void snt__watches_fire(struct snt__handle *handle, unsigned directions);

/* The slow half of snt__handle_claim. */
int snt__handle_adopt(struct snt__thread *thread, struct snt__handle *handle);

/*
 * Every call on a handle begins with this: it is the calling thread's, or
 * becomes it now if it is nobody's or its thread has ended. -SNT_ETHREAD.
 */
static inline int snt__handle_claim(struct snt__thread *thread,
				    struct snt__handle *handle)
{
	return __builtin_expect(atomic_load_explicit(&handle->home,
						     memory_order_relaxed) ==
					thread->id,
				1)
		       ? 0
		       : snt__handle_adopt(thread, handle);
}

/* The thread's handle is nobody's any more; nobody waits on it. */
void snt__handle_release(struct snt__thread *thread,
			 struct snt__handle *handle);

/* The thread's own: whoever waits gets -EBADF; the poller forgets the handle. The descriptor is
 * the caller's to close or keep. */
void snt__handle_end(struct snt__handle *handle);

#endif
