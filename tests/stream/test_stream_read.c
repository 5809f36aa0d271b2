/* SPDX-License-Identifier: MIT */
/* read and read_exact: bytes out of a stream. */
#include "streams.h"

static void read_gives_what_is_there(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char got[16];

		peer_says(&both, "hello");
		assert_int_equal(OK(snt_read(both.stream, got, 16)), 5);
		assert_memory_equal(got, "hello", 5);
		close_both(&both);
	}
}

static void read_leaves_what_does_not_fit(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char got[3];

	peer_says(&both, "hello");
	assert_int_equal(OK(snt_read(both.stream, got, 3)), 3);
	assert_memory_equal(got, "hel", 3);
	assert_int_equal(OK(snt_read(both.stream, got, 3)), 2);
	assert_memory_equal(got, "lo", 2);
	close_both(&both);
}

static void read_of_no_bytes_does_not_wait(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);

	assert_int_equal(OK(snt_read(both.stream, NULL, 0)), 0);
	close_both(&both);
}

static void read_returns_zero_at_the_end_each_time(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char got[16];

		peer_ends(&both, "bye");
		assert_int_equal(OK(snt_read(both.stream, got, 16)), 3);
		for (int i = 0; i < 3; i++)
			assert_int_equal(OK(snt_read(both.stream, got, 16)), 0);
		close_both(&both);
	}
}

/* More than any buffer: some of it goes straight to the caller. */
static void every_byte_comes_once_whatever_the_sizes(void)
{
	static const size_t sizes[] = { 1, 3, 5000, 100, 4096, 70000, 4095 };
	const size_t total = 400000;
	unsigned char *bytes = pattern_bytes(total);
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_group *group = group_open();
	unsigned char *got = test_malloc(70000);
	struct sending sending = { both.peer, bytes, total };
	size_t have = 0;

	spawn(group, send_all_and_end, &sending);
	for (size_t i = 0;; i++) {
		ptrdiff_t n =
			OK(snt_read(both.stream, got, sizes[i % COUNT(sizes)]));

		if (n == 0)
			break;
		assert_pattern(got, (size_t)n, have);
		have += (size_t)n;
	}
	assert_int_equal(have, total);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(got);
	test_free(bytes);
}

static void read_exact_gathers_pieces(void)
{
	static const char *const pieces[] = { "a", "bc", "defg", "hij", NULL };

	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct script script = { both.peer, pieces };
		struct snt_group *group = group_open();
		char got[8];

		spawn(group, send_script, &script);
		assert_int_equal(OK(snt_read_exact(both.stream, got, 8)), 8);
		assert_memory_equal(got, "abcdefgh", 8);
		assert_int_equal(OK(snt_read_exact(both.stream, got, 2)), 2);
		assert_memory_equal(got, "ij", 2);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
}

static void read_exact_larger_than_any_buffer(void)
{
	const size_t total = 1000000;
	unsigned char *bytes = pattern_bytes(total);
	unsigned char *got = test_malloc(total);
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_group *group = group_open();
	struct sending sending = { both.peer, bytes, total };

	spawn(group, send_all_and_end, &sending);
	assert_int_equal(OK(snt_read_exact(both.stream, got, 3)), 3);
	assert_int_equal(OK(snt_read_exact(both.stream, got + 3, total - 3)),
			 total - 3);
	assert_pattern(got, total, 0);
	assert_int_equal(OK(snt_read_exact(both.stream, got, 1)), 0);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(got);
	test_free(bytes);
}

static void read_exact_tells_an_end_inside(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char got[8];

		peer_ends(&both, "abc");
		FAILS(snt_read_exact(both.stream, got, 8), -SNT_EEND);
		TELLS("stream ended inside");
		assert_int_equal(snt_done(), 3);
		assert_memory_equal(got, "abc", 3);
		assert_int_equal(OK(snt_read_exact(both.stream, got, 8)), 0);
		close_both(&both);
	}
}

/* The limit is that of the call, not of each piece. */
static void the_timeout_is_that_of_the_whole_call(void)
{
	static const char *const pieces[] = { "a", "b", "c", "d", "e", NULL };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct script script = { both.peer, pieces };
	struct snt_group *group = group_open();
	char got[100];
	size_t done;

	snt_settimeout(snt_stream_socket(both.stream), MILLISECONDS(3));
	spawn(group, send_script, &script);
	FAILS(snt_read_exact(both.stream, got, 100), -ETIMEDOUT);
	done = snt_done();
	assert_true(done <= 5);
	assert_memory_equal(got, "abcde", done);
	snt_settimeout(snt_stream_socket(both.stream), 0);
	OK(snt_group_wait(group));
	peer_ends(&both, "");
	assert_rest(both.stream, &"abcde"[done]);
	OK(snt_group_end(group));
	close_both(&both);
}

static void a_handle_that_never_waits_says_so_and_loses_nothing(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char got[8];

		snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
		FAILS(snt_read(both.stream, got, 8), -EAGAIN);
		peer_says(&both, "abcd");
		assert_int_equal(OK(snt_read(both.stream, got, 2)), 2);
		FAILS(snt_read_exact(both.stream, got, 8), -EAGAIN);
		assert_int_equal(snt_done(), 2);
		assert_memory_equal(got, "cd", 2);
		close_both(&both);
	}
}

static void what_was_received_before_a_reset_is_read_before_it_is_told(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char got[8];

	peer_says(&both, "abcd");
	assert_int_equal(OK(snt_read(both.stream, got, 1)), 1);
	snt_abort(both.peer);
	both.peer = NULL;
	assert_int_equal(OK(snt_read(both.stream, got, 8)), 3);
	assert_memory_equal(got, "bcd", 3);
	FAILS(snt_read(both.stream, got, 8), -ECONNRESET);
	TELLS("read from 127.0.0.1:");
	FAILS(snt_read(both.stream, got, 8), -ECONNRESET);
	close_both(&both);
}

static const struct test_case cases[] = {
	TEST(read_gives_what_is_there),
	TEST(read_leaves_what_does_not_fit),
	TEST(read_of_no_bytes_does_not_wait),
	TEST(read_returns_zero_at_the_end_each_time),
	TEST(every_byte_comes_once_whatever_the_sizes),
	TEST(read_exact_gathers_pieces),
	TEST(read_exact_larger_than_any_buffer),
	TEST(read_exact_tells_an_end_inside),
	TEST(the_timeout_is_that_of_the_whole_call),
	TEST(a_handle_that_never_waits_says_so_and_loses_nothing),
	TEST(what_was_received_before_a_reset_is_read_before_it_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
