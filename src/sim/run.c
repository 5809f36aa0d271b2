/* SPDX-License-Identifier: MIT */
/* A world's beginning and end, and what is told of it. */
#include "sim/run.h"

#include "base/alloc.h"
#include "io/sim/chance.h"
#include "io/sim/fail.h"
#include "io/sim/file.h"
#include "io/sim/links.h"
#include "io/sim/names.h"
#include "sim/driver.h"

#include <sennit/sync.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_LIMIT (24 * 60 * SNT_MINUTE)
#define EVENT_LIMIT UINT64_C(10000000)

/* How long a failed world may take to unwind. */
#define UNWIND_TIME (60 * SNT_MINUTE)
#define UNWIND_EVENTS UINT64_C(1000000)

static int memory_fails(void)
{
	struct snt__sim_thread *thread = snt__sim_world->thread;

	return thread != NULL && snt__sim_fails(thread->host, "memory") < 0;
}

struct director {
	int (*fn)(struct snt_sim *sim, void *arg);
	void *arg;
	struct snt_sim *sim;
};

static int direct(void *arg)
{
	struct director *director = arg;

	return director->fn(director->sim, director->arg);
}

static int begin(struct snt_sim *sim, const struct snt_sim_opts *opts)
{
	struct snt__sim_world *world = &sim->world;

	sim->opts = opts;
	sim->time_limit = opts->time_limit > 0 ? opts->time_limit : TIME_LIMIT;
	sim->event_limit =
		opts->event_limit > 0 ? opts->event_limit : EVENT_LIMIT;
	world->seed = opts->seed;
	world->driver = &snt__sim_threads;
	world->resolver.latency = SNT_MILLISECOND;
	snt__list_init(&world->threads);
	snt__list_init(&world->awake);
	snt__list_init(&world->hosts);
	snt__list_init(&sim->checks);
	snt__stacks_init(&sim->stacks);
	snt__sim_world = world;
	sim->dice = snt__sim_dice("turns", 0);
	sim->chance = snt__sim_dice("random", UINT32_MAX);
	snt__sim_net_begin();
	snt__sim_names_begin(world);
	if (snt__sim_faults_begin(opts->only) < 0)
		return snt__fail_text(-EINVAL,
				      "simulation: \"%s\" is no list "
				      "of faults (kind:site:count)",
				      opts->only);
	if (opts->trace != NULL && opts->trace[0] != '\0') {
		int code = snt__sim_trace_open(opts->trace);

		if (code < 0)
			return snt__fail(code, "trace to %s", opts->trace);
	}
	return 0;
}

static void free_hosts(struct snt_sim *sim)
{
	struct snt__link *link;

	while ((link = snt__list_first(&sim->world.hosts)) != NULL) {
		struct snt_sim_host *host = snt__sim_host_of(
			SNT__CONTAINER(link, struct snt__sim_host, in_world));

		snt__sim_host_end(&host->sim);
		snt__sim_own_begin(sim);
		snt_event_close(host->ended);
		snt__sim_own_end(sim);
		snt__sim_free(host);
	}
}

static void end(struct snt_sim *sim)
{
	struct snt__sim_world *world = &sim->world;
	struct snt__heap_node *node;
	struct snt__link *link;

	free_hosts(sim);
	while ((node = snt__heap_first(&world->events)) != NULL) {
		struct snt__sim_event *event =
			SNT__CONTAINER(node, struct snt__sim_event, node);

		snt__sim_not(event);
		snt__sim_net_drop(event);
	}
	snt__sim_free_abandoned(sim);
	while ((link = snt__list_first(&sim->checks)) != NULL) {
		snt__list_remove(link);
		snt__sim_free(
			SNT__CONTAINER(link, struct snt__sim_check, link));
	}
	snt__sim_faults_end();
	snt__sim_names_end(world);
	snt__sim_net_end();
	snt__stacks_release(&sim->stacks);
	snt__sim_trace_close();
}

static void run_all(struct snt_sim *sim)
{
	snt__sim_turn(sim);
	if (sim->alive > 0) {
		/* It has failed: all unwind, each as if its host had died. */
		sim->time_limit = sim->world.now + UNWIND_TIME;
		sim->event_limit = sim->world.event_count + UNWIND_EVENTS;
		snt__sim_kill_all(sim);
		snt__sim_turn(sim);
	}
	if (sim->alive > 0)
		snt__sim_abandon(sim);
}

static int run_world(struct snt_sim *sim, struct director *director)
{
	int code = snt__sim_add_director(sim);

	if (code == 0)
		code = snt_sim_start(sim->director, direct, director);
	if (code == 0)
		run_all(sim);
	return code;
}

static void tell(const struct snt_sim *sim, int code,
		 struct snt_sim_report *report)
{
	const struct snt__sim_world *world = &sim->world;
	size_t size = snt__sim_faults_size();
	char *only = snt__alloc(size);

	*report = (struct snt_sim_report){ .seed = world->seed,
					   .digest = world->digest,
					   .time = world->now,
					   .events = world->event_count,
					   .packets = world->packet_count,
					   .code = code };
	memcpy(report->what, world->what, sizeof report->what);
	memcpy(report->why, world->why, sizeof report->why);
	snt__sim_faults_tell(report, only, size);
	report->only = only;
}

/* The world's failure becomes the caller's. */
static int verdict(const struct snt_sim *sim)
{
	const struct snt__sim_world *world = &sim->world;

	if (!world->failed)
		return 0;
	if (sim->director->result < 0 && !sim->director->killed)
		return snt__fail_text(sim->director->result, "%s", world->why);
	return snt__fail_text(
		-SNT_ESIMULATION,
		"simulation of seed %llu failed after %lld.%06lld s: %s: %s",
		(unsigned long long)world->seed,
		(long long)(world->now / SNT_SECOND),
		(long long)(world->now % SNT_SECOND / SNT_MICROSECOND),
		world->what, world->why);
}

int snt__sim_run_once(int (*director)(struct snt_sim *sim, void *arg),
		      void *arg, const struct snt_sim_opts *opts,
		      struct snt_sim_report *report)
{
	const struct snt__io *io = snt__io;
	int (*fails)(void) = snt__alloc_fails;
	struct director what = { .fn = director, .arg = arg };
	struct snt_sim *sim;
	int code;

	if (snt__sim_world != NULL)
		return snt__fail_text(-EDEADLK,
				      "simulation: a world within a world");
	sim = snt__alloc(sizeof *sim);
	if (sim == NULL)
		return snt__fail(-ENOMEM, "simulation");
	what.sim = sim;
	sim->home = snt__thread_now();
	sim->caller = sim->home->current;
	code = begin(sim, opts);
	snt__io = &snt__sim_io;
	snt__alloc_fails = memory_fails;
	if (code == 0)
		code = run_world(sim, &what);
	snt__alloc_fails = fails;
	if (code == 0)
		code = verdict(sim);
	tell(sim, code, report);
	end(sim);
	snt__io = io;
	snt__sim_world = NULL;
	snt__free(sim);
	return code;
}

/* What the environment asks for where the program does not. */
static int settle(struct snt_sim_opts *opts)
{
	const char *seed = getenv("SENNIT_SIM_SEED");
	char *end;

	if (opts->only == NULL)
		opts->only = getenv("SENNIT_SIM_ONLY");
	if (opts->trace == NULL)
		opts->trace = getenv("SENNIT_SIM_TRACE");
	if (opts->seed == 0 && seed != NULL && seed[0] != '\0') {
		opts->seed = strtoull(seed, &end, 0);
		/* It would take a sign and spaces, too, and too large a number
		 * for the largest. */
		if (seed[0] < '0' || seed[0] > '9' || *end != '\0' ||
		    opts->seed == 0 || opts->seed == UINT64_MAX)
			return snt__fail_text(-EINVAL,
					      "SENNIT_SIM_SEED=%s: no number "
					      "above 0",
					      seed);
	}
	while (opts->seed == 0) {
		int code = snt__io->random(&opts->seed, sizeof opts->seed);

		if (code < 0)
			return snt__fail(code, "simulation: a seed");
	}
	return 0;
}

int snt__sim_settle_opts(struct snt_sim_opts *settled,
			 const struct snt_sim_opts *opts)
{
	*settled = opts != NULL ? *opts : (struct snt_sim_opts){ 0 };
	return settle(settled);
}

int snt_sim_run(int (*director)(struct snt_sim *sim, void *arg), void *arg,
		const struct snt_sim_opts *opts, struct snt_sim_report *report)
{
	struct snt_sim_opts settled;
	struct snt_sim_report mine = { 0 };
	int code = snt__sim_settle_opts(&settled, opts);

	if (code == 0)
		code = snt__sim_run_once(director, arg, &settled, &mine);
	if (report != NULL)
		*report = mine;
	else
		snt_sim_report_release(&mine);
	return code;
}

void snt_sim_report_release(struct snt_sim_report *report)
{
	if (report == NULL)
		return;
	snt__free(report->only);
	report->only = NULL;
}
