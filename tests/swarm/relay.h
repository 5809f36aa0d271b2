/* SPDX-License-Identifier: MIT */
/* What the threads of a relay share. */
#ifndef TESTS_SWARM_RELAY_H
#define TESTS_SWARM_RELAY_H

#include "scene.h"

#include <sennit/sync.h>

#define RELAY_TOKENS 6
#define RELAY_PERMITS 2

/* What the runners of a round share. */
struct track {
	struct player *me;
	struct snt_channel *lanes[2];
	struct snt_channel *errands; /* what another thread shall do */
	struct snt_semaphore *permits;
	struct snt_mutex *mutex;
	struct snt_event *event;
	int64_t tick;
	unsigned inside;                /* holders of a permit */
	bool held;                      /* the mutex */
	uint64_t in_hand[RELAY_TOKENS]; /* kept at a runner's end */
	size_t in_hand_count;
	uint64_t sum; /* of tokens, as they came by */
	unsigned runners;
	bool keep_going;
	int64_t failed_at; /* a runner; 0: none has */
};

/* A time of some ticks, which end when others' do. */
int64_t some_ticks(const struct track *track, struct dice *dice);

/* Asks another thread to end something under who waits for it here, and waits;
 * or does so for another. */
void relay_ask(struct track *track, struct dice *dice);
void relay_serve(struct track *track, struct dice *dice);

#endif
