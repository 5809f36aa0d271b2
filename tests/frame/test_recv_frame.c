/* SPDX-License-Identifier: MIT */
/* Frames out of a stream: whole however they were cut, and nothing lost where
 * there is none. */
#include "decoded.h"

#include "../stream/streams.h"

#include <sennit/text.h>

static const struct snt_frame_format lines = { .max = 1000 };

/* What can be read until the end is those bytes, in some pieces. */
static void assert_remains(struct snt_stream *stream, const char *bytes,
			   size_t size)
{
	char got[64];
	size_t have = 0;
	ptrdiff_t n;

	while ((n = OK(snt_read(stream, got + have, sizeof got - have))) > 0)
		have += (size_t)n;
	assert_int_equal(have, size);
	assert_memory_equal(got, bytes, size);
}

static void assert_frame(const struct snt_frame *frame, const char *payload,
			 size_t size)
{
	assert_int_equal(frame->size, size);
	assert_memory_equal(frame->data, payload, size);
	assert_int_equal(frame->data[size], '\0');
}

/* What the decoder says to the row's bytes, a stream says too, of its peer; and
 * all that it did not take can still be read. */
static void must_receive(const struct row *row, struct snt_stream *stream)
{
	struct snt_frame frame = { .size = 0 };
	int n = snt_recv_frame(stream, &row->format, &frame);

	print_message("%s\n", row->name);
	if (row->result > 0) {
		assert_int_equal(OK(n), 1);
		assert_frame(&frame, row->payload, row->payload_size);
		assert_remains(stream, row->data + row->result,
			       row->size - (size_t)row->result);
		return;
	}
	assert_null(frame.data);
	FAILS(n, row->result == 0 ? -SNT_EEND : row->result);
	TELLS("recv_frame from ");
	TELLS(row->result == 0 ? "stream ended inside" : row->payload);
	assert_remains(stream, row->data, row->size);
}

static void frames_are_received(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct both both = both_on(text, 0, 0);

		OK(snt_sendall(both.peer, rows[i].data, rows[i].size));
		OK(snt_shutdown(both.peer, SHUT_WR));
		must_receive(&rows[i], both.stream);
		close_both(&both);
	}
}

/* Of a stream that lets nobody have more than a byte at once. */
static void a_limit_of_the_stream_changes_no_frame(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct both both = both_on("127.0.0.1:0", 1, 0);

		OK(snt_sendall(both.peer, rows[i].data, rows[i].size));
		OK(snt_shutdown(both.peer, SHUT_WR));
		must_receive(&rows[i], both.stream);
		close_both(&both);
	}
}

static int send_singly(void *arg)
{
	const struct sending *sending = arg;

	for (size_t i = 0; i < sending->size; i++) {
		OK(snt_sendall(sending->socket, sending->bytes + i, 1));
		/* Nobody may mind that it is not read: it was refused. */
		OK(snt_yield());
		OK(snt_yield());
	}
	OK(snt_shutdown(sending->socket, SHUT_WR));
	return 0;
}

static void frames_that_come_in_single_bytes_are_received_the_same(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct both both = both_on(text, 0, 0);
		struct sending sending = { both.peer,
					   (const unsigned char *)rows[i].data,
					   rows[i].size };
		struct snt_group *group = group_open();

		spawn(group, send_singly, &sending);
		must_receive(&rows[i], both.stream);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
}

static void many_frames_in_one_segment_come_one_by_one(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_frame frame;

		peer_ends(&both, "one\ntwo\r\n\nthree\n");
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_frame(&frame, "one", 3);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_frame(&frame, "two", 3);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_frame(&frame, "", 0);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_frame(&frame, "three", 5);
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				OK(snt_recv_frame(both.stream, &lines, &frame)),
				0);
		close_both(&both);
	}
}

static void the_end_between_frames_is_zero_and_leaves_the_frame_alone(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_frame frame = { .size = 99 };

	peer_ends(&both, "");
	assert_int_equal(OK(snt_recv_frame(both.stream, &lines, &frame)), 0);
	assert_int_equal(frame.size, 99);
	assert_int_equal(held(both.stream), 0);
	close_both(&both);
}

/* The verb is a line, its body has a length, then come lines again. */
static void formats_and_raw_bytes_take_turns(void)
{
	static const char all[] = "PUT 5\r\nhello7:netstri,\0\0\0\2ab~!raw"
				  "line\nend;";
	static const struct snt_frame_format netstrings = {
		.kind = SNT_FRAME_NETSTRING
	};
	static const struct snt_frame_format counted = {
		.kind = SNT_FRAME_U32_BE
	};
	static const struct snt_frame_format to_semicolon = DELIMITED(";");

	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_stream *stream = both.stream;
		struct snt_frame frame;
		char body[8], *line;

		OK(snt_sendall(both.peer, all, sizeof all - 1));
		assert_int_equal(OK(snt_recv_frame(stream, &lines, &frame)), 1);
		assert_frame(&frame, "PUT 5", 5);
		assert_int_equal(OK(snt_read_exact(stream, body, 5)), 5);
		assert_memory_equal(body, "hello", 5);
		assert_int_equal(
			OK(snt_recv_frame(stream, &netstrings, &frame)), 1);
		assert_frame(&frame, "netstri", 7);
		assert_int_equal(OK(snt_recv_frame(stream, &counted, &frame)),
				 1);
		assert_frame(&frame, "ab", 2);
		assert_int_equal(OK(snt_read_exact(stream, body, 5)), 5);
		assert_memory_equal(body, "~!raw", 5);
		assert_int_equal(OK(snt_readline(stream, &line)), 5);
		assert_string_equal(line, "line\n");
		assert_int_equal(
			OK(snt_recv_frame(stream, &to_semicolon, &frame)), 1);
		assert_frame(&frame, "end", 3);
		close_both(&both);
	}
}

/* What is refused as one format is read as another. */
static void after_a_refusal_the_bytes_can_be_something_else(void)
{
	static const struct snt_frame_format netstrings = {
		.kind = SNT_FRAME_NETSTRING
	};
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_frame frame;

	peer_says(&both, "hello\n");
	FAILS(snt_recv_frame(both.stream, &netstrings, &frame), -EBADMSG);
	TELLS("recv_frame from 127.0.0.1:");
	TELLS(": netstring: at offset 0: 0x68 where a digit belongs");
	FAILS(snt_recv_frame(both.stream, &netstrings, &frame), -EBADMSG);
	assert_int_equal(OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
	assert_frame(&frame, "hello", 5);
	close_both(&both);
}

static void a_format_that_is_none_takes_nothing(void)
{
	static const struct snt_frame_format none = { .kind = 99 };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_frame frame;

	peer_ends(&both, "hello\n");
	FAILS(snt_recv_frame(both.stream, &none, &frame), -EINVAL);
	TELLS("99 is no SNT_FRAME_ kind");
	assert_remains(both.stream, "hello\n", 6);
	close_both(&both);
}

/* The peer waits for an answer to what can be told of already. */
static void what_is_wrong_is_told_at_once(void)
{
	static const struct row early[] = {
		{ "a long length", U32_BE, BYTES("\0\0\0\x09"), -SNT_ELIMIT,
		  BYTES("its length of 9 bytes") },
		{ "a long line", LINES, BYTES("123456789"), -SNT_ELIMIT,
		  BYTES("longer than 8 bytes") },
		{ "a letter", NETSTRING, BYTES("1x"), -EBADMSG,
		  BYTES("at offset 1: 0x78 where ':' belongs") },
	};

	for (size_t i = 0; i < COUNT(early); i++) {
		struct both both = both_on("127.0.0.1:0", 0, 0);
		struct snt_frame frame;

		OK(snt_sendall(both.peer, early[i].data, early[i].size));
		FAILS(snt_recv_frame(both.stream, &early[i].format, &frame),
		      early[i].result);
		TELLS(early[i].payload);
		close_both(&both);
	}
}

static const struct test_case cases[] = {
	TEST(frames_are_received),
	TEST(a_limit_of_the_stream_changes_no_frame),
	TEST_SLOW(frames_that_come_in_single_bytes_are_received_the_same, 60),
	TEST(many_frames_in_one_segment_come_one_by_one),
	TEST(the_end_between_frames_is_zero_and_leaves_the_frame_alone),
	TEST(formats_and_raw_bytes_take_turns),
	TEST(after_a_refusal_the_bytes_can_be_something_else),
	TEST(a_format_that_is_none_takes_nothing),
	TEST(what_is_wrong_is_told_at_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
