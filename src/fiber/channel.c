/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of equal items, copied in and out.
 *
 * Invariants: receivers wait only while the buffer is empty and no sender
 * waits; senders wait only while it is full. So an item goes either through
 * the buffer or, when the other side waits, straight from stack to stack, and
 * order is kept.
 */
#include "base/alloc.h"
#include "fiber/waiters.h"

#include <sennit/sync.h>
#include <string.h>

struct snt_channel {
	struct snt__link senders;
	struct snt__link receivers;
	size_t item_size;
	size_t capacity;
	size_t first;
	size_t count;
	bool shut;
	char *items;
};

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
	snt__list_init(&made->senders);
	snt__list_init(&made->receivers);
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

/* Where a waiter's item lies; read-only on the sender's side. */
static int park(struct snt__link *queue, const void *item)
{
	struct snt__waiter waiter = { .item = (void *)(uintptr_t)item };

	return snt__waiters_park(queue, &waiter);
}

int snt_channel_send(struct snt_channel *channel, const void *item)
{
	const struct snt__waiter *receiver;
	int code = snt__enter(snt__fiber_now());

	if (code == 0 && channel->shut)
		code = -EPIPE;
	if (code < 0)
		return snt__fail(code, "send on channel");
	receiver = snt__waiters_wake(&channel->receivers, 1);
	if (receiver == NULL && channel->count == channel->capacity) {
		code = park(&channel->senders, item);
		return code < 0 ? snt__fail(code, "send on channel") : 0;
	}
	if (receiver != NULL)
		memcpy(receiver->item, item, channel->item_size);
	else
		put(channel, item);
	snt__spend(snt__self);
	return 0;
}

/* Whether there was an item to be had without waiting. */
static bool take(struct snt_channel *channel, void *item)
{
	bool buffered = channel->count > 0;
	const struct snt__waiter *sender;

	if (buffered)
		get(channel, item);
	sender = snt__waiters_wake(&channel->senders, 0);
	if (sender != NULL && buffered)
		put(channel, sender->item);
	else if (sender != NULL)
		memcpy(item, sender->item, channel->item_size);
	return buffered || sender != NULL;
}

int snt_channel_recv(struct snt_channel *channel, void *item)
{
	int code = snt__enter(snt__fiber_now());

	if (code < 0)
		return snt__fail(code, "receive from channel");
	if (take(channel, item)) {
		snt__spend(snt__self);
		return 1;
	}
	if (channel->shut)
		return 0;
	code = park(&channel->receivers, item);
	return code < 0 ? snt__fail(code, "receive from channel") : code;
}

void snt_channel_shutdown(struct snt_channel *channel)
{
	channel->shut = true;
	/* Receivers wait only when there is nothing left to receive. */
	snt__waiters_wake_all(&channel->receivers, 0);
}

size_t snt_channel_count(const struct snt_channel *channel)
{
	return channel->count;
}

void snt_channel_close(struct snt_channel *channel)
{
	if (channel == NULL)
		return;
	snt__waiters_wake_all(&channel->senders, -EBADF);
	snt__waiters_wake_all(&channel->receivers, -EBADF);
	snt__free(channel->items);
	snt__free(channel);
}

void snt_auto_channel(struct snt_channel **channel)
{
	snt_channel_close(*channel);
	*channel = NULL;
}
