/* SPDX-License-Identifier: MIT */
/* All that a world remembers: how it begins, and what must hold after every
 * step. */
#include "world.h"

void set_up_state(struct world *world)
{
	world->lock = (struct lock){ 0 };
	world->store = (struct store){ .fence = world->store.fence };
	world->services[0] = (struct service){ answer_lock, &world->lock };
	world->services[1] = (struct service){ answer_store, &world->store };
	for (int i = 0; i < CLIENTS; i++)
		world->clients[i] = (struct client){
			.lock = "lock:7000",
			.store = "store:7000",
			.work = (int64_t)snt_sim_random(4 * SNT_SECOND),
			.wanted = 5,
		};
}

bool nothing_is_lost(void *arg)
{
	const struct world *world = arg;
	long long done = 0;

	for (int i = 0; i < CLIENTS; i++)
		done += world->clients[i].added;
	if (done > world->store.number)
		snt_sim_fail("lost", "added %lld times, the number is %lld",
			     done, world->store.number);
	return true;
}
