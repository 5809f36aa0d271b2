/* SPDX-License-Identifier: MIT */
/*
 * Ordered and reliable channels: each message exactly once.
 *
 * Built for messages that come in their order: such a one goes to the ready list
 * without being looked for. Always: a message is begun only while its charge is
 * within the credit, so what is kept is no more than the window (assembly.c
 * says what comes to that), and 2 KiB for each reliable channel that ever was
 * out of order.
 *
 * Numbers have 16 bits and come again after 65,536. A peer begins none before
 * all that are 16,384 and more behind it are acknowledged, so what is ahead of
 * the floor and what is behind can be told apart, but for one thing: a DATA may
 * come so late that a message in it, which came long ago in another, has the
 * number of one ahead. The quarter of the numbers two before a message's was
 * acknowledged before it was begun, so a DATA that is older than one of those
 * which brought them has nothing to do with it. A message of the lap before was
 * sent when none of them was begun, so its DATA are older than all of those.
 */
#include "seq/assembly.h"
#include "seq/channel.h"
#include "seq/numbers.h"

#include "base/alloc.h"

#include <sennit/base.h>

#define QUARTERS 4
#define DONE_WORDS (SNT__SEQ_BEGUN / 64)

static unsigned quarter(uint16_t number)
{
	return number / SNT__SEQ_BEGUN;
}

static bool is_done(const struct snt__seq_channel *channel, uint16_t number)
{
	const uint64_t *done = channel->exact.done;

	return done != NULL &&
	       (done[number / 64 % DONE_WORDS] >> number % 64 & 1) != 0;
}

static void turn_done(struct snt__seq_channel *channel, uint16_t number)
{
	channel->exact.done[number / 64 % DONE_WORDS] ^= UINT64_C(1)
							 << number % 64;
}

/* It was the floor's: so many have come at once. */
static void raise_floor(struct snt__seq_inbound *inbound,
			struct snt__seq_channel *channel)
{
	struct snt__seq_whole **place;

	channel->exact.floor++;
	if (channel->exact.done != NULL) {
		while (is_done(channel, channel->exact.floor)) {
			turn_done(channel, channel->exact.floor);
			channel->exact.floor++;
		}
		return;
	}
	while (channel->exact.kept != NULL) {
		struct snt__seq_whole *next;

		place = snt__seq_numbers_place(&channel->exact.kept,
					       channel->exact.floor);
		next = *place;
		if (next == NULL || !next->is_whole)
			return;
		snt__seq_numbers_remove(place);
		snt__list_append(&inbound->ready, &next->link);
		channel->exact.floor++;
	}
}

/* The message is whole, and not among those that are kept. */
static void deliver(struct snt__seq_inbound *inbound,
		    struct snt__seq_channel *channel,
		    struct snt__seq_whole *message)
{
	snt__list_append(&inbound->ready, &message->link);
	if (message->number == channel->exact.floor)
		raise_floor(inbound, channel);
	else
		turn_done(channel, message->number);
}

static void settle(struct snt__seq_channel *channel, uint16_t message,
		   uint64_t number)
{
	channel->exact.settled[quarter(message)] = number + 1;
}

/* One that is kept got another piece. */
static int go_on(struct snt__seq_inbound *inbound,
		 struct snt__seq_channel *channel,
		 struct snt__seq_whole **place, uint64_t number,
		 const struct snt__seq_frame *frame)
{
	struct snt__seq_whole *message = *place;
	int code;

	if (message->size != frame->piece.total)
		return -EBADMSG;
	if (message->is_whole)
		return 0;
	code = snt__seq_message_add(message, number, frame);
	if (code < 0)
		return -ENOMEM;
	if (!message->is_whole)
		return 0;
	settle(channel, message->number, number);
	if (message->number == channel->exact.floor ||
	    snt__seq_kind_of(message->channel) == SNT__SEQ_KIND_RELIABLE) {
		snt__seq_numbers_remove(place);
		deliver(inbound, channel, message);
	}
	return 0;
}

static int begin(struct snt__seq_inbound *inbound,
		 struct snt__seq_channel *channel,
		 struct snt__seq_whole **place, uint64_t number,
		 const struct snt__seq_frame *frame)
{
	size_t charge = snt__seq_message_charge(frame->piece.total);
	struct snt__seq_whole *message;

	if (inbound->begun + charge > snt__seq_inbound_credit(inbound))
		return -SNT_ELIMIT;
	message = snt__seq_message_new(number, frame);
	if (message == NULL)
		return -ENOMEM;
	inbound->begun += charge;
	if (message->is_whole)
		settle(channel, message->number, number);
	if (message->is_whole &&
	    (message->number == channel->exact.floor ||
	     snt__seq_kind_of(message->channel) == SNT__SEQ_KIND_RELIABLE))
		deliver(inbound, channel, message);
	else
		*place = message;
	return 0;
}

int snt__seq_exact_piece(struct snt__seq_inbound *inbound,
			 struct snt__seq_channel *channel, uint64_t number,
			 const struct snt__seq_frame *frame)
{
	uint16_t message = frame->piece.number;
	uint16_t ahead = (uint16_t)(message - channel->exact.floor);
	struct snt__seq_whole **place;

	if (ahead >= UINT16_MAX / 2 + 1 ||
	    number < channel->exact.settled[(quarter(message) + 2) % QUARTERS])
		return 0; /* it came long ago */
	if (ahead >= SNT__SEQ_BEGUN)
		return -SNT_ELIMIT;
	if (is_done(channel, message))
		return 0;
	if (ahead > 0 && channel->exact.done == NULL &&
	    snt__seq_kind_of(frame->piece.channel) == SNT__SEQ_KIND_RELIABLE) {
		channel->exact.done =
			snt__alloc_array(DONE_WORDS, sizeof(uint64_t));
		if (channel->exact.done == NULL)
			return -ENOMEM;
	}
	place = snt__seq_numbers_place(&channel->exact.kept, message);
	if (*place != NULL)
		return go_on(inbound, channel, place, number, frame);
	return begin(inbound, channel, place, number, frame);
}

void snt__seq_exact_end(struct snt__seq_channel *channel)
{
	while (channel->exact.kept != NULL) {
		struct snt__seq_whole *message = channel->exact.kept;

		snt__seq_numbers_remove(&channel->exact.kept);
		snt__seq_message_free(message);
	}
	snt__free(channel->exact.done);
}
