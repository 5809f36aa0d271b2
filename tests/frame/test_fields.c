/* SPDX-License-Identifier: MIT */
/* The words of a line: what is taken, and what is refused in which words. */
#include "answers.h"

/* The fields of a text that ends where memory ends. */
static struct snt_fields fields_of(const struct guard *guard, const char *text)
{
	return (struct snt_fields){ .line = guard_end(guard, text,
						      strlen(text)),
				    .size = strlen(text) };
}

static void a_line_is_taken_apart_field_by_field(void)
{
	struct guard guard = guard_open(64);
	struct snt_fields fields =
		fields_of(&guard, "PUT key_1 -5 18446744073709551615 a b  c ");
	const char *rest = NULL;
	size_t rest_size = 0;
	uint64_t high = 0;
	int64_t low = 0;
	char name[8];

	assert_int_equal(snt_field_choice(&fields, "verb", verbs), 1);
	assert_int_equal(
		snt_field_name(&fields, "key", NULL, name, sizeof name), 0);
	assert_string_equal(name, "key_1");
	assert_int_equal(snt_field_int(&fields, "low", -5, 5, &low), 0);
	assert_int_equal(low, -5);
	assert_int_equal(snt_field_uint(&fields, "high", 0, UINT64_MAX, &high),
			 0);
	assert_true(high == UINT64_MAX);
	assert_int_equal(snt_field_rest(&fields, "text", &rest, &rest_size), 0);
	assert_int_equal(rest_size, 7);
	assert_memory_equal(rest, "a b  c ", 7);
	assert_int_equal(fields.count, 5);
	assert_false(snt_fields_left(&fields));
	assert_int_equal(snt_fields_end(&fields), 0);
	guard_close(&guard);
}

static int ask(struct snt_fields *fields, const struct question *question,
	       int64_t *value)
{
	char name[5] = "####";
	uint64_t number = 99;
	int code = 0;

	switch (question->kind) {
	case CHOICE:
		code = snt_field_choice(fields, "what", verbs);
		*value = code;
		break;
	case INT:
		code = snt_field_int(fields, "what", question->min,
				     question->max, value);
		break;
	case UINT:
		code = snt_field_uint(fields, "what", (uint64_t)question->min,
				      (uint64_t)question->max, &number);
		*value = (int64_t)number;
		break;
	case NAME:
		code = snt_field_name(fields, "what", question->allowed, name,
				      sizeof name);
		*value = (int64_t)strlen(name);
		if (code < 0)
			assert_string_equal(name, "####");
		else
			assert_memory_equal(name, fields->line, strlen(name));
		break;
	}
	return code;
}

static void what_is_asked_for_is_taken(void)
{
	struct guard guard = guard_open(256);

	for (size_t i = 0; i < COUNT(taken); i++) {
		struct snt_fields fields = fields_of(&guard, taken[i].text);
		int64_t value = 99;

		if (ask(&fields, &taken[i].question, &value) < 0)
			fail_msg("%s: %s", taken[i].text, snt_errmsg());
		assert_true(value == taken[i].value);
		assert_int_equal(fields.count, 1);
		assert_int_equal(snt_fields_end(&fields), 0);
	}
	guard_close(&guard);
}

/* Alone, and with a field behind it, which must not be drawn in. */
static void what_is_not_asked_for_is_refused_and_stays(void)
{
	struct guard guard = guard_open(256);

	for (size_t i = 0; i < COUNT(refused); i++)
		for (int more = 0; more < 2; more++) {
			struct snt_fields fields, before;
			int64_t value = 99;
			char text[128];

			if (more == 1 && refused[i].text[0] == '\0')
				continue;
			snprintf(text, sizeof text, "%s%s", refused[i].text,
				 more == 1 ? " next" : "");
			fields = before = fields_of(&guard, text);
			assert_refused(
				ask(&fields, &refused[i].question, &value),
				-EBADMSG, "");
			assert_string_equal(snt_errmsg(), refused[i].sentence);
			if (refused[i].question.kind == INT)
				assert_int_equal(value, 99);
			assert_int_equal(fields.at, before.at);
			assert_int_equal(fields.count, before.count);
		}
	guard_close(&guard);
}

static void a_nul_is_allowed_nowhere(void)
{
	struct snt_fields fields = { .line = "GET\0", .size = 4 };
	char name[8];
	int64_t value;

	assert_refused(
		snt_field_name(&fields, "name", "GET", name, sizeof name),
		-EBADMSG, "\"GET\\x00\": \"\\x00\" is not allowed");
	assert_refused(snt_field_choice(&fields, "verb", verbs), -EBADMSG,
		       "\"GET\\x00\" is none of");
	fields.line = "55\0";
	assert_refused(snt_field_int(&fields, "number", 0, 99, &value),
		       -EBADMSG, "\"55\\x00\\x00\" is no decimal number");
}

static void a_field_is_named_by_its_place_and_the_callers_word(void)
{
	struct snt_fields fields = { .line = "PUT www 70000", .size = 13 };
	int64_t port = 99;
	char host[8];

	assert_int_equal(snt_field_choice(&fields, "verb", verbs), 1);
	assert_int_equal(snt_field_name(&fields, "host", NULL, host, 8), 0);
	assert_int_equal(snt_field_int(&fields, "port", 1, 65535, &port),
			 -EBADMSG);
	assert_string_equal(snt_errmsg(), "field 3 (port): 70000 is not "
					  "between 1 and 65535");
	assert_int_equal(port, 99);
	/* It can still be something else. */
	assert_int_equal(snt_field_name(&fields, "port", SNT_DIGITS, host, 8),
			 0);
	assert_string_equal(host, "70000");
	assert_int_equal(snt_field_name(&fields, "path", NULL, host, 8),
			 -EBADMSG);
	assert_string_equal(snt_errmsg(), "field 4 (path): is missing");
}

static void a_line_with_more_than_was_asked_for_is_refused(void)
{
	static const struct {
		const char *line;
		const char *sentence;
	} lines[] = {
		{ "GET x",
		  "field 2: there should be no more, but \"x\" follows" },
		{ "GET x y\x1b",
		  "field 2: there should be no more, but \"x y\\x1b\" "
		  "follows" },
		{ "GET ", "field 2: there should be no more, but the line "
			  "ends in a separator" },
		{ "GET  ",
		  "field 2: there should be no more, but \" \" follows" },
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct snt_fields fields = { .line = lines[i].line,
					     .size = strlen(lines[i].line) };

		assert_int_equal(snt_field_choice(&fields, "verb", verbs), 0);
		assert_true(snt_fields_left(&fields));
		assert_int_equal(snt_fields_end(&fields), -EBADMSG);
		assert_string_equal(snt_errmsg(), lines[i].sentence);
	}
}

static void two_separators_are_an_empty_field(void)
{
	struct snt_fields fields = { .line = "GET  5", .size = 6 };
	int64_t value;

	assert_int_equal(snt_field_choice(&fields, "verb", verbs), 0);
	assert_refused(snt_field_int(&fields, "number", 0, 9, &value), -EBADMSG,
		       "field 2 (number): is empty");
}

static void the_rest_may_be_empty_behind_a_separator_only(void)
{
	static const struct {
		const char *line;
		const char *rest; /* NULL: is missing */
	} lines[] = {
		{ "GET", NULL },  { "GET ", "" },       { "GET  ", " " },
		{ "GET a", "a" }, { "GET a b", "a b" },
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		struct snt_fields fields = { .line = lines[i].line,
					     .size = strlen(lines[i].line) };
		const char *rest = "untouched";
		size_t size = 9;

		assert_int_equal(snt_field_choice(&fields, "verb", verbs), 0);
		if (lines[i].rest == NULL) {
			assert_refused(
				snt_field_rest(&fields, "text", &rest, &size),
				-EBADMSG, "field 2 (text): is missing");
			assert_string_equal(rest, "untouched");
			continue;
		}
		assert_int_equal(snt_field_rest(&fields, "text", &rest, &size),
				 0);
		assert_int_equal(size, strlen(lines[i].rest));
		assert_memory_equal(rest, lines[i].rest, size);
		assert_int_equal(snt_fields_end(&fields), 0);
		assert_refused(snt_field_rest(&fields, "more", &rest, &size),
			       -EBADMSG, "field 3 (more): is missing");
	}
}

static void all_of_a_line_can_be_its_rest(void)
{
	struct snt_fields fields = { .line = "a b", .size = 3 };
	const char *rest = NULL;
	size_t size = 0;

	assert_int_equal(snt_field_rest(&fields, "all", &rest, &size), 0);
	assert_int_equal(size, 3);
	fields = (struct snt_fields){ .line = NULL, .size = 0 };
	assert_refused(snt_field_rest(&fields, "all", &rest, &size), -EBADMSG,
		       "field 1 (all): is missing");
	assert_false(snt_fields_left(&fields));
	assert_int_equal(snt_fields_end(&fields), 0);
}

static void an_optional_field_is_asked_for_before(void)
{
	struct snt_fields fields = { .line = "GET", .size = 3 };

	assert_true(snt_fields_left(&fields));
	assert_int_equal(snt_field_choice(&fields, "verb", verbs), 0);
	assert_false(snt_fields_left(&fields));
}

static void another_separator_can_be_chosen(void)
{
	struct snt_fields fields = { .line = "a b,,5",
				     .size = 6,
				     .separator = ',' };
	int64_t value;
	char name[8];

	assert_int_equal(snt_field_name(&fields, "name", "ab ", name, 8), 0);
	assert_string_equal(name, "a b");
	assert_refused(snt_field_int(&fields, "number", 0, 9, &value), -EBADMSG,
		       "field 2 (number): is empty");
}

static void what_no_line_can_have_is_the_callers_mistake(void)
{
	struct snt_fields fields = { .line = "5", .size = 1 };
	const char *const none[] = { NULL };
	uint64_t high;
	int64_t low;
	char name[8];

	assert_refused(snt_field_int(&fields, "low", 2, 1, &low), -EINVAL,
		       "field 1 (low): the minimum is above the maximum");
	assert_refused(snt_field_uint(&fields, "high", 2, 1, &high), -EINVAL,
		       "field 1 (high): the minimum is above the maximum");
	assert_refused(snt_field_choice(&fields, "verb", NULL), -EINVAL,
		       "field 1 (verb): there is no choice");
	assert_refused(snt_field_choice(&fields, "verb", none), -EINVAL,
		       "field 1 (verb): there is no choice");
	assert_refused(snt_field_name(&fields, "name", NULL, name, 1), -EINVAL,
		       "field 1 (name): there is no room for a name");
	assert_refused(snt_field_name(&fields, "name", NULL, NULL, 8), -EINVAL,
		       "field 1 (name): there is no room for a name");
}

static void a_sentence_stays_short_whatever_came(void)
{
	char line[5000], all[20][16], name[8];
	const char *choices[21] = { NULL };
	struct snt_fields fields = { .line = line, .size = sizeof line };

	memset(line, 1, sizeof line);
	for (int i = 0; i < 20; i++) {
		snprintf(all[i], sizeof all[i], "choice-number%d", i);
		choices[i] = all[i];
	}
	assert_refused(snt_field_choice(&fields, "verb", choices), -EBADMSG,
		       "\\x01...\" is none of: choice-number0, ");
	assert_string_equal(snt_errmsg() + strlen(snt_errmsg()) - 3, "...");
	assert_true(strlen(snt_errmsg()) < 500);
	assert_refused(snt_field_name(&fields, "name", NULL, name, 8), -EBADMSG,
		       "\\x01...\" is longer than 7 bytes");
	assert_refused(snt_fields_end(&fields), -EBADMSG, "\\x01...\" follows");
}

static const struct test_case cases[] = {
	TEST(a_line_is_taken_apart_field_by_field),
	TEST(what_is_asked_for_is_taken),
	TEST(what_is_not_asked_for_is_refused_and_stays),
	TEST(a_nul_is_allowed_nowhere),
	TEST(a_field_is_named_by_its_place_and_the_callers_word),
	TEST(a_line_with_more_than_was_asked_for_is_refused),
	TEST(two_separators_are_an_empty_field),
	TEST(the_rest_may_be_empty_behind_a_separator_only),
	TEST(all_of_a_line_can_be_its_rest),
	TEST(an_optional_field_is_asked_for_before),
	TEST(another_separator_can_be_chosen),
	TEST(what_no_line_can_have_is_the_callers_mistake),
	TEST(a_sentence_stays_short_whatever_came),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
