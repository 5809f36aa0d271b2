/* SPDX-License-Identifier: MIT */
/* Users' work on other threads. */
#include "base/alloc.h"
#include "fiber/job.h"
#include "fiber/thread.h"

/* Most threads that may hang in work that was given up. */
#define ABANDONED_MOST 64

struct work {
	struct snt__job job;
	int (*fn)(void *arg);
	void *arg;
	void (*release)(void *arg);
	int result;
};

static void run(struct snt__job *job)
{
	struct work *work = SNT__CONTAINER(job, struct work, job);

	work->result = work->fn(work->arg);
}

static void release(struct snt__job *job)
{
	struct work *work = SNT__CONTAINER(job, struct work, job);

	work->release(work->arg);
	snt__free(work);
}

/* Runs the job and frees it, unless it was left behind: true then. */
static bool run_work(struct work *work, bool abandon, int *ret_code)
{
	enum snt__job_fate fate;
	int code = snt__job_run(&snt__offload_pool, &work->job, abandon, &fate);

	if (fate == SNT__JOB_LEFT) {
		*ret_code = snt__fail(code, "offload");
		return true;
	}
	/* The work is done, so its result is worth more than the news that it
	 * took too long; the next call will tell that again. */
	if (fate == SNT__JOB_FINISHED)
		code = work->result;
	snt__free(work);
	if (code == -EAGAIN && fate != SNT__JOB_FINISHED)
		snt__fail_text(code,
			       "offload: no thread to be had: too many for "
			       "this process (see ulimit -u), or too many "
			       "hang in work that was given up");
	else if (code < 0)
		snt__fail(code, "offload");
	*ret_code = code;
	return false;
}

int snt_offload(int (*fn)(void *arg), void *arg,
		const struct snt_offload_opts *opts)
{
	bool abandon = opts != NULL && opts->release != NULL;
	struct work *work = snt__alloc(sizeof *work);
	int code = -ENOMEM;

	if (work != NULL) {
		work->job.run = run;
		work->job.release = release;
		work->fn = fn;
		work->arg = arg;
		work->release = abandon ? opts->release : NULL;
		if (run_work(work, abandon, &code))
			return code;
	} else {
		snt__fail(code, "offload");
	}
	if (abandon)
		opts->release(arg);
	return code;
}

int snt_offload_set_threads(int count)
{
	if (count < 1 || count > 1024)
		return snt__fail_text(
			-EINVAL, "offload: %d threads: 1 to 1024 are possible",
			count);
	return snt__pool_set_limits(&snt__offload_pool, count,
				    count + ABANDONED_MOST);
}
