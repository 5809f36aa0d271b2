/* SPDX-License-Identifier: MIT */
/* A fiber's life: spawned into a group, run, joined. */
#include "base/deadline.h"
#include "fiber/call.h"
#include "fiber/group.h"
#include "fiber/resident.h"
#include "fiber/switch.h"
#include "fiber/thread.h"
#include "fiber/waiters.h"

#include <string.h>

/* The object and the first frames share the stack's highest page. */
static struct snt_fiber *place_on(const struct snt__stack *stack)
{
	uintptr_t top = (uintptr_t)snt__stack_top(stack);

	top = (top - sizeof(struct snt_fiber)) & ~(uintptr_t)63;
	return (struct snt_fiber *)top;
}

static void run(void *arg)
{
	struct snt_fiber *self = arg;
	struct snt__thread *thread = snt__self;
	bool keep;

	snt__arrive(thread);
	self->result = self->fn(self->arg);
	if (snt__fiber_lost(self))
		snt__fiber_stranded(self);
	/* A fiber may fail without a call of ours having failed, or after
	 * another failure that it dealt with. */
	if (self->result < 0 && self->context.code != self->result)
		snt__fail_text(self->result, "fiber '%s': %s", self->name,
			       snt_strerror(self->result));
	keep = self->keep;
	snt__list_remove(&self->in_thread);
	thread->fibers--;
	snt__group_ended(self->group, self);
	if (!keep)
		snt__context_reset(&self->context);
	snt__leave(thread, !keep);
}

static void set_name(struct snt_fiber *fiber, const char *name)
{
	if (name == NULL)
		name = "fiber";
	strncpy(fiber->name, name, sizeof fiber->name - 1);
	fiber->name[sizeof fiber->name - 1] = '\0';
}

/* Waits for a place under the group's limit. */
static int find_place(struct snt_group *group)
{
	while (group->limit != 0 && group->count >= group->limit) {
		int code;

		snt__park_for("place in group");
		code = snt__group_park(group, &group->spawners);

		if (code < 0)
			return snt__fail(code, "spawn: group is at its limit");
		if (group->cancelled)
			return snt__fail(-ECANCELED, "spawn");
	}
	return 0;
}

/* The running fiber makes no use of its place: somebody else may. */
static int pass_place_on(struct snt_group *group, int code)
{
	snt__waiters_wake(&group->spawners, 0);
	return code;
}

int snt_spawn(struct snt_group *group, int (*fn)(void *arg), void *arg,
	      const struct snt_spawn_opts *opts)
{
	static const struct snt_spawn_opts defaults;
	int code;

	if (opts == NULL)
		opts = &defaults;
	code = snt__enter(snt__fiber_now());
	if (code == 0)
		code = snt__group_check(group);
	if (code == -SNT_ETHREAD)
		return snt__fail_text(code, "spawn: the group belongs to "
					    "another thread");
	if (code == 0 && group->cancelled)
		code = -ECANCELED;
	if (code < 0)
		return snt__fail(code, "spawn");
	code = find_place(group);
	if (code < 0)
		return code;
	code = snt__spawn(group, fn, arg, opts);
	return code < 0 ? pass_place_on(group, code) : 0;
}

/* A fiber of no group yet, that will begin with run; ready to go. */
static int make(struct snt__thread *thread, struct snt_fiber **ret_fiber,
		int (*fn)(void *arg), void *arg,
		const struct snt_spawn_opts *opts)
{
	struct snt__stack stack;
	struct snt_fiber *fiber;
	int code = snt__thread_move(thread);

	if (code < 0)
		return code;
	code = snt__stack_take(&thread->stacks, opts->stack_size, &stack);
	if (code < 0)
		return snt__fail(code, "spawn: stack of %zu bytes",
				 opts->stack_size ? opts->stack_size
						  : snt__stack_size());
	fiber = place_on(&stack);
	memset(fiber, 0, sizeof *fiber);
	fiber->stack = stack;
	fiber->fn = fn;
	fiber->arg = arg;
	fiber->deadline = SNT_FOREVER;
	fiber->forks = snt__forks;
	fiber->number = ++thread->last_number;
	set_name(fiber, opts->name);
	fiber->place = snt__switch_prepare(fiber, run, fiber);
#ifdef SNT__SANITIZER
	snt__sanitizer_create(&fiber->sanitizer, &stack);
#endif
	snt__list_append(&thread->all, &fiber->in_thread);
	thread->fibers++;
	snt__make_ready(thread, fiber);
	*ret_fiber = fiber;
	return 0;
}

int snt__spawn(struct snt_group *group, int (*fn)(void *arg), void *arg,
	       const struct snt_spawn_opts *opts)
{
	struct snt_fiber *fiber = NULL;
	int code = make(snt__thread_now(), &fiber, fn, arg, opts);

	if (fiber == NULL)
		return code;
	fiber->group = group;
	fiber->keep = opts->fiber != NULL;
	fiber->cancelled = group->cancelled;
	fiber->alert = group->cancelled;
	snt__list_append(&group->running, &fiber->in_group);
	group->count++;
	if (opts->fiber != NULL)
		*opts->fiber = fiber;
	return 0;
}

int snt__resident_start(struct snt_fiber **resident, int (*fn)(void *arg),
			void *arg, const char *name)
{
	const struct snt_spawn_opts opts = { .name = name };
	struct snt_fiber *fiber = NULL;
	int code = make(snt__thread_now(), &fiber, fn, arg, &opts);

	if (fiber == NULL)
		return code;
	snt__list_init(&fiber->in_group);
	*resident = fiber;
	return 0;
}

void snt__resident_end(struct snt_fiber *fiber)
{
	struct snt__thread *thread = snt__self;
	struct snt__stack stack = fiber->stack;

	if (fiber->state == SNT__READY)
		snt__make_unready(thread, fiber);
	if (fiber->timed)
		snt__heap_remove(&thread->timers, &fiber->timer);
	snt__list_remove(&fiber->in_thread);
	thread->fibers--;
	snt__context_reset(&fiber->context);
#ifdef SNT__SANITIZER
	snt__sanitizer_destroy(&fiber->sanitizer);
#endif
	snt__stack_give(&thread->stacks, &stack);
}

/* An ended fiber whose handle was kept. */
static void release(struct snt_fiber *fiber)
{
	struct snt__stack stack = fiber->stack;

	snt__list_remove(&fiber->in_group);
	snt__context_reset(&fiber->context);
#ifdef SNT__SANITIZER
	snt__sanitizer_destroy(&fiber->sanitizer);
#endif
	snt__stack_give(&snt__self->stacks, &stack);
}

void snt__fiber_release_kept(struct snt__link *kept)
{
	struct snt__link *link;

	while ((link = snt__list_first(kept)) != NULL) {
		struct snt_fiber *fiber =
			SNT__CONTAINER(link, struct snt_fiber, in_group);

		/* Its joiner was made ready, but has not run yet. */
		if (fiber->joiner != NULL)
			fiber->joiner->wake_code = -EBADF;
		release(fiber);
	}
}

int snt_join(struct snt_fiber *fiber, int *result)
{
	struct snt_fiber *self = snt__fiber_now();
	int code = snt__enter(self);

	if (code == 0 && fiber == self)
		code = -EDEADLK;
	if (code == 0 && fiber->joiner != NULL)
		code = -EBUSY;
	if (code == 0 && fiber->state != SNT__ENDED) {
		fiber->joiner = self;
		snt__park_for("join");
		code = snt__park(SNT_FOREVER);
		if (code == -EBADF)
			return snt__fail(code, "join: its group was ended");
		fiber->joiner = NULL;
	}
	if (code < 0)
		return snt__fail(code, "join %s", fiber->name);
	if (fiber->result < 0)
		snt__context_copy(&self->context, &fiber->context);
	if (result != NULL)
		*result = fiber->result;
	release(fiber);
	return 0;
}

const char *snt_fiber_name(void)
{
	return snt__fiber_now()->name;
}

bool snt_cancelled(void)
{
	return snt__cancel_shows(snt__fiber_now());
}

int snt_yield(void)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__enter(thread->current);

	if (code < 0)
		return snt__fail(code, "yield");
	snt__yield_now(thread);
	return 0;
}

int snt_sleep(int64_t duration)
{
	struct snt_fiber *self = snt__fiber_now();
	int64_t deadline;
	int code;

	if (duration <= 0)
		return snt_yield();
	code = snt__enter(self);
	deadline = snt__deadline(snt__io->now(), duration);
	if (code == 0) {
		snt__park_for("sleep");
		code = snt__park(deadline);
	}
	/* Its own time coming is what it waited for. */
	if (code == -ETIMEDOUT && deadline <= self->deadline)
		code = 0;
	return code < 0 ? snt__fail(code, "sleep") : 0;
}
