/* SPDX-License-Identifier: MIT */
/* Waiting for a job on a pool's thread. */
#ifndef SNT_FIBER_JOB_H
#define SNT_FIBER_JOB_H

#include "io/pool.h"

/*
 * Submits the job and parks until it has run. Returns 0, or why it was not
 * waited for; *fate says whose the job's memory then is. abandon: give up a
 * job that is running, rather than wait for it.
 * -ECANCELED, -ETIMEDOUT, -EAGAIN (pool: no thread to be had), -EMFILE,
 * -ENOMEM.
 */
int snt__job_run(struct snt__pool *pool, struct snt__job *job, bool abandon,
		 enum snt__job_fate *fate);

#endif
