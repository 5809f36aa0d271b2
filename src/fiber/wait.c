/* SPDX-License-Identifier: MIT */
#include "fiber/wait.h"

static void **slot_of(struct snt__handle *handle, unsigned direction)
{
	return direction == SNT__READ ? &handle->reader : &handle->writer;
}

/* 1: cannot be polled, so there is nothing to wait for. */
static int begin(struct snt__thread *thread, struct snt__handle *handle,
		 unsigned direction)
{
	void **slot = slot_of(handle, direction);
	int code;

	if (*slot != NULL)
		return -EBUSY;
	if (handle->poller != 0 && handle->poller != thread->poller.id)
		return -EPERM;
	code = thread->poller.ops->arm(&thread->poller, handle, direction);
	if (code == 0)
		*slot = thread->current;
	return code;
}

static void end(struct snt__thread *thread, struct snt__handle *handle,
		unsigned direction)
{
	*slot_of(handle, direction) = NULL;
	thread->poller.ops->disarm(&thread->poller, handle, direction);
}

int snt__wait(struct snt__handle *handle, unsigned direction, int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_open_poller(thread);

	if (code == 0)
		code = begin(thread, handle, direction);
	if (code == 1) {
		handle->ready |= (uint8_t)direction;
		return 0;
	}
	if (code < 0)
		return code;
	code = snt__park(deadline);
	if (code != -EBADF)
		end(thread, handle, direction);
	return code;
}

int snt__wait_any(struct snt__handle *const *handles, size_t count,
		  unsigned direction, int64_t deadline)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__thread_open_poller(thread);
	size_t begun = 0;

	while (code == 0 && begun < count) {
		code = begin(thread, handles[begun], direction);
		if (code == 0)
			begun++;
	}
	if (code == 0) {
		code = snt__park(deadline);
		if (code == -EBADF)
			return code;
	}
	for (size_t i = 0; i < begun; i++)
		end(thread, handles[i], direction);
	return code > 0 ? 0 : code;
}

/* Also a fiber that was made ready by this handle but has not run yet must
 * not touch it any more. */
static void turn_away(struct snt_fiber *fiber)
{
	if (fiber != NULL && !snt__wake(fiber, -EBADF))
		fiber->wake_code = -EBADF;
}

void snt__handle_end(struct snt__handle *handle)
{
	struct snt__thread *thread = snt__thread_now();

	turn_away(handle->reader);
	turn_away(handle->writer);
	handle->reader = NULL;
	handle->writer = NULL;
	if (handle->poller == 0 || handle->poller == thread->poller.id)
		thread->poller.ops->forget(&thread->poller, handle);
}
