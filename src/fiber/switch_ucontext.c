/* SPDX-License-Identifier: MIT */
/*
 * For processors without a switch of their own: ucontext(3). Slow, since it
 * saves and sets the signal mask by system calls each time.
 */
#include "fiber/switch.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

/* Lies at the top of a prepared stack, so no memory has to be found. */
struct begin {
	ucontext_t context;
	void (*entry)(void *arg);
	void *arg;
};

/* makecontext passes ints; a pointer travels as two of them. */
static void begin(unsigned high, unsigned low)
{
	const struct begin *start =
		(const struct begin *)(((uintptr_t)high << 16 << 16) | low);

	start->entry(start->arg);
}

void snt__switch(void **from, void *to)
{
	ucontext_t here, *there = to;

	/* The mask is the thread's: who runs next finds it as it is now, not
	 * as it was when that fiber last ran. */
	pthread_sigmask(SIG_BLOCK, NULL, &there->uc_sigmask);
	/* The frame stays as long as its fiber is away: that is the point. */
	/* cppcheck-suppress autoVariables */
	*from = &here;
	swapcontext(&here, there);
}

void *snt__switch_prepare(void *top, void (*entry)(void *arg), void *arg)
{
	struct begin *start = (struct begin *)top - 1;
	uintptr_t address;

	start = (struct begin *)((uintptr_t)start & ~(uintptr_t)63);
	address = (uintptr_t)start;
	memset(start, 0, sizeof *start);
	start->entry = entry;
	start->arg = arg;
	getcontext(&start->context);
	/* Only the upper end counts here; 16 KiB is the smallest stack. */
	start->context.uc_stack.ss_sp = (char *)start - 8192;
	start->context.uc_stack.ss_size = 8192;
	makecontext(&start->context, (void (*)(void))begin, 2,
		    (unsigned)(address >> 16 >> 16), (unsigned)address);
	return &start->context;
}
