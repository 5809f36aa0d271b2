/* SPDX-License-Identifier: MIT */
/* Whether a thread's loop works, in a process that may have been forked. */
#ifndef TESTS_FIBER_WORKS_H
#define TESTS_FIBER_WORKS_H

#include "fibers.h"

static int add_one(void *arg)
{
	++*(int *)arg;
	return 0;
}

/* All that a thread can be asked: time, fibers, other threads. */
static void check_everything_works(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_channel *channel;
	int count = 0, item;

	OK(snt_sleep(MS));
	start(group, add_one, &count);
	OK(snt_group_wait(group));
	OK(snt_channel_open(&channel, sizeof item, 1));
	OK(snt_channel_send(channel, &count));
	OK(snt_channel_recv(channel, &item));
	OK(snt_offload(add_one, &item, NULL));
	assert_int_equal(item, 2);
	snt_timeout_scope(limit, MS);
	FAILS(snt_channel_recv(channel, &item), -ETIMEDOUT);
	snt_channel_close(channel);
	OK(snt_group_end(group));
}

#endif
