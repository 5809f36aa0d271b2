/* SPDX-License-Identifier: MIT */
/*
 * One message, put together from byte ranges.
 *
 * Built for messages that come whole, which cost one block, and for pieces that
 * come in their order, which cost no more than moving the front. Always: the
 * ranges take no more than an eighth of the message's size and a few; a piece
 * is looked for by halves, and moves at most 8 KiB of ranges. What fills a hole
 * is always taken, so a peer that cuts strangely is slow and not stuck. Nothing
 * of a block is given out before each byte of it came.
 */
#include "seq/assembly.h"

#include "base/alloc.h"

#include <sennit/base.h>
#include <string.h>

/* Pieces are some hundred bytes long, but for the odd one that fills a body: so
 * many of a message's bytes for each range, and some more for small ones. */
#define BYTES_PER_RANGE 64
#define SOME_RANGES 4

_Static_assert(sizeof(struct snt__seq_whole) <= SNT__SEQ_CHARGE,
	       "what is counted for a message is what it takes");

static char *bytes_of(struct snt__seq_whole *message)
{
	return (char *)(message + 1);
}

static size_t most_ranges(const struct snt__seq_whole *message)
{
	size_t most = message->size / BYTES_PER_RANGE + SOME_RANGES;

	return most < SNT__SEQ_RANGES ? most : SNT__SEQ_RANGES;
}

static void copy(struct snt__seq_whole *message,
		 const struct snt__seq_frame *frame)
{
	if (frame->piece.size > 0)
		memcpy(bytes_of(message) + frame->piece.offset,
		       frame->piece.bytes, frame->piece.size);
}

/* Room for twice as many ranges; of a message that has none, for some. */
static int grow(struct snt__seq_whole *message)
{
	struct snt__seq_assembly *assembly = message->assembly;
	size_t most = most_ranges(message), room = 2 * (size_t)assembly->room;

	if (assembly->count == most)
		return -SNT_ELIMIT;
	if (room > most)
		room = most;
	if (room == 0)
		room = SOME_RANGES;
	assembly = snt__realloc_array(
		assembly, 1,
		sizeof *assembly + room * sizeof assembly->ranges[0]);
	if (assembly == NULL)
		return -ENOMEM;
	assembly->room = (uint16_t)room;
	message->assembly = assembly;
	return 0;
}

/* The first range that ends there or later. */
static size_t search(const struct snt__seq_assembly *assembly, uint32_t begin)
{
	size_t low = 0, high = assembly->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (assembly->ranges[middle].end < begin)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Ranges from..to go; those behind them move up. */
static void cut(struct snt__seq_assembly *assembly, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(&assembly->ranges[from], &assembly->ranges[to],
		(assembly->count - to) * sizeof assembly->ranges[0]);
	assembly->count = (uint16_t)(assembly->count - (to - from));
}

/* The front is at end now; ranges that it has reached are part of it. */
static void move_front(struct snt__seq_assembly *assembly, uint32_t end)
{
	size_t i = 0;

	for (; i < assembly->count && assembly->ranges[i].begin <= end; i++)
		if (assembly->ranges[i].end > end)
			end = assembly->ranges[i].end;
	assembly->front = end;
	cut(assembly, 0, i);
}

/* Beyond the front: a range of its own, or one with those that it touches. */
static int add_range(struct snt__seq_whole *message, uint32_t begin,
		     uint32_t end)
{
	struct snt__seq_assembly *assembly = message->assembly;
	size_t at = search(assembly, begin), i = at;
	int code;

	for (; i < assembly->count && assembly->ranges[i].begin <= end; i++) {
		if (assembly->ranges[i].begin < begin)
			begin = assembly->ranges[i].begin;
		if (assembly->ranges[i].end > end)
			end = assembly->ranges[i].end;
	}
	if (i > at) {
		cut(assembly, at + 1, i);
	} else {
		code = assembly->count == assembly->room ? grow(message) : 0;
		if (code < 0)
			return code;
		assembly = message->assembly;
		memmove(&assembly->ranges[at + 1], &assembly->ranges[at],
			(assembly->count - at) * sizeof assembly->ranges[0]);
		assembly->count++;
	}
	assembly->ranges[at] = (struct snt__seq_range){ begin, end };
	return 0;
}

static int begin(struct snt__seq_whole *message, uint64_t number,
		 const struct snt__seq_frame *frame)
{
	message->assembly = snt__alloc(sizeof *message->assembly);
	if (message->assembly == NULL)
		return -ENOMEM;
	message->assembly->first = number;
	return snt__seq_message_add(message, number, frame);
}

struct snt__seq_whole *snt__seq_message_new(uint64_t number,
					    const struct snt__seq_frame *frame)
{
	size_t size = frame->piece.total;
	struct snt__seq_whole *message;

	/* Not zeroed: of a large one, little may ever come. */
	message = snt__realloc_array(NULL, 1, sizeof *message + size);
	if (message == NULL)
		return NULL;
	*message = (struct snt__seq_whole){
		.channel = frame->piece.channel,
		.number = frame->piece.number,
		.is_whole = frame->piece.size == size,
		.size = size,
		.data = bytes_of(message),
	};
	if (message->is_whole) {
		copy(message, frame);
	} else if (begin(message, number, frame) < 0) {
		snt__seq_message_free(message);
		return NULL;
	}
	return message;
}

int snt__seq_message_add(struct snt__seq_whole *message, uint64_t number,
			 const struct snt__seq_frame *frame)
{
	struct snt__seq_assembly *assembly = message->assembly;
	uint32_t from = frame->piece.offset, to = from + frame->piece.size;
	int code = 0;

	if (from > assembly->front)
		code = add_range(message, from, to);
	else if (to > assembly->front)
		move_front(assembly, to);
	if (code < 0)
		return code;
	copy(message, frame);
	assembly = message->assembly;
	if (from == 0 && !assembly->begun) {
		assembly->begun = true;
		assembly->first = number;
	} else if (!assembly->begun && number < assembly->first) {
		assembly->first = number;
	}
	if (assembly->front == message->size) {
		snt__free(assembly);
		message->is_whole = true;
	}
	return 0;
}

void snt__seq_message_free(struct snt__seq_whole *message)
{
	if (!message->is_whole)
		snt__free(message->assembly);
	snt__free(message);
}
