/* SPDX-License-Identifier: MIT */
/* A lock, a store, three clients, and a network and machines that fail: what one
 * seed makes of them. */
#include "world.h"

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

	set_up_state(world);
	set_up_network(sim);
	SNT_TRY(snt_sim_check(sim, "lost", nothing_is_lost, world));
	SNT_TRY(start_hosts(sim, world, hosts));
	SNT_TRY(cause_trouble(sim, hosts));
	for (int i = 0; i < CLIENTS; i++)
		SNT_TRY(snt_sim_join(hosts[i], NULL));
	return 0;
}
