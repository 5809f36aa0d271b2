/* SPDX-License-Identifier: MIT */
/* One simulated world with all of its state, so that nothing is shared by
 * accident: neither between hosts nor between worlds. */
#ifndef WORLD_H
#define WORLD_H

#include "counter.h"

#include <sennit/sim_net.h>

#define CLIENTS 3
#define HOSTS (CLIENTS + 2) /* the clients come first */

struct world {
	struct lock lock;
	struct store store; /* .fence is the caller's */
	struct client clients[CLIENTS];
	struct service services[HOSTS - CLIENTS];
};

/* For snt_sim_run; arg is a struct world. */
int run_world(struct snt_sim *sim, void *arg);

/* As it is before anything has happened; .store.fence stays. */
void set_up_state(struct world *world);
/* Whatever happens, no sum that was done is lost. For snt_sim_check. */
bool nothing_is_lost(void *world);
void set_up_network(struct snt_sim *sim);
int start_hosts(struct snt_sim *sim, struct world *world,
		struct snt_sim_host **hosts);

#endif
