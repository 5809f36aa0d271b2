/* SPDX-License-Identifier: MIT */
/*
 * The stack beside the fibers'. Built for short visits, some for each message:
 * it is made at the first and kept, and each costs two switches.
 *
 * Invariants: nobody parks on it, so it is free whenever a fiber comes, and
 * whoever comes leaves it before another fiber runs. The scheduler knows
 * nothing of it: the running fiber stays the current one.
 */
#include "fiber/aside.h"

#include "fiber/switch.h"

/* At the top of its own stack. */
struct snt__aside {
	void *place; /* where it was left */
	void *back;  /* where whoever visits it left theirs */
	void (*fn)(void *arg);
	void *arg;
	struct snt_fiber *visitor; /* NULL: nobody is there */
	struct snt__stack stack;
#ifdef SNT__SANITIZER
	struct snt__sanitizer sanitizer;
#endif
};

/* The stack's only frame: one turn a visit. */
static void stay(void *arg)
{
	struct snt__aside *aside = arg;

	for (;;) {
#ifdef SNT__SANITIZER
		snt__sanitizer_arrive(&aside->sanitizer,
				      &aside->visitor->sanitizer);
#endif
		aside->fn(aside->arg);
#ifdef SNT__SANITIZER
		snt__sanitizer_leave(&aside->sanitizer,
				     &aside->visitor->sanitizer, 0);
#endif
		snt__switch(&aside->place, aside->back);
	}
}

static struct snt__aside *make(struct snt__thread *thread)
{
	struct snt__stack stack;
	struct snt__aside *made;
	uintptr_t top;

	if (snt__stack_take(&thread->stacks, 0, &stack) < 0)
		return NULL;
	top = (uintptr_t)snt__stack_top(&stack) - sizeof *made;
	made = (struct snt__aside *)(top & ~(uintptr_t)63);
	*made = (struct snt__aside){ .stack = stack };
	made->place = snt__switch_prepare(made, stay, made);
#ifdef SNT__SANITIZER
	snt__sanitizer_create(&made->sanitizer, &made->stack);
#endif
	return made;
}

static void visit(struct snt__aside *aside, struct snt_fiber *self)
{
	aside->visitor = self;
#ifdef SNT__SANITIZER
	snt__sanitizer_leave(&self->sanitizer, &aside->sanitizer, 0);
#endif
	snt__switch(&aside->back, aside->place);
#ifdef SNT__SANITIZER
	snt__sanitizer_arrive(&self->sanitizer, &aside->sanitizer);
#endif
	aside->visitor = NULL;
}

int snt__aside(void (*fn)(void *arg), void *arg)
{
	struct snt__thread *thread = snt__thread_now();
	struct snt_fiber *self = thread->current;
	bool captive = thread->captive;

	if (thread->aside == NULL)
		thread->aside = make(thread);
	if (thread->aside == NULL)
		return -ENOMEM;
	if (thread->aside->visitor != NULL) {
		fn(arg);
		return 0;
	}
	thread->aside->fn = fn;
	thread->aside->arg = arg;
	thread->captive = true;
	self->alert = true;
	visit(thread->aside, self);
	thread->captive = captive;
	snt__fiber_refresh(self);
	return 0;
}

void snt__aside_end(struct snt__thread *thread)
{
	struct snt__aside *aside = thread->aside;
	struct snt__stack stack;

	/* Somebody there who forked leaves by it. */
	if (aside == NULL || aside->visitor != NULL)
		return;
	stack = aside->stack;
	thread->aside = NULL;
#ifdef SNT__SANITIZER
	snt__sanitizer_destroy(&aside->sanitizer);
#endif
	snt__stack_give(&thread->stacks, &stack);
}
