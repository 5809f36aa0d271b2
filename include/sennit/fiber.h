/* SPDX-License-Identifier: MIT */
/*
 * Fibers: functions that run concurrently on one thread and may wait.
 *
 * main is a fiber too; there is no call to set up or to run anything. A fiber
 * is spawned into a group, and a group ends before the scope that opened it,
 * so no fiber outlives what it borrows. Everything here is for the thread it
 * was made on (-SNT_ETHREAD), except where it says "any thread".
 *
 * Any call that may wait says so ("waits") and then returns -ECANCELED in a
 * cancelled group, every time until the fiber ends, and -ETIMEDOUT once a
 * timeout scope around it has run out.
 */
#ifndef SENNIT_FIBER_H
#define SENNIT_FIBER_H

#include <sennit/backend.h>
#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_group;
struct snt_fiber;

struct snt_group_opts {
	/* Most fibers alive at a time; snt_spawn waits for a place. 0: no limit. */
	size_t limit;
	/* The first fiber that returns a negative code cancels the others unless
	 * this is set. Either way that code and its message are the group's. */
	bool keep_going;
};

struct snt_spawn_opts {
	const char *name;  /* for messages; copied, cut to 15 bytes */
	size_t stack_size; /* bytes of address space; 0: 64 KiB */
	/* When not NULL: the handle is written here, and the finished fiber
	 * keeps its result until snt_join takes it or the group ends. */
	struct snt_fiber **fiber;
};

/*
 * A new, empty group; snt_group_end releases it. Does not wait.
 * -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_group_open(struct snt_group **group,
					  const struct snt_group_opts *opts);

/*
 * Starts fn(arg) as a fiber of the group. It runs when the caller next waits;
 * once this returned 0 it always starts, even if cancelled first, so fn can
 * own arg. fn returns 0 or more, or a negative code. Waits only at the group's
 * limit. opts may be NULL.
 * On any error nothing was started and arg stays yours.
 * -ECANCELED: the group or the caller is cancelled.  -EBADF: the group was
 * ended while the caller waited at its limit.  -ETIMEDOUT, -ENOMEM, -EINVAL
 * (stack_size under 16 KiB or over 1 GiB); at a thread's first spawn also
 * -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int snt_spawn(struct snt_group *group,
				     int (*fn)(void *arg), void *arg,
				     const struct snt_spawn_opts *opts);

/*
 * Waits until no fiber of the group is left. Returns the first failure among
 * them (message included) or 0; a fiber that returned -ECANCELED because the
 * group was cancelled is no failure.
 * -ECANCELED, -ETIMEDOUT: the caller was told to stop waiting; the group goes on.
 * -EDEADLK: called by a fiber of this very group, or of one opened inside it.
 * -EBADF: the group was ended meanwhile.
 */
SNT_API SNT_MUST_CHECK int snt_group_wait(struct snt_group *group);

/* Waiting calls in its fibers return -ECANCELED from now on. Any thread. */
SNT_API void snt_group_cancel(struct snt_group *group);

/* How many fibers of the group have not ended. */
SNT_API size_t snt_group_count(const struct snt_group *group);

/*
 * Cancels the group, waits for its fibers whatever cancel or deadline the
 * caller is under, and releases it. Takes group; NULL is fine. Returns what
 * snt_group_wait would. -EDEADLK: called by a fiber of this very group, or of
 * one opened inside it; it stays as it is.
 */
SNT_API int snt_group_end(struct snt_group *group);
SNT_API void snt_auto_group(struct snt_group **group);

/*
 * Waits for one fiber that was spawned with .fiber set, writes what its
 * function returned to *result and releases the handle (also when result is
 * NULL). When it had failed, its message becomes the caller's.
 * -ECANCELED, -ETIMEDOUT: the handle stays valid.  -EDEADLK: it is the caller.
 * -EBUSY: another fiber is joining it. -EBADF: its group was ended meanwhile.
 */
SNT_API SNT_MUST_CHECK int snt_join(struct snt_fiber *fiber, int *result);

/* The calling fiber's name; "main" for a thread's own. Lends. */
SNT_API const char *snt_fiber_name(void);

/* Whether waiting calls return -ECANCELED here and now. */
SNT_API bool snt_cancelled(void);

/* Lets every other ready fiber run once. Waits. */
SNT_API SNT_MUST_CHECK int snt_yield(void);

/* Waits for that long (0: as snt_yield). SNT_FOREVER: until cancelled. */
SNT_API SNT_MUST_CHECK int snt_sleep(int64_t duration);

/* A clock that never jumps: nanoseconds since some fixed point (CLOCK_MONOTONIC). */
SNT_API int64_t snt_now(void);

/*
 * Scopes, kept on the stack. End them in reverse order of beginning, in the
 * fiber that began them; snt_timeout_scope and snt_cleanup_scope do so.
 * The members are private.
 */
struct snt_scope {
	int64_t deadline;
	struct snt_scope *outer;
	bool masks;
	bool expired;
};

/*
 * Every waiting call until the scope's end shares this limit: resolution,
 * connect, each recv of a loop. Nested scopes: the earliest deadline counts.
 * 0 and SNT_FOREVER set no limit.
 */
SNT_API void snt_timeout_begin(struct snt_scope *scope, int64_t limit);

/*
 * The door for clean-up that must wait: inside, cancellation and the scopes
 * around do not show, for at most limit (0: 1 second), after which calls
 * return -ETIMEDOUT.
 */
SNT_API void snt_cleanup_begin(struct snt_scope *scope, int64_t limit);
SNT_API void snt_scope_end(struct snt_scope *scope);

/* Whether it was this scope's limit that ended a call with -ETIMEDOUT. */
SNT_API bool snt_scope_expired(const struct snt_scope *scope);

/* snt_timeout_scope(t, 5 * SNT_SECOND); in force until the block ends. */
#define snt_timeout_scope(name, limit)                                         \
	__attribute__((cleanup(snt_scope_end))) struct snt_scope name;         \
	snt_timeout_begin(&name, (limit))

#define SNT_NAME2_(a, b) a##b
#define SNT_NAME_(a, b) SNT_NAME2_(a, b)

/* snt_cleanup_scope(SNT_SECOND); in force until the block ends. */
#define snt_cleanup_scope(limit)                                               \
	SNT_CLEANUP_(SNT_NAME_(snt_cleanup_, __COUNTER__), (limit))
#define SNT_CLEANUP_(name, limit)                                              \
	__attribute__((cleanup(snt_scope_end))) struct snt_scope name;         \
	snt_cleanup_begin(&name, limit)

struct snt_offload_opts {
	/* NULL: a cancel or deadline waits until fn, once begun, is done, so
	 * that arg may be on the caller's stack. Else the job owns arg, and a
	 * cancel or deadline returns at once: release(arg) is called exactly
	 * once whatever happens, when fn is done or will not run, by the caller
	 * or, where fn was left behind, on fn's thread. */
	void (*release)(void *arg);
};

/*
 * Runs fn(arg) on another thread of a bounded pool and waits for it while
 * other fibers go on: for work that is CPU-bound or calls what blocks.
 * Returns what fn returned. fn must not call sennit. A job that had not begun
 * is withdrawn by cancel or deadline: -ECANCELED, -ETIMEDOUT. -ENOMEM,
 * -EMFILE, -ENFILE, -EAGAIN (no thread can be made).
 */
SNT_API SNT_MUST_CHECK int snt_offload(int (*fn)(void *arg), void *arg,
				       const struct snt_offload_opts *opts);

/* Most threads of the offload pool; default: the machine's cores, at least 4.
 * Takes effect for later calls. -EINVAL outside 1 to 1024. */
SNT_API SNT_MUST_CHECK int snt_offload_set_threads(int count);

/*
 * Asked for, never installed by itself: a SIGSEGV handler, process-wide, that
 * turns a hit on a fiber's guard page into a line on stderr naming the fiber
 * ("fiber 'parse' overflowed its stack of 65536 bytes") before the process
 * dies of the signal. Other faults go to the handler that was there before.
 * Call it on each thread that runs fibers. -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_report_overflow(void);

#ifdef __cplusplus
}
#endif
#endif
