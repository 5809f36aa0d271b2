/* SPDX-License-Identifier: MIT */
/*
 * Latest channels: at most once, and never one that is older than one before.
 *
 * Built for small messages that come whole, many a second, of which a program
 * that is slow wants the last. Always: of each channel no more than two are put
 * together at a time; what all of them keep is within the limit, for which the
 * oldest make way, but never those that the program has (while a new one is made
 * the old ones are still there, so that no memory for it means nothing is
 * lost). What is newer is told by the DATA in which a message began, since the
 * numbers of messages that were never sent are used up as well.
 */
#include "seq/assembly.h"
#include "seq/channel.h"

#include <sennit/base.h>

/* Whether a message that began in DATA a is newer than another; two may have
 * begun in one. */
static bool is_newer(uint64_t a, uint16_t number_a, uint64_t b,
		     uint16_t number_b)
{
	return a != b ? a > b : snt__seq_later16(number_a, number_b);
}

/* One that is in pieces, or that waits to be taken, goes. */
static void discard(struct snt__seq_inbound *inbound,
		    struct snt__seq_whole *message)
{
	struct snt__seq_channel *channel =
		snt__seq_channel_of(inbound, message->channel);

	if (message->is_whole) {
		snt__list_remove(&message->link);
	} else {
		for (size_t i = 0; i < SNT__SEQ_MAKING; i++)
			if (channel->latest.making[i] == message)
				channel->latest.making[i] = NULL;
	}
	snt__list_remove(&message->age);
	inbound->latest_kept -= snt__seq_message_charge(message->size);
	snt__seq_message_free(message);
}

/* Its last piece came, or it came whole; it is not being made any more. */
static void deliver(struct snt__seq_inbound *inbound,
		    struct snt__seq_channel *channel,
		    struct snt__seq_whole *message, uint64_t began)
{
	channel->latest.any = true;
	channel->latest.number = message->number;
	channel->latest.newest = began;
	snt__list_append(&inbound->ready, &message->link);
	for (size_t i = 0; i < SNT__SEQ_MAKING; i++) {
		struct snt__seq_whole *other = channel->latest.making[i];

		if (other != NULL &&
		    !is_newer(other->assembly->first, other->number, began,
			      message->number))
			discard(inbound, other);
	}
}

/* A place to put that message together: an empty one, or that of the older one.
 * NULL: both are newer. */
static struct snt__seq_whole **make_place(struct snt__seq_channel *channel,
					  uint64_t number, uint16_t message)
{
	struct snt__seq_whole **place = NULL;

	for (size_t i = 0; i < SNT__SEQ_MAKING; i++) {
		struct snt__seq_whole *made = channel->latest.making[i];

		if (made == NULL)
			return &channel->latest.making[i];
		if (is_newer(number, message, made->assembly->first,
			     made->number) &&
		    (place == NULL ||
		     is_newer((*place)->assembly->first, (*place)->number,
			      made->assembly->first, made->number)))
			place = &channel->latest.making[i];
	}
	return place;
}

static int begin(struct snt__seq_inbound *inbound,
		 struct snt__seq_channel *channel, uint64_t number,
		 const struct snt__seq_frame *frame)
{
	size_t charge = snt__seq_message_charge(frame->piece.total);
	struct snt__seq_whole **place = NULL, *message;

	if (inbound->latest_lent + charge > inbound->limits.latest)
		return 0;
	if (frame->piece.size < frame->piece.total) {
		place = make_place(channel, number, frame->piece.number);
		if (place == NULL)
			return 0;
	}
	message = snt__seq_message_new(number, frame);
	if (message == NULL)
		return -ENOMEM;
	if (place != NULL && *place != NULL)
		discard(inbound, *place);
	while (inbound->latest_kept + charge > inbound->limits.latest)
		discard(inbound,
			SNT__CONTAINER(snt__list_first(&inbound->latest),
				       struct snt__seq_whole, age));
	inbound->latest_kept += charge;
	snt__list_append(&inbound->latest, &message->age);
	if (place == NULL)
		deliver(inbound, channel, message, number);
	else
		*place = message;
	return 0;
}

/* Whether a piece belongs to a message that is no newer than the newest. */
static bool is_old(const struct snt__seq_channel *channel, uint64_t number,
		   const struct snt__seq_frame *frame)
{
	uint16_t message = frame->piece.number;

	if (!channel->latest.any)
		return false;
	if (message == channel->latest.number)
		return true;
	if (frame->piece.offset == 0)
		return !is_newer(number, message, channel->latest.newest,
				 channel->latest.number);
	/* Where it began is not known; it is sent in its order. */
	return number < channel->latest.newest ||
	       !snt__seq_later16(message, channel->latest.number);
}

/* The place where that message is put together; NULL: nowhere. */
static struct snt__seq_whole **place_of(struct snt__seq_channel *channel,
					uint16_t message)
{
	for (size_t i = 0; i < SNT__SEQ_MAKING; i++)
		if (channel->latest.making[i] != NULL &&
		    channel->latest.making[i]->number == message)
			return &channel->latest.making[i];
	return NULL;
}

int snt__seq_latest_piece(struct snt__seq_inbound *inbound,
			  struct snt__seq_channel *channel, uint64_t number,
			  const struct snt__seq_frame *frame)
{
	struct snt__seq_whole **place = place_of(channel, frame->piece.number),
			      *message;
	uint64_t began;
	int code;

	if ((place == NULL || frame->piece.offset == 0) &&
	    is_old(channel, number, frame))
		return 0;
	if (place == NULL)
		return begin(inbound, channel, number, frame);
	message = *place;
	/* Nothing is sent again here: where pieces contradict each other, there
	 * were 65,536 messages between them. */
	if (message->size != frame->piece.total ||
	    (message->assembly->begun && frame->piece.offset == 0)) {
		if (number < message->assembly->first)
			return 0;
		discard(inbound, message);
		return begin(inbound, channel, number, frame);
	}
	began = frame->piece.offset == 0 ? number : message->assembly->first;
	code = snt__seq_message_add(message, number, frame);
	if (code < 0)
		return code == -SNT_ELIMIT ? 0 : code;
	if (message->is_whole) {
		*place = NULL;
		deliver(inbound, channel, message, began);
	}
	return 0;
}

void snt__seq_latest_lend(struct snt__seq_inbound *inbound,
			  struct snt__seq_whole *message)
{
	struct snt__seq_channel *channel =
		snt__seq_channel_of(inbound, message->channel);

	message->missed =
		(uint16_t)(message->number - channel->latest.expected);
	channel->latest.expected = (uint16_t)(message->number + 1);
	snt__list_remove(&message->age);
	inbound->latest_lent += snt__seq_message_charge(message->size);
}

void snt__seq_latest_drop(struct snt__seq_inbound *inbound,
			  struct snt__seq_whole *message)
{
	inbound->latest_lent -= snt__seq_message_charge(message->size);
	inbound->latest_kept -= snt__seq_message_charge(message->size);
	snt__seq_message_free(message);
}

void snt__seq_latest_end(struct snt__seq_inbound *inbound)
{
	while (!snt__list_empty(&inbound->latest))
		discard(inbound,
			SNT__CONTAINER(snt__list_first(&inbound->latest),
				       struct snt__seq_whole, age));
}
