/* SPDX-License-Identifier: MIT */
/*
 * Signals kept for a fiber: a handler that sets a flag and writes to an
 * eventfd. Not signalfd(2), which would need every thread of the program to
 * block the signal. The handler that was there before returns at release.
 */
#include "base/sanitized.h"
#include "io/fork.h"
#include "io/kernel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	atomic_int notify_fd; /* plus one; 0: not caught */
	atomic_bool pending;
	atomic_int running; /* handlers under way */
	struct sigaction before;
} caught[_NSIG];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#ifdef SNT__TSAN
/*
 * ThreadSanitizer holds a signal back until the fiber that it hit makes a call
 * again, which may be never. The C library's inner name for sigaction goes
 * round that; so this handler may call nothing that TSan watches.
 */
int __sigaction(int number, const struct sigaction *action,
		struct sigaction *before);
#define set_action __sigaction
#ifdef __clang__
/* For the reason above. */
#define UNWATCHED __attribute__((disable_sanitizer_instrumentation))
#else
/* For the reason above. */
#define UNWATCHED __attribute__((no_sanitize("thread")))
#endif

static inline __attribute__((always_inline)) void tell(int fd)
{
	const uint64_t one = 1;
	int saved = errno;

	syscall(SYS_write, fd, &one, sizeof one);
	errno = saved;
}
#else
#define set_action sigaction
#define UNWATCHED
#define tell snt__kernel_io.notify
#endif

static UNWATCHED void handler(int number)
{
	int fd;

	atomic_fetch_add(&caught[number].running, 1);
	fd = atomic_load(&caught[number].notify_fd) - 1;
	if (fd >= 0) {
		atomic_store(&caught[number].pending, true);
		tell(fd);
	}
	atomic_fetch_sub(&caught[number].running, 1);
}

int snt__kernel_signal_catch(int number, int notify_fd)
{
	struct sigaction action = { .sa_handler = handler,
				    .sa_flags = SA_RESTART | SA_ONSTACK };
	int code = 0;

	if (number < 1 || number >= _NSIG)
		return -EINVAL;
	snt__kernel_at_fork(NULL);
	sigemptyset(&action.sa_mask);
	pthread_mutex_lock(&mutex);
	if (atomic_load(&caught[number].notify_fd) != 0) {
		code = -EBUSY;
	} else {
		atomic_store(&caught[number].pending, false);
		atomic_store(&caught[number].notify_fd, notify_fd + 1);
		if (set_action(number, &action, &caught[number].before) < 0) {
			code = -errno;
			atomic_store(&caught[number].notify_fd, 0);
		}
	}
	pthread_mutex_unlock(&mutex);
	return code;
}

void snt__kernel_signal_release(int number)
{
	pthread_mutex_lock(&mutex);
	set_action(number, &caught[number].before, NULL);
	atomic_store(&caught[number].notify_fd, 0);
	/* One on another thread may still be about to write to it. */
	while (atomic_load(&caught[number].running) > 0)
		sched_yield();
	pthread_mutex_unlock(&mutex);
}

int snt__kernel_signal_take(int number)
{
	return atomic_exchange(&caught[number].pending, false);
}

void snt__signals_hold(void)
{
	pthread_mutex_lock(&mutex);
}

void snt__signals_let_go(void)
{
	pthread_mutex_unlock(&mutex);
}

/* The parent goes on waiting for them; to the child they are what they were
 * before. */
void snt__signals_begin_anew(void)
{
	for (int number = 1; number < _NSIG; number++) {
		atomic_store(&caught[number].running, 0);
		if (atomic_exchange(&caught[number].notify_fd, 0) != 0)
			set_action(number, &caught[number].before, NULL);
	}
}
