/* SPDX-License-Identifier: MIT */
/*
 * What a decoder makes of bytes: whole, one by one, and cut at random, between
 * two pages that it may not touch.
 */
#include "decoded.h"

static ptrdiff_t decode(const struct row *row, const struct guard *guard,
			struct snt_frame_progress *progress, size_t size,
			struct snt_frame *frame)
{
	return snt_frame_decode(&row->format, progress,
				guard_end(guard, row->data, size), size, frame);
}

/* The answer is the row's, and the frame stands where it says. */
static void must_answer(const struct row *row, ptrdiff_t n,
			const struct snt_frame *frame, const char *data)
{
	static const struct snt_frame none;

	if (n != row->result)
		fail_msg("%s: %td, not %td: %s", row->name, n, row->result,
			 snt_errmsg());
	if (n < 0)
		assert_refused(n, row->result, row->payload);
	if (n <= 0) {
		assert_memory_equal(frame, &none, sizeof none);
		return;
	}
	assert_int_equal(frame->size, row->payload_size);
	assert_memory_equal(frame->data, row->payload, row->payload_size);
	assert_true(frame->data >= data &&
		    frame->data + frame->size <= data + n);
}

static void bytes_in_one_piece_are_decoded(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct guard guard = guard_open(rows[i].size);
		struct snt_frame frame = { .size = 0 };
		struct snt_frame_progress progress = { .need = 0 };
		char *data = guard_end(&guard, rows[i].data, rows[i].size);

		must_answer(&rows[i],
			    snt_frame_decode(&rows[i].format, &progress, data,
					     rows[i].size, &frame),
			    &frame, data);
		frame = (struct snt_frame){ .size = 0 };
		progress = (struct snt_frame_progress){ .need = 0 };
		data = guard_begin(&guard, rows[i].data, rows[i].size);
		must_answer(&rows[i],
			    snt_frame_decode(&rows[i].format, &progress, data,
					     rows[i].size, &frame),
			    &frame, data);
		guard_close(&guard);
	}
}

/* With each byte more: "not yet", for as long as .need said, then the answer,
 * which stays. */
static void bytes_that_come_singly_are_decoded_the_same(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct guard guard = guard_open(row->size);
		struct snt_frame_progress progress = { .need = 0 };
		size_t need = 0, size;
		ptrdiff_t n = 0;

		for (size = 0; size <= row->size; size++) {
			struct snt_frame frame = { .size = 0 };

			n = decode(row, &guard, &progress, size, &frame);
			if (n != 0 && size < need)
				fail_msg("%s: needed %zu, but %zu did",
					 row->name, need, size);
			if (n > 0)
				assert_int_equal(n, size);
			if (n == 0)
				assert_true(progress.need > size);
			need = progress.need;
			if (n == 0 && size < row->size)
				continue;
			must_answer(row, n, &frame,
				    guard_end(&guard, row->data, size));
			if (n != 0)
				break;
		}
		/* Asked again with the same progress, it says the same. */
		if (n != 0) {
			struct snt_frame frame = { .size = 0 };

			assert_int_equal(
				decode(row, &guard, &progress, size, &frame),
				n);
		}
		guard_close(&guard);
	}
}

static void bytes_cut_at_random_are_decoded_the_same(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct guard guard = guard_open(row->size);

		for (int round = 0; round < 100; round++) {
			struct snt_frame_progress progress = { .need = 0 };
			struct snt_frame frame = { .size = 0 };
			size_t size = 0;
			ptrdiff_t n = 0;

			while (n == 0 && size < row->size) {
				size += 1 + draw((uint32_t)(row->size - size));
				n = decode(row, &guard, &progress, size,
					   &frame);
			}
			must_answer(row, n, &frame,
				    guard_end(&guard, row->data, size));
		}
		guard_close(&guard);
	}
}

static void frames_follow_each_other(void)
{
	static const struct snt_frame_format format = LINES;
	static const char data[] = "one\ntwo\r\n\n\r\nthree\r\nfour\nrest";
	static const char *const lines[] = { "one", "two",   "",
					     "",    "three", "four" };
	size_t at = 0;

	for (size_t i = 0; i <= COUNT(lines); i++) {
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame frame;
		ptrdiff_t n = snt_frame_decode(&format, &progress, data + at,
					       sizeof data - 1 - at, &frame);

		if (i == COUNT(lines)) {
			assert_int_equal(n, 0);
			break;
		}
		assert_true(n > 0);
		assert_int_equal(frame.size, strlen(lines[i]));
		assert_memory_equal(frame.data, lines[i], frame.size);
		at += (size_t)n;
	}
	assert_string_equal(data + at, "rest");
}

static void the_maximum_is_64_kib_unless_said_otherwise(void)
{
	static const struct snt_frame_format formats[] = {
		{ .kind = SNT_FRAME_LINES },
		{ .kind = SNT_FRAME_DELIMITED,
		  .delimiter = "\n",
		  .delimiter_size = 1 },
	};
	char *data = test_malloc(65540);

	memset(data, 'x', 65540);
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame frame;

		data[65536] = '\n';
		assert_int_equal(snt_frame_decode(&formats[i], &progress, data,
						  65540, &frame),
				 65537);
		data[65536] = 'x';
		data[65537] = '\n';
		progress = (struct snt_frame_progress){ .need = 0 };
		assert_refused(snt_frame_decode(&formats[i], &progress, data,
						65540, &frame),
			       -SNT_ELIMIT, "longer than 65536 bytes");
	}
	test_free(data);
}

static void a_length_of_64_kib_is_accepted_and_no_more(void)
{
	static const struct {
		int kind;
		const char *most, *over;
		size_t size;
	} lengths[] = {
		{ SNT_FRAME_U32_BE, "\0\1\0\0", "\0\1\0\1", 4 },
		{ SNT_FRAME_U32_LE, "\0\0\1\0", "\1\0\1\0", 4 },
		{ SNT_FRAME_VARINT, "\x80\x80\x04", "\x81\x80\x04", 3 },
		{ SNT_FRAME_NETSTRING, "65536:", "65537:", 6 },
	};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		const struct snt_frame_format format = {
			.kind = lengths[i].kind
		};
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame frame;
		size_t size = lengths[i].size;

		assert_int_equal(snt_frame_decode(&format, &progress,
						  lengths[i].most, size,
						  &frame),
				 0);
		assert_in_range(progress.need, 65536 + size, 65537 + size);
		progress = (struct snt_frame_progress){ .need = 0 };
		assert_int_equal(snt_frame_decode(&format, &progress,
						  lengths[i].over, size,
						  &frame),
				 -SNT_ELIMIT);
	}
}

/* A byte at a time, for a frame of a megabyte: were each byte looked at anew
 * every time, this would take hours. */
static void bytes_that_come_singly_are_searched_once(void)
{
	static const struct snt_frame_format formats[] = {
		{ .kind = SNT_FRAME_LINES, .max = 1 << 20 },
		{ .kind = SNT_FRAME_DELIMITED,
		  .max = 1 << 20,
		  .delimiter = "--",
		  .delimiter_size = 2 },
	};
	size_t size = 1 << 20;
	char *data = test_malloc(size);

	memset(data, 'x', size);
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame frame;

		for (size_t have = 0; have <= size; have++)
			assert_int_equal(snt_frame_decode(&formats[i],
							  &progress, data, have,
							  &frame),
					 0);
	}
	test_free(data);
}

static void a_format_that_is_none_is_refused(void)
{
	/* clang-format off: a row is a line or two */
	static const struct {
		struct snt_frame_format format;
		const char *words;
	} none[] = {
		{ { .kind = -1 }, "-1 is no SNT_FRAME_ kind" },
		{ { .kind = 10 }, "10 is no SNT_FRAME_ kind" },
		{ { .kind = SNT_FRAME_DELIMITED }, ".delimiter is missing" },
		{ { .kind = SNT_FRAME_DELIMITED, .delimiter = "x" },
		  ".delimiter is missing" },
		{ { .kind = SNT_FRAME_DELIMITED, .delimiter_size = 1 },
		  ".delimiter is missing" },
		{ { .kind = SNT_FRAME_FIXED }, "a fixed size of 0" },
		{ { .kind = SNT_FRAME_FIXED, .size = SIZE_MAX },
		  "is not between 1 and" },
		{ { .kind = SNT_FRAME_FIXED, .size = 9, .max = 8 },
		  "the fixed size, 9, is above the maximum of 8" },
		{ { .kind = SNT_FRAME_LINES, .max = SIZE_MAX },
		  "a maximum of 18446744073709551615 is above" },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(none); i++) {
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame_ends ends;
		struct snt_frame frame;

		assert_refused(snt_frame_decode(&none[i].format, &progress, "x",
						1, &frame),
			       -EINVAL, none[i].words);
		assert_refused(
			snt_frame_enclose(&none[i].format, "x", 1, &ends),
			-EINVAL, none[i].words);
	}
}

/* A maximum that the length cannot reach is no mistake. */
static void the_width_of_a_length_is_a_maximum_too(void)
{
	const struct snt_frame_format format = { .kind = SNT_FRAME_U8,
						 .max = 1000 };
	struct snt_frame_progress progress = { .need = 0 };
	struct snt_frame_ends ends;
	struct snt_frame frame;
	char zeros[256] = "";

	assert_int_equal(
		snt_frame_decode(&format, &progress, "\xff", 1, &frame), 0);
	assert_int_equal(progress.need, 256);
	assert_int_equal(snt_frame_enclose(&format, zeros, 255, &ends), 0);
	assert_refused(snt_frame_enclose(&format, zeros, 256, &ends),
		       -SNT_ELIMIT,
		       "u8 frame: 256 bytes are above the maximum of 255");
}

static const struct test_case cases[] = {
	TEST(bytes_in_one_piece_are_decoded),
	TEST(bytes_that_come_singly_are_decoded_the_same),
	TEST(bytes_cut_at_random_are_decoded_the_same),
	TEST(frames_follow_each_other),
	TEST(the_maximum_is_64_kib_unless_said_otherwise),
	TEST(a_length_of_64_kib_is_accepted_and_no_more),
	TEST(bytes_that_come_singly_are_searched_once),
	TEST(a_format_that_is_none_is_refused),
	TEST(the_width_of_a_length_is_a_maximum_too),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
