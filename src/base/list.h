/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked lists whose links live inside the things listed, so that
 * joining and leaving a list cannot fail. A list is a link that points at
 * itself when empty; so does a link that is on no list.
 */
#ifndef SNT_BASE_LIST_H
#define SNT_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct snt__link {
	struct snt__link *next;
	struct snt__link *prev;
};

/* The struct of that type whose member is at pointer. */
#define SNT__CONTAINER(pointer, type, member)                                  \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void snt__list_init(struct snt__link *link)
{
	link->next = link;
	link->prev = link;
}

static inline bool snt__list_empty(const struct snt__link *list)
{
	return list->next == list;
}

static inline void snt__list_append(struct snt__link *list,
				    struct snt__link *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

/* Harmless on a link that is on no list. */
static inline void snt__list_remove(struct snt__link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	snt__list_init(link);
}

/* NULL when the list is empty. */
static inline struct snt__link *snt__list_first(const struct snt__link *list)
{
	return list->next != list ? list->next : NULL;
}

#endif
