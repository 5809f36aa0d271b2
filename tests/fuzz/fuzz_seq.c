/* SPDX-License-Identifier: MIT */
/*
 * Datagrams of seq as a peer may make them: the frames of each body go to the
 * inbound side of a session, its number to what came. Checked: nothing is kept
 * beyond the limits, ordered messages come in order and reliable ones once,
 * latest ones go on, and whatever is read is written as it was.
 *
 * The input is bodies, each behind a byte for how far its number is from the
 * one before (signed, +1) and two for its size. A first byte says how much the
 * program takes.
 */
#include "checks.h"

#include "base/alloc.h"
#include "seq/inbound.h"
#include "seq/received.h"

#define MESSAGE_MAX 5000u
#define WINDOW 12000u
#define LATEST 6000u

struct state {
	struct snt__seq_inbound inbound;
	struct snt__seq_received received;
	uint16_t ordered[64];
	uint64_t latest[64]; /* taken and missed */
	uint64_t taken;      /* reliable ones, of channel 64 */
	bool was_taken[16384];
};

static void check_taken(struct state *state, const struct snt__seq_whole *got)
{
	unsigned char sum = 0;

	CHECK(got->channel < SNT__SEQ_CHANNELS && got->size <= MESSAGE_MAX);
	for (size_t i = 0; i < got->size; i++)
		sum ^= (unsigned char)got->data[i];
	/* A byte that never came would be seen here by the sanitizers. */
	CHECK(sum <= UINT8_MAX);
	if (got->channel < 64) {
		CHECK(got->number == state->ordered[got->channel]);
		state->ordered[got->channel]++;
	} else if (got->channel >= 128) {
		state->latest[got->channel - 128] += got->missed + 1;
		CHECK((uint16_t)state->latest[got->channel - 128] ==
		      (uint16_t)(got->number + 1));
	} else if (got->channel == 64 && state->taken < 16384) {
		CHECK(got->number < 32768);
		if (got->number < 16384) {
			CHECK(!state->was_taken[got->number]);
			state->was_taken[got->number] = true;
		}
		state->taken++;
	}
}

static void take(struct state *state, unsigned most)
{
	struct snt__seq_whole *got;

	while (most-- > 0 &&
	       (got = snt__seq_inbound_take(&state->inbound)) != NULL) {
		check_taken(state, got);
		snt__seq_inbound_drop(&state->inbound, got);
	}
	if (snt__seq_inbound_credit_due(&state->inbound))
		snt__seq_inbound_credit_told(&state->inbound);
}

/* What was read is what is written, but for PADs and whole PIECEs. */
static void check_spelling(const unsigned char *body, size_t size,
			   const struct snt__seq_frame *frame)
{
	unsigned char *copy = malloc(size);
	size_t n;

	CHECK(copy != NULL);
	n = snt__seq_frame_write(copy, size, frame);
	CHECK(n > 0 && n <= size);
	if (n == size)
		CHECK(memcmp(copy, body, size) == 0);
	else
		CHECK(frame->type == SNT__SEQ_PAD ||
		      (frame->type == SNT__SEQ_PIECE &&
		       copy[0] == SNT__SEQ_MESSAGE));
	CHECK(snt__seq_frame_write(copy, n - 1, frame) == 0);
	free(copy);
}

/* Whether the session goes on. */
static bool body_comes(struct state *state, uint64_t number,
		       const unsigned char *body, size_t size)
{
	bool elicits = false;

	while (size > 0) {
		struct snt__seq_frame frame;
		ptrdiff_t n = snt__seq_frame_read(body, size, &frame);
		int code = 0;

		if (n < 0) {
			CHECK(n == -EBADMSG);
			return false;
		}
		CHECK((size_t)n <= size);
		check_spelling(body, (size_t)n, &frame);
		if (frame.type == SNT__SEQ_MESSAGE ||
		    frame.type == SNT__SEQ_PIECE)
			code = snt__seq_inbound_piece(&state->inbound, number,
						      &frame);
		if (code == -ENOMEM) /* holes */
			return true;
		CHECK(code == 0 || code == -EBADMSG || code == -SNT_ELIMIT);
		if (code < 0)
			return false;
		elicits = elicits || snt__seq_elicits(frame.type);
		body += n;
		size -= (size_t)n;
	}
	snt__seq_received_note(&state->received, number, elicits, 0);
	return true;
}

static void check_ack(struct state *state)
{
	unsigned char body[SNT__SEQ_ACK_MAX];
	struct snt__seq_frame frame;
	size_t n =
		snt__seq_received_ack(&state->received, body, sizeof body, 0);

	if (n == 0) {
		CHECK(state->received.next == state->received.first);
		return;
	}
	CHECK(snt__seq_frame_read(body, n, &frame) == (ptrdiff_t)n);
	CHECK(frame.ack.highest == (uint32_t)(state->received.next - 1));
	for (unsigned i = 0; i < frame.ack.count * 8u; i++)
		if ((frame.ack.bitmap[i / 8] >> i % 8 & 1) != 0)
			CHECK(!snt__seq_received_is_new(
				&state->received,
				snt__seq_received_widen(&state->received,
							frame.ack.highest - 1 -
								i)));
}

static void talk(struct state *state, const uint8_t *data, size_t size)
{
	unsigned takes = data[0] % 8;
	uint32_t low = UINT32_MAX - 2;

	for (data++, size--; size >= 3;) {
		size_t body = (size_t)(data[1] << 8 | data[2]) % (size - 2);
		uint64_t number;

		low += (uint32_t)(int8_t)data[0] + 1;
		number = snt__seq_received_widen(&state->received, low);
		if (snt__seq_received_is_new(&state->received, number)) {
			char *copy = copy_of(data + 3, body);
			bool goes_on = body_comes(state, number,
						  (unsigned char *)copy, body);

			free(copy);
			if (!goes_on)
				return;
		}
		check_ack(state);
		CHECK(state->inbound.begun - state->inbound.released <= WINDOW);
		CHECK(state->inbound.latest_kept <= LATEST);
		take(state, takes);
		data += 3 + body;
		size -= 3 + body;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct snt__seq_limits limits = { MESSAGE_MAX, WINDOW,
						       LATEST };
	static struct state state;
	size_t before = snt__alloc_live();

	if (size == 0)
		return 0;
	memset(&state, 0, sizeof state);
	snt__seq_inbound_init(&state.inbound, &limits);
	snt__seq_received_init(&state.received, UINT32_MAX - 2);
	talk(&state, data, size);
	if (size % 2 == 0)
		take(&state, UINT32_MAX);
	snt__seq_inbound_end(&state.inbound);
	CHECK(snt__alloc_live() == before);
	return 0;
}
