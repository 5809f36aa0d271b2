/* SPDX-License-Identifier: MIT */
/* Frames into a stream: what is sent of them, when, and what is not. */
#include "encoded.h"

#include "../stream/streams.h"

static const struct snt_frame_format lines = { .max = 100000 };
static const struct snt_frame_format netstrings = {
	.kind = SNT_FRAME_NETSTRING,
	.max = 1 << 20,
};

static void assert_sent(const struct both *both, const char *bytes, size_t size)
{
	char got[64];

	assert_true(size <= sizeof got);
	assert_int_equal(OK(snt_recv_exact(both->peer, got, size)), size);
	assert_memory_equal(got, bytes, size);
}

static void assert_nothing_sent(const struct both *both)
{
	char byte;

	snt_settimeout(both->peer, SNT_NOWAIT);
	FAILS(snt_recv(both->peer, &byte, 1), -EAGAIN);
	snt_settimeout(both->peer, 0);
}

static void frames_are_sent_or_refused_in_the_encoders_words(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct both both = both_on(text, 0, 0);
		int code = snt_send_frame(both.stream, &row->format,
					  row->payload, row->size);

		print_message("%s\n", row->name);
		if (row->result < 0) {
			FAILS(code, row->result);
			assert_int_equal(snt_done(), 0);
			TELLS("send_frame to ");
			TELLS(row->bytes);
			OK(snt_flush(both.stream));
		} else {
			assert_int_equal(OK(code), 0);
			assert_sent(&both, row->bytes, row->bytes_size);
		}
		assert_int_equal(held(both.stream), 0);
		assert_nothing_sent(&both);
		close_both(&both);
	}
}

static void a_written_frame_waits_for_flush(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		OK(snt_write_frame(both.stream, &lines, "one", 3));
		OK(snt_write_frame(both.stream, &netstrings, "two", 3));
		assert_nothing_sent(&both);
		OK(snt_flush(both.stream));
		assert_sent(&both, "one\n3:two,", 10);
		close_both(&both);
	}
}

static void a_sent_frame_takes_along_what_was_written(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);

	OK(snt_write(both.stream, "raw ", 4));
	OK(snt_write_frame(both.stream, &netstrings, "one", 3));
	OK(snt_printf(both.stream, "%s ", "text"));
	assert_nothing_sent(&both);
	OK(snt_send_frame(both.stream, &lines, "two", 3));
	assert_sent(&both, "raw 3:one,text two\n", 19);
	OK(snt_write(both.stream, "more", 4));
	OK(snt_flush(both.stream));
	assert_sent(&both, "more", 4);
	close_both(&both);
}

/* One that does not fit with what is there goes into the next buffer whole. */
static void frames_that_fit_are_not_cut(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 8);

	OK(snt_write_frame(both.stream, &lines, "123456", 6));
	assert_nothing_sent(&both);
	OK(snt_write_frame(both.stream, &lines, "", 0));
	assert_nothing_sent(&both);
	OK(snt_write_frame(both.stream, &lines, "1234567", 7));
	assert_sent(&both, "123456\n\n", 8);
	assert_nothing_sent(&both);
	OK(snt_write_frame(both.stream, &lines, "x", 1));
	assert_sent(&both, "1234567\n", 8);
	assert_nothing_sent(&both);
	close_both(&both);
}

struct large {
	struct snt_stream *stream;
	unsigned char *bytes;
	size_t size;
};

static int send_large(void *arg)
{
	const struct large *large = arg;

	OK(snt_write(large->stream, "before", 6));
	OK(snt_send_frame(large->stream, &netstrings, large->bytes,
			  large->size));
	return 0;
}

static void a_frame_larger_than_the_buffer_is_sent(void)
{
	static const size_t sizes[] = { 8, 9, 100, 9000, 300000 };

	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct both both = both_on(text, 0, 8);
		struct large large = { both.stream, pattern_bytes(sizes[i]),
				       sizes[i] };
		struct snt_group *group = group_open();
		unsigned char *got = test_malloc(sizes[i] + 1);
		char header[16];
		size_t length = (size_t)snprintf(header, sizeof header,
						 "%zu:", sizes[i]);

		spawn(group, send_large, &large);
		assert_sent(&both, "before", 6);
		assert_sent(&both, header, length);
		OK(snt_recv_exact(both.peer, got, sizes[i] + 1));
		assert_pattern(got, sizes[i], 0);
		assert_int_equal(got[sizes[i]], ',');
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		assert_nothing_sent(&both);
		test_free(large.bytes);
		test_free(got);
		close_both(&both);
	}
}

/* Behind the zeros of fill, the peer gets that many frames, each whole, and
 * then the end. */
static void must_end_in_whole_frames(struct both *both, size_t frames,
				     const char *payload)
{
	struct snt_stream *theirs;
	struct snt_frame frame;
	size_t count = 0, zeros = 1;
	char *data;

	OK(snt_makefile(&theirs, both->peer, NULL));
	while (zeros > 0) {
		size_t n = (size_t)OK(snt_stream_peek(theirs, 1, &data));

		for (zeros = 0; zeros < n && data[zeros] == '\0'; zeros++)
			continue;
		data = test_malloc(zeros + 1);
		assert_int_equal(OK(snt_read_exact(theirs, data, zeros)),
				 zeros);
		test_free(data);
	}
	while (OK(snt_recv_frame(theirs, &lines, &frame)) == 1) {
		assert_string_equal(frame.data, payload);
		count++;
	}
	assert_int_equal(count, frames);
	snt_stream_close(theirs);
}

struct ending {
	struct snt_stream *stream;
	struct snt_socket *socket;
};

static int flush_and_end(void *arg)
{
	const struct ending *ending = arg;

	OK(snt_flush(ending->stream));
	OK(snt_shutdown(ending->socket, SHUT_WR));
	return 0;
}

/* Until the kernel and the buffer are full; then again, when there is room. */
static void a_frame_that_fits_is_taken_whole_or_not_at_all(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 100);
		struct snt_socket *mine = snt_stream_socket(both.stream);
		struct ending ending = { both.stream, mine };
		struct snt_group *group = group_open();
		size_t taken = 0;

		fill(mine);
		snt_settimeout(mine, SNT_NOWAIT);
		while (snt_write_frame(both.stream, &lines, "a frame", 7) == 0)
			taken++;
		assert_int_equal(snt_done(), 0);
		TELLS("write_frame to ");
		/* TCP may find room meanwhile, and take more. */
		assert_true(taken >= 12);
		if (text[0] == 'u')
			assert_int_equal(taken, 12);
		snt_settimeout(mine, 0);
		spawn(group, flush_and_end, &ending);
		must_end_in_whole_frames(&both, taken, "a frame");
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
}

/* It is in the buffer; sending it again would send it twice. */
static void a_frame_whose_sending_failed_is_sent_by_the_next_flush(void)
{
	struct both both = both_on(exact_kind(), 0, 100);
	struct snt_socket *mine = snt_stream_socket(both.stream);
	struct ending ending = { both.stream, mine };
	struct snt_group *group = group_open();

	fill(mine);
	snt_settimeout(mine, MILLISECONDS(10));
	FAILS(snt_send_frame(both.stream, &lines, "a frame", 7), -ETIMEDOUT);
	assert_int_equal(snt_done(), 8);
	TELLS("send_frame to ");
	snt_settimeout(mine, 0);
	spawn(group, flush_and_end, &ending);
	must_end_in_whole_frames(&both, 1, "a frame");
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
}

/* With nothing before it in the buffer, and with something. */
static void of_a_larger_frame_done_tells_how_much_was_taken(void)
{
	char *payload = test_calloc(1, 100000);

	for (size_t before = 0; before < 10; before += 6) {
		struct both both = both_on(exact_kind(), 0, 100);
		struct snt_socket *mine = snt_stream_socket(both.stream);

		fill(mine);
		snt_settimeout(mine, SNT_NOWAIT);
		OK(snt_write(both.stream, "before", before));
		FAILS(snt_send_frame(both.stream, &netstrings, payload, 100000),
		      -EAGAIN);
		assert_int_equal(snt_done(), before == 0 ? 100 : 0);
		close_both(&both);
	}
	test_free(payload);
}

static int send_one(void *arg)
{
	return snt_send_frame(arg, &lines, "one", 3);
}

static void a_second_sender_is_turned_away(void)
{
	struct both both = both_on(exact_kind(), 0, 0);
	struct snt_socket *mine = snt_stream_socket(both.stream);
	struct snt_group *group = group_open();

	fill(mine);
	spawn(group, send_one, both.stream);
	let_them_wait();
	FAILS(snt_send_frame(both.stream, &lines, "two", 3), -EBUSY);
	assert_int_equal(snt_done(), 0);
	snt_group_cancel(group);
	OK(snt_group_end(group));
	close_both(&both);
}

static void sending_to_who_is_gone_fails(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		int code = 0;

		snt_close(both.peer);
		for (int i = 0; i < 1000 && code == 0; i++) {
			code = snt_send_frame(both.stream, &lines, "one", 3);
			OK(snt_sleep(SNT_MILLISECOND));
		}
		assert_true(code == -EPIPE || code == -ECONNRESET);
		snt_stream_close(both.stream);
	}
}

static const struct test_case cases[] = {
	TEST(frames_are_sent_or_refused_in_the_encoders_words),
	TEST(a_written_frame_waits_for_flush),
	TEST(a_sent_frame_takes_along_what_was_written),
	TEST(frames_that_fit_are_not_cut),
	TEST(a_frame_larger_than_the_buffer_is_sent),
	TEST(a_frame_that_fits_is_taken_whole_or_not_at_all),
	TEST(a_frame_whose_sending_failed_is_sent_by_the_next_flush),
	TEST(of_a_larger_frame_done_tells_how_much_was_taken),
	TEST(a_second_sender_is_turned_away),
	TEST(sending_to_who_is_gone_fails),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
