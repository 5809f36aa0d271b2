/* SPDX-License-Identifier: MIT */
/* Values into a stream: what is sent, what is not and why, and that it comes
 * back equal. */
#include "messages.h"
#include "texts.h"

/* What the peer of a stream has received so far is that. */
static void assert_sent(const struct both *both, const char *bytes, size_t size)
{
	char *got = test_malloc(size + 1);

	assert_int_equal(OK(snt_recv_exact(both->peer, got, size)), size);
	assert_memory_equal(got, bytes, size);
	assert_int_equal(raw_unread(snt_fileno(both->peer)), 0);
	test_free(got);
}

/* A value of its own making is refused with those words; nothing is sent. */
static void must_not_send(const struct both *both,
			  const struct snt_json_opts *opts, json_t *value,
			  int code, const char *words)
{
	FAILS(snt_send_json(both->stream, opts, value), code);
	TELLS(words);
	TELLS("json to ");
	assert_int_equal(snt_done(), 0);
	FAILS(snt_write_json(both->stream, opts, value), code);
	OK(snt_flush(both->stream));
	assert_int_equal(raw_unread(snt_fileno(both->peer)), 0);
	json_decref(value);
}

static void a_value_is_sent_in_one_line(void)
{
	static const char line[] = "{\"b\":[1,-2,0.5],\"a\":\"\xc3\xa9\","
				   "\"c\":[true,false,null,{},[]]}\n";

	memory_begin();
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		json_t *value = value_of(line);

		OK(snt_send_json(both.stream, NULL, value));
		json_decref(value);
		assert_sent(&both, BYTES(line));
		close_both(&both);
	}
	memory_end();
}

static void each_kind_of_value_has_one_spelling(void)
{
	static const struct {
		const char *text, *sent;
	} spelled[] = {
		{ "null", "null" },
		{ " true ", "true" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "0.1", "0.1" },
		{ "1e2", "100.0" },
		{ "-0.0", "-0.0" },
		{ "1e15", "1e+15" },
		{ "123456789012345678.0", "1.2345678901234568e+17" },
		{ "5e-324", "4.94065645841247e-324" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "\"\\u0000\\u0001\\u001f\\u007f\"",
		  "\"\\u0000\\u0001\\u001f\x7f\"" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		  "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
		{ "\"\\u00e9\\ud83d\\ude00\"", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "{\"\\n\" : \"\" }", "{\"\\n\":\"\"}" },
	};
	const struct snt_json_opts opts = { .allow_nul = true };
	struct both both = both_on("127.0.0.1:0", 0, 0);

	for (size_t i = 0; i < COUNT(spelled); i++) {
		json_t *value = NULL;
		char line[64];

		OK(snt_json_parse(spelled[i].text, strlen(spelled[i].text),
				  &opts, &value));
		OK(snt_send_json(both.stream, &opts, value));
		json_decref(value);
		snprintf(line, sizeof line, "%s\n", spelled[i].sent);
		assert_sent(&both, line, strlen(line));
	}
	close_both(&both);
}

static void what_can_be_read_comes_back_equal_in_every_format(void)
{
	for (size_t i = 0; i < COUNT(carriers); i++) {
		const struct snt_json_opts opts = { .format = &carriers[i] };
		struct both both = both_on("[::1]:0", 0, 0);
		struct snt_stream *back;

		OK(snt_makefile(&back, both.peer, NULL));
		for (size_t j = 0; j < COUNT(good); j++) {
			json_t *value = NULL;

			OK(snt_json_parse(good[j].bytes, good[j].size, NULL,
					  &value));
			OK(snt_send_json(both.stream, &opts, value));
			json_decref(value);
			must_receive(back, &opts, good[j].answer);
		}
		snt_stream_close(back);
		close_both(&both);
	}
}

static uint64_t drawn = 0x5e4417;

static uint64_t draw(void)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return drawn;
}

static void any_real_comes_back_the_same(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_stream *back;

	OK(snt_makefile(&back, both.peer, NULL));
	for (int i = 0; i < 500; i++) {
		uint64_t bits = draw();
		json_t *value, *got = NULL;
		double real;

		memcpy(&real, &bits, sizeof real);
		value = json_real(real);
		if (value == NULL) /* infinite, or none */
			continue;
		OK(snt_send_json(both.stream, NULL, value));
		assert_int_equal(OK(snt_recv_json(back, NULL, &got)), 1);
		assert_true(json_is_real(got));
		assert_true(json_real_value(got) == real);
		json_decref(value);
		json_decref(got);
	}
	snt_stream_close(back);
	close_both(&both);
}

static void written_values_are_sent_by_a_flush(void)
{
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		json_t *value = value_of("[1]");

		for (int i = 0; i < 3; i++)
			OK(snt_write_json(both.stream, NULL, value));
		assert_int_equal(raw_unread(snt_fileno(both.peer)), 0);
		OK(snt_flush(both.stream));
		assert_sent(&both, BYTES("[1]\n[1]\n[1]\n"));
		OK(snt_write_json(both.stream, NULL, value));
		OK(snt_send_json(both.stream, NULL, value));
		assert_sent(&both, BYTES("[1]\n[1]\n"));
		json_decref(value);
		close_both(&both);
	}
}

static int receive_large(void *arg)
{
	struct both *both = arg;
	struct snt_stream *back;
	json_t *value = NULL;

	OK(snt_makefile(&back, both->peer, NULL));
	assert_int_equal(OK(snt_recv_json(back, NULL, &value)), 1);
	assert_int_equal(json_array_size(value), 50000);
	json_decref(value);
	must_end(back, NULL);
	snt_stream_close(back);
	return 0;
}

static void a_large_value_is_sent_as_the_peer_takes_it(void)
{
	memory_begin();
	EACH_STREAM(text)
	{
		struct both both = both_on(text, 0, 0);
		struct snt_group *group = group_open();
		json_t *value = json_array();

		for (int i = 0; i < 50000; i++)
			json_array_append_new(value, json_integer(1000000 + i));
		spawn(group, receive_large, &both);
		OK(snt_send_json(both.stream, NULL, value));
		json_decref(value);
		OK(snt_shutdown(snt_stream_socket(both.stream), SHUT_WR));
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		close_both(&both);
	}
	memory_end();
}

static void the_text_is_as_long_as_the_options_or_the_format_allow(void)
{
	static const struct snt_frame_format lines = { .max = 8 },
					     bytes = { .kind = SNT_FRAME_U8 };
	const struct snt_json_opts limits[] = {
		{ .max_size = 8 },
		{ .format = &lines },
		{ .format = &lines, .max_size = 1000 },
	};
	const struct snt_json_opts in_bytes = { .format = &bytes };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value = value_of("\"123456\"");
	char long_text[300];

	for (size_t i = 0; i < COUNT(limits); i++) {
		OK(snt_send_json(both.stream, &limits[i], value));
		assert_sent(&both, BYTES("\"123456\"\n"));
		must_not_send(&both, &limits[i], json_string("1234567"),
			      -SNT_ELIMIT, "longer than 8 bytes");
	}
	json_decref(value);
	memset(long_text, 'x', sizeof long_text);
	value = json_stringn(long_text, 254);
	FAILS(snt_send_json(both.stream, &in_bytes, value), -SNT_ELIMIT);
	TELLS("u8 frame: 256 bytes are above the maximum of 255");
	json_decref(value);
	value = json_stringn(long_text, 253);
	OK(snt_send_json(both.stream, &in_bytes, value));
	json_decref(value);
	close_both(&both);
}

/* Arrays in each other, so many. */
static json_t *nested(int levels)
{
	json_t *value = json_array();

	while (--levels > 0)
		value = json_pack("[o]", value);
	return value;
}

static void levels_and_values_are_limited(void)
{
	const struct snt_json_opts three = { .max_values = 3 },
				   deep = { .max_depth = SNT_JSON_DEPTH_MAX };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value = nested(32);

	OK(snt_write_json(both.stream, NULL, value));
	json_decref(value);
	value = nested(SNT_JSON_DEPTH_MAX);
	OK(snt_write_json(both.stream, &deep, value));
	json_decref(value);
	value = value_of("{\"a\":[1]}");
	OK(snt_send_json(both.stream, &three, value));
	json_decref(value);
	assert_int_equal(raw_unread(snt_fileno(both.peer)), 65 + 513 + 10);
	snt_close(both.peer);
	snt_stream_close(both.stream);
	both = both_on("127.0.0.1:0", 0, 0);
	must_not_send(&both, NULL, nested(33), -SNT_ELIMIT,
		      "deeper than 32 levels");
	must_not_send(&both, &deep, nested(SNT_JSON_DEPTH_MAX + 1), -SNT_ELIMIT,
		      "deeper than 256 levels");
	must_not_send(&both, &three, value_of("{\"a\":[1,2]}"), -SNT_ELIMIT,
		      "more than 3 values");
	close_both(&both);
}

static int send_deepest(void *arg)
{
	const struct snt_json_opts deep = { .max_depth = SNT_JSON_DEPTH_MAX };
	struct both *both = arg;
	json_t *value = nested(SNT_JSON_DEPTH_MAX), *got = NULL;
	struct snt_stream *back;

	OK(snt_makefile(&back, both->peer, NULL));
	OK(snt_send_json(both->stream, &deep, value));
	assert_int_equal(OK(snt_recv_json(back, &deep, &got)), 1);
	assert_true(json_equal(got, value));
	json_decref(got);
	json_decref(value);
	snt_stream_close(back);
	return 0;
}

static void the_deepest_value_fits_on_a_fibers_stack(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_group *group = group_open();

	spawn(group, send_deepest, &both);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_both(&both);
}

static void a_value_that_holds_itself_is_too_deep(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *inner = json_array(), *outer = json_pack("{s:O}", "in", inner);

	json_array_append(inner, outer);
	must_not_send(&both, NULL, json_incref(outer), -SNT_ELIMIT,
		      "deeper than 32 levels");
	json_array_clear(inner);
	json_decref(outer);
	json_decref(inner);
	close_both(&both);
}

/* Of 2 to the power of 30 values in few. */
static void a_value_that_is_much_larger_than_it_looks_is_too_many(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value = json_array();

	for (int i = 0; i < 30; i++)
		value = json_pack("[oO]", value, value);
	must_not_send(&both, NULL, value, -SNT_ELIMIT,
		      "more than 65536 values");
	close_both(&both);
}

static void what_no_text_can_hold_is_told_with_what_is_before_it(void)
{
	const struct snt_json_opts nul = { .allow_nul = true };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value;

	must_not_send(&both, NULL, NULL, -EINVAL, "no value");
	must_not_send(&both, NULL, json_string_nocheck("caf\xe9"), -EILSEQ,
		      ": a string that is not UTF-8");
	value = json_pack("{s:i}", "id", 7);
	json_object_set_new(value, "name", json_string_nocheck("\xff"));
	must_not_send(&both, NULL, value, -EILSEQ,
		      "a string that is not UTF-8, behind "
		      "{\"id\":7,\"name\":");
	value = json_object();
	json_object_set_new_nocheck(value, "\xc3", json_null());
	must_not_send(&both, NULL, value, -EILSEQ,
		      "a key that is not UTF-8, behind {");
	value = json_pack("[s]",
			  "a string that is too long to be shown as a whole");
	json_array_append_new(value, json_stringn("a\0b", 3));
	must_not_send(&both, NULL, value, -EINVAL,
		      "a string with a NUL, behind ... is too long to be "
		      "shown as a whole\",");
	value = json_object();
	json_object_setn_new(value, "a\0b", 3, json_null());
	must_not_send(&both, &nul, value, -EINVAL,
		      "a key with a NUL, behind {");
	close_both(&both);
}

static void a_format_that_cannot_carry_it_is_told(void)
{
	static const struct snt_frame_format comma = {
		.kind = SNT_FRAME_DELIMITED,
		.delimiter = ",",
		.delimiter_size = 1,
	};
	const struct snt_json_opts opts = { .format = &comma };
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value = value_of("[1,2]");

	FAILS(snt_send_json(both.stream, &opts, value), -EINVAL);
	TELLS("a payload with the delimiter, at offset 2");
	FAILS(snt_send_json(both.stream,
			    &(struct snt_json_opts){ .max_depth = -7 }, value),
	      -EINVAL);
	TELLS("json: a .max_depth of -7");
	json_decref(value);
	close_both(&both);
}

static void a_cancelled_fiber_sends_nothing_and_leaks_nothing(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	struct snt_scope scope;
	json_t *value;

	memory_begin();
	value = json_array();
	for (int i = 0; i < 2000; i++)
		json_array_append_new(value, json_integer(i));
	snt_timeout_begin(&scope, SNT_NOWAIT);
	FAILS(snt_send_json(both.stream, NULL, value), -ETIMEDOUT);
	snt_scope_end(&scope);
	json_decref(value);
	memory_end();
	assert_int_equal(raw_unread(snt_fileno(both.peer)), 0);
	close_both(&both);
}

static void a_peer_that_is_gone_is_told(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value = value_of("[1]");
	int code;

	snt_abort(both.peer);
	while ((code = snt_send_json(both.stream, NULL, value)) == 0)
		OK(snt_sleep(SNT_MILLISECOND));
	assert_true(code == -ECONNRESET || code == -EPIPE);
	/* Also of a value that is none. */
	FAILS(snt_send_json(both.stream, NULL, NULL), -EINVAL);
	TELLS("json to 127.0.0.1:");
	json_decref(value);
	snt_stream_close(both.stream);
}

static void without_memory_nothing_is_sent_and_nothing_left(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	char text[2000];
	json_t *value;

	memory_begin();
	memset(text, '\n', sizeof text);
	value = json_stringn(text, sizeof text);
	/* It grows thrice; at the fourth request there is none any more. */
	for (long i = 1; i <= 4; i++) {
		memory.asked = 0;
		memory.fail_at = i;
		assert_int_equal(raw_unread(snt_fileno(both.peer)), 0);
		if (i == 4)
			OK(snt_send_json(both.stream, NULL, value));
		else
			FAILS(snt_send_json(both.stream, NULL, value), -ENOMEM);
	}
	TELLS(": out of memory");
	json_decref(value);
	memory_end();
	close_both(&both);
}

static void without_memory_a_deep_value_is_not_sent(void)
{
	struct both both = both_on("127.0.0.1:0", 0, 0);
	json_t *value;

	memory_begin();
	value = nested(17);
	memory.asked = 0;
	memory.fail_at = 1;
	FAILS(snt_send_json(both.stream, NULL, value), -ENOMEM);
	TELLS(": out of memory");
	OK(snt_send_json(both.stream, NULL, value));
	assert_int_equal(memory.asked, 2);
	json_decref(value);
	value = nested(16);
	OK(snt_send_json(both.stream, NULL, value));
	json_decref(value);
	memory_end();
	close_both(&both);
}

static const struct test_case cases[] = {
	TEST(a_value_is_sent_in_one_line),
	TEST(each_kind_of_value_has_one_spelling),
	TEST(what_can_be_read_comes_back_equal_in_every_format),
	TEST(any_real_comes_back_the_same),
	TEST(written_values_are_sent_by_a_flush),
	TEST(a_large_value_is_sent_as_the_peer_takes_it),
	TEST(the_text_is_as_long_as_the_options_or_the_format_allow),
	TEST(levels_and_values_are_limited),
	TEST(the_deepest_value_fits_on_a_fibers_stack),
	TEST(a_value_that_holds_itself_is_too_deep),
	TEST(a_value_that_is_much_larger_than_it_looks_is_too_many),
	TEST(what_no_text_can_hold_is_told_with_what_is_before_it),
	TEST(a_format_that_cannot_carry_it_is_told),
	TEST(a_cancelled_fiber_sends_nothing_and_leaks_nothing),
	TEST(a_peer_that_is_gone_is_told),
	TEST(without_memory_nothing_is_sent_and_nothing_left),
	TEST(without_memory_a_deep_value_is_not_sent),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
