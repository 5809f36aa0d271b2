/* SPDX-License-Identifier: MIT */
/* Values out of a stream: one a frame, and what is no value is in nobody's
 * way. */
#include "messages.h"
#include "texts.h"

/* The row's text as a netstring, which carries any bytes. */
static void say_netstring(const struct both *both, const struct text *text)
{
	char head[16];

	snprintf(head, sizeof head, "%zu:", text->size);
	OK(snt_sendall(both->peer, head, strlen(head)));
	OK(snt_sendall(both->peer, text->bytes, text->size));
	OK(snt_sendall(both->peer, ",", 1));
}

static const struct snt_frame_format netstrings = { .kind = SNT_FRAME_NETSTRING,
						    .text = true };
static const struct snt_json_opts in_netstrings = { .format = &netstrings };

static void a_line_is_a_value(void)
{
	memory_begin();
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		peer_ends(&both, "{\"a\": [1, 2.5]}\r\n\"text\"\n null \n");
		must_receive(both.stream, NULL, "{\"a\":[1,2.5]}");
		must_receive(both.stream, NULL, "\"text\"");
		must_receive(both.stream, NULL, "null");
		must_end(both.stream, NULL);
		must_end(both.stream, NULL);
		close_both(&both);
	}
	memory_end();
}

static int say_singly(void *arg)
{
	const struct sending *sending = arg;

	for (size_t i = 0; i < sending->size; i++) {
		OK(snt_sendall(sending->socket, sending->bytes + i, 1));
		OK(snt_yield());
	}
	OK(snt_shutdown(sending->socket, SHUT_WR));
	return 0;
}

static void values_that_come_in_single_bytes_are_the_same(void)
{
	static const unsigned char bytes[] =
		"[\"\xe2\x82\xac\"]\n{\"a\":1,\"a\":2}\n{}\n";

	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct sending sending = { both.peer, bytes, sizeof bytes - 1 };
		struct snt_group *group = group_open();

		spawn(group, say_singly, &sending);
		must_receive(both.stream, NULL, "[\"\xe2\x82\xac\"]");
		must_not_receive(both.stream, NULL, -EBADMSG,
				 "line 1 column 8: duplicate key \"a\"");
		must_receive(both.stream, NULL, "{}");
		must_end(both.stream, NULL);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
}

static void what_is_no_value_is_told_and_the_next_one_received(void)
{
	memory_begin();
	EACH_STREAM(where)
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct both both = both_on(where, 0, 0);

		print_message("%s\n", bad[i].name);
		say_netstring(&both, &bad[i]);
		peer_ends(&both, "4:[42],");
		must_not_receive(both.stream, &in_netstrings, -EBADMSG,
				 bad[i].answer);
		TELLS("json from ");
		must_receive(both.stream, &in_netstrings, "[42]");
		must_end(both.stream, &in_netstrings);
		close_both(&both);
	}
	memory_end();
}

static void a_bad_value_is_told_with_its_peer_and_its_place(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char words[SNT_ADDR_TEXT + 64], peer[SNT_ADDR_TEXT];

	OK(snt_getpeername_text(snt_stream_socket(both.stream), peer,
				sizeof peer));
	peer_says(&both, "{\"a\": 1, \"b\": 2, \"a\": 3}\n");
	must_not_receive(both.stream, NULL, -EBADMSG, "");
	snprintf(words, sizeof words,
		 "json from %s: line 1 column 18: duplicate key \"a\"", peer);
	assert_string_equal(snt_errmsg(), words);
	close_both(&both);
}

static void what_is_no_socket_is_told_by_its_descriptor(void)
{
	const struct snt_stream_opts opts = { .takes_socket = true };
	struct snt_socket *socket;
	struct snt_stream *stream;
	int ends[2];
	char words[64];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	OK(snt_fromfd(&socket, ends[0]));
	OK(snt_makefile(&stream, socket, &opts));
	assert_int_equal(write(ends[1], "[1]\n[x]\n", 8), 8);
	must_receive(stream, NULL, "[1]");
	snprintf(words, sizeof words,
		 "json from descriptor %d: line 1 column 2: x where",
		 snt_fileno(socket));
	must_not_receive(stream, NULL, -EBADMSG, words);
	snt_stream_close(stream);
	close(ends[0]);
	close(ends[1]);
}

static void values_come_in_every_format(void)
{
	static const char text[] = "{\"k\":[1,\"\xc3\xa9\",{\"l\":null}]}";

	for (size_t i = 0; i < COUNT(carriers); i++) {
		const struct snt_json_opts opts = { .format = &carriers[i] };
		struct both both = both_on("[::1]:0", 0, 0);
		char frame[300];
		ptrdiff_t n;

		n = OK(snt_frame_encode(&carriers[i], text, sizeof text - 1,
					frame, sizeof frame));
		OK(snt_sendall(both.peer, frame, (size_t)n));
		OK(snt_sendall(both.peer, frame, (size_t)n));
		OK(snt_shutdown(both.peer, SHUT_WR));
		must_receive(both.stream, &opts, text);
		must_receive(both.stream, &opts, text);
		must_end(both.stream, &opts);
		close_both(&both);
	}
}

static void values_of_a_fixed_size_have_blanks_around(void)
{
	static const struct snt_frame_format eight = { .kind = SNT_FRAME_FIXED,
						       .size = 8 };
	const struct snt_json_opts opts = { .format = &eight };
	struct both both = both_on("127.0.0.1:0", 0, 0);

	peer_ends(&both, "[1]     \n  2    ");
	must_receive(both.stream, &opts, "[1]");
	must_receive(both.stream, &opts, "2");
	must_end(both.stream, &opts);
	close_both(&both);
}

static void what_is_no_frame_is_another_failure_and_stays(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		char got[5];

		peer_ends(&both, "4:null;");
		for (int i = 0; i < 2; i++)
			must_not_receive(both.stream, &in_netstrings, -EPROTO,
					 "netstring: at offset 6: 0x3b where");
		assert_int_equal(OK(snt_read_exact(both.stream, got, 5)), 5);
		assert_memory_equal(got, "4:nul", 5);
		close_both(&both);
	}
}

static void an_end_inside_a_message_is_told(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		peer_ends(&both, "[1]\n[2]");
		must_receive(both.stream, NULL, "[1]");
		must_not_receive(both.stream, NULL, -SNT_EEND, "recv_frame");
		close_both(&both);
	}
}

static void the_size_is_that_of_the_options_or_of_the_format(void)
{
	static const struct snt_frame_format lines = { .max = 8 },
					     long_lines = { .max = 1000 };
	const struct snt_json_opts limits[] = {
		{ .max_size = 8 },
		{ .format = &lines },
		{ .format = &lines, .max_size = 1000 },
		{ .format = &long_lines, .max_size = 8 },
	};

	for (size_t i = 0; i < COUNT(limits); i++) {
		struct both both = both_on("127.0.0.1:0", 0, 0);

		peer_says(&both, "\"123456\"\n\"1234567\"\n");
		must_receive(both.stream, &limits[i], "\"123456\"");
		must_not_receive(both.stream, &limits[i], -SNT_ELIMIT,
				 "line: longer than 8 bytes");
		close_both(&both);
	}
}

static void a_message_is_at_most_a_mebibyte_unless_told(void)
{
	size_t size = (size_t)1 << 20;
	const struct snt_json_opts larger = { .max_size = size + 1 };
	unsigned char *text = test_malloc(2 * size + 3);
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct sending sending = { both.peer, text, 2 * size + 3 };
	struct snt_group *group = group_open();
	json_t *value = NULL;

	memset(text, 'x', 2 * size + 3);
	text[0] = text[size - 1] = '"';
	text[size] = '\n';
	text[size + 1] = text[2 * size + 1] = '"';
	text[2 * size + 2] = '\n';
	spawn(group, send_all_and_end, &sending);
	assert_int_equal(OK(snt_recv_json(both.stream, NULL, &value)), 1);
	assert_int_equal(json_string_length(value), size - 2);
	json_decref(value);
	must_not_receive(both.stream, NULL, -SNT_ELIMIT,
			 "line: longer than 1048576 bytes");
	assert_int_equal(OK(snt_recv_json(both.stream, &larger, &value)), 1);
	assert_int_equal(json_string_length(value), size - 1);
	json_decref(value);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
	test_free(text);
}

static void values_and_levels_are_limited(void)
{
	const struct snt_json_opts opts = { .max_values = 3, .max_depth = 2 };
	struct both both = both_on("127.0.0.1:0", 0, 0);

	peer_ends(&both, "[1,2,3]\n[[[]]]\n[1,[]]\n");
	must_not_receive(both.stream, &opts, -EBADMSG,
			 "line 1 column 6: more than 3 values");
	must_not_receive(both.stream, &opts, -EBADMSG,
			 "line 1 column 3: deeper than 2 levels");
	must_receive(both.stream, &opts, "[1,[]]");
	must_end(both.stream, &opts);
	close_both(&both);
}

static void options_that_are_none_take_nothing(void)
{
	static const struct snt_frame_format none = { .kind = 99 };
	struct both both = both_on("127.0.0.1:0", 0, 0);

	peer_ends(&both, "[1]\n");
	must_not_receive(both.stream,
			 &(struct snt_json_opts){ .max_depth = 1000 }, -EINVAL,
			 ".max_depth of 1000");
	must_not_receive(both.stream,
			 &(struct snt_json_opts){ &none, .max_depth = 1 },
			 -EINVAL, "99 is no SNT_FRAME_ kind");
	must_receive(both.stream, NULL, "[1]");
	close_both(&both);
}

static void a_value_takes_turns_with_lines_and_bytes(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char raw[3], *line;

	peer_ends(&both, "PUT\n{\"n\":3}\nabc[]\n");
	assert_int_equal(OK(snt_readline(both.stream, &line)), 4);
	must_receive(both.stream, NULL, "{\"n\":3}");
	assert_int_equal(OK(snt_read_exact(both.stream, raw, 3)), 3);
	must_receive(both.stream, NULL, "[]");
	close_both(&both);
}

static void a_value_that_does_not_come_in_time_loses_nothing(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);

		peer_says(&both, "{\"a\":");
		{
			snt_timeout_scope(limit, MILLISECONDS(20));
			must_not_receive(both.stream, NULL, -ETIMEDOUT, "");
		}
		peer_says(&both, "1}\n");
		must_receive(both.stream, NULL, "{\"a\":1}");
		close_both(&both);
	}
}

struct receiving {
	struct snt_stream *stream;
	int code;
};

static int receive_one(void *arg)
{
	struct receiving *receiving = arg;
	json_t *value = NULL;

	receiving->code = snt_recv_json(receiving->stream, NULL, &value);
	assert_null(value);
	return 0;
}

static void a_cancelled_or_closed_stream_gives_no_value(void)
{
	EACH_STREAM(text)
	for (int closed = 0; closed < 2; closed++) {
		struct both both = both_on(text, 0, 0);
		struct receiving receiving = { .stream = both.stream };
		struct snt_group *group = group_open();

		spawn(group, receive_one, &receiving);
		let_them_wait();
		OK(snt_sendall(both.peer, "[1", 2));
		while (snt__stream_count(both.stream) < 2)
			OK(snt_sleep(SNT_MILLISECOND));
		if (closed)
			snt_stream_close(both.stream);
		else
			snt_group_cancel(group);
		OK(snt_group_end(group));
		assert_int_equal(receiving.code, closed ? -EBADF : -ECANCELED);
		if (!closed)
			snt_stream_close(both.stream);
		snt_close(both.peer);
	}
}

static void a_socket_that_is_closed_is_gone_for_its_stream(void)
{
	struct snt_socket *mine, *peer;
	struct receiving receiving = { .stream = NULL };
	struct snt_group *group = group_open();

	pair_on("127.0.0.1:0", &mine, &peer);
	OK(snt_makefile(&receiving.stream, mine, NULL));
	spawn(group, receive_one, &receiving);
	let_them_wait();
	snt_close(mine);
	OK(snt_group_end(group));
	assert_int_equal(receiving.code, -EBADF);
	must_not_receive(receiving.stream, NULL, -EBADF, "");
	FAILS(snt_send_json(receiving.stream, NULL, NULL), -EINVAL);
	TELLS("json to a stream that is closed: no value");
	snt_stream_close(receiving.stream);
	snt_close(peer);
}

static void without_memory_the_next_message_can_be_received(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);

	memory_begin();
	peer_ends(&both, "[1,2]\n[3]\n");
	memory.fail_at = 2;
	must_not_receive(both.stream, NULL, -ENOMEM, "json from 127.0.0.1:");
	TELLS(": out of memory");
	assert_null(strstr(snt_errmsg(), "line"));
	must_receive(both.stream, NULL, "[3]");
	must_end(both.stream, NULL);
	close_both(&both);
	memory_end();
}

static const struct test_case cases[] = {
	TEST(a_line_is_a_value),
	TEST(values_that_come_in_single_bytes_are_the_same),
	TEST_SLOW(what_is_no_value_is_told_and_the_next_one_received, 60),
	TEST(a_bad_value_is_told_with_its_peer_and_its_place),
	TEST_KERNEL(what_is_no_socket_is_told_by_its_descriptor),
	TEST(values_come_in_every_format),
	TEST(values_of_a_fixed_size_have_blanks_around),
	TEST(what_is_no_frame_is_another_failure_and_stays),
	TEST(an_end_inside_a_message_is_told),
	TEST(the_size_is_that_of_the_options_or_of_the_format),
	TEST(a_message_is_at_most_a_mebibyte_unless_told),
	TEST(values_and_levels_are_limited),
	TEST(options_that_are_none_take_nothing),
	TEST(a_value_takes_turns_with_lines_and_bytes),
	TEST(a_value_that_does_not_come_in_time_loses_nothing),
	TEST(a_cancelled_or_closed_stream_gives_no_value),
	TEST(a_socket_that_is_closed_is_gone_for_its_stream),
	TEST(without_memory_the_next_message_can_be_received),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
