/* SPDX-License-Identifier: MIT */
/* readline and read_until: what ends with a delimiter, lent. */
#include "streams.h"

/* What is sent, in which pieces, and what read_until says to it. */
static const struct {
	const char *name;
	const char *pieces[6]; /* "": the end */
	const char *delimiter;
	size_t limit;
	ptrdiff_t result;
	const char *bytes; /* of a success */
	const char *rest;  /* what can be read after it */
} rows[] = {
	{ "a line", { "line\n" }, "\n", 0, 5, "line\n", "" },
	{ "what follows stays",
	  { "one\ntwo\n" },
	  "\n",
	  0,
	  4,
	  "one\n",
	  "two\n" },
	{ "an empty line", { "\nnext" }, "\n", 0, 1, "\n", "next" },
	{ "byte by byte",
	  { "a", "b", "c", "\r", "\n" },
	  "\r\n",
	  0,
	  5,
	  "abc\r\n",
	  "" },
	{ "split in it",
	  { "abc\r", "\nrest" },
	  "\r\n",
	  0,
	  5,
	  "abc\r\n",
	  "rest" },
	{ "split before it",
	  { "abc", "\r\nrest" },
	  "\r\n",
	  0,
	  5,
	  "abc\r\n",
	  "rest" },
	{ "split twice",
	  { "GET /\r\n", "\r", "\nbody" },
	  "\r\n\r\n",
	  0,
	  9,
	  "GET /\r\n\r\n",
	  "body" },
	{ "begun in vain",
	  { "a\r", "b\r\r", "\nx" },
	  "\r\n",
	  0,
	  6,
	  "a\rb\r\r\n",
	  "x" },
	{ "overlapping itself", { "aa", "ab", "." }, "aab", 0, 4, "aaab", "." },
	{ "a long delimiter",
	  { "1--bound", "ary--2" },
	  "--boundary--",
	  0,
	  13,
	  "1--boundary--",
	  "2" },
	{ "exactly the limit", { "1234567\n8" }, "\n", 8, 8, "1234567\n", "8" },
	{ "the delimiter alone is the limit",
	  { "\r\nx" },
	  "\r\n",
	  2,
	  2,
	  "\r\n",
	  "x" },
	{ "one over the limit",
	  { "12345678\nrest" },
	  "\n",
	  8,
	  -SNT_ELIMIT,
	  "",
	  "12345678\nrest" },
	{ "the limit inside the delimiter",
	  { "1234567\r\nx" },
	  "\r\n",
	  8,
	  -SNT_ELIMIT,
	  "",
	  "1234567\r\nx" },
	{ "the limit, byte by byte",
	  { "12", "34", "5", "\n" },
	  "\n",
	  5,
	  -SNT_ELIMIT,
	  "",
	  "12345\n" },
	{ "a limit of one", { "\nx" }, "\n", 1, 1, "\n", "x" },
	{ "the end before the first byte", { "" }, "\n", 0, 0, "", "" },
	{ "the end inside", { "abc", "" }, "\n", 0, -SNT_EEND, "", "abc" },
	{ "the end inside the delimiter",
	  { "abc\r", "" },
	  "\r\n",
	  0,
	  -SNT_EEND,
	  "",
	  "abc\r" },
};

static void rows_answer_on(const char *text)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct both both = both_on(text, rows[i].limit, 0);
		struct script script = { both.peer, rows[i].pieces };
		struct snt_group *group = group_open();
		char *data = NULL;
		ptrdiff_t n;

		spawn(group, send_script, &script);
		n = snt_read_until(both.stream, rows[i].delimiter,
				   strlen(rows[i].delimiter), &data);
		if (n != rows[i].result)
			fail_msg("%s: %td, %s", rows[i].name, n, snt_errmsg());
		if (n > 0)
			assert_string_equal(data, rows[i].bytes);
		else
			assert_null(data);
		OK(snt_group_wait(group));
		OK(snt_shutdown(both.peer, SHUT_WR));
		assert_rest(both.stream, rows[i].rest);
		OK(snt_group_end(group));
		close_both(&both);
	}
}

static void read_until_answers_as_the_table_says(void)
{
	EACH_STREAM(text)
	rows_answer_on(text);
}

static void lines_come_one_after_the_other_with_a_nul_behind_each(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char *line = NULL;

		peer_ends(&both, "one\n\nthree\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
		assert_string_equal(line, "one\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 1);
		assert_string_equal(line, "\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 6);
		assert_string_equal(line, "three\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 0);
		close_both(&both);
	}
}

static void a_line_may_hold_nuls(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL;

	OK(snt_sendall(both.peer, "a\0b\n\0c", 6));
	assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
	assert_memory_equal(line, "a\0b\n", 5);
	OK(snt_shutdown(both.peer, SHUT_WR));
	FAILS(snt_readline(both.stream, &line), -SNT_EEND);
	assert_int_equal(OK(snt_stream_peek(both.stream, 0, &line)), 2);
	assert_memory_equal(line, "\0c", 2);
	close_both(&both);
}

/* The NUL stands where the next line begins. */
static void a_lent_line_may_be_cut_up_and_the_next_is_whole(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL, got[4];

	peer_says(&both, "verb arg\nnext\nlast");
	assert_int_equal(OK(snt_readline(both.stream, &line)), 9);
	memset(line, 'X', 9);
	line[4] = '\0';
	assert_int_equal(OK(snt_readline(both.stream, &line)), 5);
	assert_string_equal(line, "next\n");
	assert_int_equal(OK(snt_read_exact(both.stream, got, 4)), 4);
	assert_memory_equal(got, "last", 4);
	close_both(&both);
}

static void writing_and_flushing_leave_a_lent_line_alone(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL, got[16];

	peer_says(&both, "echo\nnext\n");
	assert_int_equal(OK(snt_readline(both.stream, &line)), 5);
	OK(snt_write(both.stream, line, 5));
	OK(snt_printf(both.stream, "%s", line));
	OK(snt_flush(both.stream));
	assert_string_equal(line, "echo\n");
	assert_int_equal(OK(snt_recv_exact(both.peer, got, 10)), 10);
	assert_memory_equal(got, "echo\necho\n", 10);
	close_both(&both);
}

static void a_line_that_is_too_long_is_told_with_peer_and_limit(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_group *group = group_open();
	const size_t total = 65536;
	unsigned char *zeros = test_calloc(total + 1, 1);
	struct sending sending = { both.peer, zeros, total + 1 };
	char *line = NULL, got[8];
	struct snt_addr peer;

	spawn(group, send_all_and_end, &sending);
	FAILS(snt_readline(both.stream, &line), -SNT_ELIMIT);
	OK(snt_getpeername(snt_stream_socket(both.stream), &peer));
	TELLS("readline from 127.0.0.1:");
	TELLS(": no line end within 65536 bytes");
	TELLS(text_of(&peer));
	FAILS(snt_readline(both.stream, &line), -SNT_ELIMIT);
	for (size_t have = 0; have < total + 1;) {
		ptrdiff_t n = OK(snt_read(both.stream, got, 8));

		assert_true(n > 0);
		have += (size_t)n;
	}
	assert_int_equal(OK(snt_read(both.stream, got, 8)), 0);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(zeros);
}

static void the_failures_of_read_until_name_it(void)
{
	struct both both = both_on("[::1]:0", 4, 0);
	char *data = NULL;

	peer_says(&both, "12345");
	FAILS(snt_read_until(both.stream, "\r\n", 2, &data), -SNT_ELIMIT);
	TELLS("read_until from [::1]:");
	TELLS("no delimiter within 4 bytes");
	FAILS(snt_read_until(both.stream, "", 0, &data), -EINVAL);
	TELLS("the delimiter is empty");
	FAILS(snt_read_until(both.stream, "12345", 5, &data), -EINVAL);
	TELLS("4 bytes");
	assert_null(data);
	close_both(&both);
}

/* It is told as soon as it is known. */
static void a_full_buffer_without_a_line_end_waits_for_no_more(void)
{
	struct both both = both_on("127.0.0.1:0", 8, 0);
	char *line = NULL;

	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	peer_says(&both, "12345678");
	FAILS(snt_readline(both.stream, &line), -SNT_ELIMIT);
	close_both(&both);
}

static int note_how_far(void *arg)
{
	const size_t *lines = arg;

	return (int)lines[0];
}

static void others_run_while_lines_are_read(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_spawn_opts opts = { .fiber = NULL };
	struct snt_group *group = group_open();
	struct snt_fiber *fiber;
	char text[1001] = "", *line = NULL;
	size_t lines = 0;
	int seen = -1;

	memset(text, '\n', 1000);
	peer_ends(&both, text);
	assert_int_equal(OK(snt_readline(both.stream, &line)), 1);
	opts.fiber = &fiber;
	OK(snt_spawn(group, note_how_far, &lines, &opts));
	while (OK(snt_readline(both.stream, &line)) > 0)
		lines++;
	assert_int_equal(lines, 999);
	OK(snt_join(fiber, &seen));
	assert_true(seen < 999);
	OK(snt_group_end(group));
	close_both(&both);
}

/* Each byte is a failed call: what it looked at is not looked at again. */
static void a_line_that_comes_in_many_failed_calls_is_whole(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL;

	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	for (size_t i = 0; i < 3000; i++) {
		peer_says(&both, i % 2 == 0 ? "x" : "y");
		FAILS(snt_readline(both.stream, &line), -EAGAIN);
		assert_int_equal(both.stream->searched, i + 1);
	}
	peer_says(&both, "\nz");
	assert_int_equal(OK(snt_readline(both.stream, &line)), 3001);
	assert_memory_equal(line, "xyxy", 4);
	assert_memory_equal(line + 2998, "xy\n", 4);
	close_both(&both);
}

/* What was searched for one is not searched for the other. */
static void delimiters_may_change_between_failed_calls(void)
{
	static const char *const delimiters[] = { "\n", "b", "--123456", "c" };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *data = NULL;

	snt_settimeout(snt_stream_socket(both.stream), SNT_NOWAIT);
	peer_says(&both, "aaa-d--1234");
	for (size_t i = 0; i < COUNT(delimiters); i++)
		FAILS(snt_read_until(both.stream, delimiters[i],
				     strlen(delimiters[i]), &data),
		      -EAGAIN);
	assert_int_equal(OK(snt_read_until(both.stream, "-d", 2, &data)), 5);
	assert_string_equal(data, "aaa-d");
	FAILS(snt_readline(both.stream, &data), -EAGAIN);
	peer_says(&both, "56\n");
	assert_int_equal(OK(snt_read_until(both.stream, "--123456", 8, &data)),
			 8);
	assert_string_equal(data, "--123456");
	assert_int_equal(OK(snt_readline(both.stream, &data)), 1);
	close_both(&both);
}

/* Lines of many sizes, in pieces of many sizes, through a small buffer. */
static void every_line_comes_whole_whatever_the_pieces(void)
{
	const size_t total = 300000;
	unsigned char *bytes = pattern_bytes(total);
	struct both both = both_on("127.0.0.1:0", 1000, 0);
	struct snt_group *group = group_open();
	struct sending sending = { both.peer, bytes, total };
	size_t have = 0;
	char *line = NULL;

	for (size_t i = 0, gap = 0; i < total; i++, gap++) {
		bytes[i] = bytes[i] == '\n' ? 'n' : bytes[i];
		if (gap == bytes[i] * 3u || gap == 999 || i == total - 1) {
			bytes[i] = '\n';
			gap = (size_t)-1;
		}
	}
	spawn(group, send_all_and_end, &sending);
	while (have < total) {
		const unsigned char *end =
			memchr(bytes + have, '\n', total - have);
		size_t size = (size_t)(end - bytes) - have + 1;

		assert_int_equal(OK(snt_readline(both.stream, &line)), size);
		assert_memory_equal(line, bytes + have, size);
		assert_int_equal(line[size], '\0');
		have += size;
	}
	assert_int_equal(OK(snt_readline(both.stream, &line)), 0);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(bytes);
}

static const struct test_case cases[] = {
	TEST(read_until_answers_as_the_table_says),
	TEST(lines_come_one_after_the_other_with_a_nul_behind_each),
	TEST(a_line_may_hold_nuls),
	TEST(a_lent_line_may_be_cut_up_and_the_next_is_whole),
	TEST(writing_and_flushing_leave_a_lent_line_alone),
	TEST(a_line_that_is_too_long_is_told_with_peer_and_limit),
	TEST(the_failures_of_read_until_name_it),
	TEST(a_full_buffer_without_a_line_end_waits_for_no_more),
	TEST(others_run_while_lines_are_read),
	TEST(a_line_that_comes_in_many_failed_calls_is_whole),
	TEST(delimiters_may_change_between_failed_calls),
	TEST(every_line_comes_whole_whatever_the_pieces),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
