/* SPDX-License-Identifier: MIT */
/*
 * A selector: what is registered, and who waits for it.
 *
 * Invariants: a socket that may be ready (its handle's bit is set) and was not
 * found otherwise by the last select is on the hot list; whoever is told of as
 * ready goes to its end, so that all have their turn. What the poller keeps
 * (epoll, uring) stays armed from the registration on, and is armed again when
 * its poll has ended; what it does not (direct) is armed for each select.
 */
#ifndef SNT_SOCKET_SELECTOR_H
#define SNT_SOCKET_SELECTOR_H

#include "socket/socket.h"

#include <sennit/wait.h>

/* On the stack of the fiber that is in select. */
struct snt__selecting {
	struct snt_fiber *fiber;
	bool closed; /* the selector is gone */
};

struct snt_selector {
	struct snt__thread *thread;
	uint64_t home;              /* the thread's number */
	struct snt__selecting *now; /* NULL: nobody selects */
	struct snt__link kept;      /* entries that stay armed */
	struct snt__link passing;   /* entries that are armed for each select */
	struct snt__link hot; /* entries that may be ready, by their turn */
	size_t count;
};

struct snt__entry {
	struct snt__link link; /* kept or passing */
	struct snt__link hot;
	struct snt_selector *selector;
	struct snt_socket *socket;
	void *data;
	unsigned events;
	bool kept;
	size_t part_count;
	struct snt__watch watches[]; /* one a part */
};

static inline struct snt__entry *snt__entry_of(const struct snt__link *link)
{
	return SNT__CONTAINER(link, struct snt__entry, link);
}

/* Has all parts reported, and settles whether that lasts. */
int snt__entry_arm(struct snt__entry *entry);
void snt__entry_disarm(struct snt__entry *entry);

/* What every call on a selector begins with: -SNT_ETHREAD; -SNT_EFORK. */
int snt__selector_check(const struct snt_selector *selector, const char *what);

#endif
