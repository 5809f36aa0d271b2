/* SPDX-License-Identifier: MIT */
/* The scheduler that thread.h describes. */
#include "fiber/thread.h"

#include "base/deadline.h"
#include "fiber/call.h"
#include "fiber/resident.h"
#include "fiber/switch.h"
#include "fiber/wait.h"

void snt__make_ready(struct snt__thread *thread, struct snt_fiber *fiber)
{
	fiber->state = SNT__READY;
	fiber->next = NULL;
	if (thread->ready == NULL)
		thread->ready = fiber;
	else
		thread->ready_last->next = fiber;
	thread->ready_last = fiber;
	thread->ready_count++;
}

void snt__make_unready(struct snt__thread *thread,
		       const struct snt_fiber *fiber)
{
	struct snt_fiber *before = NULL, *at = thread->ready;

	while (at != fiber) {
		before = at;
		at = at->next;
	}
	if (before == NULL)
		thread->ready = fiber->next;
	else
		before->next = fiber->next;
	if (thread->ready_last == fiber)
		thread->ready_last = before;
	thread->ready_count--;
}

bool snt__wake(struct snt_fiber *fiber, int code)
{
	if (fiber->state != SNT__PARKED)
		return false;
	fiber->wake_code = code;
	snt__make_ready(snt__self, fiber);
	return true;
}

/* A handle may go on. */
static void fire(struct snt__handle *handle, unsigned directions)
{
	struct snt__thread *thread = snt__self;

	if (__builtin_expect(handle == &thread->mailbox.handle, 0)) {
		/* An edge is over by itself. */
		if (thread->poller.ops->levels)
			snt__io->notify_clear(handle->fd);
		return;
	}
	handle->ready |= directions & (SNT__READ | SNT__WRITE);
	handle->odd |= directions & SNT__ODD;
	if ((directions & SNT__READ) && handle->reader != NULL)
		snt__wake(handle->reader, 0);
	if ((directions & SNT__WRITE) && handle->writer != NULL)
		snt__wake(handle->writer, 0);
	if (__builtin_expect(handle->watches != NULL, 0))
		snt__watches_fire(handle, directions);
}

static void fire_timers(struct snt__thread *thread)
{
	struct snt__heap_node *node = snt__heap_first(&thread->timers);

	while (node != NULL && node->key <= thread->clock) {
		struct snt_fiber *fiber =
			SNT__CONTAINER(node, struct snt_fiber, timer);

		snt__heap_remove(&thread->timers, node);
		fiber->timed = false;
		snt__wake(fiber, -ETIMEDOUT);
		node = snt__heap_first(&thread->timers);
	}
}

/* How often a poller that fails is asked again. */
#define POLLER_RETRY (10 * SNT_MILLISECOND)

/*
 * Without a poller nothing can be waited for but time. One that is open and
 * fails (memory is short, or somebody closed its descriptor) is asked again
 * soon, without spinning.
 */
static void wait_for_time(int64_t deadline, bool retry)
{
	struct snt__poller nothing;

	if (retry)
		deadline =
			snt__earlier(deadline, snt__io->now() + POLLER_RETRY);
	snt__direct_poller.open(&nothing);
	snt__direct_poller.wait(&nothing, deadline, fire);
}

static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Looks for a while without sleeping; whether something became ready. */
static bool spin(struct snt__thread *thread, int64_t deadline)
{
	const struct snt__poller_ops *ops = thread->poller.ops;
	int64_t end = snt__deadline(snt__io->now(), thread->spin);

	end = snt__earlier(end, deadline);
	do {
		if (ops->stirs != NULL && !ops->stirs(&thread->poller))
			relax();
		else if (ops->wait(&thread->poller, 0, fire) < 0)
			return false;
		if (thread->ready != NULL ||
		    !snt__mailbox_empty(&thread->mailbox))
			return true;
	} while (snt__io->now() < end);
	return false;
}

/* The poll of the mailbox may have ended, as any on a ring may. */
static int64_t in_reach(struct snt__thread *thread, int64_t deadline)
{
	if (thread->reachable &&
	    thread->poller.ops->arm(&thread->poller, &thread->mailbox.handle,
				    SNT__READ) < 0)
		return snt__earlier(deadline, snt__io->now() + POLLER_RETRY);
	return deadline;
}

/* wait: nothing is ready, so until something is or the next timer. */
static void ask_poller(struct snt__thread *thread, bool wait)
{
	const struct snt__heap_node *timer = snt__heap_first(&thread->timers);
	int64_t deadline = SNT_FOREVER;
	bool found;

	if (timer != NULL)
		deadline = timer->key > 0 ? timer->key : 0;
	found = wait && thread->spin > 0 && thread->poller_open &&
		spin(thread, deadline);
	if (!wait || found || !snt__mailbox_sleep(&thread->mailbox))
		deadline = 0;
	else
		deadline = in_reach(thread, deadline);
	if (!found &&
	    (!thread->poller_open ||
	     thread->poller.ops->wait(&thread->poller, deadline, fire) < 0))
		wait_for_time(deadline, thread->poller_open);
	snt__mailbox_awake(&thread->mailbox);
	/* After the events: a letter may close what they were about. */
	if (!snt__mailbox_empty(&thread->mailbox))
		snt__mailbox_read(&thread->mailbox);
	thread->clock = snt__io->now();
	fire_timers(thread);
	thread->turn = thread->ready_count < SNT__TURN ? SNT__TURN
						       : thread->ready_count;
	if (__builtin_expect(thread->shuffle != NULL, 0))
		thread->shuffle(thread);
}

void snt__poll_now(struct snt__thread *thread)
{
	ask_poller(thread, false);
}

static struct snt_fiber *next_ready(struct snt__thread *thread)
{
	struct snt_fiber *fiber;

	if (thread->turn == 0 && thread->ready != NULL)
		ask_poller(thread, false);
	while (thread->ready == NULL)
		ask_poller(thread, true);
	fiber = thread->ready;
	thread->ready = fiber->next;
	thread->ready_count--;
	if (thread->turn > 0)
		thread->turn--;
	/* The one after it is cold by now: its object, and where it was left. */
	if (thread->ready != NULL) {
		__builtin_prefetch(thread->ready->place);
		__builtin_prefetch(thread->ready->next);
	}
	return fiber;
}

/* What the stack just left may need once it is no longer stood upon. */
void snt__arrive(struct snt__thread *thread)
{
	struct snt_fiber *ended = thread->ended;

#ifdef SNT__SANITIZER
	snt__sanitizer_arrive(&thread->current->sanitizer,
			      &thread->left->sanitizer);
#endif
	if (ended != NULL) {
		struct snt__stack stack = ended->stack;

		thread->ended = NULL;
#ifdef SNT__SANITIZER
		snt__sanitizer_destroy(&ended->sanitizer);
#endif
		snt__stack_give(&thread->stacks, &stack);
	}
}

static void switch_to(struct snt__thread *thread, struct snt_fiber *from,
		      struct snt_fiber *to)
{
	to->state = SNT__RUNNING;
	thread->current = to;
	thread->left = from;
	thread->budget = SNT__BUDGET;
	if (__builtin_expect(thread->hog_hook != NULL, 0))
		thread->resumed_at = snt__io->now();
	snt__context = &to->context;
#ifdef SNT__SANITIZER
	snt__sanitizer_leave(&from->sanitizer, &to->sanitizer,
			     thread->ended == from ||
				     from->state == SNT__ENDED);
#endif
	snt__switch(&from->place, to->place);
}

static void schedule(struct snt__thread *thread, struct snt_fiber *self)
{
	struct snt_fiber *next = next_ready(thread);

	if (next == self) {
		self->state = SNT__RUNNING;
		thread->budget = SNT__BUDGET;
		if (__builtin_expect(thread->hog_hook != NULL, 0))
			thread->resumed_at = snt__io->now();
		return;
	}
	switch_to(thread, self, next);
	snt__arrive(thread);
}

_Noreturn void snt__leave(struct snt__thread *thread, bool release)
{
	struct snt_fiber *self = thread->current;
	struct snt_fiber *next;

	if (__builtin_expect(thread->hog_hook != NULL, 0))
		snt__tell_hog(thread);
	self->state = SNT__ENDED;
	next = next_ready(thread);
	if (release)
		thread->ended = self;
	switch_to(thread, self, next);
	__builtin_unreachable();
}

bool snt__cancel_shows(const struct snt_fiber *fiber)
{
	if (!fiber->cancelled)
		return false;
	for (const struct snt_scope *scope = fiber->scope; scope != NULL;
	     scope = scope->outer)
		if (scope->masks)
			return false;
	return true;
}

void snt__fiber_refresh(struct snt_fiber *fiber)
{
	fiber->deadline = SNT_FOREVER;
	for (const struct snt_scope *scope = fiber->scope; scope != NULL;
	     scope = scope->outer) {
		fiber->deadline =
			snt__earlier(fiber->deadline, scope->deadline);
		if (scope->masks)
			break;
	}
	fiber->alert = fiber->deadline != SNT_FOREVER ||
		       snt__cancel_shows(fiber) || snt__fiber_lost(fiber) ||
		       snt__self->captive;
}

/* Tells the scopes whose limit it was that has passed. */
static int timed_out(struct snt_fiber *fiber, int64_t passed)
{
	for (struct snt_scope *scope = fiber->scope; scope != NULL;
	     scope = scope->outer) {
		if (scope->deadline <= passed)
			scope->expired = true;
		if (scope->masks)
			break;
	}
	return -ETIMEDOUT;
}

int snt__enter_alert(struct snt_fiber *fiber)
{
	int64_t now;

	if (snt__fiber_lost(fiber))
		return -SNT_EFORK;
	if (snt__self->captive)
		return -EDEADLK;
	if (snt__cancel_shows(fiber))
		return -ECANCELED;
	if (fiber->deadline == SNT_FOREVER)
		return 0;
	now = snt__io->now();
	return fiber->deadline <= now ? timed_out(fiber, now) : 0;
}

static int park(struct snt__thread *thread, struct snt_fiber *self,
		int64_t deadline)
{
	if (self->alert && thread->captive)
		return -EDEADLK;
	if (__builtin_expect(thread->hog_hook != NULL, 0)) {
		snt__tell_hog(thread);
		snt__fiber_refresh(self);
	}
	if (self->alert && snt__fiber_lost(self))
		return -SNT_EFORK;
	if (self->alert && snt__cancel_shows(self))
		return -ECANCELED;
	deadline = snt__earlier(deadline, self->deadline);
	if (deadline != SNT_FOREVER) {
		snt__heap_insert(&thread->timers, &self->timer, deadline);
		self->timed = true;
	}
	self->state = SNT__PARKED;
	self->parked_at = thread->clock;
	schedule(thread, self);
	if (self->timed) {
		snt__heap_remove(&thread->timers, &self->timer);
		self->timed = false;
	}
	/* Not a scope's doing when the call's own deadline came first. */
	if (self->wake_code == -ETIMEDOUT && self->deadline <= deadline)
		return timed_out(self, deadline);
	return self->wake_code;
}

int snt__park(int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	struct snt_fiber *self = thread->current;
	int code = park(thread, self, deadline);

	self->waits = NULL;
	self->waits_on = NULL;
	return code;
}

void snt__await(const bool *arrived)
{
	/* What the letter is about happens either way. */
	bool told = snt__thread_reachable(snt__self) == 0;
	struct snt_scope door;

	snt_cleanup_begin(&door, SNT_FOREVER);
	while (!*arrived) {
		snt__park_for("other thread");
		/* A hook cannot park. */
		if (snt__park(told ? SNT_FOREVER
				   : snt__io->now() + POLLER_RETRY) == -EDEADLK)
			snt__poll_now(snt__self);
	}
	snt_scope_end(&door);
}

void snt__yield_now(struct snt__thread *thread)
{
	struct snt_fiber *self = thread->current;

	thread->budget = SNT__BUDGET;
	if (thread->fibers == 0 || thread->captive ||
	    (self->alert && snt__fiber_lost(self)))
		return;
	if (__builtin_expect(thread->hog_hook != NULL, 0)) {
		snt__tell_hog(thread);
		snt__fiber_refresh(self);
	}
	snt__make_ready(thread, self);
	schedule(thread, self);
}
