/* SPDX-License-Identifier: MIT */
/* Groups, cancellation and the ends of fibers. */
#include "fiber/group.h"

#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/registry.h"
#include "fiber/waiters.h"

int snt_group_open(struct snt_group **group, const struct snt_group_opts *opts)
{
	struct snt_group *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "group");
	snt__list_init(&made->running);
	snt__list_init(&made->kept);
	snt__list_init(&made->joiners);
	snt__list_init(&made->spawners);
	made->refs = 1;
	made->home = snt__thread_now()->id;
	made->outer = snt__fiber_now()->group;
	if (made->outer != NULL)
		made->outer->refs++;
	if (opts != NULL) {
		made->limit = opts->limit;
		made->keep_going = opts->keep_going;
	}
	*group = made;
	return 0;
}

static void cancel(struct snt_group *group)
{
	struct snt__link *link;

	if (group->cancelled)
		return;
	group->cancelled = true;
	/* Its fibers stayed with the parent of a forked child. */
	if (snt__fiber_lost(snt__fiber_now()))
		return;
	for (link = group->running.next; link != &group->running;
	     link = link->next) {
		struct snt_fiber *fiber =
			SNT__CONTAINER(link, struct snt_fiber, in_group);

		fiber->cancelled = true;
		snt__fiber_refresh(fiber);
		if (snt__cancel_shows(fiber))
			snt__wake(fiber, -ECANCELED);
	}
	snt__waiters_wake_all(&group->spawners, 0);
}

static void open_letter(struct snt__letter *letter)
{
	struct snt_group *group =
		SNT__CONTAINER(letter, struct snt_group, letter);

	group->told = true;
	cancel(group);
	if (group->awaiting != NULL)
		snt__wake(group->awaiting, 0);
}

int snt__group_check(struct snt_group *group)
{
	const struct snt__thread *thread = snt__thread_now();

	if (group->home == thread->id)
		return 0;
	if (snt__forks == 0 || snt__registry_has(group->home))
		return -SNT_ETHREAD;
	if (group->count > 0 && !snt__fiber_lost(thread->current))
		return -SNT_EFORK;
	group->home = thread->id;
	/* The letter, if it was under way, is in the parent. */
	if (atomic_load(&group->cancel_posted)) {
		group->told = true;
		group->cancelled = true;
	}
	return 0;
}

void snt_group_cancel(struct snt_group *group)
{
	int code = snt__group_check(group);

	if (code == 0) {
		cancel(group);
	} else if (code == -SNT_ETHREAD &&
		   !atomic_exchange(&group->cancel_posted, true)) {
		group->letter.open = open_letter;
		snt__registry_post(group->home, &group->letter, NULL);
	}
}

static bool is_failure(const struct snt_group *group, int result)
{
	return result < 0 && !(group->cancelled && result == -ECANCELED);
}

void snt__group_ended(struct snt_group *group, struct snt_fiber *fiber)
{
	snt__list_remove(&fiber->in_group);
	if (fiber->keep)
		snt__list_append(&group->kept, &fiber->in_group);
	if (group->failure.code == 0 && is_failure(group, fiber->result)) {
		snt__context_copy(&group->failure, &fiber->context);
		if (!group->keep_going)
			cancel(group);
	}
	group->count--;
	if (fiber->joiner != NULL)
		snt__wake(fiber->joiner, 0);
	snt__waiters_wake(&group->spawners, 0);
	if (group->count == 0)
		snt__waiters_wake_all(&group->joiners, 0);
}

/* The group's verdict becomes the caller's. */
static int verdict(const struct snt_group *group)
{
	if (group->failure.code != 0)
		snt__context_copy(snt__context, &group->failure);
	return group->failure.code;
}

static void drop(struct snt_group *group)
{
	while (group != NULL && --group->refs == 0) {
		struct snt_group *outer = group->outer;

		snt__context_reset(&group->failure);
		snt__free(group);
		group = outer;
	}
}

/* Whoever opened a group ends it first, so it cannot end before the caller. */
static bool is_inside(const struct snt_group *group)
{
	const struct snt_group *mine = snt__fiber_now()->group;

	while (mine != NULL && mine != group)
		mine = mine->outer;
	return mine != NULL;
}

int snt__group_park(struct snt_group *group, struct snt__link *queue)
{
	struct snt__waiter waiter;
	int code;

	group->refs++;
	code = snt__waiters_park(queue, &waiter);
	if (group->ended)
		code = -EBADF;
	drop(group);
	return code;
}

static int wait_until_empty(struct snt_group *group)
{
	while (group->count > 0) {
		int code;

		snt__park_for("group");
		code = snt__group_park(group, &group->joiners);

		if (code < 0)
			return code;
	}
	return 0;
}

int snt_group_wait(struct snt_group *group)
{
	struct snt_fiber *self = snt__fiber_now();
	int code = snt__enter(self);

	if (code == 0)
		code = snt__group_check(group);
	if (code == 0 && is_inside(group))
		code = -EDEADLK;
	if (code < 0)
		return snt__fail(code, "wait for group");
	code = wait_until_empty(group);
	return code < 0 ? snt__fail(code, "wait for group") : verdict(group);
}

size_t snt_group_count(const struct snt_group *group)
{
	return group->count;
}

int snt_group_end(struct snt_group *group)
{
	struct snt_scope door;
	int code;

	if (group == NULL)
		return 0;
	code = snt__group_check(group);
	if (code < 0)
		return snt__fail(code, "end of group");
	if (is_inside(group))
		return snt__fail(-EDEADLK, "end of group by its own fiber");
	cancel(group);
	snt_cleanup_begin(&door, SNT_FOREVER);
	code = wait_until_empty(group);
	snt_scope_end(&door);
	if (code < 0)
		return snt__fail(code, "end of group");
	if (atomic_load(&group->cancel_posted)) {
		group->awaiting = snt__fiber_now();
		snt__await(&group->told);
	}
	snt__fiber_release_kept(&group->kept);
	code = verdict(group);
	group->ended = true;
	snt__waiters_wake_all(&group->spawners, 0);
	drop(group);
	return code;
}

void snt_auto_group(struct snt_group **group)
{
	snt_group_end(*group);
	*group = NULL;
}
