/* SPDX-License-Identifier: MIT */
/*
 * A jitter buffer: frames come in when the network brings them, and go out one
 * after the other at the player's pace. Knows no clock.
 */
#ifndef JITTER_H
#define JITTER_H

#include "voice.h"

struct jitter {
	struct frame store[VOICE_STORE];
	uint32_t last;   /* frame's number; not known yet: UINT32_MAX */
	uint32_t taken;  /* the number of the one that was asked for last */
	uint32_t played; /* how many were there when they were asked for */
	uint32_t late;   /* how many came after that */
};

/* A message of the speaker's; what is none of his is passed over. */
void jitter_put(struct jitter *jitter, const struct snt_seq_message *message);
/* The next frame, or silence when it has not come. False: there is none. */
bool jitter_take(struct jitter *jitter, struct frame *frame);

#endif
