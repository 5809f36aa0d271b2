/* SPDX-License-Identifier: MIT */
/* The world's machines, and the wires between them. */
#include "world.h"

/* Ordinary services, but each request and answer is told in the trace. */
static long long note(const char *word, long long token, long long number,
		      long long answer)
{
	snt_sim_note("%s token %lld number %lld: %lld", word, token, number,
		     answer);
	return answer;
}

static long long noted_lock(void *lock, const char *word, long long token,
			    long long number)
{
	return note(word, token, number, answer_lock(lock, word, token, 0));
}

static long long noted_store(void *store, const char *word, long long token,
			     long long number)
{
	return note(word, token, number,
		    answer_store(store, word, token, number));
}

static int run_service(void *arg)
{
	snt_auto(socket) listener = NULL;

	SNT_TRY(snt_create_server(&listener, ":7000", NULL));
	return serve(listener, arg);
}

int start_hosts(struct snt_sim *sim, struct world *world,
		struct snt_sim_host **hosts)
{
	static const char names[HOSTS][8] = { "anna", "bert", "carl", "lock",
					      "store" };

	world->services[0] = (struct service){ noted_lock, &world->lock };
	world->services[1] = (struct service){ noted_store, &world->store };
	for (int i = HOSTS; i-- > 0;) {
		SNT_TRY(snt_sim_add(sim, &hosts[i], names[i], NULL));
		if (i >= CLIENTS) {
			SNT_TRY(snt_sim_start(hosts[i], run_service,
					      &world->services[i - CLIENTS]));
			continue;
		}
		world->clients[i] = (struct client){
			.lock = "lock:7000",
			.store = "store:7000",
			.work = (int64_t)snt_sim_random(4 * SNT_SECOND),
			.wanted = 5,
		};
		SNT_TRY(snt_sim_start(hosts[i], run_client,
				      &world->clients[i]));
	}
	return 0;
}
