/* SPDX-License-Identifier: MIT */
/*
 * A thread in a forked child. The poller's descriptor is shared with the
 * parent: taking a registration out of it would deafen the parent, waiting on
 * it would steal. So it is closed, unused. The thread has a number of its own,
 * so handles are an ended thread's: to be adopted, registered nowhere.
 *
 * A main that had no fibers goes on as if its thread had just begun. Where
 * there were others, whoever forked is alone, and what it might wait for is
 * in the parent; it is told so at each call. Fibers that stayed are told apart
 * by their number of forks, so nothing here looks at them. They never run, and
 * their stacks are never given back.
 */
#include "fiber/aside.h"
#include "fiber/registry.h"

#include <stdio.h>

void snt__thread_forked(void)
{
	struct snt__thread *thread = snt__self;

	snt__registry_begin_anew();
	if (thread == NULL)
		return;
	snt__registry_join(thread);
	snt__mailbox_abandon(&thread->mailbox);
	thread->reachable = false;
	if (thread->poller_open)
		thread->poller.ops->abandon(&thread->poller);
	thread->poller_open = false;
	thread->poller = (struct snt__poller){ .ops = NULL };
	snt__io->backends(&thread->poller.ops, &thread->spawn_ops);
	if (thread->fibers == 0)
		thread->main.forks = snt__forks;
	snt__aside_end(thread);
	snt__fiber_refresh(thread->current);
}

_Noreturn void snt__fiber_stranded(const struct snt_fiber *fiber)
{
	char line[128];
	int length = snprintf(line, sizeof line,
			      "sennit: fiber '%s' returned in a forked child, "
			      "where nobody waits for it\n",
			      fiber->name);

	snt__io->complain(line, (size_t)length);
	snt__io->exit(fiber->result < 0);
	__builtin_unreachable();
}
