/* SPDX-License-Identifier: MIT */
/*
 * What is registered with a selector. Built for many sockets that stay for
 * long: each costs one allocation. There is no table of them to look them up
 * in; a socket's watches lead to its entries.
 */
#include "socket/selector.h"

#include "base/alloc.h"
#include "fiber/registry.h"
#include "socket/parts.h"

/* A lone thread that has more goes over to the backend for many. */
#define FEW 16

void snt__entry_disarm(struct snt__entry *entry)
{
	for (size_t i = 0; i < entry->part_count; i++)
		snt__watch_disarm(&entry->watches[i]);
}

/* Has all parts reported, and settles whether that lasts. */
int snt__entry_arm(struct snt__entry *entry)
{
	bool kept = true;

	for (size_t i = 0; i < entry->part_count; i++) {
		int code = snt__watch_arm(&entry->watches[i]);

		if (code < 0) {
			snt__entry_disarm(entry);
			return code;
		}
		kept = kept &&
		       (code == 1 || snt__watch_kept(&entry->watches[i]));
	}
	entry->kept = kept;
	if (kept) {
		snt__list_remove(&entry->link);
		snt__list_append(&entry->selector->kept, &entry->link);
	}
	return 0;
}

/* What every call on a selector begins with. */
int snt__selector_check(const struct snt_selector *selector, const char *what)
{
	const struct snt__thread *thread = snt__thread_now();

	if (selector->home == thread->id)
		return 0;
	return snt__fail(selector->thread == thread ? -SNT_EFORK : -SNT_ETHREAD,
			 "selector, %s", what);
}

int snt_selector_open(struct snt_selector **selector)
{
	struct snt_selector *made = snt__alloc(sizeof *made);

	if (made == NULL)
		return snt__fail(-ENOMEM, "selector");
	made->thread = snt__thread_now();
	made->home = made->thread->id;
	snt__list_init(&made->kept);
	snt__list_init(&made->passing);
	snt__list_init(&made->hot);
	*selector = made;
	return 0;
}

static void heat(struct snt__entry *entry)
{
	struct snt_selector *selector = entry->selector;

	if (snt__list_empty(&entry->hot))
		snt__list_append(&selector->hot, &entry->hot);
	if (selector->now != NULL)
		snt__wake(selector->now->fiber, 0);
}

static void heat_if_ready(struct snt__entry *entry)
{
	for (size_t i = 0; i < entry->part_count; i++)
		if (entry->watches[i].handle->ready & entry->events)
			heat(entry);
}

static void remove_entry(struct snt__entry *entry)
{
	/* In a forked child, or after its thread, no handle knows of it. */
	bool known = entry->selector->home == snt__thread_now()->id;

	for (size_t i = 0; known && i < entry->part_count; i++)
		snt__watch_remove(&entry->watches[i]);
	snt__list_remove(&entry->link);
	snt__list_remove(&entry->hot);
	entry->selector->count--;
	snt__free(entry);
}

/* A server's parts end with it, all of them. */
static void tell(struct snt__watch *watch)
{
	if (watch->handle != NULL)
		heat(watch->owner);
	else
		remove_entry(watch->owner);
}

static struct snt__entry *find(const struct snt_selector *selector,
			       const struct snt_socket *socket)
{
	for (struct snt__watch *watch = socket->handle.watches; watch != NULL;
	     watch = watch->next) {
		struct snt__entry *entry = watch->owner;

		if (watch->tell == tell && entry->selector == selector)
			return entry;
	}
	return NULL;
}

static int check_events(struct snt_socket *socket, unsigned events,
			const char *what)
{
	int code;

	if (socket == NULL)
		return snt__fail_text(-EINVAL, "selector, %s: no socket", what);
	if (events == 0 || (events & ~(SNT_READABLE | SNT_WRITABLE)) != 0)
		return snt__fail_text(-EINVAL,
				      "selector, %s: events 0x%x are neither "
				      "readable nor writable",
				      what, events);
	code = snt__handle_claim(snt__self, &socket->handle);
	return code < 0 ? snt__fail(code, "selector, %s", what) : 0;
}

static int not_registered(const char *what)
{
	return snt__fail_text(
		-ENOENT, "selector, %s: the socket is not registered", what);
}

static struct snt__entry *make_entry(struct snt_selector *selector,
				     struct snt_socket *socket, unsigned events,
				     void *data)
{
	size_t parts = snt__part_count(socket);
	struct snt__entry *made =
		snt__alloc(sizeof *made + parts * sizeof made->watches[0]);

	if (made == NULL)
		return NULL;
	snt__list_append(&selector->passing, &made->link);
	snt__list_init(&made->hot);
	made->selector = selector;
	made->socket = socket;
	made->data = data;
	made->events = events;
	made->part_count = snt__parts_watch(socket, events, made->watches);
	for (size_t i = 0; i < made->part_count; i++) {
		made->watches[i].tell = tell;
		made->watches[i].owner = made;
		snt__watch_add(&made->watches[i]);
	}
	selector->count++;
	return made;
}

/* Armed at once, also where that does not last: so that it is the one who
 * registers that is told when it cannot be. */
static int begin_entry(struct snt__entry *entry)
{
	struct snt_selector *selector = entry->selector;
	int code = snt__entry_arm(entry);

	if (code < 0)
		return code;
	if (selector->now == NULL && !entry->kept)
		snt__entry_disarm(entry);
	heat_if_ready(entry);
	return 0;
}

int snt_selector_register(struct snt_selector *selector,
			  struct snt_socket *socket, unsigned events,
			  void *data)
{
	struct snt__entry *entry;
	int code = snt__selector_check(selector, "register");

	if (code == 0)
		code = check_events(socket, events, "register");
	if (code < 0)
		return code;
	if (find(selector, socket) != NULL)
		return snt__fail_text(-EEXIST,
				      "selector, register: the socket is "
				      "registered already; modify changes it");
	if (selector->count >= FEW)
		code = snt__thread_move(selector->thread);
	if (code < 0)
		return code;
	entry = make_entry(selector, socket, events, data);
	if (entry == NULL)
		return snt__fail(-ENOMEM, "selector, register");
	code = begin_entry(entry);
	if (code < 0) {
		remove_entry(entry);
		return snt__fail(code, "selector, register");
	}
	return 0;
}

static void set_events(struct snt__entry *entry, unsigned events)
{
	entry->events = events;
	for (size_t i = 0; i < entry->part_count; i++) {
		snt__watch_disarm(&entry->watches[i]);
		entry->watches[i].directions = (uint8_t)events;
	}
	if (!entry->kept)
		return;
	snt__list_remove(&entry->link);
	snt__list_append(&entry->selector->passing, &entry->link);
	entry->kept = false;
}

int snt_selector_modify(struct snt_selector *selector,
			struct snt_socket *socket, unsigned events, void *data)
{
	struct snt__entry *entry;
	unsigned before;
	int code = snt__selector_check(selector, "modify");

	if (code == 0)
		code = check_events(socket, events, "modify");
	if (code < 0)
		return code;
	entry = find(selector, socket);
	if (entry == NULL)
		return not_registered("modify");
	before = entry->events;
	if (events != before) {
		set_events(entry, events);
		code = begin_entry(entry);
	}
	if (code < 0) {
		/* What was reported before needs nothing new. */
		set_events(entry, before);
		(void)!begin_entry(entry);
		return snt__fail(code, "selector, modify");
	}
	entry->data = data;
	return 0;
}

int snt_selector_unregister(struct snt_selector *selector,
			    struct snt_socket *socket)
{
	struct snt__entry *entry;
	int code = snt__selector_check(selector, "unregister");

	if (code < 0)
		return code;
	entry = socket != NULL ? find(selector, socket) : NULL;
	if (entry == NULL)
		return not_registered("unregister");
	remove_entry(entry);
	return 0;
}

static struct snt_selected key_of(const struct snt__entry *entry)
{
	return (struct snt_selected){ .socket = entry->socket,
				      .events = entry->events,
				      .data = entry->data };
}

int snt_selector_get_key(const struct snt_selector *selector,
			 const struct snt_socket *socket,
			 struct snt_selected *key)
{
	const struct snt__entry *entry;
	int code = snt__selector_check(selector, "get_key");

	if (code < 0)
		return code;
	entry = socket != NULL ? find(selector, socket) : NULL;
	if (entry == NULL)
		return not_registered("get_key");
	*key = key_of(entry);
	return 0;
}

int snt_selector_get_map(const struct snt_selector *selector,
			 struct snt_selected *keys, size_t capacity)
{
	const struct snt__link *lists[] = { &selector->kept,
					    &selector->passing };
	size_t count = 0;
	int code = snt__selector_check(selector, "get_map");

	if (code < 0)
		return code;
	for (size_t i = 0; i < 2; i++)
		for (struct snt__link *link = lists[i]->next;
		     link != lists[i] && count < capacity; link = link->next)
			keys[count++] = key_of(snt__entry_of(link));
	return (int)selector->count;
}

void snt_selector_close(struct snt_selector *selector)
{
	struct snt__link *link;

	if (selector == NULL)
		return;
	/* Only that thread can take the watches off. One that has ended, or is
	 * a parent process's, has none any more. */
	if (selector->home != snt__thread_now()->id &&
	    snt__registry_has(selector->home))
		return;
	if (selector->now != NULL) {
		selector->now->closed = true;
		snt__wake(selector->now->fiber, -EBADF);
	}
	while ((link = snt__list_first(&selector->kept)) != NULL ||
	       (link = snt__list_first(&selector->passing)) != NULL)
		remove_entry(snt__entry_of(link));
	snt__free(selector);
}

void snt_auto_selector(struct snt_selector **selector)
{
	snt_selector_close(*selector);
	*selector = NULL;
}
