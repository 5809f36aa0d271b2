/* SPDX-License-Identifier: MIT */
/*
 * What must hold of a frame format whatever bytes come: it accepts exactly what
 * its encoder writes, in one spelling (a line has two ends), and answers the
 * same however they are cut. On the heap, where a byte read beyond is seen.
 */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include "checks.h"

#include <sennit/frame.h>
#include <sennit/text.h>

static bool is_utf8(const void *data, size_t size)
{
	struct snt_utf8 check = { .offset = 0 };

	return snt_utf8_feed(&check, data, size) == 0 &&
	       snt_utf8_end(&check) == 0;
}

/* In one piece, which ends where its memory does. */
static ptrdiff_t decode_whole(const struct snt_frame_format *format,
			      const uint8_t *data, size_t size,
			      struct snt_frame *frame)
{
	struct snt_frame_progress progress = { .need = 0 };
	char *copy = copy_of(data, size);
	ptrdiff_t n = snt_frame_decode(format, &progress, copy, size, frame);

	if (n < 0) {
		CHECK(n == -SNT_ELIMIT || n == -EBADMSG || n == -EILSEQ);
		check_message();
	} else if (n > 0) {
		CHECK((size_t)n <= size && frame->data >= copy);
		CHECK(frame->data + frame->size <= copy + n);
		/* The same place in the caller's bytes. */
		frame->data = (const char *)data + (frame->data - copy);
	} else {
		CHECK(progress.need > size);
	}
	free(copy);
	return n;
}

/* Byte by byte, or with pieces as long as the bytes say. */
static void decode_cut(const struct snt_frame_format *format,
		       const uint8_t *data, size_t size, bool singly,
		       ptrdiff_t expected)
{
	struct snt_frame_progress progress = { .need = 0 };
	size_t have = 0, need = 0;
	ptrdiff_t n = 0;

	while (n == 0) {
		size_t piece = singly || have == size ? 1 : 1 + data[have] % 16;
		struct snt_frame frame = { .size = 0 };

		n = snt_frame_decode(format, &progress, data, have, &frame);
		CHECK(n == 0 || have >= need);
		need = progress.need;
		if (n < 0)
			CHECK(frame.data == NULL);
		if (n != 0 || have == size)
			break;
		have = piece < size - have ? have + piece : size;
	}
	CHECK(n == expected);
}

/* What was accepted is what the encoder writes. */
static void check_spelling(const struct snt_frame_format *format,
			   const uint8_t *data, ptrdiff_t n,
			   const struct snt_frame *frame)
{
	struct snt_frame_format spelling = *format;
	char *bytes = malloc((size_t)n);

	CHECK(bytes != NULL);
	spelling.crlf = n > 1 && data[n - 2] == '\r';
	CHECK(snt_frame_encode(&spelling, frame->data, frame->size, bytes,
			       (size_t)n) == n);
	CHECK(memcmp(bytes, data, (size_t)n) == 0);
	if (format->text)
		CHECK(is_utf8(frame->data, frame->size));
	free(bytes);
}

/* What the encoder writes is accepted, whatever follows it. */
static void check_payload(const struct snt_frame_format *format,
			  const uint8_t *data, size_t size)
{
	size_t half = size / 2, capacity = size + 64;
	char *payload = copy_of(data, half), *bytes = malloc(capacity);
	struct snt_frame frame;
	ptrdiff_t n;

	CHECK(bytes != NULL);
	n = snt_frame_encode(format, payload, half, bytes, capacity);
	if (n < 0) {
		CHECK(n == -EINVAL || n == -EILSEQ || n == -SNT_ELIMIT);
		check_message();
	} else {
		memcpy(bytes + n, data + half,
		       capacity - (size_t)n < size - half ? capacity - (size_t)n
							  : size - half);
		CHECK(decode_whole(format, (uint8_t *)bytes, capacity,
				   &frame) == n);
		CHECK(frame.size == half);
		CHECK(half == 0 || memcmp(frame.data, payload, half) == 0);
	}
	free(payload);
	free(bytes);
}

static void check_frames(const struct snt_frame_format *format,
			 const uint8_t *data, size_t size)
{
	size_t from = 0;
	ptrdiff_t n;

	do {
		struct snt_frame frame = { .size = 0 };

		n = decode_whole(format, data + from, size - from, &frame);
		decode_cut(format, data + from, size - from, true, n);
		decode_cut(format, data + from, size - from, false, n);
		if (n > 0) {
			check_spelling(format, data + from, n, &frame);
			from += (size_t)n;
		}
	} while (n > 0 && from < size);
	check_payload(format, data, size);
}

#endif
