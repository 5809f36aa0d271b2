/* SPDX-License-Identifier: MIT */
/* A place for each of VOICE_STORE frames in a row; a newer one takes it over. */
#include "jitter.h"

#include <arpa/inet.h>
#include <string.h>

#define SILENCE 0xff /* in mu-law */

void jitter_put(struct jitter *jitter, const struct snt_seq_message *message)
{
	struct frame frame = { .number = 0 };

	if (message->size > sizeof frame)
		return;
	memcpy(&frame, message->data, message->size);
	frame.number = ntohl(frame.number);
	if (message->channel == SNT_SEQ_ORDERED)
		jitter->last = frame.number;
	else if (frame.number <= jitter->taken)
		jitter->late++;
	else
		jitter->store[frame.number % VOICE_STORE] = frame;
}

bool jitter_take(struct jitter *jitter, struct frame *frame)
{
	if (jitter->taken >= jitter->last)
		return false;
	jitter->taken++;
	*frame = jitter->store[jitter->taken % VOICE_STORE];
	if (frame->number == jitter->taken)
		jitter->played++;
	else
		memset(frame->sound, SILENCE, sizeof frame->sound);
	return true;
}
