/* SPDX-License-Identifier: MIT */
/* Messages in a stream: recv_exact and recv_until. */
#include "script.h"

/* What is sent, in which pieces, and what recv_until says to it. */
static const struct {
	const char *name;
	const char *pieces[6];
	const char *delimiter;
	size_t size;
	ptrdiff_t result;
	size_t done; /* of a failure */
	const char *bytes;
	const char *rest; /* what can be received after it */
} untils[] = {
	{ "a line", { "line\n" }, "\n", 16, 5, 0, "line\n", "" },
	{ "what follows stays",
	  { "one\ntwo\n" },
	  "\n",
	  16,
	  4,
	  0,
	  "one\n",
	  "two\n" },
	{ "an empty line", { "\nnext" }, "\n", 16, 1, 0, "\n", "next" },
	{ "byte by byte",
	  { "a", "b", "c", "\r", "\n" },
	  "\r\n",
	  16,
	  5,
	  0,
	  "abc\r\n",
	  "" },
	{ "split in it",
	  { "abc\r", "\nrest" },
	  "\r\n",
	  16,
	  5,
	  0,
	  "abc\r\n",
	  "rest" },
	{ "split before it",
	  { "abc", "\r\nrest" },
	  "\r\n",
	  16,
	  5,
	  0,
	  "abc\r\n",
	  "rest" },
	{ "split twice",
	  { "GET /\r\n", "\r", "\nbody" },
	  "\r\n\r\n",
	  16,
	  9,
	  0,
	  "GET /\r\n\r\n",
	  "body" },
	{ "begun in vain",
	  { "a\r", "b\r\r", "\nx" },
	  "\r\n",
	  16,
	  6,
	  0,
	  "a\rb\r\r\n",
	  "x" },
	{ "overlapping itself",
	  { "aa", "ab", "." },
	  "aab",
	  16,
	  4,
	  0,
	  "aaab",
	  "." },
	{ "exactly as long as the buffer",
	  { "1234567\n" },
	  "\n",
	  8,
	  8,
	  0,
	  "1234567\n",
	  "" },
	{ "the delimiter alone fills it",
	  { "\r\nx" },
	  "\r\n",
	  2,
	  2,
	  0,
	  "\r\n",
	  "x" },
	{ "the limit",
	  { "12345678\nrest" },
	  "\n",
	  8,
	  -SNT_ELIMIT,
	  8,
	  "12345678",
	  "\nrest" },
	{ "the limit, inside the delimiter",
	  { "1234567\r\nx" },
	  "\r\n",
	  8,
	  -SNT_ELIMIT,
	  8,
	  "1234567\r",
	  "\nx" },
	{ "the limit, in pieces",
	  { "1234", "5678", "9" },
	  "\n",
	  8,
	  -SNT_ELIMIT,
	  8,
	  "12345678",
	  "9" },
	{ "ends inside",
	  { "unfinished", "" },
	  "\n",
	  16,
	  -SNT_EEND,
	  10,
	  "unfinished",
	  "" },
	{ "ends inside the delimiter",
	  { "abc\r", "" },
	  "\r\n",
	  16,
	  -SNT_EEND,
	  4,
	  "abc\r",
	  "" },
	{ "ends before it begins", { "" }, "\n", 16, 0, 0, "", "" },
	{ "ends with the delimiter",
	  { "last\n", "" },
	  "\n",
	  16,
	  5,
	  0,
	  "last\n",
	  "" },
};

static void until_once(size_t row, const char *text)
{
	struct script script = { .pieces = untils[row].pieces };
	struct snt_group *group = group_open();
	size_t taken, rest = strlen(untils[row].rest);
	struct snt_socket *socket;
	char bytes[32];
	ptrdiff_t n;

	print_message("%s on %s\n", untils[row].name, text);
	pair_on(text, &script.socket, &socket);
	spawn(group, send_script, &script);
	memset(bytes, '#', sizeof bytes);
	n = snt_recv_until(socket, untils[row].delimiter,
			   strlen(untils[row].delimiter), bytes,
			   untils[row].size);
	assert_int_equal(n, untils[row].result);
	taken = n < 0 ? untils[row].done : (size_t)n;
	if (n < 0)
		assert_int_equal(snt_done(), taken);
	assert_memory_equal(bytes, untils[row].bytes, taken);
	assert_int_equal(bytes[untils[row].size], '#');
	OK(snt_group_wait(group));
	snt_close(script.socket);
	assert_int_equal(snt_recv_exact(socket, bytes, rest), rest);
	assert_memory_equal(bytes, untils[row].rest, rest);
	assert_int_equal(OK(snt_recv(socket, bytes, 1)), 0);
	OK(snt_group_end(group));
	snt_close(socket);
}

static void recv_until_takes_up_to_the_delimiter_and_no_more(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(untils); i++)
		until_once(i, text);
}

/* Segments cut at every two places of a text with a long delimiter. */
static void recv_until_finds_a_delimiter_cut_anywhere(void)
{
	static const char all[] = "head--boundary--tail";
	static const char delimiter[] = "--boundary--";
	const size_t size = sizeof all - 1, found = size - 4;

	for (size_t a = 1; a < size; a++)
		for (size_t b = a + 1; b <= size; b += 3) {
			char first[32] = "", second[32] = "", third[32] = "";
			const char *pieces[] = { first, second, NULL, NULL };
			struct script script = { .pieces = pieces };
			struct snt_group *group = group_open();
			struct snt_socket *socket;
			char bytes[64];

			memcpy(first, all, a);
			memcpy(second, all + a, b - a);
			memcpy(third, all + b, size - b);
			if (third[0] != '\0')
				pieces[2] = third;
			OK(snt_socketpair(&script.socket, &socket,
					  SOCK_STREAM));
			spawn(group, send_script, &script);
			assert_int_equal(
				OK(snt_recv_until(socket, delimiter,
						  sizeof delimiter - 1, bytes,
						  sizeof bytes)),
				found);
			assert_memory_equal(bytes, all, found);
			assert_int_equal(OK(snt_recv_exact(socket, bytes, 4)),
					 4);
			assert_memory_equal(bytes, "tail", 4);
			OK(snt_group_wait(group));
			OK(snt_group_end(group));
			snt_close(socket);
			snt_close(script.socket);
		}
}

static int send_lines(void *arg)
{
	char line[64];

	for (int i = 0; i < 2000; i++) {
		int length =
			snprintf(line, sizeof line, "line %0*d\n", i % 40, i);

		OK(snt_sendall(arg, line, (size_t)length));
	}
	OK(snt_shutdown(arg, SHUT_WR));
	return 0;
}

static void recv_until_reads_line_after_line(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;
		char line[64], expected[64];
		ptrdiff_t n;
		int count = 0;

		pair_on(text, &a, &b);
		spawn(group, send_lines, a);
		while ((n = OK(snt_recv_until(b, "\n", 1, line, sizeof line))) >
		       0) {
			int length = snprintf(expected, sizeof expected,
					      "line %0*d\n", count % 40, count);

			assert_int_equal(n, length);
			assert_memory_equal(line, expected, (size_t)n);
			count++;
		}
		assert_int_equal(count, 2000);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(a);
		snt_close(b);
	}
}

static void a_delimiter_may_hold_nul_bytes(void)
{
	struct snt_socket *a, *b;
	char bytes[8];

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendall(a, "a\0\0b\0\0\0c", 8));
	assert_int_equal(OK(snt_recv_until(b, "\0\0\0", 3, bytes, 8)), 7);
	assert_int_equal(OK(snt_recv(b, bytes, 8)), 1);
	snt_close(a);
	snt_close(b);
}

static void recv_until_refuses_what_can_never_be_found(void)
{
	struct snt_socket *a, *b, *datagrams;
	char bytes[4];

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_sendall(a, "abc\n", 4));
	FAILS(snt_recv_until(b, "", 0, bytes, 4), -EINVAL);
	FAILS(snt_recv_until(b, "12345", 5, bytes, 4), -EINVAL);
	TELLS("longer than the buffer of 4 bytes");
	assert_int_equal(OK(snt_recv_until(b, "\n", 1, bytes, 4)), 4);
	OK(snt_socket(&datagrams, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_recv_until(datagrams, "\n", 1, bytes, 4), -EOPNOTSUPP);
	TELLS("recv_until: only for streams");
	FAILS(snt_recv_exact(datagrams, bytes, 4), -EOPNOTSUPP);
	TELLS("recv_exact: only for streams");
	snt_close(datagrams);
	snt_close(a);
	snt_close(b);
}

static const struct {
	const char *name;
	const char *pieces[6];
	ptrdiff_t result; /* of recv_exact of six bytes */
	size_t done;
	const char *bytes;
} exacts[] = {
	{ "at once", { "123456" }, 6, 0, "123456" },
	{ "in pieces", { "1", "23", "456" }, 6, 0, "123456" },
	{ "more than that", { "12345678" }, 6, 0, "123456" },
	{ "the end at once", { "" }, 0, 0, "" },
	{ "the end inside", { "12345", "" }, -SNT_EEND, 5, "12345" },
	{ "the end inside, in pieces", { "1", "2", "" }, -SNT_EEND, 2, "12" },
	{ "the end after it", { "123456", "" }, 6, 0, "123456" },
};

static void recv_exact_takes_all_or_says_how_much_there_was(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(exacts); i++) {
		struct script script = { .pieces = exacts[i].pieces };
		struct snt_group *group = group_open();
		struct snt_socket *socket;
		char bytes[8];
		size_t taken;
		ptrdiff_t n;

		print_message("%s on %s\n", exacts[i].name, text);
		pair_on(text, &script.socket, &socket);
		spawn(group, send_script, &script);
		n = snt_recv_exact(socket, bytes, 6);
		assert_int_equal(n, exacts[i].result);
		taken = n < 0 ? exacts[i].done : (size_t)n;
		if (n < 0)
			assert_int_equal(snt_done(), taken);
		if (n < 0)
			TELLS("stream ended inside a message");
		assert_memory_equal(bytes, exacts[i].bytes, taken);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(socket);
		snt_close(script.socket);
	}
}

static void recv_exact_of_nothing_takes_nothing(void)
{
	struct snt_socket *a, *b;
	char byte = '#';

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	assert_int_equal(OK(snt_recv_exact(b, &byte, 0)), 0);
	assert_int_equal(byte, '#');
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(recv_until_takes_up_to_the_delimiter_and_no_more),
	TEST_SLOW(recv_until_finds_a_delimiter_cut_anywhere, 30),
	TEST(recv_until_reads_line_after_line),
	TEST(a_delimiter_may_hold_nul_bytes),
	TEST(recv_until_refuses_what_can_never_be_found),
	TEST(recv_exact_takes_all_or_says_how_much_there_was),
	TEST(recv_exact_of_nothing_takes_nothing),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
