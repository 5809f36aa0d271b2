/* SPDX-License-Identifier: MIT */
/*
 * Bytes to and from what is no socket, and from files to sockets. write(2) and
 * sendfile(2) have no MSG_NOSIGNAL: SIGPIPE is kept off around them, at the
 * price of three more system calls, so they are for large pieces.
 */
#include "io/kernel.h"
#include "io/retry.h"

#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

struct quiet {
	sigset_t old;
	bool was_pending;
};

/*
 * A pipe without a reader, a socket whose peer is gone, raise SIGPIPE. The
 * signal goes to the writing thread alone, so it is held back there and taken
 * away again, unless one was pending before.
 */
static void quiet_begin(struct quiet *quiet)
{
	sigset_t pipe_only, pending;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	quiet->was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_only, &quiet->old);
}

static void quiet_end(const struct quiet *quiet, ptrdiff_t result)
{
	const struct timespec at_once = { 0 };
	sigset_t pipe_only;

	if (result == -EPIPE && !quiet->was_pending) {
		sigemptyset(&pipe_only);
		sigaddset(&pipe_only, SIGPIPE);
		while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 &&
		       errno == EINTR)
			;
	}
	pthread_sigmask(SIG_SETMASK, &quiet->old, NULL);
}

ptrdiff_t snt__kernel_write(int fd, const void *buffer, size_t size)
{
	struct quiet quiet;
	ptrdiff_t n;

	quiet_begin(&quiet);
	n = RETRY(write(fd, buffer, size));
	quiet_end(&quiet, n);
	return n;
}

ptrdiff_t snt__kernel_pread(int fd, void *buffer, size_t size, int64_t offset)
{
	return RETRY(pread(fd, buffer, size, offset));
}

int64_t snt__kernel_seek(int fd, int64_t offset, int whence)
{
	return RETRY(lseek(fd, offset, whence));
}

ptrdiff_t snt__kernel_sendfile(int out, int in, int64_t offset, size_t size)
{
	off_t from = offset;
	struct quiet quiet;
	ptrdiff_t n;

	quiet_begin(&quiet);
	n = RETRY(sendfile(out, in, &from, size));
	quiet_end(&quiet, n);
	return n;
}
