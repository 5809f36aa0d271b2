/* SPDX-License-Identifier: MIT */
/*
 * Which numbers came, and the ACKs that are owed for them.
 *
 * Built for one call for each datagram, mostly of the next number. Always: no
 * number is new twice, whatever a peer counts; an ACK is owed for no more than
 * two DATA that ask for one before it is due at once; and no call takes longer
 * for a number that is far ahead than it takes to clear 256 bytes.
 */
#include "seq/received.h"

#include <sennit/base.h>
#include <string.h>

/* docs/seq.md: at once when every second one has come. */
#define AT_ONCE 2
#define DELAY_UNIT INT64_C(16000)

static unsigned place(uint64_t number)
{
	return (unsigned)(~number % SNT__SEQ_REMEMBERED);
}

static bool seen(const struct snt__seq_received *received, uint64_t number)
{
	unsigned at = place(number);

	return (received->seen[at / 64] >> at % 64 & 1) != 0;
}

static void mark(struct snt__seq_received *received, uint64_t number)
{
	unsigned at = place(number);

	received->seen[at / 64] |= UINT64_C(1) << at % 64;
}

/* So many numbers from there on have not come: their bits are older ones'. */
static void clear(struct snt__seq_received *received, uint64_t from,
		  uint64_t count)
{
	if (count >= SNT__SEQ_REMEMBERED) {
		memset(received->seen, 0, sizeof received->seen);
		return;
	}
	while (count > 0) {
		unsigned at = place(from);
		uint64_t some = at % 64 + 1u;

		if (some > count)
			some = count;
		/* That one and those after it, which lie below. */
		received->seen[at / 64] &=
			~(~UINT64_C(0) >> (64 - some) << (at % 64 + 1 - some));
		from += some;
		count -= some;
	}
}

/* The 64 numbers below that one, the nearest as the lowest bit. */
static uint64_t below(const struct snt__seq_received *received, uint64_t number)
{
	unsigned at = place(number - 1), word = at / 64, shift = at % 64;
	unsigned next = (word + 1) % (SNT__SEQ_REMEMBERED / 64);
	uint64_t bits = received->seen[word] >> shift;

	if (shift > 0)
		bits |= received->seen[next] << (64 - shift);
	return bits;
}

void snt__seq_received_init(struct snt__seq_received *received,
			    uint32_t first_number)
{
	*received = (struct snt__seq_received){
		.first = first_number,
		.next = first_number,
		.ack_at = SNT_FOREVER,
	};
}

uint64_t snt__seq_received_widen(const struct snt__seq_received *received,
				 uint32_t low)
{
	return snt__seq_widen(received->next, low);
}

bool snt__seq_received_is_new(const struct snt__seq_received *received,
			      uint64_t number)
{
	if (number >= received->next)
		return number < UINT64_MAX; /* one more is a number, too */
	if (number < received->first ||
	    received->next - number > SNT__SEQ_REMEMBERED)
		return false;
	return !seen(received, number);
}

void snt__seq_received_note(struct snt__seq_received *received, uint64_t number,
			    bool elicits, int64_t now)
{
	bool in_order = number == received->next;

	if (snt__seq_received_is_new(received, number)) {
		if (number >= received->next) {
			clear(received, received->next,
			      number - received->next + 1);
			received->next = number + 1;
			received->highest_at = now;
		}
		mark(received, number);
	}
	if (!elicits)
		return;
	received->unanswered++;
	if (!in_order || received->unanswered >= AT_ONCE)
		received->ack_at = now;
	else
		received->ack_at = now + SNT__SEQ_ACK_DELAY;
}

int64_t snt__seq_received_ack_at(const struct snt__seq_received *received)
{
	return received->ack_at;
}

size_t snt__seq_received_ack(struct snt__seq_received *received,
			     unsigned char *body, size_t room, int64_t now)
{
	unsigned char bitmap[SNT__SEQ_ACK_BITMAP];
	struct snt__seq_frame frame = { .type = SNT__SEQ_ACK };
	int64_t delay = (now - received->highest_at) / DELAY_UNIT;
	uint64_t highest = received->next - 1;
	unsigned count = SNT__SEQ_ACK_BITMAP;
	size_t size;

	if (received->next == received->first)
		return 0;
	for (unsigned i = 0; i < SNT__SEQ_ACK_BITMAP / 8; i++) {
		uint64_t bits = below(received, highest - UINT64_C(64) * i);

		for (unsigned byte = 0; byte < 8; byte++)
			bitmap[8 * i + byte] =
				(unsigned char)(bits >> 8 * byte);
	}
	/* What is left away says that nothing came: so does a zero. */
	while (count > 0 && bitmap[count - 1] == 0)
		count--;
	frame.ack.highest = (uint32_t)highest;
	frame.ack.delay = delay < 0            ? 0
			  : delay > UINT16_MAX ? UINT16_MAX
					       : (uint16_t)delay;
	frame.ack.count = (uint8_t)count;
	frame.ack.bitmap = bitmap;
	size = snt__seq_frame_write(body, room, &frame);
	if (size > 0) {
		received->ack_at = SNT_FOREVER;
		received->unanswered = 0;
	}
	return size;
}
