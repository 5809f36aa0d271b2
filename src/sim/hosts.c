/* SPDX-License-Identifier: MIT */
/* Hosts, made and named; what the director says of the network. */
#include "sim/driver.h"
#include "sim/run.h"

#include "base/alloc.h"
#include "io/sim/fail.h"
#include "io/sim/links.h"
#include "io/sim/names.h"

#include <sennit/sync.h>

void snt__sim_own_begin(struct snt_sim *sim)
{
	sim->own = snt__alloc_balance() - (ptrdiff_t)sim->world.blocks;
}

void snt__sim_own_end(struct snt_sim *sim)
{
	ptrdiff_t now = snt__alloc_balance() - (ptrdiff_t)sim->world.blocks;

	sim->world.blocks += (size_t)(now - sim->own);
}

static int add(struct snt_sim *sim, struct snt_sim_host **host,
	       const char *name, const struct snt_sim_host_opts *opts)
{
	struct snt_sim_host *made = snt__sim_alloc(sizeof *made);
	int code;

	snt__sim_own_begin(sim);
	code = snt_event_open(&made->ended);
	snt__sim_own_end(sim);
	if (code == 0) {
		snt_event_set(made->ended);
		code = snt__sim_host_begin(&made->sim, name, opts);
	}
	if (code < 0) {
		snt__sim_own_begin(sim);
		snt_event_close(made->ended);
		snt__sim_own_end(sim);
		snt__sim_free(made);
		return code;
	}
	*host = made;
	return 0;
}

int snt__sim_add_director(struct snt_sim *sim)
{
	return add(sim, &sim->director, "director", NULL);
}

int snt_sim_add(struct snt_sim *sim, struct snt_sim_host **host,
		const char *name, const struct snt_sim_host_opts *opts)
{
	int code = add(sim, host, name, opts);

	if (code == -EINVAL)
		return snt__fail_text(code,
				      "host \"%s\": a name that is none or is "
				      "taken, or an address that is",
				      name);
	return code < 0 ? snt__fail(code, "host \"%s\"", name) : 0;
}

struct snt_sim_host *snt_sim_here(void)
{
	if (snt__sim_world == NULL || snt__sim_world->thread == NULL ||
	    snt__sim_world->thread->host->number == 0)
		return NULL;
	return snt__sim_host_of(snt__sim_world->thread->host);
}

const char *snt_sim_name(const struct snt_sim_host *host)
{
	return host->sim.name;
}

static uint32_t number_of(const struct snt_sim_host *host)
{
	return host != NULL ? host->sim.number : SNT__SIM_ANY;
}

void snt_sim_set_link_one_way(struct snt_sim *sim, struct snt_sim_host *from,
			      struct snt_sim_host *to,
			      const struct snt_sim_link *link)
{
	(void)sim;
	snt__sim_links_set(snt__sim_links(), number_of(from), number_of(to),
			   link);
}

void snt_sim_set_link(struct snt_sim *sim, struct snt_sim_host *a,
		      struct snt_sim_host *b, const struct snt_sim_link *link)
{
	snt_sim_set_link_one_way(sim, a, b, link);
	if (a != b)
		snt_sim_set_link_one_way(sim, b, a, link);
}

int snt_sim_partition(struct snt_sim *sim, struct snt_sim_host *const *hosts,
		      size_t count)
{
	uint32_t *numbers;

	(void)sim;
	numbers = snt__sim_alloc((count + 1) * sizeof *numbers);
	for (size_t i = 0; i < count; i++) {
		numbers[i] = hosts[i]->sim.number;
		snt__sim_trace(&hosts[i]->sim, "parted", 0, 0, " ");
	}
	snt__sim_links_part(snt__sim_links(), numbers, count);
	snt__sim_free(numbers);
	return 0;
}

void snt_sim_heal(struct snt_sim *sim)
{
	(void)sim;
	snt__sim_trace(NULL, "healed", 0, 0, " ");
	snt__sim_links_heal(snt__sim_links());
}

int snt_sim_set_name(struct snt_sim *sim, const char *name, const char *addrs)
{
	(void)sim;
	return snt__sim_names_set(name, addrs);
}

void snt_sim_set_resolver(struct snt_sim *sim, struct snt_sim_host *host,
			  const struct snt_sim_resolver *resolver)
{
	struct snt__link *hosts = &sim->world.hosts;

	if (host != NULL) {
		host->sim.resolver = *resolver;
		return;
	}
	sim->world.resolver = *resolver;
	for (struct snt__link *link = hosts->next; link != hosts;
	     link = link->next)
		SNT__CONTAINER(link, struct snt__sim_host, in_world)->resolver =
			*resolver;
}

int snt_sim_set_failure(struct snt_sim *sim, struct snt_sim_host *host,
			const struct snt_sim_failure *failure)
{
	int code = snt__sim_failures_set(host != NULL ? &host->sim : NULL,
					 failure);

	(void)sim;
	return code < 0 ? snt__fail_text(code,
					 "failure of %s: no such call, or a "
					 "code that is none",
					 failure->call)
			: 0;
}
