/* SPDX-License-Identifier: MIT */
/*
 * The messages that come in a session.
 *
 * Built for one call for each frame of each datagram. Always: what a peer says
 * costs memory only within the limits, and no call takes more than a few dozen
 * steps, or than the moving of 8 KiB. The kinds of channels are in exact.c and
 * latest.c; here is what they share, and the credit.
 */
#include "seq/inbound.h"

#include "base/alloc.h"
#include "seq/assembly.h"
#include "seq/channel.h"

#include <sennit/base.h>

#define BLOCKS (SNT__SEQ_CHANNELS / SNT__SEQ_CHANNEL_BLOCK)

void snt__seq_inbound_init(struct snt__seq_inbound *inbound,
			   const struct snt__seq_limits *limits)
{
	*inbound = (struct snt__seq_inbound){
		.limits = *limits,
		.told = limits->window,
	};
	snt__list_init(&inbound->ready);
	snt__list_init(&inbound->lent);
	snt__list_init(&inbound->latest);
}

/* NULL: no memory. */
static struct snt__seq_channel *make_channel(struct snt__seq_inbound *inbound,
					     unsigned channel)
{
	struct snt__seq_channel **block =
		&inbound->channels[channel / SNT__SEQ_CHANNEL_BLOCK];

	if (*block == NULL) {
		*block = snt__alloc_array(SNT__SEQ_CHANNEL_BLOCK,
					  sizeof(struct snt__seq_channel));
		if (*block == NULL)
			return NULL;
	}
	return snt__seq_channel_of(inbound, channel);
}

int snt__seq_inbound_piece(struct snt__seq_inbound *inbound, uint64_t number,
			   const struct snt__seq_frame *frame)
{
	enum snt__seq_kind kind = snt__seq_kind_of(frame->piece.channel);
	uint32_t size = frame->piece.size, total = frame->piece.total;
	struct snt__seq_channel *channel;

	if (kind == SNT__SEQ_KIND_NONE || size > total ||
	    frame->piece.offset > total - size || (size == 0 && total > 0))
		return -EBADMSG;
	if (total > inbound->limits.message_max)
		return -SNT_ELIMIT;
	channel = make_channel(inbound, frame->piece.channel);
	if (channel == NULL)
		return -ENOMEM;
	if (kind == SNT__SEQ_KIND_LATEST)
		return snt__seq_latest_piece(inbound, channel, number, frame);
	return snt__seq_exact_piece(inbound, channel, number, frame);
}

bool snt__seq_inbound_ready(const struct snt__seq_inbound *inbound)
{
	return !snt__list_empty(&inbound->ready);
}

struct snt__seq_whole *snt__seq_inbound_take(struct snt__seq_inbound *inbound)
{
	struct snt__link *link = snt__list_first(&inbound->ready);
	struct snt__seq_whole *message;

	if (link == NULL)
		return NULL;
	message = SNT__CONTAINER(link, struct snt__seq_whole, link);
	snt__list_remove(link);
	snt__list_append(&inbound->lent, link);
	if (snt__seq_kind_of(message->channel) == SNT__SEQ_KIND_LATEST)
		snt__seq_latest_lend(inbound, message);
	return message;
}

void snt__seq_inbound_drop(struct snt__seq_inbound *inbound,
			   struct snt__seq_whole *whole)
{
	snt__list_remove(&whole->link);
	if (snt__seq_kind_of(whole->channel) == SNT__SEQ_KIND_LATEST) {
		snt__seq_latest_drop(inbound, whole);
		return;
	}
	inbound->released += snt__seq_message_charge(whole->size);
	snt__seq_message_free(whole);
}

uint64_t snt__seq_inbound_credit(const struct snt__seq_inbound *inbound)
{
	return inbound->released + inbound->limits.window;
}

bool snt__seq_inbound_credit_due(const struct snt__seq_inbound *inbound)
{
	uint64_t risen = snt__seq_inbound_credit(inbound) - inbound->told;
	size_t most = snt__seq_message_charge(inbound->limits.message_max);
	size_t window = inbound->limits.window, step = window / 4;

	/* With nothing kept, the largest message must be within what the peer
	 * was told: nothing else would raise it then. */
	if (window - most < step)
		step = window - most;
	if (window < most || step == 0)
		step = 1;
	return inbound->told_lost || risen >= step;
}

void snt__seq_inbound_credit_told(struct snt__seq_inbound *inbound)
{
	inbound->told = snt__seq_inbound_credit(inbound);
	inbound->told_lost = false;
}

void snt__seq_inbound_credit_lost(struct snt__seq_inbound *inbound)
{
	inbound->told_lost = true;
}

static void free_list(struct snt__link *list)
{
	while (!snt__list_empty(list)) {
		struct snt__link *link = snt__list_first(list);

		snt__list_remove(link);
		snt__seq_message_free(
			SNT__CONTAINER(link, struct snt__seq_whole, link));
	}
}

void snt__seq_inbound_end(struct snt__seq_inbound *inbound)
{
	snt__seq_latest_end(inbound);
	free_list(&inbound->ready);
	free_list(&inbound->lent);
	for (unsigned i = 0; i < SNT__SEQ_CHANNELS; i++)
		if (snt__seq_kind_of(i) != SNT__SEQ_KIND_LATEST &&
		    inbound->channels[i / SNT__SEQ_CHANNEL_BLOCK] != NULL)
			snt__seq_exact_end(snt__seq_channel_of(inbound, i));
	for (unsigned i = 0; i < BLOCKS; i++) {
		snt__free(inbound->channels[i]);
		inbound->channels[i] = NULL;
	}
}
