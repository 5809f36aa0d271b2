/* SPDX-License-Identifier: MIT */
/* What the fibers of a storm share, and what they may do. */
#ifndef TESTS_SWARM_STORM_H
#define TESTS_SWARM_STORM_H

#include "scene.h"

#include <sennit/sync.h>

#define STORM_HOSTS 3
#define STORM_PERMITS 3

/* What a round's fibers share. */
struct ground {
	struct player *me;
	struct snt_group *group;
	struct snt_mutex *mutex;
	struct snt_semaphore *semaphore;
	struct snt_event *event;
	struct snt_channel *channel;
	struct snt_socket *in, *out; /* a pair; what goes through survives */
	struct flow pair;
	bool reading, writing;                 /* the pair is in use */
	bool holding;                          /* the mutex */
	uint64_t sent, got, sum_sent, sum_got; /* of the channel */
	unsigned permits;                      /* in use */
	unsigned began, ended;
	int64_t set_at; /* the event, last */
	bool enough;    /* nothing new is begun */
	struct dice dice;
};

/* What a job owned, and must be given back once. */
struct promise {
	struct promise *next;
	unsigned released;
};

struct storm {
	struct world world;
	struct promise *promises;
};

/* Things, sockets and jobs that end, or are left, under who waits. */
int storm_end_thing(struct ground *ground, struct dice *dice);
int storm_detach(struct ground *ground, struct dice *dice);
int storm_leave(struct ground *ground, struct dice *dice);
/* At the world's end. */
void storm_check_promises(const struct storm *storm);

/* One of all that fibers do, whichever the dice say. */
int storm_act(struct ground *ground, struct dice *dice);

#endif
