/* SPDX-License-Identifier: MIT */
/*
 * Bytes to and from what is no socket, from files to sockets, and small files
 * as a whole. write(2) and sendfile(2) have no MSG_NOSIGNAL: SIGPIPE is kept off
 * around them, at the price of three more system calls, so they are for large
 * pieces.
 */
#include "base/alloc.h"
#include "io/kernel.h"
#include "io/retry.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
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

/* As far as it goes; *room grows, and has place for a NUL in the end. */
static ptrdiff_t read_all(int fd, char **text, size_t room)
{
	size_t size = 0;
	ssize_t n;

	while ((n = RETRY(read(fd, *text + size, room - size))) > 0) {
		char *grown;

		size += (size_t)n;
		if (size > SNT__LOAD_MAX)
			return -EFBIG;
		if (size < room)
			continue;
		room *= 2;
		grown = snt__realloc_array(*text, room, 1);
		if (grown == NULL)
			return -ENOMEM;
		*text = grown;
	}
	if (n < 0)
		return n;
	(*text)[size] = '\0';
	return (ptrdiff_t)size;
}

/* Not to wait, for it may be a pipe. */
ptrdiff_t snt__kernel_load(const char *path, char **text)
{
	int fd =
		RETRY(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	ptrdiff_t n = -ENOMEM;
	size_t room = 4096;
	struct stat status;
	char *all;

	if (fd < 0)
		return fd;
	/* A key is read into one block, and leaves no traces in others. */
	if (fstat(fd, &status) == 0 && status.st_size >= 4096 &&
	    (size_t)status.st_size <= SNT__LOAD_MAX)
		room = (size_t)status.st_size + 1;
	all = snt__alloc(room);
	if (all != NULL)
		n = read_all(fd, &all, room);
	close(fd);
	if (n < 0)
		snt__free(all);
	else
		*text = all;
	return n;
}

/* In one piece, so that the lines of several writers stay whole. */
int snt__kernel_append(const char *path, const void *bytes, size_t size)
{
	int fd = RETRY(open(path,
			    O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
				    O_NOCTTY | O_CLOEXEC,
			    0600));
	ptrdiff_t n = 0;

	if (fd < 0)
		return fd;
	if (size > 0)
		n = snt__kernel_write(fd, bytes, size);
	close(fd);
	return n < 0 ? (int)n : 0;
}
