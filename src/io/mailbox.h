/* SPDX-License-Identifier: MIT */
/*
 * A thread's mailbox: letters from other threads, opened by its owner in the
 * order they came. Posting neither waits nor fails. The owner is told through
 * a descriptor, and only when it sleeps.
 *
 * Whoever posts knows that the owner lives until the letter is opened; and
 * after the letter was posted touches nothing that opening it may give back.
 */
#ifndef SNT_IO_MAILBOX_H
#define SNT_IO_MAILBOX_H

#include "io/io.h"
#include "io/poller.h"

#include <stdatomic.h>

/* Inside whatever it is about. */
struct snt__letter {
	struct snt__letter *next;
	void (*open)(struct snt__letter *letter); /* on the owner's thread */
};

struct snt__mailbox {
	_Atomic(struct snt__letter *) newest; /* each leads to the one before */
	atomic_bool sleeping;   /* the owner is about to wait for its poller */
	atomic_uint posting;    /* threads in the midst of it */
	atomic_int notifier;    /* the descriptor, or -1 */
	void (*notify)(int fd); /* set before it is */
	struct snt__handle handle; /* the same, for the owner's poller */
};

void snt__mailbox_init(struct snt__mailbox *box);

/* Makes the notifier, once. -EMFILE, -ENFILE, -ENOMEM. */
int snt__mailbox_open(struct snt__mailbox *box);

/* From any thread. False: the owner sleeps and has no notifier, so it will not
 * see the letter before something else wakes it. */
bool snt__mailbox_post(struct snt__mailbox *box, struct snt__letter *letter);

/* The owner's, before it waits: false if there is something to read first.
 * After it has waited: snt__mailbox_awake. */
bool snt__mailbox_sleep(struct snt__mailbox *box);

static inline void snt__mailbox_awake(struct snt__mailbox *box)
{
	atomic_store_explicit(&box->sleeping, false, memory_order_relaxed);
}

static inline bool snt__mailbox_empty(struct snt__mailbox *box)
{
	return atomic_load_explicit(&box->newest, memory_order_relaxed) == NULL;
}

/* Opens all letters there are. */
void snt__mailbox_read(struct snt__mailbox *box);

/* In a forked child: what was on its way is the parent's. */
void snt__mailbox_abandon(struct snt__mailbox *box);

/* Nobody will post any more: what was posted is opened. */
void snt__mailbox_close(struct snt__mailbox *box);

#endif
