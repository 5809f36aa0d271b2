/* SPDX-License-Identifier: MIT */
/* Slabs of stacks, and the warm ones among them; see stack.h. */
#include "fiber/stack.h"

#include "base/alloc.h"
#include "base/pages.h"
#include "fiber/sanitizer.h"

#include <errno.h>

#define SLAB_STACKS 64

struct snt__slab {
	struct snt__link link;
	char *base;
	uint64_t cold; /* a bit each: free and without memory */
	uint64_t made; /* a bit each: its guard is in place */
};

/* Lies at the very top of a warm stack. */
struct warm {
	struct warm *next;
	struct snt__slab *slab;
};

static struct warm *warm_of(const struct snt__stack *stack)
{
	return (struct warm *)(void *)snt__stack_top(stack) - 1;
}

size_t snt__stack_size(void)
{
	size_t pages = SNT__STACK_PAGES * snt__page_size();

	return pages > SNT__STACK_SIZE ? pages : SNT__STACK_SIZE;
}

static size_t slab_size(void)
{
	return SLAB_STACKS * snt__stack_size();
}

void snt__stacks_init(struct snt__stacks *stacks)
{
	stacks->warm = NULL;
	stacks->warm_count = 0;
	snt__list_init(&stacks->slabs);
}

static struct snt__slab *add_slab(struct snt__stacks *stacks)
{
	struct snt__slab *slab = snt__alloc(sizeof *slab);

	if (slab == NULL)
		return NULL;
	slab->base = snt__pages_map(slab_size());
	if (slab->base == NULL) {
		snt__free(slab);
		return NULL;
	}
	slab->cold = UINT64_MAX;
	snt__list_append(&stacks->slabs, &slab->link);
	return slab;
}

static void drop_slab(struct snt__slab *slab)
{
	snt__list_remove(&slab->link);
	snt__pages_unmap(slab->base, slab_size());
	snt__free(slab);
}

/* The last slab has a cold stack if any has; NULL: a new one could not be. */
static struct snt__slab *slab_with_cold(struct snt__stacks *stacks)
{
	struct snt__slab *last;

	if (snt__list_empty(&stacks->slabs))
		return add_slab(stacks);
	last = SNT__CONTAINER(stacks->slabs.prev, struct snt__slab, link);
	return last->cold != 0 ? last : add_slab(stacks);
}

static int take_cold(struct snt__stacks *stacks, struct snt__stack *stack)
{
	struct snt__slab *slab = slab_with_cold(stacks);
	unsigned place;

	if (slab == NULL)
		return -ENOMEM;
	place = (unsigned)__builtin_ctzll(slab->cold);
	stack->low = slab->base + place * snt__stack_size();
	stack->size = snt__stack_size();
	stack->slab = slab;
	if ((slab->made >> place & 1) == 0) {
		int code = snt__pages_guard(stack->low, snt__page_size());

		if (code < 0)
			return code;
		slab->made |= UINT64_C(1) << place;
	}
	slab->cold &= ~(UINT64_C(1) << place);
	/* A full slab goes to the front, out of the way. */
	if (slab->cold == 0) {
		snt__list_remove(&slab->link);
		snt__list_append(stacks->slabs.next, &slab->link);
	}
	return 0;
}

static int map_alone(size_t size, struct snt__stack *stack)
{
	size_t page = snt__page_size();
	int code;

	if (size < SNT__STACK_PAGES * page)
		size = SNT__STACK_PAGES * page;
	size = (size + page - 1) / page * page;
	stack->low = snt__pages_map(size);
	if (stack->low == NULL)
		return -ENOMEM;
	stack->size = size;
	stack->slab = NULL;
	code = snt__pages_guard(stack->low, page);
	if (code < 0)
		snt__pages_unmap(stack->low, size);
	return code;
}

int snt__stack_take(struct snt__stacks *stacks, size_t size,
		    struct snt__stack *stack)
{
	struct warm *warm = stacks->warm;

	if (size != 0 && (size < SNT__STACK_MIN || size > SNT__STACK_MAX))
		return -EINVAL;
	if (size != 0 && size != snt__stack_size())
		return map_alone(size, stack);
	if (warm == NULL)
		return take_cold(stacks, stack);
	stacks->warm = warm->next;
	stacks->warm_count--;
	stack->slab = warm->slab;
	stack->low = (char *)(warm + 1) - snt__stack_size();
	stack->size = snt__stack_size();
	return 0;
}

static void make_cold(struct snt__stacks *stacks,
		      const struct snt__stack *stack)
{
	struct snt__slab *slab = stack->slab;
	size_t place = (size_t)(stack->low - slab->base) / snt__stack_size();

	snt__pages_release(stack->low + snt__page_size(),
			   stack->size - snt__page_size());
	slab->cold |= UINT64_C(1) << place;
	if (slab->cold == UINT64_MAX) {
		drop_slab(slab);
		return;
	}
	snt__list_remove(&slab->link);
	snt__list_append(&stacks->slabs, &slab->link);
}

void snt__stack_give(struct snt__stacks *stacks, const struct snt__stack *stack)
{
	struct warm *warm;

	snt__sanitizer_stack_free(stack);
	if (stack->slab == NULL) {
		snt__pages_unmap(stack->low, stack->size);
		return;
	}
	if (stacks->warm_count == SNT__STACKS_WARM) {
		make_cold(stacks, stack);
		return;
	}
	warm = warm_of(stack);
	warm->next = stacks->warm;
	warm->slab = stack->slab;
	stacks->warm = warm;
	stacks->warm_count++;
}

void snt__stacks_release(struct snt__stacks *stacks)
{
	struct snt__link *link;

	while ((link = snt__list_first(&stacks->slabs)) != NULL) {
		struct snt__slab *slab =
			SNT__CONTAINER(link, struct snt__slab, link);
		/* A thread may end before the fibers of a handle do. */
		const struct snt__stack all = { .low = slab->base,
						.size = slab_size() };

		snt__sanitizer_stack_free(&all);
		drop_slab(slab);
	}
	stacks->warm = NULL;
	stacks->warm_count = 0;
}
