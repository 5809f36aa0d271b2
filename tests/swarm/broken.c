/* SPDX-License-Identifier: MIT */
/* Scenarios that fail in every way, for test_swarm.py to look at the runner. */
#include "swarm.h"

#include <signal.h>

/* One of its many faults is the one that breaks it. */
static int stumble(struct player *me)
{
	bool bad = false;

	for (unsigned i = 0; i < 20; i++) {
		bool happened = snt_sim_chance("stumble", 200000);

		bad = bad || (happened && i == 7);
	}
	if (bad)
		snt_sim_fail("stumbled", "%s has stumbled", me->name);
	return 0;
}

static int die(struct player *me)
{
	if (draw(&me->dice, 8) == 0)
		raise(SIGSEGV);
	return 0;
}

static int walk(struct player *me)
{
	(void)me;
	return TIMED(0, snt_yield());
}

static void set_up_stumble(struct world *world)
{
	add_player(world, "walker", stumble)->safe = true;
}

static void set_up_die(struct world *world)
{
	add_player(world, "walker", die)->safe = true;
}

static void set_up_walk(struct world *world)
{
	add_player(world, "walker", walk)->safe = true;
}

static const struct scenario stumbles = { .name = "stumbles",
					  .about = "now and then it fails",
					  .size = sizeof(struct world),
					  .set_up = set_up_stumble };
static const struct scenario dies = { .name = "dies",
				      .about = "now and then it crashes",
				      .size = sizeof(struct world),
				      .set_up = set_up_die };
static const struct scenario walks = { .name = "walks",
				       .about = "nothing is wrong with it",
				       .size = sizeof(struct world),
				       .set_up = set_up_walk };

const struct scenario *const scenarios[] = { &stumbles, &dies, &walks };
const size_t scenario_count = COUNT(scenarios);
