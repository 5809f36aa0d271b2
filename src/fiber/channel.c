/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of equal items, copied in and out, between fibers of any
 * threads. Items are copied under the lock, also onto another thread's stack.
 *
 * Invariants: receivers wait only while the buffer is empty and no sender
 * waits; senders wait only while it is full. So an item goes either through
 * the buffer or, when the other side waits, straight from stack to stack, and
 * order is kept.
 */
#include "base/alloc.h"
#include "fiber/call.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>
#include <string.h>

enum {
	SENDERS,
	RECEIVERS
};

struct snt_channel {
	struct snt__shared shared;
	size_t item_size;
	size_t capacity;
	size_t first;
	size_t count;
	bool shut;
	char *items;
};

static void release(struct snt__shared *shared)
{
	struct snt_channel *channel =
		SNT__CONTAINER(shared, struct snt_channel, shared);

	snt__free(channel->items);
	snt__free(channel);
}

int snt_channel_open(struct snt_channel **channel, size_t item_size,
		     size_t capacity)
{
	struct snt_channel *made;

	if (item_size == 0)
		return snt__fail_text(-EINVAL, "channel: item size 0");
	if (item_size > PTRDIFF_MAX || capacity > PTRDIFF_MAX / item_size)
		return snt__fail(-EINVAL, "channel of %zu items of %zu bytes",
				 capacity, item_size);
	made = snt__alloc(sizeof *made);
	if (made == NULL)
		return snt__fail(-ENOMEM, "channel");
	if (capacity > 0) {
		made->items = snt__alloc_array(capacity, item_size);
		if (made->items == NULL) {
			snt__free(made);
			return snt__fail(-ENOMEM,
					 "channel of %zu items of %zu bytes",
					 capacity, item_size);
		}
	}
	snt__shared_init(&made->shared, release);
	made->item_size = item_size;
	made->capacity = capacity;
	*channel = made;
	return 0;
}

static void put(struct snt_channel *channel, const void *item)
{
	size_t place = (channel->first + channel->count) % channel->capacity;

	memcpy(channel->items + place * channel->item_size, item,
	       channel->item_size);
	channel->count++;
}

static void get(struct snt_channel *channel, void *item)
{
	memcpy(item, channel->items + channel->first * channel->item_size,
	       channel->item_size);
	channel->first = (channel->first + 1) % channel->capacity;
	channel->count--;
}

/* Gives back the lock that it is called with. item is read-only on the
 * sender's side. */
static int park(struct snt_channel *channel, struct snt__link *queue,
		const void *item)
{
	struct snt__waiter waiter = { .item = (void *)(uintptr_t)item };

	snt__park_for("channel");
	return snt__shared_wait(&channel->shared, queue, &waiter);
}

/* Whether the item went to a receiver or into the buffer. */
static bool give(struct snt_channel *channel, const void *item,
		 struct snt__link *letters)
{
	const struct snt__waiter *receiver = snt__shared_serve(
		&channel->shared.waiters[RECEIVERS], 1, letters);

	if (receiver != NULL)
		memcpy(receiver->item, item, channel->item_size);
	else if (channel->count < channel->capacity)
		put(channel, item);
	else
		return false;
	return true;
}

int snt_channel_send(struct snt_channel *channel, const void *item)
{
	struct snt__link letters;
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "send on channel");
	snt__list_init(&letters);
	snt__lock(&channel->shared);
	if (channel->shut) {
		snt__unlock(&channel->shared);
		return snt__fail(-EPIPE, "send on channel");
	}
	if (!give(channel, item, &letters)) {
		code = park(channel, &channel->shared.waiters[SENDERS], item);
		return code < 0 ? snt__fail(code, "send on channel") : 0;
	}
	snt__unlock_and_send(&channel->shared, &letters);
	snt__spend(snt__self);
	return 0;
}

/* Whether there was an item to be had without waiting. */
static bool take(struct snt_channel *channel, void *item,
		 struct snt__link *letters)
{
	bool buffered = channel->count > 0;
	const struct snt__waiter *sender;

	if (buffered)
		get(channel, item);
	sender = snt__shared_serve(&channel->shared.waiters[SENDERS], 0,
				   letters);
	if (sender != NULL && buffered)
		put(channel, sender->item);
	else if (sender != NULL)
		memcpy(item, sender->item, channel->item_size);
	return buffered || sender != NULL;
}

int snt_channel_recv(struct snt_channel *channel, void *item)
{
	struct snt__link letters;
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "receive from channel");
	snt__list_init(&letters);
	snt__lock(&channel->shared);
	if (take(channel, item, &letters)) {
		snt__unlock_and_send(&channel->shared, &letters);
		snt__spend(snt__self);
		return 1;
	}
	if (channel->shut) {
		snt__unlock(&channel->shared);
		return 0;
	}
	code = park(channel, &channel->shared.waiters[RECEIVERS], item);
	return code < 0 ? snt__fail(code, "receive from channel") : code;
}

void snt_channel_shutdown(struct snt_channel *channel)
{
	struct snt__link letters;

	snt__list_init(&letters);
	snt__lock(&channel->shared);
	channel->shut = true;
	/* Receivers wait only when there is nothing left to receive. */
	snt__shared_serve_all(&channel->shared.waiters[RECEIVERS], 0, &letters);
	snt__unlock_and_send(&channel->shared, &letters);
}

size_t snt_channel_count(const struct snt_channel *channel)
{
	size_t count;

	snt__lock(&channel->shared);
	count = channel->count;
	snt__unlock(&channel->shared);
	return count;
}

void snt_channel_close(struct snt_channel *channel)
{
	struct snt__link letters;

	if (channel == NULL)
		return;
	snt__list_init(&letters);
	snt__lock(&channel->shared);
	snt__shared_serve_all(&channel->shared.waiters[SENDERS], -EBADF,
			      &letters);
	snt__shared_serve_all(&channel->shared.waiters[RECEIVERS], -EBADF,
			      &letters);
	snt__shared_close(&channel->shared, &letters);
}

void snt_auto_channel(struct snt_channel **channel)
{
	snt_channel_close(*channel);
	*channel = NULL;
}
