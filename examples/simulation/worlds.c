/* SPDX-License-Identifier: MIT */
/*
 * worlds swarm FENCE COUNT    seeds 1 to COUNT, up to the first that fails
 * worlds run FENCE SEED       one of them; with SENNIT_SIM_TRACE=FILE its trace
 * worlds shrink FENCE SEED    the same with as few faults as make it fail
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
	struct snt_sim_opts opts = { .seed = 1 };
	struct snt_sim_report report;

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
	const char *what = argc > 1 ? argv[1] : "run";
	struct snt_sim_opts opts = { .seed = argc > 3 ? strtoull(argv[3], 0, 0)
						      : 1 };
	struct snt_sim_report report = { 0 };
	struct world world = { 0 };
	int code;

	for (unsigned i = 0; argc > 2 && i < 3; i++)
		if (strcmp(argv[2], fences[i]) == 0)
			world.store.fence = i;
	if (strcmp(what, "swarm") == 0)
		return run_many(&world, opts.seed);
	if (strcmp(what, "shrink") == 0)
		code = snt_sim_shrink(run_world, &world, &opts, 0, &report);
	else
		code = snt_sim_run(run_world, &world, &opts, &report);
	return tell(code, &report);
}
