/* SPDX-License-Identifier: MIT */
/*
 * The frames of seq: whole, each byte short, between two pages that may not be
 * touched; and the arithmetic of its numbers.
 */
#include "../guard.h"

#include "seq/wire.h"

#include <errno.h>

struct row {
	const char *name;
	const char *bytes;
	size_t size;
	struct snt__seq_frame frame; /* the pointers are not looked at */
	const char *tail;            /* bitmap or bytes */
};

/* It would break these up: */
/* clang-format off */
#define ROW(name, bytes, tail, ...) \
	{ name, bytes, sizeof(bytes) - 1, { __VA_ARGS__ }, tail }

static const struct row rows[] = {
	ROW("pad", "\0", "", .type = SNT__SEQ_PAD),
	ROW("ping", "\1", "", .type = SNT__SEQ_PING),
	ROW("ack", "\2\1\2\3\4\5\6\2\xa5\x5a", "\xa5\x5a", SNT__SEQ_ACK,
	    .ack = { 0x01020304, 0x0506, 2, NULL }),
	ROW("ack of one", "\2\xff\xff\xff\xff\xff\xff\0", "", SNT__SEQ_ACK,
	    .ack = { UINT32_MAX, UINT16_MAX, 0, NULL }),
	ROW("longest ack",
	    "\2\0\0\0\1\0\0\x20" "0123456789abcdef0123456789abcdef",
	    "0123456789abcdef0123456789abcdef", SNT__SEQ_ACK,
	    .ack = { 1, 0, 32, NULL }),
	ROW("credit", "\3\1\2\3\4\5\6\7\x08", "", SNT__SEQ_CREDIT,
	    .credit = UINT64_C(0x0102030405060708)),
	ROW("fin", "\4", "", .type = SNT__SEQ_FIN),
	ROW("close", "\5\2", "", SNT__SEQ_CLOSE, .reason = 2),
	ROW("message", "\x10\x40\x12\x34\0\5hello", "hello", SNT__SEQ_MESSAGE,
	    .piece = { 64, 0x1234, 5, 0, 5, NULL }),
	ROW("empty message", "\x10\0\0\0\0\0", "", SNT__SEQ_MESSAGE,
	    .piece = { 0, 0, 0, 0, 0, NULL }),
	ROW("piece", "\x11\xbf\xff\xfe\1\2\3\4\1\2\3\0\0\4tail", "tail",
	    SNT__SEQ_PIECE,
	    .piece = { 191, 0xfffe, 0x01020304, 0x01020300, 4, NULL }),
	ROW("piece beyond its message", "\x11\xff\0\1\0\0\0\1\xff\xff\xff\xff"
	    "\0\2xy", "xy", SNT__SEQ_PIECE,
	    .piece = { 255, 1, 1, UINT32_MAX, 2, NULL }),
};
/* clang-format on */
#define ROWS (sizeof rows / sizeof rows[0])

static bool has_bytes(uint8_t type)
{
	return type == SNT__SEQ_MESSAGE || type == SNT__SEQ_PIECE;
}

static void must_be(const struct row *row, const struct snt__seq_frame *frame)
{
	const struct snt__seq_frame *want = &row->frame;
	size_t tail = strlen(row->tail);

	assert_int_equal(frame->type, want->type);
	if (want->type == SNT__SEQ_ACK) {
		assert_int_equal(frame->ack.highest, want->ack.highest);
		assert_int_equal(frame->ack.delay, want->ack.delay);
		assert_int_equal(frame->ack.count, tail);
		assert_memory_equal(frame->ack.bitmap, row->tail, tail);
	} else if (want->type == SNT__SEQ_CREDIT) {
		assert_int_equal(frame->credit, want->credit);
	} else if (want->type == SNT__SEQ_CLOSE) {
		assert_int_equal(frame->reason, want->reason);
	} else if (has_bytes(want->type)) {
		assert_int_equal(frame->piece.channel, want->piece.channel);
		assert_int_equal(frame->piece.number, want->piece.number);
		assert_int_equal(frame->piece.total, want->piece.total);
		assert_int_equal(frame->piece.offset, want->piece.offset);
		assert_int_equal(frame->piece.size, tail);
		assert_memory_equal(frame->piece.bytes, row->tail, tail);
	}
}

static void a_frame_is_read_and_no_byte_around_it_is_touched(void)
{
	struct guard guard = guard_open(4096);

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		struct snt__seq_frame frame;
		const char *at = guard_end(&guard, row->bytes, row->size);

		assert_int_equal(snt__seq_frame_read((const void *)at,
						     row->size, &frame),
				 row->size);
		must_be(row, &frame);
		at = guard_begin(&guard, row->bytes, row->size);
		assert_int_equal(snt__seq_frame_read((const void *)at,
						     row->size, &frame),
				 row->size);
		must_be(row, &frame);
	}
	guard_close(&guard);
}

static void a_frame_that_is_cut_short_anywhere_is_none(void)
{
	struct guard guard = guard_open(4096);

	for (size_t i = 0; i < ROWS; i++) {
		for (size_t size = 0; size < rows[i].size; size++) {
			struct snt__seq_frame frame, before;
			const char *at = guard_end(&guard, rows[i].bytes, size);

			memset(&frame, 0x5a, sizeof frame);
			before = frame;
			assert_int_equal(snt__seq_frame_read((const void *)at,
							     size, &frame),
					 -EBADMSG);
			assert_memory_equal(&frame, &before, sizeof frame);
		}
	}
	guard_close(&guard);
}

static void what_follows_a_frame_does_not_change_it(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct snt__seq_frame frame;
		unsigned char body[128];

		memset(body, 0x11, sizeof body);
		memcpy(body, rows[i].bytes, rows[i].size);
		assert_int_equal(snt__seq_frame_read(body, sizeof body, &frame),
				 rows[i].size);
		must_be(&rows[i], &frame);
	}
}

static void a_frame_is_written_as_it_was_read(void)
{
	struct guard guard = guard_open(4096);

	for (size_t i = 0; i < ROWS; i++) {
		struct snt__seq_frame frame;
		char *room = guard_end(&guard, "", 0) - rows[i].size;

		snt__seq_frame_read((const void *)rows[i].bytes, rows[i].size,
				    &frame);
		assert_int_equal(snt__seq_frame_write((void *)room,
						      rows[i].size, &frame),
				 rows[i].size);
		assert_memory_equal(room, rows[i].bytes, rows[i].size);
	}
	guard_close(&guard);
}

static void where_there_is_no_room_nothing_is_written(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		for (size_t size = 0; size < rows[i].size; size++) {
			struct snt__seq_frame frame;
			unsigned char body[64], before[64];

			memset(body, 0x77, sizeof body);
			memcpy(before, body, sizeof body);
			snt__seq_frame_read((const void *)rows[i].bytes,
					    rows[i].size, &frame);
			assert_int_equal(
				snt__seq_frame_write(body, size, &frame), 0);
			assert_memory_equal(body, before, sizeof body);
		}
	}
}

static void pads_that_follow_each_other_are_one_frame(void)
{
	unsigned char body[1200] = { 0 };
	struct snt__seq_frame frame;

	assert_int_equal(snt__seq_frame_read(body, sizeof body, &frame), 1200);
	assert_int_equal(frame.type, SNT__SEQ_PAD);
	body[700] = SNT__SEQ_PING;
	assert_int_equal(snt__seq_frame_read(body, sizeof body, &frame), 700);
}

static void a_piece_that_is_a_whole_message_is_written_as_one(void)
{
	struct snt__seq_frame frame = {
		.type = SNT__SEQ_PIECE,
		.piece = { 64, 0x1234, 5, 0, 5, (const void *)"hello" },
	};
	unsigned char body[64];

	assert_int_equal(snt__seq_frame_write(body, sizeof body, &frame), 11);
	assert_memory_equal(body, "\x10\x40\x12\x34\0\5hello", 11);
	/* And one that is not is never written as one. */
	frame.type = SNT__SEQ_MESSAGE;
	frame.piece.total = 6;
	assert_int_equal(snt__seq_frame_write(body, sizeof body, &frame), 19);
	assert_int_equal(body[0], SNT__SEQ_PIECE);
}

static void the_largest_message_fits_and_lengths_that_lie_do_not(void)
{
	static const unsigned char head[] = { 0x10, 0, 0, 0, 0xff, 0xff };
	size_t size = sizeof head + UINT16_MAX;
	struct guard guard = guard_open(size);
	unsigned char *at = (void *)guard_end(&guard, "", 0);
	struct snt__seq_frame frame;

	at -= size;
	memcpy(at, head, sizeof head);
	assert_int_equal(snt__seq_frame_read(at, size, &frame), size);
	assert_int_equal(frame.piece.size, UINT16_MAX);
	memcpy(at + 1, head, sizeof head);
	assert_int_equal(snt__seq_frame_read(at + 1, size - 1, &frame),
			 -EBADMSG);
	guard_close(&guard);
}

static void an_ack_with_too_long_a_bitmap_is_none(void)
{
	unsigned char body[8 + SNT__SEQ_BITMAP + 1] = { SNT__SEQ_ACK };
	struct snt__seq_frame frame = { .type = SNT__SEQ_ACK };

	body[7] = SNT__SEQ_BITMAP;
	assert_int_equal(snt__seq_frame_read(body, sizeof body, &frame), 40);
	body[7] = SNT__SEQ_BITMAP + 1;
	assert_int_equal(snt__seq_frame_read(body, sizeof body, &frame),
			 -EBADMSG);
	frame.ack.count = SNT__SEQ_BITMAP + 1;
	assert_int_equal(snt__seq_frame_write(body, sizeof body, &frame), 0);
}

static void unknown_types_are_no_frames(void)
{
	static const uint8_t known[] = { 0, 1, 2, 3, 4, 5, 0x10, 0x11 };
	unsigned char body[64] = { 0 };

	for (unsigned type = 0; type < 256; type++) {
		struct snt__seq_frame frame = { .type = (uint8_t)type };
		bool is_known = memchr(known, (int)type, sizeof known) != NULL;

		body[0] = (unsigned char)type;
		assert_int_equal(
			snt__seq_frame_read(body, sizeof body, &frame) > 0,
			is_known);
		assert_int_equal(
			snt__seq_frame_write(body, sizeof body, &frame) > 0,
			is_known);
	}
}

static void what_may_be_lost_unnoticed_asks_for_no_ack(void)
{
	assert_false(snt__seq_elicits(SNT__SEQ_PAD));
	assert_false(snt__seq_elicits(SNT__SEQ_ACK));
	assert_false(snt__seq_elicits(SNT__SEQ_CLOSE));
	assert_true(snt__seq_elicits(SNT__SEQ_PING));
	assert_true(snt__seq_elicits(SNT__SEQ_CREDIT));
	assert_true(snt__seq_elicits(SNT__SEQ_FIN));
	assert_true(snt__seq_elicits(SNT__SEQ_MESSAGE));
	assert_true(snt__seq_elicits(SNT__SEQ_PIECE));
}

static void later_is_less_than_half_a_lap_ahead(void)
{
	for (unsigned a = 0; a < 65536; a += 257) {
		for (unsigned d = 0; d < 65536; d++) {
			bool later = d > 0 && d < 32768;

			assert_int_equal(snt__seq_later16((uint16_t)(a + d),
							  (uint16_t)a),
					 later);
		}
	}
}

static void low_bits_are_widened_to_the_nearest_number(void)
{
	const uint64_t lap = UINT64_C(1) << 32, half = lap / 2;
	static const int64_t near[] = { 0, 1, -1, 2, -2, 1000, -1000, -2048 };
	const uint64_t nexts[] = { 5 * lap, 5 * lap + 1,    5 * lap - 1,   lap,
				   lap - 1, 5 * lap + half, UINT64_MAX / 2 };

	for (size_t i = 0; i < sizeof nexts / sizeof nexts[0]; i++) {
		uint64_t next = nexts[i];

		for (size_t k = 0; k < sizeof near / sizeof near[0]; k++) {
			uint64_t number = next + (uint64_t)near[k];

			assert_int_equal(snt__seq_widen(next, (uint32_t)number),
					 number);
		}
		assert_int_equal(
			snt__seq_widen(next, (uint32_t)(next + half - 1)),
			next + half - 1);
		assert_int_equal(
			snt__seq_widen(next, (uint32_t)(next - half + 1)),
			next - half + 1);
	}
	/* Below 0 and beyond the end there is no number. */
	assert_int_equal(snt__seq_widen(0, UINT32_MAX), UINT32_MAX);
	assert_int_equal(snt__seq_widen(5, UINT32_MAX), UINT32_MAX);
	assert_int_equal(snt__seq_widen(UINT64_MAX, 0), UINT64_MAX - lap + 1);
	assert_int_equal(snt__seq_widen(UINT64_MAX, UINT32_MAX), UINT64_MAX);
}

static void channels_are_of_three_kinds(void)
{
	assert_int_equal(snt__seq_kind_of(0), SNT__SEQ_KIND_ORDERED);
	assert_int_equal(snt__seq_kind_of(63), SNT__SEQ_KIND_ORDERED);
	assert_int_equal(snt__seq_kind_of(64), SNT__SEQ_KIND_RELIABLE);
	assert_int_equal(snt__seq_kind_of(127), SNT__SEQ_KIND_RELIABLE);
	assert_int_equal(snt__seq_kind_of(128), SNT__SEQ_KIND_LATEST);
	assert_int_equal(snt__seq_kind_of(191), SNT__SEQ_KIND_LATEST);
	assert_int_equal(snt__seq_kind_of(192), SNT__SEQ_KIND_NONE);
	assert_int_equal(snt__seq_kind_of(UINT32_MAX), SNT__SEQ_KIND_NONE);
}

static const struct test_case cases[] = {
	TEST(a_frame_is_read_and_no_byte_around_it_is_touched),
	TEST(a_frame_that_is_cut_short_anywhere_is_none),
	TEST(what_follows_a_frame_does_not_change_it),
	TEST(a_frame_is_written_as_it_was_read),
	TEST(where_there_is_no_room_nothing_is_written),
	TEST(pads_that_follow_each_other_are_one_frame),
	TEST(a_piece_that_is_a_whole_message_is_written_as_one),
	TEST(the_largest_message_fits_and_lengths_that_lie_do_not),
	TEST(an_ack_with_too_long_a_bitmap_is_none),
	TEST(unknown_types_are_no_frames),
	TEST(what_may_be_lost_unnoticed_asks_for_no_ack),
	TEST(later_is_less_than_half_a_lap_ahead),
	TEST(low_bits_are_widened_to_the_nearest_number),
	TEST(channels_are_of_three_kinds),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
