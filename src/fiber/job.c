/* SPDX-License-Identifier: MIT */
#include "fiber/job.h"

#include "fiber/thread.h"

/* Sees to it that the poller tells of finished jobs. */
static int open_inbox(struct snt__thread *thread)
{
	int code = snt__thread_open_poller(thread);

	if (code == 0)
		code = snt__inbox_open(&thread->inbox);
	if (code == 0)
		code = thread->poller.ops->arm(
			&thread->poller, &thread->inbox.handle, SNT__READ);
	return code;
}

static void close_inbox(struct snt__thread *thread)
{
	if (thread->jobs == 0)
		thread->poller.ops->disarm(&thread->poller,
					   &thread->inbox.handle, SNT__READ);
}

/* Out of reach of cancel and deadline: fn still uses the caller's memory. */
static void wait_out(struct snt__thread *thread)
{
	struct snt_scope door;

	(void)thread;
	snt_cleanup_begin(&door, SNT_FOREVER);
	while (snt__park(SNT_FOREVER) < 0)
		;
	snt_scope_end(&door);
}

int snt__job_run(struct snt__pool *pool, struct snt__job *job, bool abandon,
		 enum snt__job_fate *fate)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__enter(thread->current);

	*fate = SNT__JOB_WITHDRAWN;
	if (code == 0)
		code = open_inbox(thread);
	if (code < 0)
		return code;
	job->inbox = &thread->inbox;
	job->waiter = thread->current;
	code = snt__io->submit(pool, job);
	if (code == 0) {
		thread->jobs++;
		*fate = SNT__JOB_FINISHED;
		code = snt__park(SNT_FOREVER);
		if (code < 0) {
			*fate = snt__io->leave(job, abandon);
			if (*fate == SNT__JOB_RUNNING) {
				wait_out(thread);
				*fate = SNT__JOB_FINISHED;
			}
		}
		thread->jobs--;
		if (*fate == SNT__JOB_FINISHED && job->refused) {
			*fate = SNT__JOB_WITHDRAWN;
			code = -EAGAIN;
		}
	}
	close_inbox(thread);
	return code;
}
