/* SPDX-License-Identifier: MIT */
/*
 * Frames, read and written.
 *
 * Built for a body that is looked through once, frame by frame, for each
 * datagram. Always: no byte at or beyond the end of the body is touched, and a
 * frame that was read can be written again to the same bytes (but for a PIECE
 * that is a whole message, and PADs). What a frame means is not known here.
 */
#include "seq/wire.h"

#include <errno.h>
#include <string.h>

static uint16_t load16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t load32(const unsigned char *at)
{
	return (uint32_t)load16(at) << 16 | load16(at + 2);
}

static uint64_t load64(const unsigned char *at)
{
	return (uint64_t)load32(at) << 32 | load32(at + 4);
}

static void store16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void store32(unsigned char *at, uint32_t value)
{
	store16(at, (uint16_t)(value >> 16));
	store16(at + 2, (uint16_t)value);
}

static void store64(unsigned char *at, uint64_t value)
{
	store32(at, (uint32_t)(value >> 32));
	store32(at + 4, (uint32_t)value);
}

static ptrdiff_t read_pad(const unsigned char *body, size_t size)
{
	size_t n = 1;

	while (n < size && body[n] == SNT__SEQ_PAD)
		n++;
	return (ptrdiff_t)n;
}

static ptrdiff_t read_ack(const unsigned char *body, size_t size,
			  struct snt__seq_frame *frame)
{
	if (size < SNT__SEQ_ACK_HEAD || body[7] > SNT__SEQ_BITMAP ||
	    size - SNT__SEQ_ACK_HEAD < body[7])
		return -EBADMSG;
	frame->ack.highest = load32(body + 1);
	frame->ack.delay = load16(body + 5);
	frame->ack.count = body[7];
	frame->ack.bitmap = body + SNT__SEQ_ACK_HEAD;
	return SNT__SEQ_ACK_HEAD + body[7];
}

static ptrdiff_t read_message(const unsigned char *body, size_t size,
			      struct snt__seq_frame *frame)
{
	if (size < SNT__SEQ_MESSAGE_HEAD ||
	    size - SNT__SEQ_MESSAGE_HEAD < load16(body + 4))
		return -EBADMSG;
	frame->piece.channel = body[1];
	frame->piece.number = load16(body + 2);
	frame->piece.size = load16(body + 4);
	frame->piece.total = frame->piece.size;
	frame->piece.offset = 0;
	frame->piece.bytes = body + SNT__SEQ_MESSAGE_HEAD;
	return SNT__SEQ_MESSAGE_HEAD + frame->piece.size;
}

static ptrdiff_t read_piece(const unsigned char *body, size_t size,
			    struct snt__seq_frame *frame)
{
	if (size < SNT__SEQ_PIECE_HEAD ||
	    size - SNT__SEQ_PIECE_HEAD < load16(body + 12))
		return -EBADMSG;
	frame->piece.channel = body[1];
	frame->piece.number = load16(body + 2);
	frame->piece.total = load32(body + 4);
	frame->piece.offset = load32(body + 8);
	frame->piece.size = load16(body + 12);
	frame->piece.bytes = body + SNT__SEQ_PIECE_HEAD;
	return SNT__SEQ_PIECE_HEAD + frame->piece.size;
}

ptrdiff_t snt__seq_frame_read(const unsigned char *body, size_t size,
			      struct snt__seq_frame *frame)
{
	struct snt__seq_frame found;
	ptrdiff_t n;

	if (size == 0)
		return -EBADMSG;
	found.type = body[0];
	switch (body[0]) {
	case SNT__SEQ_MESSAGE:
		n = read_message(body, size, &found);
		break;
	case SNT__SEQ_PIECE:
		n = read_piece(body, size, &found);
		break;
	case SNT__SEQ_ACK:
		n = read_ack(body, size, &found);
		break;
	case SNT__SEQ_PAD:
		n = read_pad(body, size);
		break;
	case SNT__SEQ_PING:
	case SNT__SEQ_FIN:
		n = 1;
		break;
	case SNT__SEQ_CREDIT:
		n = size < SNT__SEQ_CREDIT_SIZE ? -EBADMSG
						: SNT__SEQ_CREDIT_SIZE;
		if (n > 0)
			found.credit = load64(body + 1);
		break;
	case SNT__SEQ_CLOSE:
		n = size < 2 ? -EBADMSG : 2;
		if (n > 0)
			found.reason = body[1];
		break;
	default:
		n = -EBADMSG;
	}
	if (n > 0)
		*frame = found;
	return n;
}

static size_t write_ack(unsigned char *body, size_t room,
			const struct snt__seq_frame *frame)
{
	size_t count = frame->ack.count, size = SNT__SEQ_ACK_HEAD + count;

	if (count > SNT__SEQ_BITMAP || room < size)
		return 0;
	body[0] = SNT__SEQ_ACK;
	store32(body + 1, frame->ack.highest);
	store16(body + 5, frame->ack.delay);
	body[7] = frame->ack.count;
	if (count > 0)
		memcpy(body + SNT__SEQ_ACK_HEAD, frame->ack.bitmap, count);
	return size;
}

static size_t write_piece(unsigned char *body, size_t room,
			  const struct snt__seq_frame *frame)
{
	uint16_t size = frame->piece.size;
	bool whole = frame->piece.offset == 0 && frame->piece.total == size;
	size_t head = whole ? SNT__SEQ_MESSAGE_HEAD : SNT__SEQ_PIECE_HEAD;

	if (room < head || room - head < size)
		return 0;
	body[0] = whole ? SNT__SEQ_MESSAGE : SNT__SEQ_PIECE;
	body[1] = frame->piece.channel;
	store16(body + 2, frame->piece.number);
	if (!whole) {
		store32(body + 4, frame->piece.total);
		store32(body + 8, frame->piece.offset);
	}
	store16(body + head - 2, size);
	if (size > 0)
		memcpy(body + head, frame->piece.bytes, size);
	return head + size;
}

size_t snt__seq_frame_write(unsigned char *body, size_t room,
			    const struct snt__seq_frame *frame)
{
	if (room == 0)
		return 0;
	switch (frame->type) {
	case SNT__SEQ_MESSAGE:
	case SNT__SEQ_PIECE:
		return write_piece(body, room, frame);
	case SNT__SEQ_ACK:
		return write_ack(body, room, frame);
	case SNT__SEQ_PAD:
	case SNT__SEQ_PING:
	case SNT__SEQ_FIN:
		body[0] = frame->type;
		return 1;
	case SNT__SEQ_CREDIT:
		if (room < SNT__SEQ_CREDIT_SIZE)
			return 0;
		body[0] = frame->type;
		store64(body + 1, frame->credit);
		return SNT__SEQ_CREDIT_SIZE;
	case SNT__SEQ_CLOSE:
		if (room < 2)
			return 0;
		body[0] = frame->type;
		body[1] = frame->reason;
		return 2;
	default:
		return 0;
	}
}

bool snt__seq_elicits(uint8_t type)
{
	return type != SNT__SEQ_PAD && type != SNT__SEQ_ACK &&
	       type != SNT__SEQ_CLOSE;
}

uint64_t snt__seq_widen(uint64_t next, uint32_t low)
{
	const uint64_t lap = UINT64_C(1) << 32;
	uint32_t ahead = low - (uint32_t)next, behind = (uint32_t)next - low;

	/* At both ends of 64 bits there is only one such number. */
	if ((ahead < behind && ahead <= UINT64_MAX - next) || behind > next)
		return next + ahead;
	return ahead == 0 ? next : next - lap + ahead;
}
