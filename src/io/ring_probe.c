/* SPDX-License-Identifier: MIT */
/*
 * Whether io_uring works here. Kernels older than 6.1 lack what we need, a
 * sysctl (kernel.io_uring_disabled) or a system call filter may forbid it, as
 * containers often do. Found out once per process, by doing it.
 */
#include "io/ring.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Two threads may find out at once: they find the same. */
enum {
	UNKNOWN,
	WORKS,
	REFUSED
};
static atomic_int knowledge;

bool snt__ring_is_lasting(int code)
{
	return code != -EMFILE && code != -ENFILE && code != -ENOMEM &&
	       code != -EAGAIN && code != -EBUSY && code != -EINTR;
}

/* One poll that is ready at once, on a ring where nothing else is. */
static int try_poll(struct snt__ring *ring, int fd)
{
	struct snt__ring_sqe *sqe = snt__ring_sqe(ring);
	uint32_t at, end;
	int code;

	snt__ring_fill_poll(sqe, fd, POLLIN, 1);
	sqe->len = SNT__RING_POLL_MULTI;
	code = snt__ring_enter(ring, 0);
	end = snt__ring_completions(ring, &at);
	if (code == 0 &&
	    (end - at != 1 || snt__ring_cqe(ring, at)->result != POLLIN ||
	     !(snt__ring_cqe(ring, at)->flags & SNT__RING_CQE_MORE)))
		code = -ENOSYS;
	if (code == 0) {
		snt__ring_fill_cancel(snt__ring_sqe(ring), 1);
		code = snt__ring_enter(ring, 0);
		end = snt__ring_completions(ring, &at);
	}
	snt__ring_walked(ring, end);
	return code;
}

static int try_out(struct snt__ring *ring)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), code;

	if (fd < 0)
		return -errno;
	code = try_poll(ring, fd);
	close(fd);
	return code;
}

int snt__ring_open_tried(struct snt__ring *ring, uint32_t entries)
{
	int known = atomic_load(&knowledge), code;

	if (known == REFUSED)
		return -ENOSYS;
	code = snt__ring_open(ring, entries);
	if (known == WORKS)
		return code;
	if (code == 0) {
		code = try_out(ring);
		if (code < 0)
			snt__ring_close(ring);
	}
	if (code == 0 || snt__ring_is_lasting(code))
		atomic_store(&knowledge, code == 0 ? WORKS : REFUSED);
	return code;
}

bool snt__ring_works(void)
{
	struct snt__ring ring;

	if (atomic_load(&knowledge) == UNKNOWN &&
	    snt__ring_open_tried(&ring, 4) == 0)
		snt__ring_close(&ring);
	return atomic_load(&knowledge) == WORKS;
}
