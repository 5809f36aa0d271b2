/* SPDX-License-Identifier: MIT */
/*
 * Many worlds, or one of them again:
 *
 *   worlds swarm FENCE COUNT    seeds 1 to COUNT, up to the first that fails
 *   worlds run FENCE SEED       that one; with SENNIT_SIM_TRACE=FILE its trace
 *   worlds shrink FENCE SEED    the same with as few faults as make it fail
 *
 * FENCE: none, writes or all.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tell(int code, struct snt_sim_report *report)
{
	if (code < 0)
		printf("%s\nfaults: %s\n", snt_errmsg(), report->only);
	else
		printf("it went well\n");
	snt_sim_report_release(report);
	return code < 0;
}

static int run_many(struct world *world, uint64_t count)
{
	struct snt_sim_report report;
	struct snt_sim_opts opts = { .seed = 1 };

	for (; opts.seed <= count; opts.seed++) {
		int code = snt_sim_run(run_world, world, &opts, &report);

		if (code < 0)
			return tell(code, &report);
		snt_sim_report_release(&report);
	}
	printf("%llu worlds went well\n", (unsigned long long)count);
	return 0;
}

int main(int argc, char **argv)
{
	static const char fences[][8] = { "none", "writes", "all" };
	struct snt_sim_opts opts = { .seed = 1 };
	struct snt_sim_report report = { 0 };
	struct world world = { .store.fence = FENCE_NONE };

	if (argc > 3)
		opts.seed = strtoull(argv[3], NULL, 0);
	for (int i = 0; argc > 2 && i < 3; i++)
		if (strcmp(argv[2], fences[i]) == 0)
			world.store.fence = i;
	if (argc > 1 && strcmp(argv[1], "swarm") == 0)
		return run_many(&world, opts.seed);
	if (argc > 1 && strcmp(argv[1], "shrink") == 0)
		return tell(
			snt_sim_shrink(run_world, &world, &opts, 0, &report),
			&report);
	return tell(snt_sim_run(run_world, &world, &opts, &report), &report);
}
