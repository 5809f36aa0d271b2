/* SPDX-License-Identifier: MIT */
/* makefile: over what a stream can be made, and what it holds while idle. */
#include "streams.h"

#include "base/alloc.h"

static void a_stream_over_datagrams_is_refused(void)
{
	struct snt_stream *stream = NULL;
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_SEQPACKET));
	FAILS(snt_makefile(&stream, a, NULL), -EOPNOTSUPP);
	TELLS("makefile: only for streams");
	snt_close(a);
	snt_close(b);
	OK(snt_socket(&a, AF_INET, SOCK_DGRAM, 0));
	FAILS(snt_makefile(&stream, a, NULL), -EOPNOTSUPP);
	assert_null(stream);
	snt_close(a);
}

static void a_stream_over_a_listener_is_refused(void)
{
	struct snt_socket *server = server_on("127.0.0.1:0");
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_stream *stream = NULL;

	FAILS(snt_makefile(&stream, server, &opts), -EOPNOTSUPP);
	TELLS("a listener has no peer");
	assert_null(stream);
	/* It was not taken. */
	snt_close(server);
}

static int no_memory(void)
{
	return 1;
}

static void out_of_memory_is_told_and_takes_no_socket(void)
{
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_stream *stream = NULL;
	struct snt_socket *a, *b;
	int code;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt__alloc_fails = no_memory;
	code = snt_makefile(&stream, a, &opts);
	snt__alloc_fails = NULL;
	assert_int_equal(code, -ENOMEM);
	assert_null(stream);
	snt_close(a);
	snt_close(b);
}

/* Nothing is lost for want of a buffer, and nothing written goes missing. */
static void a_call_without_memory_can_be_made_again(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char *line = NULL, got[8];
	ptrdiff_t n;
	int code;

	peer_says(&both, "one\n");
	snt__alloc_fails = no_memory;
	n = snt_readline(both.stream, &line);
	code = snt_write(both.stream, "two\n", 4);
	snt__alloc_fails = NULL;
	assert_int_equal(n, -ENOMEM);
	assert_int_equal(code, -ENOMEM);
	assert_int_equal(snt_done(), 0);
	assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
	snt__alloc_fails = no_memory;
	code = snt_unread(both.stream, "more than was read\n", 19);
	snt__alloc_fails = NULL;
	assert_int_equal(code, -ENOMEM);
	OK(snt_unread(both.stream, line, 4));
	OK(snt_write(both.stream, "two\n", 4));
	OK(snt_flush(both.stream));
	assert_int_equal(OK(snt_recv_exact(both.peer, got, 4)), 4);
	assert_memory_equal(got, "two\n", 4);
	peer_ends(&both, "");
	assert_rest(both.stream, "one\n");
	close_both(&both);
}

static void null_is_a_stream_that_can_be_closed(void)
{
	snt_auto(stream) none = NULL;

	snt_stream_close(NULL);
	(void)none;
}

static void the_socket_is_lent_and_closed_only_if_it_was_taken(void)
{
	for (int takes = 0; takes <= 1; takes++) {
		const struct snt_stream_opts opts = { .takes_socket = takes };
		struct snt_socket *a, *b;
		char byte;

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		{
			snt_auto(stream) stream = NULL;

			OK(snt_makefile(&stream, a, &opts));
			assert_ptr_equal(snt_stream_socket(stream), a);
		}
		if (takes) {
			assert_int_equal(OK(snt_recv(b, &byte, 1)), 0);
		} else {
			OK(snt_sendall(a, "x", 1));
			snt_close(a);
		}
		snt_close(b);
	}
}

static int wait_for_a_line(void *arg)
{
	char *line;

	return (int)snt_readline(arg, &line);
}

static int wait_for_much(void *arg)
{
	static char much[65536];

	return (int)snt_read(arg, much, sizeof much);
}

/* One of a million: also while a fiber waits in it. */
static void an_idle_stream_holds_no_buffer(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_group *group = group_open();
		char *line = NULL, got[8];

		peer_says(&both, "one\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
		OK(snt_printf(both.stream, "%s", line));
		assert_true(held(both.stream) > 0);
		OK(snt_flush(both.stream));
		spawn(group, wait_for_a_line, both.stream);
		let_them_wait();
		assert_int_equal(held(both.stream), 0);
		peer_says(&both, "two\nthree");
		OK(snt_group_wait(group));
		assert_int_equal(OK(snt_read_exact(both.stream, got, 5)), 5);
		assert_int_equal(held(both.stream), 0);
		peer_says(&both, "four\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 5);
		spawn(group, wait_for_much, both.stream);
		let_them_wait();
		assert_int_equal(held(both.stream), 0);
		OK(snt_group_end(group));
		close_both(&both);
	}
}

/* What a flood made large is small again for what drips. */
static void a_buffer_that_grew_is_given_back(void)
{
	const size_t total = 300000;
	struct both both = both_on("127.0.0.1:0", total, 0);
	unsigned char *bytes = pattern_bytes(total);
	struct sending sending = { both.peer, bytes, total };
	struct snt_group *group = group_open();
	char *data = NULL;

	spawn(group, send_all_and_end, &sending);
	assert_int_equal(OK(snt_stream_peek(both.stream, total, &data)), total);
	assert_pattern((unsigned char *)data, total, 0);
	assert_true(held(both.stream) >= total);
	assert_int_equal(OK(snt_read_exact(both.stream, bytes, total)), total);
	assert_int_equal(held(both.stream), 0);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(bytes);
}

/* By what came before: and no limit makes more than 64 KiB of it. */
static void a_flood_is_read_in_larger_pieces_than_a_drip(void)
{
	const size_t total = 2000000, line_size = 20;
	struct both both = both_on("127.0.0.1:0", 1 << 20, 0);
	unsigned char *bytes = pattern_bytes(total);
	struct snt_group *group = group_open();
	char *line = NULL;
	size_t most = 0;

	for (size_t i = 0; i < total; i++)
		bytes[i] = i % line_size == line_size - 1 ? '\n' : 'x';
	spawn(group, send_all, &(struct sending){ both.peer, bytes, total });
	for (size_t i = 0; i < total / line_size; i++) {
		assert_int_equal(OK(snt_readline(both.stream, &line)),
				 line_size);
		if (held(both.stream) > most)
			most = held(both.stream);
	}
	assert_true(most > 4096 && most <= 2 * 65536);
	for (int i = 0; i < 8; i++) {
		peer_says(&both, "drip\n");
		assert_int_equal(OK(snt_readline(both.stream, &line)), 5);
	}
	assert_int_equal(held(both.stream), 4096);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
	test_free(bytes);
}

/* For frames: more than the limit once, and then what is usual. */
static void a_block_beyond_the_limit_is_given_back_with_bytes_behind_it(void)
{
	struct both both = both_on("127.0.0.1:0", 4096, 0);
	unsigned char *bytes = pattern_bytes(20010);
	struct sending sending = { both.peer, bytes, 20010 };
	struct snt_group *group = group_open();
	int64_t deadline = 0;
	char *data = NULL;

	spawn(group, send_all, &sending);
	OK(snt__stream_enter(both.stream, SNT__READ, "test"));
	assert_true(OK(snt__stream_fill(both.stream, 20000, &deadline)) >=
		    20000);
	data = snt__stream_lend(both.stream, 19999);
	OK(snt__stream_leave(both.stream, SNT__READ, 0, 0, "test"));
	assert_pattern((unsigned char *)data, 19999, 0);
	assert_int_equal(OK(snt_stream_peek(both.stream, 11, &data)), 11);
	assert_pattern((unsigned char *)data, 11, 19999);
	assert_true(held(both.stream) <= 4096);
	/* Nor is a line longer for what happens to be there. */
	OK(snt_group_wait(group));
	assert_int_equal(OK(snt_read_exact(both.stream, bytes, 11)), 11);
	memset(bytes, 'x', 20010);
	bytes[5000] = '\n';
	spawn(group, send_all_and_end, &sending);
	OK(snt__stream_enter(both.stream, SNT__READ, "test"));
	OK(snt__stream_fill(both.stream, 10000, &deadline));
	OK(snt__stream_leave(both.stream, SNT__READ, 0, 0, "test"));
	FAILS(snt_readline(both.stream, &data), -SNT_ELIMIT);
	OK(snt_group_end(group));
	close_both(&both);
	test_free(bytes);
}

static struct snt_stream *stream_on_fd(int fd)
{
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_stream *stream;
	struct snt_socket *socket;

	OK(snt_fromfd(&socket, fd));
	OK(snt_makefile(&stream, socket, &opts));
	return stream;
}

static void both_ends_of_a_pipe_are_streams(void)
{
	struct snt_stream *in, *out;
	char *line = NULL;
	int ends[2];

	raw_pipe(ends);
	in = stream_on_fd(ends[0]);
	out = stream_on_fd(ends[1]);
	raw_close(ends[0]);
	raw_close(ends[1]);
	OK(snt_printf(out, "%d lines\n", 2));
	OK(snt_write(out, "and its end\n", 12));
	snt_stream_close(out);
	assert_int_equal(OK(snt_readline(in, &line)), 8);
	assert_string_equal(line, "2 lines\n");
	assert_int_equal(OK(snt_readline(in, &line)), 12);
	assert_int_equal(OK(snt_readline(in, &line)), 0);
	snt_stream_close(in);
}

static int close_it(void *arg)
{
	snt_close(arg);
	return 0;
}

/* A pipe has directions; recv and send call that a closed handle. */
static void the_wrong_end_of_a_pipe_is_told_as_such(void)
{
	struct snt_group *group = group_open();
	struct snt_stream *in, *out;
	struct snt_socket *a, *b;
	char byte, *line;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	in = stream_on_fd(ends[0]);
	out = stream_on_fd(ends[1]);
	/* Whatever the fiber was last told. */
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	spawn(group, close_it, a);
	FAILS(snt_recv(a, &byte, 1), -EBADF);
	FAILS(snt_read(out, &byte, 1), -EINVAL);
	TELLS("which is not open for it");
	FAILS(snt_readline(out, &line), -EINVAL);
	OK(snt_write(in, "x", 1));
	FAILS(snt_flush(in), -EINVAL);
	TELLS("flush to descriptor");
	OK(snt_group_end(group));
	snt_close(b);
	snt_stream_close(in);
	snt_stream_close(out);
	raw_close(ends[0]);
	raw_close(ends[1]);
}

static void the_lines_of_a_file_are_read(void)
{
	FILE *file = tmpfile();
	struct snt_stream *stream;
	char *line = NULL;

	assert_non_null(file);
	fputs("first\nsecond\nno end", file);
	rewind(file);
	stream = stream_on_fd(fileno(file));
	assert_int_equal(OK(snt_readline(stream, &line)), 6);
	assert_string_equal(line, "first\n");
	assert_int_equal(OK(snt_readline(stream, &line)), 7);
	FAILS(snt_readline(stream, &line), -SNT_EEND);
	TELLS("readline from, descriptor");
	assert_rest(stream, "no end");
	snt_stream_close(stream);
	fclose(file);
}

/* As a FILE's: a terminal would have to be told a second time. */
static void the_end_is_for_good(void)
{
	static char large[8192];
	FILE *file = tmpfile();
	struct snt_stream *stream;
	char *line = NULL;

	assert_non_null(file);
	stream = stream_on_fd(fileno(file));
	assert_int_equal(OK(snt_readline(stream, &line)), 0);
	fputs("too late\n", file);
	rewind(file);
	assert_int_equal(OK(snt_readline(stream, &line)), 0);
	assert_int_equal(OK(snt_read(stream, large, sizeof large)), 0);
	assert_int_equal(OK(snt_stream_peek(stream, 1, &line)), 0);
	snt_stream_close(stream);
	fclose(file);
}

static const struct test_case cases[] = {
	TEST(a_stream_over_datagrams_is_refused),
	TEST(a_stream_over_a_listener_is_refused),
	TEST(out_of_memory_is_told_and_takes_no_socket),
	TEST(a_call_without_memory_can_be_made_again),
	TEST(null_is_a_stream_that_can_be_closed),
	TEST(the_socket_is_lent_and_closed_only_if_it_was_taken),
	TEST(an_idle_stream_holds_no_buffer),
	TEST(a_buffer_that_grew_is_given_back),
	TEST(a_flood_is_read_in_larger_pieces_than_a_drip),
	TEST(a_block_beyond_the_limit_is_given_back_with_bytes_behind_it),
	TEST(both_ends_of_a_pipe_are_streams),
	TEST_KERNEL(the_wrong_end_of_a_pipe_is_told_as_such),
	TEST_KERNEL(the_lines_of_a_file_are_read),
	TEST_KERNEL(the_end_is_for_good),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
