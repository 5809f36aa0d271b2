/* SPDX-License-Identifier: MIT */
/* peek and unread: a look at what comes, and a way back. */
#include "streams.h"

static void peek_shows_what_is_still_read_afterwards(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char *data = NULL, got[8];

		peer_says(&both, "GET /");
		assert_int_equal(OK(snt_stream_peek(both.stream, 3, &data)), 5);
		assert_string_equal(data, "GET /");
		assert_int_equal(OK(snt_read(both.stream, got, 8)), 5);
		assert_memory_equal(got, "GET /", 5);
		close_both(&both);
	}
}

static void peek_waits_for_as_much_as_is_wanted(void)
{
	static const char *const pieces[] = { "a", "bc", "def", NULL };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct script script = { both.peer, pieces };
	struct snt_group *group = group_open();
	char *data = NULL;

	spawn(group, send_script, &script);
	assert_true(OK(snt_stream_peek(both.stream, 4, &data)) >= 4);
	assert_memory_equal(data, "abcd", 4);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
}

static void peek_of_nothing_tells_what_is_there_without_waiting(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *data = NULL;

	assert_int_equal(OK(snt_stream_peek(both.stream, 0, &data)), 0);
	assert_null(data);
	peer_says(&both, "one\ntwo");
	assert_int_equal(OK(snt_readline(both.stream, &data)), 4);
	assert_int_equal(OK(snt_stream_peek(both.stream, 0, &data)), 3);
	assert_string_equal(data, "two");
	close_both(&both);
}

/* Where the buffer held something else before. */
static void a_nul_stands_behind_what_is_seen(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *data = NULL;

	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	peer_says(&both, "a rather long line\n");
	assert_int_equal(OK(snt_readline(both.stream, &data)), 19);
	peer_says(&both, "short");
	assert_int_equal(OK(snt_stream_peek(both.stream, 1, &data)), 5);
	assert_string_equal(data, "short");
	close_both(&both);
}

static void peek_gives_fewer_at_the_end_and_then_none(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *data = NULL;

	peer_ends(&both, "ab");
	assert_int_equal(OK(snt_stream_peek(both.stream, 10, &data)), 2);
	assert_string_equal(data, "ab");
	assert_rest(both.stream, "ab");
	data = NULL;
	assert_int_equal(OK(snt_stream_peek(both.stream, 10, &data)), 0);
	assert_null(data);
	close_both(&both);
}

static void peek_of_more_than_the_limit_is_refused(void)
{
	struct both both = both_on("127.0.0.1:0", 16, 0);
	char *data = NULL;

	peer_says(&both, "0123456789abcdefXYZ");
	FAILS(snt_stream_peek(both.stream, 17, &data), -SNT_ELIMIT);
	TELLS("peek at 127.0.0.1:");
	TELLS("17 bytes at once, the limit is 16");
	assert_int_equal(OK(snt_stream_peek(both.stream, 16, &data)), 16);
	peer_ends(&both, "");
	assert_rest(both.stream, "0123456789abcdefXYZ");
	close_both(&both);
}

static void a_peek_that_times_out_loses_nothing(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *data = NULL;

	peer_says(&both, "abc");
	snt_settimeout(snt_stream_socket(both.stream), SNT_MILLISECOND);
	FAILS(snt_stream_peek(both.stream, 4, &data), -ETIMEDOUT);
	assert_null(data);
	peer_ends(&both, "d");
	snt_settimeout(snt_stream_socket(both.stream), 0);
	assert_rest(both.stream, "abcd");
	close_both(&both);
}

static void a_line_that_was_lent_can_be_put_back(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL;
	ptrdiff_t n;

	peer_ends(&both, "one\ntwo\n");
	n = OK(snt_readline(both.stream, &line));
	OK(snt_unread(both.stream, line, (size_t)n));
	n = OK(snt_readline(both.stream, &line));
	assert_int_equal(n, 4);
	assert_string_equal(line, "one\n");
	/* Its end alone. */
	OK(snt_unread(both.stream, line + 1, 3));
	assert_rest(both.stream, "ne\ntwo\n");
	close_both(&both);
}

static void what_is_put_back_comes_before_all_else(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char *line = NULL;

		OK(snt_unread(both.stream, "second ", 7));
		OK(snt_unread(both.stream, "first ", 6));
		peer_ends(&both, "third\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 19);
		assert_string_equal(line, "first second third\n");
		OK(snt_unread(both.stream, "after the end", 13));
		assert_rest(both.stream, "after the end");
		close_both(&both);
	}
}

/* More than stands before the buffer's data. */
static void a_line_with_more_before_it_can_be_put_back(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL;
	ptrdiff_t n;

	peer_ends(&both, "one\ntwo\n");
	n = OK(snt_readline(both.stream, &line));
	OK(snt_unread(both.stream, line, (size_t)n));
	OK(snt_unread(both.stream, "a rather long line\n", 19));
	n = OK(snt_readline(both.stream, &line));
	assert_string_equal(line, "a rather long line\n");
	OK(snt_unread(both.stream, line, (size_t)n));
	assert_rest(both.stream, "a rather long line\none\ntwo\n");
	close_both(&both);
}

static void what_was_put_back_is_searched(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL;

	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	peer_says(&both, "abc");
	FAILS(snt_readline(both.stream, &line), -EAGAIN);
	OK(snt_unread(both.stream, "x\n", 2));
	assert_int_equal(OK(snt_readline(both.stream, &line)), 2);
	assert_string_equal(line, "x\n");
	close_both(&both);
}

static void unread_keeps_to_the_limit(void)
{
	struct both both = both_on("127.0.0.1:0", 8, 0);

	OK(snt_unread(both.stream, "abc", 3));
	OK(snt_unread(both.stream, "12345", 5));
	FAILS(snt_unread(both.stream, "x", 1), -SNT_ELIMIT);
	TELLS("unread to 127.0.0.1:");
	TELLS("1 bytes before 8, the limit is 8");
	OK(snt_unread(both.stream, NULL, 0));
	peer_ends(&both, "");
	assert_rest(both.stream, "12345abc");
	FAILS(snt_unread(both.stream, "123456789", 9), -SNT_ELIMIT);
	close_both(&both);
}

static int read_and_put_back(void *arg)
{
	struct snt_stream *stream = arg;
	char *line = NULL;

	FAILS(snt_readline(stream, &line), -ECANCELED);
	OK(snt_unread(stream, "kept", 4));
	return 0;
}

static void a_cancelled_fiber_can_put_back(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_group *group = group_open();

	spawn(group, read_and_put_back, both.stream);
	snt_group_cancel(group);
	OK(snt_group_end(group));
	peer_ends(&both, "");
	assert_rest(both.stream, "kept");
	close_both(&both);
}

static const struct test_case cases[] = {
	TEST(peek_shows_what_is_still_read_afterwards),
	TEST(peek_waits_for_as_much_as_is_wanted),
	TEST(peek_of_nothing_tells_what_is_there_without_waiting),
	TEST(a_nul_stands_behind_what_is_seen),
	TEST(peek_gives_fewer_at_the_end_and_then_none),
	TEST(peek_of_more_than_the_limit_is_refused),
	TEST(a_peek_that_times_out_loses_nothing),
	TEST(a_line_that_was_lent_can_be_put_back),
	TEST(what_is_put_back_comes_before_all_else),
	TEST(a_line_with_more_before_it_can_be_put_back),
	TEST(what_was_put_back_is_searched),
	TEST(unread_keeps_to_the_limit),
	TEST(a_cancelled_fiber_can_put_back),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
