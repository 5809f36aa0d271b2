/* SPDX-License-Identifier: MIT */
/* The ring's system calls, failing on demand. Not the unregistering of a ring
 * that is closed: the kernel has no reason to refuse that. */
#include "torture.h"

#include "io/ring.h"

#include <errno.h>

#define ERRORS(...) ((const int[]){ __VA_ARGS__, 0 })

static int failing_setup(uint32_t entries, struct snt__ring_params *params)
{
	int code = torture_call("ring setup", ERRORS(EMFILE, ENFILE, ENOMEM));

	return code < 0 ? code : snt__kernel_ring_calls.setup(entries, params);
}

static int failing_enter(int fd, uint32_t submit, uint32_t wanted,
			 uint32_t flags, const struct snt__ring_enter_arg *arg)
{
	int code = torture_call("ring enter",
				ERRORS(EAGAIN, EBUSY, EINTR, ENOMEM));

	return code < 0 ? code
			: snt__kernel_ring_calls.enter(fd, submit, wanted,
						       flags, arg);
}

static int failing_control(int fd, uint32_t opcode,
			   struct snt__ring_update *arg)
{
	int code = 0;

	if (opcode == SNT__RING_REGISTER_RING_FDS)
		code = torture_call("ring register", ERRORS(EBUSY, ENOMEM));
	return code < 0 ? code
			: snt__kernel_ring_calls.control(fd, opcode, arg);
}

static int failing_map(void **memory, size_t size, int fd, uint32_t offset)
{
	int code = torture_call("ring map", ERRORS(ENOMEM, EAGAIN));

	return code < 0 ? code
			: snt__kernel_ring_calls.map(memory, size, fd, offset);
}

static const struct snt__ring_calls failing_calls = {
	.setup = failing_setup,
	.enter = failing_enter,
	.control = failing_control,
	.map = failing_map,
};

void torture_ring(void)
{
	snt__ring_calls = &failing_calls;
}
