/* SPDX-License-Identifier: MIT */
/* Receiving frames that take their time, or much room. */
#include "formats.h"

#include "../stream/streams.h"

#include <sennit/frame.h>

static const struct snt_frame_format lines = { .max = 1000 };
static const struct snt_frame_format counted = { .kind = SNT_FRAME_U32_BE,
						 .max = 1 << 30 };

static void assert_is(const struct snt_frame *frame, const char *text)
{
	assert_int_equal(frame->size, strlen(text));
	assert_string_equal(frame->data, text);
}

struct receiving {
	struct snt_stream *stream;
	int result;
	struct snt_frame frame;
};

static int receive(void *arg)
{
	struct receiving *receiving = arg;

	receiving->result =
		snt_recv_frame(receiving->stream, &lines, &receiving->frame);
	return 0;
}

/* Runs the other fibers until one has those bytes of its frame. */
static void let_them_have(const struct snt_stream *stream, size_t count)
{
	while (snt__stream_count(stream) < count)
		OK(snt_sleep(SNT_MILLISECOND));
	let_them_wait();
}

static void a_frame_that_does_not_come_in_time_loses_nothing(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_frame frame;

		peer_says(&both, "hel");
		{
			snt_timeout_scope(limit, MILLISECONDS(20));
			FAILS(snt_recv_frame(both.stream, &lines, &frame),
			      -ETIMEDOUT);
			TELLS("recv_frame from ");
		}
		peer_says(&both, "lo\n");
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_is(&frame, "hello");
		close_both(&both);
	}
}

static void a_handle_that_never_waits_gets_its_frame_by_and_by(void)
{
	static const char all[] = "hello\nyou\n";

	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_frame frame;
		size_t frames = 0;

		snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
		for (size_t i = 0; i < sizeof all - 1; i++) {
			char byte[2] = { all[i], '\0' };

			peer_says(&both, byte);
			if (all[i] != '\n') {
				FAILS(snt_recv_frame(both.stream, &lines,
						     &frame),
				      -EAGAIN);
				continue;
			}
			assert_int_equal(
				OK(snt_recv_frame(both.stream, &lines, &frame)),
				1);
			assert_is(&frame, frames++ == 0 ? "hello" : "you");
		}
		close_both(&both);
	}
}

static void a_cancelled_fiber_leaves_its_half_frame_to_others(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct receiving receiving = { .stream = both.stream };
		struct snt_group *group = group_open();
		struct snt_frame frame;

		spawn(group, receive, &receiving);
		OK(snt_sendall(both.peer, "hel", 3));
		let_them_have(both.stream, 3);
		snt_group_cancel(group);
		OK(snt_group_end(group));
		assert_int_equal(receiving.result, -ECANCELED);
		assert_null(receiving.frame.data);
		OK(snt_sendall(both.peer, "lo\n", 3));
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
		assert_is(&frame, "hello");
		close_both(&both);
	}
}

static void a_second_receiver_is_turned_away(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct receiving receiving = { .stream = both.stream };
	struct snt_group *group = group_open();
	struct snt_frame frame;

	spawn(group, receive, &receiving);
	let_them_wait();
	FAILS(snt_recv_frame(both.stream, &lines, &frame), -EBUSY);
	OK(snt_sendall(both.peer, "hello\n", 6));
	OK(snt_group_wait(group));
	assert_int_equal(receiving.result, 1);
	assert_is(&receiving.frame, "hello");
	OK(snt_group_end(group));
	close_both(&both);
}

static void a_stream_that_is_closed_wakes_its_receiver(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct receiving receiving = { .stream = both.stream };
		struct snt_group *group = group_open();

		spawn(group, receive, &receiving);
		OK(snt_sendall(both.peer, "hel", 3));
		let_them_have(both.stream, 3);
		snt_stream_close(both.stream);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		assert_int_equal(receiving.result, -EBADF);
		snt_close(both.peer);
	}
}

static void a_reset_is_told_and_what_came_before_it_is_kept(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_frame frame;
	char got[4];

	peer_says(&both, "hel");
	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	FAILS(snt_recv_frame(both.stream, &lines, &frame), -EAGAIN);
	snt_settimeout(snt_stream_socket(both.stream), 0);
	snt_abort(both.peer);
	FAILS(snt_recv_frame(both.stream, &lines, &frame), -ECONNRESET);
	assert_int_equal(OK(snt_read(both.stream, got, 4)), 3);
	assert_memory_equal(got, "hel", 3);
	snt_stream_close(both.stream);
}

/* What a large frame took is given back by the next read. */
static void a_frame_may_be_larger_than_the_streams_limit(void)
{
	const size_t size = 300000;
	unsigned char *bytes = pattern_bytes(size + 6);

	bytes[0] = 0;
	bytes[1] = (unsigned char)(size >> 16);
	bytes[2] = (unsigned char)(size >> 8 & 0xff);
	bytes[3] = (unsigned char)(size & 0xff);
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 5000, 0);
		struct sending sending = { both.peer, bytes, size + 6 };
		struct snt_group *group = group_open();
		struct snt_frame frame;
		char rest[2];

		spawn(group, send_all_and_end, &sending);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &counted, &frame)), 1);
		assert_int_equal(frame.size, size);
		assert_pattern((const unsigned char *)frame.data, size, 4);
		assert_true(held(both.stream) < 2 * size);
		/* Its NUL may stand where the next byte does. */
		assert_int_equal(OK(snt_read_exact(both.stream, rest, 2)), 2);
		assert_pattern((unsigned char *)rest, 2, size + 4);
		assert_int_equal(OK(snt_read(both.stream, rest, 2)), 0);
		assert_true(held(both.stream) <= 5000);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
	test_free(bytes);
}

static int send_a_line(void *arg)
{
	static char zs[100000];

	memset(zs, 'z', sizeof zs);
	for (int i = 0; i < 5; i++)
		OK(snt_sendall(arg, zs, sizeof zs));
	OK(snt_sendall(arg, "\nnext\n", 6));
	return 0;
}

static void a_line_may_be_larger_than_the_streams_limit(void)
{
	const struct snt_frame_format long_lines = { .max = 500000 };

	EACH_STREAM(text)
	{
		struct both both = both_on(text, 5000, 0);
		struct snt_group *group = group_open();
		struct snt_frame frame;

		spawn(group, send_a_line, both.peer);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &long_lines, &frame)),
			1);
		assert_int_equal(frame.size, 500000);
		assert_int_equal(strspn(frame.data, "z"), 500000);
		assert_int_equal(
			OK(snt_recv_frame(both.stream, &long_lines, &frame)),
			1);
		assert_is(&frame, "next");
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
}

/* A gigabyte is promised, and less than the stream's limit comes. */
static void a_length_that_lies_takes_no_memory(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 5000, 0);
		struct snt_frame frame;
		char got[16];

		OK(snt_sendall(both.peer, "\x40\0\0\0hello", 9));
		OK(snt_shutdown(both.peer, SHUT_WR));
		FAILS(snt_recv_frame(both.stream, &counted, &frame), -SNT_EEND);
		assert_true(held(both.stream) <= 5000);
		assert_int_equal(OK(snt_read(both.stream, got, 16)), 9);
		assert_memory_equal(got, "\x40\0\0\0hello", 9);
		close_both(&both);
	}
}

/* Between two frames no buffer is held, though one was for the last. */
static void an_idle_receiver_holds_no_buffer(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct receiving receiving = { .stream = both.stream };
	struct snt_group *group = group_open();
	struct snt_frame frame;

	peer_says(&both, "one\n");
	assert_int_equal(OK(snt_recv_frame(both.stream, &lines, &frame)), 1);
	spawn(group, receive, &receiving);
	let_them_wait();
	assert_int_equal(held(both.stream), 0);
	OK(snt_sendall(both.peer, "two\n", 4));
	OK(snt_group_wait(group));
	assert_is(&receiving.frame, "two");
	OK(snt_group_end(group));
	close_both(&both);
}

/* Were it received byte by byte, one more would be all that comes. */
static void a_long_line_is_received_in_large_pieces(void)
{
	const size_t size = 100000;
	unsigned char *bytes = pattern_bytes(size);
	struct both both = both_on(exact_kind(), 1 << 20, 0);
	int64_t deadline = 0;

	OK(snt_sendall(both.peer, bytes, size));
	for (size_t have = 0; have < size - 1000;) {
		ptrdiff_t n =
			snt__stream_fill(both.stream, have + 1, &deadline);

		assert_true(n >= (ptrdiff_t)have + 1000);
		have = (size_t)n;
	}
	close_both(&both);
	test_free(bytes);
}

static const struct test_case cases[] = {
	TEST(a_frame_that_does_not_come_in_time_loses_nothing),
	TEST(a_handle_that_never_waits_gets_its_frame_by_and_by),
	TEST(a_cancelled_fiber_leaves_its_half_frame_to_others),
	TEST(a_second_receiver_is_turned_away),
	TEST(a_stream_that_is_closed_wakes_its_receiver),
	TEST(a_reset_is_told_and_what_came_before_it_is_kept),
	TEST(a_frame_may_be_larger_than_the_streams_limit),
	TEST(a_line_may_be_larger_than_the_streams_limit),
	TEST(a_length_that_lies_takes_no_memory),
	TEST(an_idle_receiver_holds_no_buffer),
	TEST(a_long_line_is_received_in_large_pieces),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
