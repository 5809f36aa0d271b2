/* SPDX-License-Identifier: MIT */
/*
 * What AddressSanitizer, ThreadSanitizer and valgrind must be told of stacks
 * and switches. Without them nothing remains of this.
 */
#ifndef SNT_FIBER_SANITIZER_H
#define SNT_FIBER_SANITIZER_H

#include "base/sanitized.h"
#include "fiber/stack.h"

#if defined(SNT_HAVE_VALGRIND) && !defined(SNT__ASAN) && !defined(SNT__TSAN)
#define SNT__VALGRIND 1
#endif

/* A fiber's part in it. */
struct snt__sanitizer {
	void *fake_stack; /* ASan: where its locals live meanwhile */
	const void
		*bottom; /* ASan: the stack; main's is learned on leaving it */
	size_t size;
	void *fiber;       /* TSan */
	unsigned stack_id; /* valgrind */
};

#if defined(SNT__ASAN) || defined(SNT__TSAN) || defined(SNT__VALGRIND)
#define SNT__SANITIZER 1

/* The thread's own fiber. */
void snt__sanitizer_main(struct snt__sanitizer *main);
void snt__sanitizer_create(struct snt__sanitizer *fiber,
			   const struct snt__stack *stack);
/* Not from the stack itself. */
void snt__sanitizer_destroy(struct snt__sanitizer *fiber);
/* Last thing before a switch; ends: from will never run again. */
void snt__sanitizer_leave(struct snt__sanitizer *from,
			  const struct snt__sanitizer *to, int ends);
/* First thing after it, on the new stack; from is where we came from. */
void snt__sanitizer_arrive(const struct snt__sanitizer *to,
			   struct snt__sanitizer *from);
/* The stack will be another fiber's: nothing on it is poisoned. */
void snt__sanitizer_stack_free(const struct snt__stack *stack);
#else
#define snt__sanitizer_stack_free(stack) ((void)(stack))
#endif

#endif
