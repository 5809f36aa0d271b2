/* SPDX-License-Identifier: MIT */
/* An outbound side by hand: its bodies one after the other, and their fate. */
#ifndef TESTS_SEQ_BODIES_H
#define TESTS_SEQ_BODIES_H

#include "network.h"

#include "../runner.h"

#include <string.h>

#define MS SNT_MILLISECOND
#define FIRST 1000
#define RTT (40 * MS)

static struct snt__seq_outbound out;
static int64_t now;
static unsigned char body[9000];
static size_t body_size;
static bool credit_lost;

static inline void begin_with(struct snt__seq_out_setup setup)
{
	now = SNT_SECOND;
	assert_int_equal(snt__seq_outbound_init(&out, &setup, now), 0);
	snt__seq_outbound_round_trip(&out, RTT, now);
}

static inline void begin(void)
{
	begin_with(usual_setup());
}

static inline void end(void)
{
	snt__seq_outbound_end(&out);
}

/* The next body's number, 0: nothing goes. */
static inline uint64_t fill(void)
{
	size_t room = snt__seq_outbound_room(&out, now);

	body_size = snt__seq_outbound_fill(&out, body, room, now);
	if (body_size == 0)
		return 0;
	return snt__seq_outbound_sent(&out, body_size, true, false, now);
}

/* The n-th frame of the last body; type 0xff: none. */
static inline struct snt__seq_frame frame(unsigned n)
{
	struct snt__seq_frame f = { .type = 0xff };
	size_t at = 0;

	for (unsigned i = 0; i <= n; i++) {
		if (at >= body_size)
			return (struct snt__seq_frame){ .type = 0xff };
		at += (size_t)snt__seq_frame_read(body + at, body_size - at,
						  &f);
	}
	return f;
}

static inline bool carries(unsigned n, const char *text)
{
	struct snt__seq_frame f = frame(n);

	return f.type == SNT__SEQ_MESSAGE && f.piece.size == strlen(text) &&
	       memcmp(f.piece.bytes, text, f.piece.size) == 0;
}

static inline int ack(uint64_t highest, uint64_t bits)
{
	unsigned char bitmap[8];
	struct snt__seq_frame f = { .type = SNT__SEQ_ACK };

	for (int i = 0; i < 8; i++)
		bitmap[i] = (unsigned char)(bits >> (8 * i));
	f.ack.highest = (uint32_t)highest;
	f.ack.count = 8;
	f.ack.bitmap = bitmap;
	return snt__seq_outbound_acked(&out, &f, now, &credit_lost);
}

static inline void send_text(unsigned channel, const char *text)
{
	assert_int_equal(
		snt__seq_outbound_send(&out, channel, text, strlen(text)), 0);
}

/* To the deadline, which must be in the future and not never. */
static inline void wait_for_deadline(void)
{
	int64_t at = snt__seq_outbound_deadline(&out, now);

	assert_true(at > now && at < SNT_FOREVER);
	now = at;
	snt__seq_outbound_expire(&out, now, &credit_lost);
}

static inline uint64_t open_messages(void)
{
	return out.queue.open;
}

#endif
