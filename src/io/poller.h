/* SPDX-License-Identifier: MIT */
/*
 * The one small interface for waiting: which of these descriptors may go on?
 *
 * A backend only ever says "worth trying again"; the caller does the plain
 * non-blocking call, and comes back when that answers -EAGAIN. direct is
 * poll(2) over whatever waits; epoll and uring register a handle at its first
 * wait and report edges. A poller belongs to one thread.
 */
#ifndef SNT_IO_POLLER_H
#define SNT_IO_POLLER_H

#include "base/list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNT__READ 1u
#define SNT__WRITE 2u
/* With SNT__READ: the end, an error or urgent data. From then on a short read
 * no longer proves that nothing is left. */
#define SNT__ODD 4u
/* In .odd, for direct: a bare error was seen; its errors are a queue. */
#define SNT__ERROR 8u
#define SNT__ERRORS 16u
/* In .odd, by uring: as SNT__ODD, but for a single short read. */
#define SNT__DOUBT 32u

struct snt__poller;
struct snt__watch;

/* A descriptor that can be waited for. The waiters are the fiber floor's; a
 * backend hands them to the cache (prefetch) and never looks inside. */
struct snt__handle {
	int fd;
	uint8_t ready;      /* SNT__READ | SNT__WRITE: a try may succeed */
	uint8_t odd;        /* SNT__ODD, SNT__ERROR, SNT__ERRORS, SNT__DOUBT */
	uint8_t registered; /* epoll, uring: directions asked for */
	uint8_t wanted;     /* direct: directions waited for now; uring: polls
			       that were for one event, of each direction */
	_Atomic(uint64_t) home; /* the thread it belongs to, or 0 */
	union {
		struct snt__link link; /* direct: among those waited for */
		uint32_t polls[2];     /* uring: of READ and of WRITE */
	};
	void *reader;
	void *writer;
	struct snt__watch *watches; /* the fiber floor's too: fiber/wait.h */
};

struct snt__poller_ops {
	const char *name;
	bool levels; /* reports what is ready, not what became so */
	/* -ENOMEM, -EMFILE, -ENFILE. Where the kernel does not allow this one,
	 * opens another that means the same, whose ops the poller then has. */
	int (*open)(struct snt__poller *poller);
	/*
	 * Sees to it that the next wait reports these directions of the
	 * handle. -ENOMEM, -ENOSPC (see epoll_ctl(2)), -EIO. 1: cannot be
	 * polled (a regular file), always worth trying.
	 */
	int (*arm)(struct snt__poller *poller, struct snt__handle *handle,
		   unsigned directions);
	/* The directions are no longer waited for. */
	void (*disarm)(struct snt__poller *poller, struct snt__handle *handle,
		       unsigned directions);
	/* The descriptor is about to be closed or given away. */
	void (*forget)(struct snt__poller *poller, struct snt__handle *handle);
	/*
	 * Waits until the deadline at most (see base/deadline.h; a time passed
	 * means: only look) and calls fire for each handle that may go on. May
	 * return early, with nothing. -ENOMEM and the like: nothing was
	 * learned.
	 */
	int (*wait)(struct snt__poller *poller, int64_t deadline,
		    void (*fire)(struct snt__handle *handle,
				 unsigned directions));
	/* Whether only looking could find anything, told without a system call.
	 * NULL: nothing but looking tells. */
	bool (*stirs)(const struct snt__poller *poller);
	void (*close)(struct snt__poller *poller);
	/*
	 * In place of close in a forked child: gives back this process's share
	 * and changes nothing that is the parent's too. The handles' part in
	 * it is the fiber floor's, wait.c.
	 */
	void (*abandon)(struct snt__poller *poller);
};

struct snt__uring;

struct snt__poller {
	const struct snt__poller_ops *ops;
	int fd; /* epoll; direct: edges, or -1 */
	struct snt__uring *uring;
	size_t armed_count;     /* direct */
	struct snt__link armed; /* direct: handles waited for */
	void *slots;            /* direct: pollfds; epoll: events */
	size_t capacity;        /* of slots */
};

extern const struct snt__poller_ops snt__direct_poller;
extern const struct snt__poller_ops snt__epoll_poller;
extern const struct snt__poller_ops snt__uring_poller;

/* Every new handle begins here: worth trying in both directions. */
static inline void snt__handle_init(struct snt__handle *handle, int fd)
{
	*handle = (struct snt__handle){ .fd = fd,
					.ready = SNT__READ | SNT__WRITE };
	snt__list_init(&handle->link);
}

#endif
