/* SPDX-License-Identifier: MIT */
/* One world, from its seed. */
#include "swarm.h"

/* A world without faults takes seconds of its time, and thousands of events. */
#define TIME_LIMIT (6 * 60 * SNT_MINUTE)
#define EVENT_LIMIT 2000000

static const uint64_t row_of_seeds = 3, row_of_scenarios = 4;

const struct scenario *find_scenario(const char *name)
{
	for (size_t i = 0; i < scenario_count; i++)
		if (strcmp(scenarios[i]->name, name) == 0)
			return scenarios[i];
	return NULL;
}

uint64_t seed_of(const struct plan *plan, uint64_t index)
{
	struct dice dice = dice_of(plan->base + index, row_of_seeds);

	/* Not 0, which would be any. */
	return 1 + draw(&dice, UINT64_MAX);
}

unsigned scenario_of(const struct plan *plan, uint64_t seed)
{
	struct dice dice = dice_of(seed, row_of_scenarios);

	for (unsigned i = 0; i < scenario_count; i++)
		if (scenarios[i] == plan->only)
			return i;
	return (unsigned)draw(&dice, scenario_count);
}

/* Before each block. */
struct kept {
	struct kept *next;
	uint64_t unused; /* so that blocks are aligned */
};

/* What a run needs besides the director, whose arg it is; the shrinker's many
 * runs each begin it anew. */
struct stage {
	const struct scenario *scenario;
	uint64_t seed;
	struct world *world;
};

static int begin(struct snt_sim *sim, void *arg)
{
	struct stage *stage = arg;
	struct world *world = stage->world;

	free_kept(world);
	memset(world, 0, stage->scenario->size);
	world->scenario = stage->scenario;
	world->seed = stage->seed;
	world->rough = stage->scenario->rough;
	weather_draw(&world->weather, stage->seed);
	world_now = world;
	return direct(sim, world);
}

void *keep(struct world *world, size_t size)
{
	struct kept *made = calloc(1, sizeof *made + size);

	if (made == NULL)
		abort();
	made->next = world->kept;
	world->kept = made;
	return made + 1;
}

void free_kept(struct world *world)
{
	while (world->kept != NULL) {
		struct kept *next = world->kept->next;

		free(world->kept);
		world->kept = next;
	}
}

static int set_up(struct stage *stage, struct snt_sim_opts *opts)
{
	struct weather weather;

	stage->world = calloc(1, stage->scenario->size);
	if (stage->world == NULL)
		return -ENOMEM;
	weather_draw(&weather, stage->seed);
	opts->seed = stage->seed;
	opts->in_order = weather.in_order;
	opts->time_limit = TIME_LIMIT;
	opts->event_limit = EVENT_LIMIT;
	return 0;
}

static void tear_down(struct stage *stage)
{
	if (stage->world != NULL)
		free_kept(stage->world);
	free(stage->world);
}

int run_world(const struct scenario *scenario, uint64_t seed, const char *trace,
	      const char *only, struct snt_sim_report *report)
{
	struct stage stage = { .scenario = scenario, .seed = seed };
	struct snt_sim_opts opts = { .only = only, .trace = trace };
	int code = set_up(&stage, &opts);

	if (code == 0)
		code = snt_sim_run(begin, &stage, &opts, report);
	tear_down(&stage);
	return code;
}

int shrink_world(const struct scenario *scenario, uint64_t seed,
		 const char *trace, struct snt_sim_report *report)
{
	struct stage stage = { .scenario = scenario, .seed = seed };
	struct snt_sim_opts opts = { .trace = trace };
	int code = set_up(&stage, &opts);

	if (code == 0)
		code = snt_sim_shrink(begin, &stage, &opts, 0, report);
	tear_down(&stage);
	return code;
}
