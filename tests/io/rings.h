/* SPDX-License-Identifier: MIT */
/* A ring whose system calls fail, come late or short, as a test wants them. */
#ifndef TESTS_IO_RINGS_H
#define TESTS_IO_RINGS_H

#include "tcp_pair.h"

#include "io/io.h"
#include "io/poller.h"
#include "io/ring.h"

#include <errno.h>
#include <sennit.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL (SNT__READ | SNT__WRITE | SNT__ODD)

static struct {
	int setup_code;         /* what setup fails with, or 0 */
	uint32_t refused_flags; /* setup knows none of these */
	uint32_t completions;   /* how many fit; 0: as asked for */
	int control_code, map_code, enter_code;
	int enter_fails;    /* so many enters fail with enter_code ... */
	bool only_submits;  /* ... of those that hand something over */
	int enter_late;     /* so many complete nothing */
	bool takes_one;     /* of what is handed over */
	int setups, enters; /* how many there were */
} kernel;

static int ring_setup(uint32_t entries, struct snt__ring_params *params)
{
	kernel.setups++;
	if (kernel.setup_code != 0)
		return kernel.setup_code;
	if (params->flags & kernel.refused_flags)
		return -EINVAL;
	if (kernel.completions != 0) {
		entries = kernel.completions;
		params->flags |= SNT__RING_SETUP_CQSIZE;
		params->cq_entries = kernel.completions;
	}
	return snt__kernel_ring_calls.setup(entries, params);
}

static int ring_enter(int fd, uint32_t submit, uint32_t wanted, uint32_t flags,
		      const struct snt__ring_enter_arg *arg)
{
	kernel.enters++;
	if (kernel.enter_fails > 0 && (submit > 0 || !kernel.only_submits)) {
		kernel.enter_fails--;
		return kernel.enter_code;
	}
	if (kernel.enter_late > 0) {
		kernel.enter_late--;
		wanted = 0;
		flags &= ~SNT__RING_ENTER_GETEVENTS;
	}
	if (kernel.takes_one && submit > 1)
		submit = 1;
	return snt__kernel_ring_calls.enter(fd, submit, wanted, flags, arg);
}

static int ring_control(int fd, uint32_t opcode, struct snt__ring_update *arg)
{
	if (kernel.control_code != 0)
		return kernel.control_code;
	return snt__kernel_ring_calls.control(fd, opcode, arg);
}

static int ring_map(void **memory, size_t size, int fd, uint32_t offset)
{
	if (kernel.map_code != 0 && (offset != 0 || kernel.map_code == -EAGAIN))
		return kernel.map_code;
	return snt__kernel_ring_calls.map(memory, size, fd, offset);
}

static const struct snt__ring_calls test_calls = {
	.setup = ring_setup,
	.enter = ring_enter,
	.control = ring_control,
	.map = ring_map,
};

/* Found out in a child, so that the cases begin without knowing. */
static bool test_ring_works(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(snt_has_backend("uring"));
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 0)
		printf("# without a ring: the kernel does not allow it here\n");
	return WEXITSTATUS(status) != 0;
}

static struct snt__poller poller;

static void open_as(const char *name)
{
	snt__ring_calls = &test_calls;
	poller = (struct snt__poller){ .ops = &snt__uring_poller };
	assert_int_equal(poller.ops->open(&poller), 0);
	assert_string_equal(poller.ops->name, name);
}

static void close_poller(void)
{
	poller.ops->close(&poller);
}

/* How often each handle was reported, and with what. */
static struct {
	const struct snt__handle *handle;
	unsigned directions;
	int times;
} told[2048];
static size_t told_count;
static size_t told_handles;

static void fire(struct snt__handle *handle, unsigned directions)
{
	size_t i = 0;

	while (i < told_handles && told[i].handle != handle)
		i++;
	assert_true(i < sizeof told / sizeof told[0]);
	if (i == told_handles)
		told[told_handles++].handle = handle;
	told[i].directions |= directions;
	told[i].times++;
	told_count++;
}

static void forget_told(void)
{
	memset(told, 0, sizeof told);
	told_count = told_handles = 0;
}

/* Only looks; what was reported for the handle. */
static unsigned look(const struct snt__handle *handle)
{
	forget_told();
	poller.ops->wait(&poller, 0, fire);
	for (size_t i = 0; i < told_handles; i++)
		if (told[i].handle == handle)
			return told[i].directions;
	return 0;
}

static void arm(struct snt__handle *handle, unsigned directions)
{
	assert_int_equal(poller.ops->arm(&poller, handle, directions), 0);
}

static void forget(struct snt__handle *handle)
{
	poller.ops->forget(&poller, handle);
}

static void put(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL),
			 strlen(bytes));
}

/* The far end has written a byte, which was reported. Takes it, and waits for
 * more. */
static void take_and_arm(struct snt__handle *handle)
{
	char byte;

	assert_int_equal(recv(handle->fd, &byte, 1, MSG_DONTWAIT), 1);
	handle->ready = 0;
	arm(handle, SNT__READ);
	assert_int_equal(look(handle), 0);
}

/* A connection whose reading end is armed, and the kernel knows. */
static void armed_pair(struct snt__handle *handle, int fds[2])
{
	tcp_pair(fds);
	snt__handle_init(handle, fds[0]);
	handle->ready = 0;
	arm(handle, SNT__READ);
	assert_int_equal(look(handle), 0);
}

/* The same after as many waits as it takes until the poll stays. */
__attribute__((unused)) static void settled_pair(struct snt__handle *handle,
						 int fds[2])
{
	armed_pair(handle, fds);
	for (int i = 0; i < 2; i++) {
		put(fds[1], "x");
		assert_int_equal(look(handle) & ALL, SNT__READ);
		take_and_arm(handle);
	}
}

static void close_pair(struct snt__handle *handle, const int fds[2])
{
	forget(handle);
	close(fds[0]);
	close(fds[1]);
}

#endif
