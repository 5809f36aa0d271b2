/* SPDX-License-Identifier: MIT */
/* Calls that fail because somebody said so. */
#ifndef SNT_IO_SIM_FAIL_H
#define SNT_IO_SIM_FAIL_H

#include "io/sim/host.h"

/* As snt_sim_set_failure; host NULL: every host, those to come included. -EINVAL. */
int snt__sim_failures_set(struct snt__sim_host *host,
			  const struct snt_sim_failure *failure);
/* A new host gets what was said of every host. */
void snt__sim_failures_begin(struct snt__sim_host *host);
void snt__sim_failures_end(struct snt__sim_host *host);

/* 0, or with what that call of the running host's program fails. */
int snt__sim_fails_slowly(struct snt__sim_host *host, const char *call);

static inline int snt__sim_fails(struct snt__sim_host *host, const char *call)
{
	return host->failures == NULL || snt__sim_world->thread->immune
		       ? 0
		       : snt__sim_fails_slowly(host, call);
}

#endif
