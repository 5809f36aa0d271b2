/* SPDX-License-Identifier: MIT */
/* write, printf and flush: bytes into a stream. */
#include "streams.h"

#include <wchar.h>

/* The peer gets that text next. */
static void assert_sent(const struct both *both, const char *text)
{
	size_t size = strlen(text);
	char *got = test_malloc(size + 1);

	assert_int_equal(OK(snt_recv_exact(both->peer, got, size)), size);
	assert_memory_equal(got, text, size);
	test_free(got);
}

/* Nothing has been sent that was not received. */
static void assert_nothing_sent(const struct both *both)
{
	char byte;

	snt_settimeout(both->peer, SNT_NOWAIT);
	FAILS(snt_recv(both->peer, &byte, 1), -EAGAIN);
	snt_settimeout(both->peer, 0);
}

static void what_is_written_is_sent_by_flush(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		OK(snt_write(both.stream, "one ", 4));
		OK(snt_write(both.stream, "", 0));
		OK(snt_write(both.stream, "two\n", 4));
		assert_nothing_sent(&both);
		OK(snt_flush(both.stream));
		assert_sent(&both, "one two\n");
		OK(snt_flush(both.stream));
		assert_nothing_sent(&both);
		close_both(&both);
	}
}

static void what_exceeds_the_limit_is_sent_before(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 8);

	OK(snt_write(both.stream, "1234567", 7));
	OK(snt_write(both.stream, "8", 1));
	assert_nothing_sent(&both);
	OK(snt_write(both.stream, "9", 1));
	assert_sent(&both, "12345678");
	assert_nothing_sent(&both);
	OK(snt_flush(both.stream));
	assert_sent(&both, "9");
	close_both(&both);
}

static void a_write_as_large_as_the_limit_goes_at_once(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 8);

	OK(snt_write(both.stream, "12345678", 8));
	assert_int_equal(held(both.stream), 0);
	assert_sent(&both, "12345678");
	OK(snt_write(both.stream, "ab", 2));
	OK(snt_write(both.stream, "a long one, and more", 20));
	assert_sent(&both, "aba long one, and more");
	close_both(&both);
}

static void every_byte_goes_once_whatever_the_sizes(void)
{
	static const size_t sizes[] = { 1, 700, 5, 9000, 8192, 100, 60000 };
	const size_t total = 500000;

	EACH_STREAM(text)
	{
		unsigned char *bytes = pattern_bytes(total);
		struct both both = both_on(text, 0, 0);
		struct expected expected = { both.peer, total };
		struct snt_group *group = group_open();
		size_t have = 0;

		spawn(group, receive_pattern, &expected);
		for (size_t i = 0; have < total; i++) {
			size_t size = sizes[i % COUNT(sizes)];

			if (size > total - have)
				size = total - have;
			OK(snt_write(both.stream, bytes + have, size));
			have += size;
		}
		OK(snt_flush(both.stream));
		OK(snt_shutdown(snt_stream_socket(both.stream), SHUT_WR));
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
		test_free(bytes);
	}
}

static void printf_makes_text_as_the_c_library_does(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		OK(snt_printf(both.stream, "%s=%d;", "x", 42));
		OK(snt_printf(both.stream, "%s", ""));
		OK(snt_printf(both.stream, "%5.2f|%-4s|%#zx\n", 3.14159, "ab",
			      (size_t)255));
		assert_nothing_sent(&both);
		OK(snt_flush(both.stream));
		assert_sent(&both, "x=42; 3.14|ab  |0xff\n");
		close_both(&both);
	}
}

/* Shorter than what is left of the buffer, than the buffer, and longer. */
static void printf_of_any_length_is_whole(void)
{
	for (size_t size = 1; size <= 40; size++) {
		struct both both = both_on("127.0.0.1:0", 0, 16);
		char all[200] = "", piece[64];

		for (int i = 0; i < 4; i++) {
			memset(piece, 'a' + i, size);
			piece[size] = '\0';
			strcat(all, piece);
			OK(snt_printf(both.stream, "%s", piece));
		}
		OK(snt_flush(both.stream));
		assert_sent(&both, all);
		assert_nothing_sent(&both);
		close_both(&both);
	}
}

static void printf_of_a_text_beyond_the_first_block(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char expected[5001];

	memset(expected, ' ', 5000);
	strcpy(expected + 4999, "1");
	OK(snt_printf(both.stream, "%5000d", 1));
	assert_nothing_sent(&both);
	OK(snt_flush(both.stream));
	assert_sent(&both, expected);
	close_both(&both);
}

static void a_format_without_a_text_is_refused(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);

	OK(snt_write(both.stream, "before", 6));
	/* No character has that number. */
	FAILS(snt_printf(both.stream, "%lc", (wint_t)0x7fffffff), -EINVAL);
	TELLS("printf to 127.0.0.1:");
	assert_int_equal(snt_done(), 0);
	OK(snt_flush(both.stream));
	assert_sent(&both, "before");
	assert_nothing_sent(&both);
	close_both(&both);
}

/* Takes what fill() sent, and what came after it. */
static void take_off(struct snt_socket *socket, size_t size)
{
	char *gone = test_malloc(size);

	assert_int_equal(OK(snt_recv_exact(socket, gone, size)), size);
	test_free(gone);
}

static void a_flush_that_times_out_keeps_what_it_did_not_send(void)
{
	struct both both = both_on(exact_kind(), 0, 0);
	struct snt_socket *socket = snt_stream_socket(both.stream);
	size_t filled = fill(socket);

	OK(snt_write(both.stream, "kept", 4));
	snt_settimeout(socket, SNT_MILLISECOND);
	FAILS(snt_flush(both.stream), -ETIMEDOUT);
	TELLS("flush to unix:@");
	assert_int_equal(snt_done(), 0);
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_flush(both.stream), -EAGAIN);
	snt_settimeout(socket, 0);
	OK(snt_printf(both.stream, " and more"));
	take_off(both.peer, filled);
	OK(snt_flush(both.stream));
	assert_sent(&both, "kept and more");
	assert_nothing_sent(&both);
	close_both(&both);
}

static void a_flush_that_sent_a_part_keeps_the_other(void)
{
	const size_t total = 2000000;
	struct both both = both_on(exact_kind(), 0, total + 1);
	struct snt_socket *socket = snt_stream_socket(both.stream);
	unsigned char *bytes = pattern_bytes(total);
	struct expected expected = { both.peer, total };
	struct snt_group *group = group_open();
	size_t done;

	OK(snt_write(both.stream, bytes, total));
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_flush(both.stream), -EAGAIN);
	done = snt_done();
	assert_true(done > 0 && done < total);
	assert_int_equal(both.stream->out.end - both.stream->out.start,
			 total - done);
	snt_settimeout(socket, 0);
	spawn(group, receive_pattern, &expected);
	OK(snt_flush(both.stream));
	OK(snt_shutdown(socket, SHUT_WR));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
	test_free(bytes);
}

/* Wherever it fails: done bytes were taken, and the others never go. */
static void a_write_that_times_out_tells_how_much_it_took(void)
{
	static const size_t sizes[] = { 3, 8, 9, 100000 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct both both = both_on(exact_kind(), 0, 8);
		struct snt_socket *socket = snt_stream_socket(both.stream);
		unsigned char *bytes = pattern_bytes(sizes[i] + 6);
		struct expected expected = { both.peer, sizes[i] + 6 };
		struct snt_group *group = group_open();
		size_t filled = fill(socket), done;

		snt_settimeout(socket, SNT_NOWAIT);
		OK(snt_write(both.stream, bytes, 6));
		FAILS(snt_write(both.stream, bytes + 6, sizes[i]), -EAGAIN);
		done = snt_done();
		assert_true(done < sizes[i]);
		snt_settimeout(socket, 0);
		take_off(both.peer, filled);
		spawn(group, receive_pattern, &expected);
		OK(snt_write(both.stream, bytes + 6 + done, sizes[i] - done));
		OK(snt_flush(both.stream));
		OK(snt_shutdown(socket, SHUT_WR));
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
		test_free(bytes);
	}
}

static void a_printf_that_must_wait_is_taken_whole_or_not_at_all(void)
{
	struct both both = both_on(exact_kind(), 0, 8);
	struct snt_socket *socket = snt_stream_socket(both.stream);
	size_t filled = fill(socket);

	OK(snt_write(both.stream, "123456", 6));
	snt_settimeout(socket, SNT_NOWAIT);
	FAILS(snt_printf(both.stream, "%s", "abc"), -EAGAIN);
	assert_int_equal(snt_done(), 0);
	OK(snt_printf(both.stream, "%s", "78"));
	snt_settimeout(socket, 0);
	take_off(both.peer, filled);
	OK(snt_printf(both.stream, "%s", "abc"));
	OK(snt_flush(both.stream));
	assert_sent(&both, "12345678abc");
	close_both(&both);
}

static void a_flush_to_a_peer_that_is_gone_says_so_and_keeps_it(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		int code = 0;

		snt_close(both.peer);
		both.peer = NULL;
		/* The first may go into the void. */
		for (int i = 0; i < 1000 && code == 0; i++) {
			OK(snt_write(both.stream, "into the void", 13));
			code = snt_flush(both.stream);
			OK(snt_sleep(MILLISECONDS(1)));
		}
		assert_true(code == -EPIPE || code == -ECONNRESET);
		TELLS("flush to");
		assert_int_equal(snt_done(), 0);
		FAILS(snt_flush(both.stream), -EPIPE);
		assert_int_equal(both.stream->out.end - both.stream->out.start,
				 13);
		close_both(&both);
	}
}

static void close_sends_what_was_written_if_it_need_not_wait(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char byte;

		OK(snt_write(both.stream, "bye\n", 4));
		snt_stream_close(both.stream);
		assert_sent(&both, "bye\n");
		assert_int_equal(OK(snt_recv(both.peer, &byte, 1)), 0);
		snt_close(both.peer);
	}
}

static void close_tries_although_there_was_no_room_before(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		size_t filled = fill(snt_stream_socket(both.stream));

		take_off(both.peer, filled);
		OK(snt_write(both.stream, "bye\n", 4));
		snt_stream_close(both.stream);
		assert_sent(&both, "bye\n");
		snt_close(both.peer);
	}
}

static void close_drops_what_would_have_to_wait(void)
{
	struct both both = both_on(exact_kind(), 0, 0);
	size_t filled = fill(snt_stream_socket(both.stream));
	char byte;

	OK(snt_write(both.stream, "lost", 4));
	snt_stream_close(both.stream);
	take_off(both.peer, filled);
	assert_int_equal(OK(snt_recv(both.peer, &byte, 1)), 0);
	snt_close(both.peer);
}

static const struct test_case cases[] = {
	TEST(what_is_written_is_sent_by_flush),
	TEST(what_exceeds_the_limit_is_sent_before),
	TEST(a_write_as_large_as_the_limit_goes_at_once),
	TEST(every_byte_goes_once_whatever_the_sizes),
	TEST(printf_makes_text_as_the_c_library_does),
	TEST(printf_of_any_length_is_whole),
	TEST(printf_of_a_text_beyond_the_first_block),
	TEST(a_format_without_a_text_is_refused),
	TEST(a_flush_that_times_out_keeps_what_it_did_not_send),
	TEST(a_flush_that_sent_a_part_keeps_the_other),
	TEST(a_write_that_times_out_tells_how_much_it_took),
	TEST(a_printf_that_must_wait_is_taken_whole_or_not_at_all),
	TEST(a_flush_to_a_peer_that_is_gone_says_so_and_keeps_it),
	TEST(close_sends_what_was_written_if_it_need_not_wait),
	TEST(close_tries_although_there_was_no_room_before),
	TEST(close_drops_what_would_have_to_wait),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
