/* SPDX-License-Identifier: MIT */
/* Payloads as frames: what is sent, what is refused, and that a decoder of the
 * same format gives back what an encoder took. */
#include "encoded.h"

static void payloads_are_encoded(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct guard in = guard_open(row->size);
		struct guard out = guard_open(64);
		char *at = guard_end(&out, row->bytes, row->bytes_size);
		ptrdiff_t n;

		print_message("%s\n", row->name);
		memset(at, '#', row->bytes_size);
		n = snt_frame_encode(&row->format,
				     guard_end(&in, row->payload, row->size),
				     row->size, at, row->bytes_size);
		if (row->result < 0) {
			assert_refused(n, row->result, row->bytes);
		} else {
			assert_int_equal(n, row->result);
			assert_int_equal(n, row->bytes_size);
			assert_memory_equal(at, row->bytes, (size_t)n);
		}
		guard_close(&in);
		guard_close(&out);
	}
}

static void a_buffer_that_is_too_small_stays_as_it_was(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char buffer[32], before[32];

		if (rows[i].result < 0)
			continue;
		memset(buffer, '#', sizeof buffer);
		memset(before, '#', sizeof before);
		assert_refused(snt_frame_encode(&rows[i].format,
						rows[i].payload, rows[i].size,
						buffer, rows[i].bytes_size - 1),
			       -EMSGSIZE, "bytes, and the buffer has");
		assert_memory_equal(buffer, before, sizeof buffer);
	}
}

static void header_and_trailer_are_had_without_a_copy(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_frame_ends ends;
		char all[64];
		size_t size = 0;

		if (rows[i].result < 0)
			continue;
		assert_int_equal(snt_frame_enclose(&rows[i].format,
						   rows[i].payload,
						   rows[i].size, &ends),
				 0);
		memcpy(all, ends.header, ends.header_size);
		size += ends.header_size;
		memcpy(all + size, rows[i].payload, rows[i].size);
		size += rows[i].size;
		memcpy(all + size, ends.trailer, ends.trailer_size);
		size += ends.trailer_size;
		assert_int_equal(size, rows[i].bytes_size);
		assert_memory_equal(all, rows[i].bytes, size);
	}
}

static void a_refusal_leaves_the_ends_alone(void)
{
	const struct snt_frame_format format = LINES;
	struct snt_frame_ends ends, before;

	memset(&ends, '#', sizeof ends);
	before = ends;
	assert_int_equal(snt_frame_enclose(&format, "a\n", 2, &ends), -EINVAL);
	assert_memory_equal(&ends, &before, sizeof ends);
}

static void a_payload_may_lie_in_the_buffer_already(void)
{
	const struct snt_frame_format format = NETSTRING;
	char buffer[16] = "hello";

	assert_int_equal(snt_frame_encode(&format, buffer, 5, buffer, 16), 8);
	assert_memory_equal(buffer, "5:hello,", 8);
}

/* Every width of a length, and its neighbours. */
static void lengths_of_every_width_come_back(void)
{
	static const int kinds[] = { SNT_FRAME_NETSTRING, SNT_FRAME_U32_BE,
				     SNT_FRAME_U32_LE,    SNT_FRAME_VARINT,
				     SNT_FRAME_U16_BE,    SNT_FRAME_U16_LE,
				     SNT_FRAME_U8 };
	static const size_t sizes[] = {
		0,     1,      9,       10,      99,      100,     127,   128,
		255,   256,    999,     1000,    16383,   16384,   65535, 65536,
		99999, 100000, 2097151, 2097152, 9999999, 10000000
	};
	const size_t most = 10000000;
	char *payload = test_calloc(1, most);
	char *bytes = test_malloc(most + 32);

	for (size_t k = 0; k < COUNT(kinds); k++)
		for (size_t s = 0; s < COUNT(sizes); s++) {
			const struct snt_frame_format format = {
				.kind = kinds[k], .max = most
			};
			struct snt_frame_progress progress = { .need = 0 };
			struct snt_frame frame;
			ptrdiff_t n = snt_frame_encode(
				&format, payload, sizes[s], bytes, most + 32);

			if (n == -SNT_ELIMIT && kinds[k] == SNT_FRAME_U8 &&
			    sizes[s] > 255)
				continue;
			if (n == -SNT_ELIMIT && sizes[s] > 65535 &&
			    (kinds[k] == SNT_FRAME_U16_BE ||
			     kinds[k] == SNT_FRAME_U16_LE))
				continue;
			assert_true(n > 0);
			assert_int_equal(snt_frame_decode(&format, &progress,
							  bytes, most + 32,
							  &frame),
					 n);
			assert_int_equal(frame.size, sizes[s]);
		}
	test_free(payload);
	test_free(bytes);
}

/* Of few different bytes, among which are those that mean something, so that
 * every mixture of them occurs. What follows a frame must not change it. */
static void what_is_accepted_comes_back_whatever_follows_it(void)
{
	static const struct snt_frame_format formats[] = { LINES,
							   CRLF_LINES,
							   TEXT_LINES,
							   NETSTRING,
							   U8,
							   VARINT,
							   FIXED,
							   DELIMITED("-"),
							   DELIMITED("--"),
							   DELIMITED("-\n-"),
							   DELIMITED("\r\n"),
							   DELIMITED(
								   "-\r-\n") };
	static const char alphabet[] = { '-', '\r', '\n', 'x', ',', '1' };
	size_t accepted = 0;

	for (int round = 0; round < 200000; round++) {
		const struct snt_frame_format *format =
			&formats[draw(COUNT(formats))];
		struct snt_frame_progress progress = { .need = 0 };
		struct snt_frame frame;
		char payload[9], bytes[64];
		size_t size = draw(9);
		ptrdiff_t n;

		for (size_t i = 0; i < size; i++)
			payload[i] = alphabet[draw(COUNT(alphabet))];
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = alphabet[draw(COUNT(alphabet))];
		n = snt_frame_encode(format, payload, size, bytes,
				     sizeof bytes);
		if (n < 0)
			continue;
		accepted++;
		assert_int_equal(snt_frame_decode(format, &progress, bytes,
						  sizeof bytes, &frame),
				 n);
		assert_int_equal(frame.size, size);
		assert_memory_equal(frame.data, payload, size);
	}
	assert_true(accepted > 50000);
}

static const struct test_case cases[] = {
	TEST(payloads_are_encoded),
	TEST(a_buffer_that_is_too_small_stays_as_it_was),
	TEST(header_and_trailer_are_had_without_a_copy),
	TEST(a_refusal_leaves_the_ends_alone),
	TEST(a_payload_may_lie_in_the_buffer_already),
	TEST(lengths_of_every_width_come_back),
	TEST(what_is_accepted_comes_back_whatever_follows_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
