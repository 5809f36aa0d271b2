/* SPDX-License-Identifier: MIT */
#include "fiber/sanitizer.h"

#ifdef SNT__ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef SNT__TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef SNT__VALGRIND
#include <valgrind/valgrind.h>
#endif

#ifdef SNT__SANITIZER

void snt__sanitizer_main(struct snt__sanitizer *main)
{
	(void)main;
#ifdef SNT__TSAN
	main->fiber = __tsan_get_current_fiber();
#endif
}

void snt__sanitizer_create(struct snt__sanitizer *fiber,
			   const struct snt__stack *stack)
{
	fiber->bottom = stack->low;
	fiber->size = stack->size;
#ifdef SNT__TSAN
	fiber->fiber = __tsan_create_fiber(0);
#endif
#ifdef SNT__VALGRIND
	fiber->stack_id =
		VALGRIND_STACK_REGISTER(stack->low, snt__stack_top(stack));
#endif
}

void snt__sanitizer_destroy(struct snt__sanitizer *fiber)
{
	(void)fiber;
#ifdef SNT__TSAN
	__tsan_destroy_fiber(fiber->fiber);
#endif
#ifdef SNT__VALGRIND
	VALGRIND_STACK_DEREGISTER(fiber->stack_id);
#endif
}

#if defined(SNT__TSAN) && defined(__clang__)
/* Instrumented by TSan, its end would be told to the other fiber's history. */
__attribute__((disable_sanitizer_instrumentation))
#elif defined(SNT__TSAN)
/* As above, in gcc's words. */
__attribute__((no_sanitize("thread")))
#endif
void snt__sanitizer_leave(struct snt__sanitizer *from,
			  const struct snt__sanitizer *to, int ends)
{
	(void)from;
	(void)to;
	(void)ends;
#ifdef SNT__ASAN
	__sanitizer_start_switch_fiber(ends ? NULL : &from->fake_stack,
				       to->bottom, to->size);
#endif
#ifdef SNT__TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
}

void snt__sanitizer_arrive(const struct snt__sanitizer *to,
			   struct snt__sanitizer *from)
{
	(void)to;
	(void)from;
#ifdef SNT__ASAN
	__sanitizer_finish_switch_fiber(to->fake_stack, &from->bottom,
					&from->size);
#endif
}

void snt__sanitizer_stack_free(const struct snt__stack *stack)
{
	(void)stack;
#ifdef SNT__ASAN
	ASAN_UNPOISON_MEMORY_REGION(stack->low, stack->size);
#endif
}

#endif
