/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a descriptor that another library owns, for the length of one
 * call. Nothing is kept: a descriptor closed by its owner right after must not
 * have left a registration behind. Built for one or a few such descriptors a
 * thread; each wait that really waits costs two system calls more on epoll.
 */
#include "fiber/call.h"
#include "fiber/wait.h"

#include <sennit/wait.h>

static int wait_for(struct snt__handle *handle, unsigned directions)
{
	struct snt__watch watch = { .handle = handle,
				    .directions = (uint8_t)directions };

	return snt__wait_any(&watch, 1, SNT_FOREVER);
}

/*
 * epoll knows a descriptor by number and file: while it is registered, by
 * another fiber here or as a socket's own, only a duplicate can be. Both name
 * the same file, so what happens to one happens to both.
 */
static int wait_for_duplicate(struct snt__handle *handle, unsigned directions)
{
	int fd = snt__io->dup(handle->fd);

	if (fd < 0)
		return fd;
	snt__handle_init(handle, fd);
	return wait_for(handle, directions);
}

static int wait_until_ready(struct snt__handle *handle, unsigned directions)
{
	int foreign = handle->fd, code = 0;

	while (code == 0) {
		code = snt__io->look(foreign, directions);
		if (code != 0)
			break;
		handle->ready = 0;
		code = wait_for(handle, directions);
		if (code == -EEXIST && handle->fd == foreign)
			code = wait_for_duplicate(handle, directions);
	}
	return code;
}

int snt_fd_wait(int fd, unsigned events)
{
	struct snt__handle handle;
	int code;

	if (events == 0 || (events & ~(SNT_READABLE | SNT_WRITABLE)) != 0)
		return snt__fail_text(-EINVAL,
				      "wait for descriptor %d: events 0x%x are "
				      "neither readable nor writable",
				      fd, events);
	code = snt__enter(snt__fiber_now());
	if (code < 0)
		return snt__fail(code, "wait for descriptor %d", fd);
	snt__handle_init(&handle, fd);
	code = wait_until_ready(&handle, events);
	snt__handle_end(&handle);
	if (handle.fd != fd)
		snt__io->close(handle.fd);
	if (code == -EBADF)
		return snt__fail_text(
			code, "wait for descriptor %d: it is not open", fd);
	if (code < 0)
		return snt__fail(code, "wait for descriptor %d", fd);
	snt__spend(snt__self);
	return code;
}
