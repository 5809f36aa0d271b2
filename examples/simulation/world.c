/* SPDX-License-Identifier: MIT */
/* A lock, a store, three clients, and a network and machines that fail: what
 * one seed makes of them. Whatever happens, no sum that was done is lost. */
#include "world.h"

#include <string.h>

/* Near or far, quiet or busy. */
static void set_up_network(struct snt_sim *sim)
{
	const struct snt_sim_link link = {
		.latency = (int64_t)snt_sim_random(50 * SNT_MILLISECOND),
		.jitter = (int64_t)snt_sim_random(50 * SNT_MILLISECOND),
	};

	snt_sim_set_link(sim, NULL, NULL, &link);
}

static bool nothing_is_lost(void *arg)
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

/* One machine at a time stands still, or is cut off, for up to 20 seconds. What
 * is drawn is drawn also when nothing happens: so a fault that is left out
 * leaves the others as they are. */
static int cause_trouble(struct snt_sim *sim, struct snt_sim_host *const *hosts)
{
	for (int i = 0; i < 40; i++) {
		struct snt_sim_host *host = hosts[snt_sim_random(HOSTS)];
		int64_t duration = (int64_t)snt_sim_random(20 * SNT_SECOND);

		SNT_TRY(snt_sleep(SNT_SECOND));
		if (snt_sim_chance("pause", 100000)) {
			snt_sim_pause(host);
			SNT_TRY(snt_sleep(duration));
			snt_sim_resume(host);
		}
		if (snt_sim_chance("cut", 100000)) {
			SNT_TRY(snt_sim_partition(sim, &host, 1));
			SNT_TRY(snt_sleep(duration));
			snt_sim_heal(sim);
		}
	}
	return 0;
}

int run_world(struct snt_sim *sim, void *arg)
{
	struct world *world = arg;
	struct snt_sim_host *hosts[HOSTS];

	memset(world->clients, 0, sizeof world->clients);
	world->lock = (struct lock){ 0 };
	world->store.number = world->store.token = 0;
	SNT_TRY(snt_sim_check(sim, "lost", nothing_is_lost, world));
	set_up_network(sim);
	SNT_TRY(start_hosts(sim, world, hosts));
	SNT_TRY(cause_trouble(sim, hosts));
	for (int i = 0; i < CLIENTS; i++)
		SNT_TRY(snt_sim_join(hosts[i], NULL));
	return 0;
}
