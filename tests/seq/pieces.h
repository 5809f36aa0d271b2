/* SPDX-License-Identifier: MIT */
/* Pieces as they come, with bytes that tell whose they are, and what was made
 * of them. */
#ifndef TESTS_SEQ_PIECES_H
#define TESTS_SEQ_PIECES_H

#include "../runner.h"

#include "seq/inbound.h"

#include <errno.h>
#include <sennit/base.h>
#include <string.h>

#define ORDERED 0
#define RELIABLE 64
#define LATEST 128
#define LARGEST 100000u

__attribute__((unused)) static struct snt__seq_inbound inbound;
/* The next DATA's. */
__attribute__((unused)) static uint64_t data_number;

/* What stands at that place of the message counted so by who sends; a body full
 * of them begins anywhere. */
static const unsigned char *text_of(uint64_t message, size_t offset)
{
	static unsigned char text[65536 + 4096];

	if (text[1] == 0)
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = (unsigned char)(i % 4001 * 2654435761u >> 13);
	return text + (message * 31 + offset) % 4001;
}

struct bytes {
	uint64_t message;
	uint32_t total, offset, size;
};

__attribute__((unused)) static struct snt__seq_frame
frame_of(unsigned channel, const struct bytes *bytes)
{
	return (struct snt__seq_frame){
		.type = SNT__SEQ_PIECE,
		.piece = { (uint8_t)channel, (uint16_t)bytes->message,
			   bytes->total, bytes->offset, (uint16_t)bytes->size,
			   text_of(bytes->message, bytes->offset) },
	};
}

static uint64_t this_data;

static int bytes_come(unsigned channel, uint64_t message, uint32_t total,
		      uint32_t offset, uint32_t size)
{
	struct snt__seq_frame frame = frame_of(
		channel, &(struct bytes){ message, total, offset, size });

	return snt__seq_inbound_piece(&inbound, this_data, &frame);
}

/* In the DATA of that number: channel, message, total, offset, size. */
#define come_in(number, ...) (this_data = (number), bytes_come(__VA_ARGS__))

/* In the next DATA. */
__attribute__((unused)) static int piece_comes(unsigned channel,
					       uint64_t message, uint32_t total,
					       uint32_t offset, uint32_t size)
{
	return come_in(data_number++, channel, message, total, offset, size);
}

__attribute__((unused)) static int comes(unsigned channel, uint64_t message,
					 uint32_t size)
{
	return piece_comes(channel, message, size, 0, size);
}

__attribute__((unused)) static void must_hold(const struct snt__seq_whole *got,
					      unsigned channel,
					      uint64_t message, size_t size)
{
	assert_non_null(got);
	assert_int_equal(got->channel, channel);
	assert_int_equal(got->number, (uint16_t)message);
	assert_int_equal(got->size, size);
	for (size_t i = 0; i < size; i += 4001)
		assert_memory_equal(got->data + i, text_of(message, i),
				    size - i < 4001 ? size - i : 4001);
}

/* The next message to be taken is that one; it is dropped. */
__attribute__((unused)) static void must_take(unsigned channel,
					      uint64_t message, size_t size)
{
	struct snt__seq_whole *got;

	assert_true(snt__seq_inbound_ready(&inbound));
	got = snt__seq_inbound_take(&inbound);
	must_hold(got, channel, message, size);
	snt__seq_inbound_drop(&inbound, got);
}

__attribute__((unused)) static void nothing_to_take(void)
{
	assert_false(snt__seq_inbound_ready(&inbound));
	assert_null(snt__seq_inbound_take(&inbound));
}

__attribute__((unused)) static void begin_with(size_t window, size_t latest)
{
	const struct snt__seq_limits limits = { LARGEST, window, latest };

	data_number = 1000;
	snt__seq_inbound_init(&inbound, &limits);
}

__attribute__((unused)) static void begin(void)
{
	begin_with(4 * LARGEST, 4 * LARGEST);
}

/* At the end of a case: all memory is back, which the runner looks at. */
__attribute__((unused)) static void end(void)
{
	snt__seq_inbound_end(&inbound);
}

#endif
