/* SPDX-License-Identifier: MIT */
/*
 * Looking into a running program: which fibers there are and what each waits
 * for, and which of them keep their thread to themselves. All of it is about
 * the calling thread, and none of it waits.
 */
#ifndef SENNIT_INSPECT_H
#define SENNIT_INSPECT_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_fiber_info {
	const char *name;
	/* "running", "ready", or what it waits for: "sleep", "channel",
	 * "recv from 127.0.0.1:80". */
	const char *waits;
	/* For how long it has waited, in nanoseconds, give or take a turn of the
	 * loop; 0 unless it waits. */
	int64_t since;
	/* How long it will go on waiting at most; SNT_FOREVER: no limit. */
	int64_t left;
	bool cancelled;
};

/*
 * Calls visit once for each fiber of the thread, main first, and returns how
 * many there are; visit may be NULL. The info and its texts are lent until
 * visit returns. visit must not spawn, nor wait.
 */
SNT_API size_t snt_fibers(void (*visit)(void *arg,
					const struct snt_fiber_info *info),
			  void *arg);

/*
 * Writes the same to a descriptor as a table for people. Takes no memory. Like
 * write(2) it blocks the thread on a pipe or terminal that is full, unless that
 * is non-blocking: -EAGAIN. Also -EBADF, -EPIPE, -EIO, -ENOSPC.
 */
SNT_API SNT_MUST_CHECK int snt_dump_fibers(int fd);

struct snt_hog {
	const char *name; /* of the fiber; lent until the hook returns */
	int64_t ran;      /* nanoseconds without letting others run */
};

/*
 * From now on hook is called whenever a fiber of this thread lets others run
 * after it ran for limit nanoseconds or longer, in that fiber. main alone, with
 * nobody to keep waiting, is not told of. In the hook every waiting call fails
 * with -EDEADLK. While a hook is set the clock is read at each switch. hook
 * NULL: no more.
 */
SNT_API void
snt_set_hog_hook(int64_t limit,
		 void (*hook)(void *arg, const struct snt_hog *hog), void *arg);

#ifdef __cplusplus
}
#endif
#endif
