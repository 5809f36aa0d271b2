/* SPDX-License-Identifier: MIT */
/*
 * The line on stderr for a fiber that ran into its guard page. The handler
 * runs on a stack of its own, changes nothing, and lets the fault happen again
 * under the handler that was there before.
 */
#include "base/pages.h"
#include "base/thread.h"
#include "fiber/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

/* A handler's frame holds the vector registers: up to 11 KB with AMX. */
#define HANDLER_STACK ((size_t)64 * 1024)

static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local void *handler_stack;

/* Decimal digits without stdio, which is not async-signal-safe. */
static char *append_number(char *end, size_t number)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (count > 0)
		*end++ = digits[--count];
	return end;
}

static char *append(char *end, const char *text)
{
	while (*text != '\0')
		*end++ = *text++;
	return end;
}

static void handler(int number, siginfo_t *info, void *context)
{
	const struct snt__thread *thread = snt__self;
	const char *hit = info->si_addr;

	(void)context;
	if (thread != NULL && thread->current->stack.low != NULL &&
	    hit >= thread->current->stack.low &&
	    hit < thread->current->stack.low + snt__page_size()) {
		char line[128], *end = line;

		end = append(end, "fiber '");
		end = append(end, thread->current->name);
		end = append(end, "' overflowed its stack of ");
		end = append_number(end, thread->current->stack.size);
		end = append(end, " bytes\n");
		snt__kernel_io.complain(line, (size_t)(end - line));
	}
	sigaction(number, &before, NULL);
	/* Sent by somebody: no instruction will fault again. */
	if (info->si_code <= 0)
		raise(number);
}

static void install(void)
{
	struct sigaction action = { .sa_sigaction = handler,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before);
}

static void end_thread(void)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	sigaltstack(&none, NULL);
	snt__pages_unmap(handler_stack, HANDLER_STACK);
	handler_stack = NULL;
}

int snt_report_overflow(void)
{
	stack_t stack = { .ss_size = HANDLER_STACK }, there;

	sigaltstack(NULL, &there);
	if (there.ss_flags & SS_DISABLE) {
		handler_stack = snt__pages_map(HANDLER_STACK);
		if (handler_stack == NULL)
			return snt__fail(-ENOMEM, "report overflow");
		stack.ss_sp = handler_stack;
		sigaltstack(&stack, NULL);
		snt__at_thread_end(end_thread);
	}
	pthread_once(&once, install);
	return 0;
}
