/* SPDX-License-Identifier: MIT */
/* Both ends of a talk in frames, of every kind and of all sizes. */
#include "formats.h"

#include "../stream/streams.h"

#include <sennit/frame.h>

#define FRAMES 300
#define LARGEST 20000

static const struct snt_frame_format formats[] = {
	{ .kind = SNT_FRAME_LINES, .text = true },
	{ .kind = SNT_FRAME_LINES, .crlf = true },
	{ .kind = SNT_FRAME_DELIMITED,
	  .delimiter = "--end--",
	  .delimiter_size = 7 },
	{ .kind = SNT_FRAME_NETSTRING },
	{ .kind = SNT_FRAME_U8 },
	{ .kind = SNT_FRAME_U16_BE },
	{ .kind = SNT_FRAME_U16_LE },
	{ .kind = SNT_FRAME_U32_BE },
	{ .kind = SNT_FRAME_U32_LE, .text = true },
	{ .kind = SNT_FRAME_VARINT },
	{ .kind = SNT_FRAME_FIXED, .size = 1234 },
};

/* The i-th frame of the talk: the same at both ends. */
static size_t make(size_t i, char *payload)
{
	const struct snt_frame_format *format = &formats[i % COUNT(formats)];
	size_t size = i % 7 == 0 ? 0 : (i * 2654435761u) % LARGEST;

	if (i % 3 == 0)
		size %= 50;
	if (format->kind == SNT_FRAME_U8)
		size %= 256;
	if (format->kind == SNT_FRAME_FIXED)
		size = format->size;
	for (size_t at = 0; at < size; at++) {
		payload[at] = (char)pattern(at + i);
		if (format->kind <= SNT_FRAME_DELIMITED || format->text)
			payload[at] = (char)(' ' + (payload[at] & 0x3f));
	}
	return size;
}

/* Small and large ones, buffered and not, raw bytes among them. */
static int send_talk(void *arg)
{
	struct snt_stream *stream = arg;
	char *payload = test_malloc(LARGEST);

	for (size_t i = 0; i < FRAMES; i++) {
		const struct snt_frame_format *format =
			&formats[i % COUNT(formats)];
		size_t size = make(i, payload);

		if (i % 5 == 0)
			OK(snt_write(stream, "raw", 3));
		if (i % 4 == 0)
			OK(snt_send_frame(stream, format, payload, size));
		else
			OK(snt_write_frame(stream, format, payload, size));
	}
	OK(snt_flush(stream));
	OK(snt_shutdown(snt_stream_socket(stream), SHUT_WR));
	test_free(payload);
	return 0;
}

static int receive_talk(void *arg)
{
	struct snt_stream *stream = arg;
	char *payload = test_malloc(LARGEST), raw[3];
	struct snt_frame frame;

	for (size_t i = 0; i < FRAMES; i++) {
		const struct snt_frame_format *format =
			&formats[i % COUNT(formats)];
		size_t size = make(i, payload);

		if (i % 5 == 0) {
			assert_int_equal(OK(snt_read_exact(stream, raw, 3)), 3);
			assert_memory_equal(raw, "raw", 3);
		}
		assert_int_equal(OK(snt_recv_frame(stream, format, &frame)), 1);
		assert_int_equal(frame.size, size);
		assert_memory_equal(frame.data, payload, size);
		assert_int_equal(frame.data[size], '\0');
	}
	assert_int_equal(OK(snt_recv_frame(stream, &formats[0], &frame)), 0);
	test_free(payload);
	return 0;
}

/* In both directions at once, over streams of small and of usual buffers. */
static void what_is_sent_in_frames_is_received_in_the_same(void)
{
	static const size_t limits[][2] = { { 0, 0 }, { 10, 10 } };

	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct both both = both_on(text, limits[i][0], limits[i][1]);
		struct snt_group *group = group_open();
		struct snt_stream *theirs;

		OK(snt_makefile(&theirs, both.peer, NULL));
		spawn(group, send_talk, both.stream);
		spawn(group, receive_talk, both.stream);
		spawn(group, send_talk, theirs);
		spawn(group, receive_talk, theirs);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_stream_close(theirs);
		close_both(&both);
	}
}

static void a_pipe_carries_frames(void)
{
	struct snt_stream *in, *out;
	struct snt_socket *from, *to;
	struct snt_group *group = group_open();
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_frame frame;
	int ends[2];

	raw_pipe(ends);
	OK(snt_fromfd(&from, ends[0]));
	OK(snt_fromfd(&to, ends[1]));
	raw_close(ends[0]);
	raw_close(ends[1]);
	OK(snt_makefile(&in, from, &opts));
	OK(snt_makefile(&out, to, &opts));
	OK(snt_send_frame(out, &formats[3], "hello", 5));
	OK(snt_write_frame(out, &formats[7], "half", 4));
	snt_stream_close(out);
	assert_int_equal(OK(snt_recv_frame(in, &formats[3], &frame)), 1);
	assert_string_equal(frame.data, "hello");
	assert_int_equal(OK(snt_recv_frame(in, &formats[7], &frame)), 1);
	assert_string_equal(frame.data, "half");
	assert_int_equal(OK(snt_recv_frame(in, &formats[7], &frame)), 0);
	snt_stream_close(in);
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST_SLOW(what_is_sent_in_frames_is_received_in_the_same, 120),
	TEST(a_pipe_carries_frames),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
