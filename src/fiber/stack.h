/* SPDX-License-Identifier: MIT */
/*
 * Stacks for fibers: a range of address space with a guard page at its low
 * end, of which an idle fiber touches only the highest page.
 *
 * Workload: connections come and go, so a finished stack is wanted again soon
 * and its page is warm: the last one given back is the next one taken. Only
 * past SNT__STACKS_WARM of them is memory given back. Stacks of the default
 * size come in slabs, to spare mappings and calls; other sizes are mapped one
 * by one. Belongs to one thread.
 */
#ifndef SNT_FIBER_STACK_H
#define SNT_FIBER_STACK_H

#include "base/list.h"

#include <stddef.h>
#include <stdint.h>

/* The least; it is more where a page, and so the guard, is large. */
#define SNT__STACK_SIZE ((size_t)64 * 1024)
#define SNT__STACK_MIN ((size_t)16 * 1024)
#define SNT__STACK_PAGES 4
#define SNT__STACK_MAX ((size_t)1024 * 1024 * 1024)
#define SNT__STACKS_WARM 1024

struct snt__slab;

struct snt__stack {
	char *low; /* the guard page begins here */
	size_t size;
	struct snt__slab *slab; /* NULL: mapped alone */
};

struct snt__stacks {
	void *warm; /* each holds the next one's struct, at its top */
	size_t warm_count;
	struct snt__link slabs; /* those with a cold stack first */
};

static inline char *snt__stack_top(const struct snt__stack *stack)
{
	return stack->low + stack->size;
}

void snt__stacks_init(struct snt__stacks *stacks);
/* The default size: SNT__STACK_SIZE, or SNT__STACK_PAGES pages if that is
 * more. */
size_t snt__stack_size(void);
/* size 0: the default. -ENOMEM, -EINVAL. */
int snt__stack_take(struct snt__stacks *stacks, size_t size,
		    struct snt__stack *stack);
void snt__stack_give(struct snt__stacks *stacks,
		     const struct snt__stack *stack);
/* Every stack must have been given back. */
void snt__stacks_release(struct snt__stacks *stacks);

#endif
