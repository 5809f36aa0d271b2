/* SPDX-License-Identifier: MIT */
/* One run of a world, for snt_sim_run and the shrinker. */
#ifndef SNT_SIM_RUN_H
#define SNT_SIM_RUN_H

#include <sennit/sim.h>

/* What the caller and the environment ask for; a seed is drawn if none is. */
int snt__sim_settle_opts(struct snt_sim_opts *settled,
			 const struct snt_sim_opts *opts);
/* With opts so settled, and a report that the caller releases. */
int snt__sim_run_once(int (*director)(struct snt_sim *sim, void *arg),
		      void *arg, const struct snt_sim_opts *opts,
		      struct snt_sim_report *report);

/* The director's host, which is the world's first. */
int snt__sim_add_director(struct snt_sim *sim);

#endif
