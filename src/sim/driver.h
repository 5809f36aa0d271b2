/* SPDX-License-Identifier: MIT */
/*
 * Simulated threads: each with fibers and a stack of its own, all on the one
 * thread that runs the world. They go on where nothing else could: one at a
 * time, chosen by the seed among those that may run; and when none may, the
 * clock goes to the next event.
 */
#ifndef SNT_SIM_DRIVER_H
#define SNT_SIM_DRIVER_H

#include "fiber/thread.h"
#include "io/sim/host.h"

#include <sennit/sim.h>

struct snt__sim_check {
	struct snt__link link;
	char name[32];
	bool (*check)(void *arg);
	void *arg;
};

struct snt_sim {
	struct snt__sim_world world;
	const struct snt_sim_opts *opts;
	int64_t time_limit;
	uint64_t event_limit;
	struct snt__sim_dice dice;   /* whose turn it is */
	struct snt__sim_dice chance; /* snt_sim_random */
	struct snt__link checks;
	struct snt__stacks stacks; /* of threads */
	void *place;               /* where the loop was left */
	struct snt_fiber *caller;  /* whose stack it stands on */
	struct snt__thread *home;  /* its thread */
	size_t alive;              /* threads */
	size_t running;            /* programs, besides the director */
	struct snt_sim_host *director;
	ptrdiff_t began; /* of the turn: blocks in use */
	ptrdiff_t own;   /* the same, for snt__sim_own_begin */
};

struct snt__sim_runner {
	struct snt__sim_thread sim;
	struct snt__thread fibers;
	struct snt__stack stack;
	void *place; /* where it was left */
	void (*fn)(void *arg);
	void *arg;
	char name[SNT__FIBER_NAME];
	bool ended;
	bool detached; /* gives itself back; else whoever joins does */
	struct snt__sim_runner *joiner;
};

/* A host's program. */
struct snt_sim_host {
	struct snt__sim_host sim;
	int (*fn)(void *arg);
	void *arg;
	struct snt_group *group;        /* of its fiber, while it runs */
	struct snt__sim_runner *runner; /* whose thread that is on */
	size_t threads;                 /* alive, of its program */
	bool started, running, stopped, killed;
	int result;
	struct snt_event *ended; /* set while its program does not run */
};

static inline struct snt_sim *snt__sim_now_running(void)
{
	return (struct snt_sim *)snt__sim_world;
}

static inline struct snt_sim_host *snt__sim_host_of(struct snt__sim_host *host)
{
	return SNT__CONTAINER(host, struct snt_sim_host, sim);
}

/* What is allocated in between is the world's, not the host's that runs. */
void snt__sim_own_begin(struct snt_sim *sim);
void snt__sim_own_end(struct snt_sim *sim);

extern const struct snt__sim_driver snt__sim_threads;

/* Runs everything until nothing is left to run, or the world has failed. */
void snt__sim_turn(struct snt_sim *sim);
/* What has not ended is let go as it is; and freed, once files that would tell
 * it something and events that would wake it are no more. */
void snt__sim_abandon(struct snt_sim *sim);
void snt__sim_free_abandoned(struct snt_sim *sim);

/* Does something as that thread would, without running it. */
struct snt__sim_stand {
	struct snt__thread *self;
	struct snt__context *context;
	struct snt__sim_thread *thread;
};
void snt__sim_stand_in(struct snt__sim_stand *before,
		       struct snt__sim_runner *runner);
void snt__sim_stand_back(const struct snt__sim_stand *before);

/* The host's program has ended, with all of its threads. */
void snt__sim_program_ended(struct snt_sim_host *host);
/* All hosts' programs, from wherever they are, against a dead network. */
void snt__sim_kill_all(struct snt_sim *sim);
/* Whom nothing will wake any more, in the world's report. */
void snt__sim_tell_deadlock(struct snt_sim *sim);

#endif
