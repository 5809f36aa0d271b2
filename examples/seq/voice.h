/* SPDX-License-Identifier: MIT */
/*
 * What a frame of sound is. One that is late is still of use to whoever keeps
 * some in store, so that many in a row go on channels of their own: what is
 * newer on another channel does not make it an old one.
 */
#ifndef VOICE_H
#define VOICE_H

#include <sennit/base.h>
#include <sennit/seq.h>

#define VOICE_PERIOD (20 * SNT_MILLISECOND)
#define VOICE_STORE 16 /* frames */
#define VOICE_CHANNEL(number) (SNT_SEQ_LATEST + (number) % VOICE_STORE)

/* On an ordered channel behind the last: only the number of frames. */
struct frame {
	uint32_t number;          /* from 1 */
	unsigned char sound[160]; /* mu-law, 8,000 a second */
};

#endif
