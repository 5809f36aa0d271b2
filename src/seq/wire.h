/* SPDX-License-Identifier: MIT */
/*
 * The frames of seq as docs/seq.md has them, and the arithmetic of its numbers.
 * "Body" is what follows the 13 bytes in front of a DATA, unsealed. Pure: no
 * memory, no clock; any thread, any fiber.
 */
#ifndef SNT_SEQ_WIRE_H
#define SNT_SEQ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SNT__SEQ_PAD = 0x00,
	SNT__SEQ_PING = 0x01,
	SNT__SEQ_ACK = 0x02,
	SNT__SEQ_CREDIT = 0x03,
	SNT__SEQ_FIN = 0x04,
	SNT__SEQ_CLOSE = 0x05,
	SNT__SEQ_MESSAGE = 0x10,
	SNT__SEQ_PIECE = 0x11,
};

/* Most bytes of an ACK's bitmap that are accepted; 16 are sent. */
#define SNT__SEQ_BITMAP 32
/* Bytes of a frame in front of its own bytes. */
#define SNT__SEQ_ACK_HEAD 8
#define SNT__SEQ_MESSAGE_HEAD 6
#define SNT__SEQ_PIECE_HEAD 14
#define SNT__SEQ_CREDIT_SIZE 9
/* What each message counts beside its size where memory is counted. */
#define SNT__SEQ_CHARGE 64
/* The numbers of an ordered or reliable channel's messages, from the oldest
 * that is not acknowledged to the newest that is begun, are no more than
 * that. */
#define SNT__SEQ_BEGUN 16384

struct snt__seq_frame {
	uint8_t type;
	union {
		struct {
			uint32_t highest;
			uint16_t delay; /* in 16 us */
			uint8_t count;  /* bytes of bitmap */
			const unsigned char *bitmap;
		} ack;
		uint64_t credit;
		uint8_t reason; /* CLOSE */
		/* Of a MESSAGE offset is 0 and total is size. */
		struct {
			uint8_t channel;
			uint16_t number;
			uint32_t total, offset;
			uint16_t size;
			const unsigned char *bytes;
		} piece;
	};
};

/* The frame at the beginning of body, which its bitmap and bytes point into: how
 * many bytes it takes, > 0; PADs that follow each other are one frame. -EBADMSG,
 * without a sentence: no frame, or it does not fit. That a piece makes sense is
 * for snt__seq_inbound_piece to say. */
ptrdiff_t snt__seq_frame_read(const unsigned char *body, size_t size,
			      struct snt__seq_frame *frame);

/* Writes it (of PAD one byte): how many bytes, or 0 where there is no room or
 * the frame is none. A PIECE that is a whole message becomes a MESSAGE. */
size_t snt__seq_frame_write(unsigned char *body, size_t room,
			    const struct snt__seq_frame *frame);

/* Whether a body with such a frame asks for an ACK. */
bool snt__seq_elicits(uint8_t type);

/* RFC 1982: whether a is later than b. */
static inline bool snt__seq_later16(uint16_t a, uint16_t b)
{
	return a != b && (uint16_t)(a - b) < 0x8000;
}

/* The 64-bit number nearest to next whose low 32 bits are these. */
uint64_t snt__seq_widen(uint64_t next, uint32_t low);

enum snt__seq_kind {
	SNT__SEQ_KIND_ORDERED,
	SNT__SEQ_KIND_RELIABLE,
	SNT__SEQ_KIND_LATEST,
	SNT__SEQ_KIND_NONE, /* from channel 192 on */
};
#define SNT__SEQ_CHANNELS 192 /* of all kinds */

static inline enum snt__seq_kind snt__seq_kind_of(unsigned channel)
{
	return channel < SNT__SEQ_CHANNELS ? (enum snt__seq_kind)(channel / 64)
					   : SNT__SEQ_KIND_NONE;
}

#endif
