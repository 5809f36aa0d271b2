/* SPDX-License-Identifier: MIT */
/* The world's machines, and the wires between them. */
#include "world.h"

/* An ordinary service, but each request and answer is told in the trace. */
static long long note(void *arg, const char *word, long long token,
		      long long number)
{
	const struct service *service = arg;
	long long answer = service->answer(service->state, word, token, number);

	snt_sim_note("%s token %lld number %lld: %lld", word, token, number,
		     answer);
	return answer;
}

static int run_service(void *arg)
{
	const struct service noted = { note, arg };
	snt_auto(socket) listener = NULL;

	SNT_TRY(snt_create_server(&listener, ":7000", NULL));
	return serve(listener, &noted);
}

/* Near or far, quiet or busy. */
void set_up_network(struct snt_sim *sim)
{
	const struct snt_sim_link link = {
		.latency = (int64_t)snt_sim_random(50 * SNT_MILLISECOND),
		.jitter = (int64_t)snt_sim_random(50 * SNT_MILLISECOND),
	};

	snt_sim_set_link(sim, NULL, NULL, &link);
}

int start_hosts(struct snt_sim *sim, struct world *world,
		struct snt_sim_host **hosts)
{
	static const char names[HOSTS][8] = { "anna", "bert", "carl", "lock",
					      "store" };

	for (int i = 0; i < HOSTS; i++)
		SNT_TRY(snt_sim_add(sim, &hosts[i], names[i], NULL));
	for (int i = 0; i < CLIENTS; i++)
		SNT_TRY(snt_sim_start(hosts[i], run_client,
				      &world->clients[i]));
	for (int i = CLIENTS; i < HOSTS; i++)
		SNT_TRY(snt_sim_start(hosts[i], run_service,
				      &world->services[i - CLIENTS]));
	return 0;
}
