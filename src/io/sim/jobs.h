/* SPDX-License-Identifier: MIT */
/* Simulated threads as the seam asks for them: a host's pools, and those that
 * the fiber floor starts. As the functions of io.h; and see pool.h. */
#ifndef SNT_IO_SIM_JOBS_H
#define SNT_IO_SIM_JOBS_H

#include "io/pool.h"
#include "io/sim/host.h"

int snt__sim_submit(struct snt__pool *pool, struct snt__job *job);
enum snt__job_fate snt__sim_leave(struct snt__job *job, bool abandon);
int snt__sim_thread_start(void **thread, void (*fn)(void *arg), void *arg);
void snt__sim_thread_join(void *thread);
int snt__sim_cores(void);

/*
 * The host's program has ended, as a process does: look-ups that nobody waits
 * for any more end at once, offloaded work when it returns. Waits, on a thread
 * of the world, until the pools' threads have ended.
 */
void snt__sim_jobs_finish(struct snt__sim_host *host);
/* Whether that is under way. */
bool snt__sim_jobs_ending(const struct snt__sim_host *host);

#endif
