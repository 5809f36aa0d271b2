/* SPDX-License-Identifier: MIT */
/* What is read as JSON, and what is not: said with line and column, before a
 * byte too many was looked at. */
#include "texts.h"

#include "../guard.h"

/* What an out-value is before the call. */
static json_t *const untouched = (json_t *)&memory;

static void assert_prints(const json_t *value, const char *answer)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, answer);
	memory_give(text);
}

static void must_read(const void *bytes, size_t size,
		      const struct snt_json_opts *opts, const char *answer)
{
	json_t *value = untouched;

	OK(snt_json_parse(bytes, size, opts, &value));
	assert_prints(value, answer);
	json_decref(value);
}

static void must_refuse(const void *bytes, size_t size,
			const struct snt_json_opts *opts, const char *words)
{
	json_t *value = untouched;

	FAILS(snt_json_parse(bytes, size, opts, &value), -EBADMSG);
	assert_ptr_equal(value, untouched);
	TELLS(words);
	assert_memory_equal(snt_errmsg(), "json: line ", 11);
}

static void what_is_json_is_read(void)
{
	memory_begin();
	for (size_t i = 0; i < COUNT(good); i++) {
		const struct text *text = &good[i];
		struct guard guard = guard_open(text->size);

		print_message("%s\n", text->name);
		must_read(guard_end(&guard, text->bytes, text->size),
			  text->size, NULL, text->answer);
		must_read(guard_begin(&guard, text->bytes, text->size),
			  text->size, NULL, text->answer);
		guard_close(&guard);
	}
	memory_end();
}

static void what_is_not_is_refused_with_its_place(void)
{
	memory_begin();
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct text *text = &bad[i];
		struct guard guard = guard_open(text->size);

		print_message("%s\n", text->name);
		must_refuse(guard_end(&guard, text->bytes, text->size),
			    text->size, NULL, text->answer);
		must_refuse(guard_begin(&guard, text->bytes, text->size),
			    text->size, NULL, text->answer);
		guard_close(&guard);
	}
	memory_end();
}

/* Of a text that ends in a bracket or a quote, no part is a value. */
static void a_text_that_was_cut_is_refused(void)
{
	static const char whole[] =
		"{\"a\\n\\ud83d\\ude00\": [true, -1.5e+3, null, {\"\": \"\xe2"
		"\x82\xac\"}], \"b\": \"x\"}";
	size_t size = sizeof whole - 1;
	struct guard guard = guard_open(size);
	json_t *value = NULL;

	for (size_t cut = 0; cut < size; cut++)
		must_refuse(guard_end(&guard, whole, cut), cut, NULL, "");
	OK(snt_json_parse(guard_end(&guard, whole, size), size, NULL, &value));
	json_decref(value);
	guard_close(&guard);
}

static void no_text_is_refused(void)
{
	must_refuse(NULL, 0, NULL, "it ends where a value belongs");
}

static void what_is_quoted_can_be_shown_and_is_short(void)
{
	char text[300] = "{\"\x1b";
	json_t *value;

	must_refuse("\x1b[2J", 4, NULL, "\\x1b where a value");
	memset(text, 'k', sizeof text);
	FAILS(snt_json_parse(text, sizeof text, NULL, &value), -EBADMSG);
	TELLS(" column 1: kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk... where");
}

/* Arrays, or objects, in each other, so many; the caller's to free. */
static char *nested(int levels, bool objects, size_t *size)
{
	const char *begin = objects ? "{\"a\":" : "[";
	size_t width = strlen(begin), count = (size_t)levels;
	char *text = test_malloc(count * (width + 1) + 1);

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * width, begin, width);
	text[count * width] = '1';
	memset(text + count * width + 1, objects ? '}' : ']', count);
	*size = count * (width + 1) + 1;
	return text;
}

static void must_end_at(int levels, bool objects,
			const struct snt_json_opts *opts)
{
	json_t *value = NULL;
	char words[64];
	size_t size;
	char *text = nested(levels, objects, &size);

	OK(snt_json_parse(text, size, opts, &value));
	json_decref(value);
	test_free(text);
	text = nested(levels + 1, objects, &size);
	snprintf(words, sizeof words, "column %d: deeper than %d levels",
		 levels * (objects ? 5 : 1) + 1, levels);
	must_refuse(text, size, opts, words);
	test_free(text);
}

static void levels_are_counted_exactly(void)
{
	for (int objects = 0; objects < 2; objects++) {
		must_end_at(32, objects, NULL);
		must_end_at(1, objects,
			    &(struct snt_json_opts){ .max_depth = 1 });
		must_end_at(SNT_JSON_DEPTH_MAX, objects,
			    &(struct snt_json_opts){
				    .max_depth = SNT_JSON_DEPTH_MAX });
	}
}

static void levels_side_by_side_are_not_deep(void)
{
	const struct snt_json_opts opts = { .max_depth = 2 };

	must_read(BYTES("[[],{},[]]"), &opts, "[[],{},[]]");
	must_refuse(BYTES("[[],{\"a\":[]}]"), &opts,
		    "column 10: deeper than 2 levels");
}

static void a_million_brackets_are_refused_at_the_first_too_many(void)
{
	size_t size = 1000000;
	char *text = test_malloc(size);

	memory_begin();
	memset(text, '[', size);
	must_refuse(text, size, NULL, "line 1 column 33: deeper than 32");
	assert_int_equal(memory.asked, 0);
	test_free(text);
}

static void values_are_counted_on_all_levels(void)
{
	const struct snt_json_opts opts = { .max_values = 5 };

	must_read(BYTES("[1,{\"a\":\"b\"},[]]"), &opts, "[1,{\"a\":\"b\"},[]]");
	must_refuse(BYTES("[1,{\"a\":\"b\"},[0]]"), &opts,
		    "column 15: more than 5 values");
}

static void there_are_at_most_65536_values_unless_told(void)
{
	size_t size = (size_t)65536 * 2 + 1;
	char *text = test_malloc(size);
	json_t *value = NULL;

	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 ? '0' : ',';
	text[0] = '[';
	text[size - 1] = ']';
	must_refuse(text, size, NULL, "more than 65536 values");
	text[size - 3] = ']';
	OK(snt_json_parse(text, size - 2, NULL, &value));
	assert_int_equal(json_array_size(value), 65535);
	json_decref(value);
	test_free(text);
}

static void the_size_is_limited(void)
{
	const struct snt_json_opts opts = { .max_size = 4 };
	size_t size = (size_t)1 << 20;
	char *text = test_malloc(size + 1);
	json_t *value = untouched;

	must_read("1234", 4, &opts, "1234");
	FAILS(snt_json_parse("12345", 5, &opts, &value), -SNT_ELIMIT);
	TELLS("json: 5 bytes are above the maximum of 4");
	memset(text, ' ', size + 1);
	text[0] = '7';
	must_read(text, size, NULL, "7");
	FAILS(snt_json_parse(text, size + 1, NULL, &value), -SNT_ELIMIT);
	assert_ptr_equal(value, untouched);
	test_free(text);
}

static void of_equal_keys_the_last_counts_where_they_are_allowed(void)
{
	const struct snt_json_opts opts = { .allow_duplicates = true };

	must_read(BYTES("{\"a\":1,\"b\":2,\"\\u0061\":3}"), &opts,
		  "{\"a\":3,\"b\":2}");
}

static void a_nul_is_read_where_it_is_allowed_but_never_in_a_key(void)
{
	const struct snt_json_opts opts = { .allow_nul = true };
	json_t *value = NULL;

	OK(snt_json_parse(BYTES("\"a\\u0000b\""), &opts, &value));
	assert_int_equal(json_string_length(value), 3);
	assert_memory_equal(json_string_value(value), "a\0b", 3);
	json_decref(value);
	must_refuse(BYTES("{\"a\\u0000b\":1}"), &opts, "a NUL, in a key");
	must_refuse(BYTES("\"a\0b\""), &opts, "byte 0x00 in a string");
}

static void options_out_of_range_are_refused(void)
{
	static const struct {
		struct snt_json_opts opts;
		const char *words;
	} wrong[] = {
		{ { .max_depth = -1 }, ".max_depth of -1 is not between" },
		{ { .max_depth = SNT_JSON_DEPTH_MAX + 1 },
		  ".max_depth of 257 is not between 0 and 256" },
		{ { .max_size = SNT_JSON_SIZE_MAX + 1 },
		  ".max_size of 1073741825 is above 1073741824" },
	};
	json_t *value = untouched;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		FAILS(snt_json_parse("1", 1, &wrong[i].opts, &value), -EINVAL);
		TELLS(wrong[i].words);
		assert_ptr_equal(value, untouched);
	}
}

static void without_memory_there_is_no_value_and_nothing_is_left(void)
{
	static const char text[] = "{\"a\":[1,2.5,\"three\",null,[],{}],"
				   "\"b\":{\"c\":\"\\u20ac\",\"d\":-1e3}}";
	json_t *value = NULL;
	long requests;

	memory_begin();
	OK(snt_json_parse(BYTES(text), NULL, &value));
	json_decref(value);
	requests = memory.asked;
	assert_true(requests > 20);
	value = untouched;
	for (long i = 1; i <= requests; i++) {
		memory.asked = 0;
		memory.fail_at = i;
		FAILS(snt_json_parse(BYTES(text), NULL, &value), -ENOMEM);
		TELLS("json: out of memory");
		assert_ptr_equal(value, untouched);
		memory_end();
	}
}

static const struct test_case cases[] = {
	TEST(what_is_json_is_read),
	TEST(what_is_not_is_refused_with_its_place),
	TEST(a_text_that_was_cut_is_refused),
	TEST(no_text_is_refused),
	TEST(what_is_quoted_can_be_shown_and_is_short),
	TEST(levels_are_counted_exactly),
	TEST(levels_side_by_side_are_not_deep),
	TEST(a_million_brackets_are_refused_at_the_first_too_many),
	TEST(values_are_counted_on_all_levels),
	TEST(there_are_at_most_65536_values_unless_told),
	TEST(the_size_is_limited),
	TEST(of_equal_keys_the_last_counts_where_they_are_allowed),
	TEST(a_nul_is_read_where_it_is_allowed_but_never_in_a_key),
	TEST(options_out_of_range_are_refused),
	TEST(without_memory_there_is_no_value_and_nothing_is_left),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
