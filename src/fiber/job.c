/* SPDX-License-Identifier: MIT */
#include "fiber/job.h"

#include "fiber/call.h"
#include "fiber/thread.h"

static void open_letter(struct snt__letter *letter)
{
	struct snt__job *job = SNT__CONTAINER(letter, struct snt__job, letter);

	job->arrived = true;
	snt__wake(job->waiter, 0);
}

int snt__job_run(struct snt__pool *pool, struct snt__job *job, bool abandon,
		 enum snt__job_fate *fate)
{
	struct snt__thread *thread = snt__thread_now();
	int code = snt__enter(thread->current);

	*fate = SNT__JOB_WITHDRAWN;
	if (code == 0)
		code = snt__thread_reachable(thread);
	if (code < 0)
		return code;
	job->letter.open = open_letter;
	job->mailbox = &thread->mailbox;
	job->waiter = thread->current;
	job->arrived = false;
	code = snt__io->submit(pool, job);
	if (code < 0)
		return code;
	*fate = SNT__JOB_FINISHED;
	snt__park_for("other thread");
	code = snt__park(SNT_FOREVER);
	if (!job->arrived) {
		*fate = snt__io->leave(job, abandon);
		/* It uses the caller's memory, or its letter is on its way. */
		if (*fate == SNT__JOB_RUNNING)
			*fate = SNT__JOB_FINISHED;
		if (*fate == SNT__JOB_FINISHED)
			snt__await(&job->arrived);
	}
	if (*fate == SNT__JOB_FINISHED && job->refused) {
		*fate = SNT__JOB_WITHDRAWN;
		code = -EAGAIN;
	}
	return code;
}
