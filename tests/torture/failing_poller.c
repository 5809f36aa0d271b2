/* SPDX-License-Identifier: MIT */
/* The pollers, failing on demand. */
#include "torture.h"

#include "fiber/thread.h"
#include "io/kernel.h"
#include "io/poller.h"

typedef void fire_fn(struct snt__handle *handle, unsigned directions);

#define OPEN_ERRORS ((const int[]){ EMFILE, ENFILE, ENOMEM, 0 })
#define ARM_ERRORS ((const int[]){ ENOMEM, ENOSPC, 0 })
/* EEXIST stands for no error at all: it returned early, with nothing. */
#define WAIT_ERRORS ((const int[]){ ENOMEM, EEXIST, 0 })

/* What is armed already asks nothing of the kernel, and cannot fail. */
static int fail_arm(const struct snt__poller_ops *ops,
		    const struct snt__handle *handle, unsigned directions)
{
	unsigned armed = handle->registered;

	/* With a ring these are counts. */
	if (ops != &snt__uring_poller)
		armed |= handle->wanted;
	if ((directions & ~armed) == 0)
		return 0;
	if (snt__self->reachable && handle == &snt__self->mailbox.handle)
		return torture_call("mailbox arm", ARM_ERRORS);
	return torture_call("poller arm", ARM_ERRORS);
}

#define POLLER(which)                                                          \
	static int which##_open(struct snt__poller *poller)                    \
	{                                                                      \
		int code = torture_call("poller open", OPEN_ERRORS);           \
                                                                               \
		return code < 0 ? code : snt__##which##_poller.open(poller);   \
	}                                                                      \
	static int which##_arm(struct snt__poller *poller,                     \
			       struct snt__handle *handle,                     \
			       unsigned directions)                            \
	{                                                                      \
		int code =                                                     \
			fail_arm(&snt__##which##_poller, handle, directions);  \
                                                                               \
		return code < 0 ? code                                         \
				: snt__##which##_poller.arm(poller, handle,    \
							    directions);       \
	}                                                                      \
	static int which##_wait(struct snt__poller *poller, int64_t deadline,  \
				fire_fn *fire)                                 \
	{                                                                      \
		int code = torture_call("poller wait", WAIT_ERRORS);           \
                                                                               \
		if (code == -EEXIST)                                           \
			return 0;                                              \
		return code < 0 ? code                                         \
				: snt__##which##_poller.wait(poller, deadline, \
							     fire);            \
	}                                                                      \
	static struct snt__poller_ops failing_##which;

POLLER(direct)
POLLER(epoll)
POLLER(uring)

#define USE(which)                                                             \
	do {                                                                   \
		failing_##which = snt__##which##_poller;                       \
		failing_##which.open = which##_open;                           \
		failing_##which.arm = which##_arm;                             \
		failing_##which.wait = which##_wait;                           \
	} while (0)

static const struct snt__poller_ops *failing(const struct snt__poller_ops *ops)
{
	if (ops == &snt__direct_poller)
		return &failing_direct;
	return ops == &snt__epoll_poller ? &failing_epoll : &failing_uring;
}

void torture_backends(const struct snt__poller_ops **begin,
		      const struct snt__poller_ops **spawn)
{
	USE(direct);
	USE(epoll);
	USE(uring);
	snt__kernel_backends(begin, spawn);
	*begin = failing(*begin);
	*spawn = failing(*spawn);
}
