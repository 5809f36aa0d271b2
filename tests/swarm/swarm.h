/* SPDX-License-Identifier: MIT */
/* The runner of many worlds: what its parts tell each other. */
#ifndef TESTS_SWARM_SWARM_H
#define TESTS_SWARM_SWARM_H

#include "scene.h"

#include <stdio.h>

extern const struct scenario *const scenarios[];
extern const size_t scenario_count;

/* NULL: there is none of that name. */
const struct scenario *find_scenario(const char *name);

/* Which worlds; everything about one comes from its seed. */
struct plan {
	const struct scenario *only; /* NULL: the seed says which */
	uint64_t base;               /* of the seeds */
	uint64_t worlds;             /* 0: until the time is over */
	unsigned seconds;            /* 0: until all have run */
	unsigned jobs;
	bool first;    /* failure: that is enough */
	bool progress; /* a line that changes */
};

/* How one ended. */
struct outcome {
	uint64_t index;
	unsigned scenario;
	struct snt_sim_report report; /* without .only */
};

/* The seed of the index-th world of a plan, and its scenario. */
uint64_t seed_of(const struct plan *plan, uint64_t index);
unsigned scenario_of(const struct plan *plan, uint64_t seed);

/* Runs that world: what snt_sim_run gives; the report is the caller's. trace
 * and only may be NULL. */
int run_world(const struct scenario *scenario, uint64_t seed, const char *trace,
	      const char *only, struct snt_sim_report *report);
/* The same with fewer faults. */
int shrink_world(const struct scenario *scenario, uint64_t seed,
		 const char *trace, struct snt_sim_report *report);

/* What was learned. */
struct tally;
struct tally *tally_new(void);
void tally_add(struct tally *tally, const struct outcome *outcome);
uint64_t tally_worlds(const struct tally *tally);
uint64_t tally_failures(const struct tally *tally);
/* The first failure, or NULL. */
const struct outcome *tally_first(const struct tally *tally);
void tally_print(const struct tally *tally, const char *program,
		 double seconds);
/* Scenarios in which no world has failed, and the others. */
void tally_verdict(const struct tally *tally, unsigned *good, unsigned *bad);
void tally_free(struct tally *tally);

/* Runs a plan in processes, until it is done or a signal says stop; true: it
 * was stopped. */
bool run_plan(const struct plan *plan, struct tally *tally);

#endif
