/* SPDX-License-Identifier: MIT */
/*
 * Built for few letters at a time, from few threads: a stack that posters push
 * onto and the owner takes as a whole.
 *
 * No wake-up is lost: the owner says that it sleeps and then looks at the box
 * once more; a poster pushes and then looks whether the owner sleeps. All four
 * are sequentially consistent, so one of the two sees the other.
 */
#include "io/mailbox.h"

#include <sched.h>

void snt__mailbox_init(struct snt__mailbox *box)
{
	atomic_init(&box->newest, NULL);
	atomic_init(&box->sleeping, false);
	atomic_init(&box->posting, 0);
	atomic_init(&box->notifier, -1);
}

int snt__mailbox_open(struct snt__mailbox *box)
{
	int fd;

	if (atomic_load_explicit(&box->notifier, memory_order_relaxed) >= 0)
		return 0;
	fd = snt__io->notifier();
	if (fd < 0)
		return fd;
	snt__handle_init(&box->handle, fd);
	box->notify = snt__io->notify;
	atomic_store_explicit(&box->notifier, fd, memory_order_release);
	return 0;
}

bool snt__mailbox_post(struct snt__mailbox *box, struct snt__letter *letter)
{
	struct snt__letter *before;
	bool heard = true;
	int fd;

	/* The letter may be opened, and the owner end, before we are done. */
	atomic_fetch_add_explicit(&box->posting, 1, memory_order_relaxed);
	before = atomic_load_explicit(&box->newest, memory_order_relaxed);
	do
		letter->next = before;
	while (!atomic_compare_exchange_weak(&box->newest, &before, letter));
	if (atomic_load(&box->sleeping)) {
		fd = atomic_load_explicit(&box->notifier, memory_order_acquire);
		heard = fd >= 0;
		/* One of those who post at a time wakes it. */
		if (heard && atomic_exchange(&box->sleeping, false))
			box->notify(fd);
	}
	atomic_fetch_sub_explicit(&box->posting, 1, memory_order_release);
	return heard;
}

bool snt__mailbox_sleep(struct snt__mailbox *box)
{
	atomic_store(&box->sleeping, true);
	if (atomic_load(&box->newest) == NULL)
		return true;
	snt__mailbox_awake(box);
	return false;
}

void snt__mailbox_read(struct snt__mailbox *box)
{
	struct snt__letter *letter = atomic_exchange_explicit(
		&box->newest, NULL, memory_order_acquire);
	struct snt__letter *oldest = NULL;

	while (letter != NULL) {
		struct snt__letter *before = letter->next;

		letter->next = oldest;
		oldest = letter;
		letter = before;
	}
	while (oldest != NULL) {
		letter = oldest;
		/* Opened, it may be gone. */
		oldest = letter->next;
		letter->open(letter);
	}
}

void snt__mailbox_close(struct snt__mailbox *box)
{
	while (atomic_load_explicit(&box->posting, memory_order_acquire) > 0)
		sched_yield();
	while (!snt__mailbox_empty(box))
		snt__mailbox_read(box);
	if (atomic_load_explicit(&box->notifier, memory_order_relaxed) >= 0)
		snt__io->close(box->handle.fd);
	atomic_store_explicit(&box->notifier, -1, memory_order_relaxed);
}

void snt__mailbox_abandon(struct snt__mailbox *box)
{
	int fd = atomic_load_explicit(&box->notifier, memory_order_relaxed);

	if (fd >= 0)
		snt__io->close(fd);
	snt__mailbox_init(box);
}
