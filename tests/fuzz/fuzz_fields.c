/* SPDX-License-Identifier: MIT */
/*
 * Asks a line for fields, of kinds and bounds that the input's first bytes say
 * (up to a NUL; the byte after it is the separator). What is taken must be
 * spelled as the value would be printed; what is refused must stay, with a
 * sentence that a terminal can show.
 */
#include "checks.h"

#include <sennit/text.h>

#include <inttypes.h>
#include <stdio.h>

static const char *const choices[] = { "GET", "PUT", "", "a", NULL };

/* Where the field that is next ends, and its size. */
static size_t next_size(const struct snt_fields *fields)
{
	size_t size = 0;
	char separator = fields->separator != '\0' ? fields->separator : ' ';

	while (fields->at + size < fields->size &&
	       fields->line[fields->at + size] != separator)
		size++;
	return size;
}

static void must_be(const struct snt_fields *before, const char *text)
{
	size_t size = next_size(before);

	CHECK(size == strlen(text));
	CHECK(memcmp(before->line + before->at, text, size) == 0);
}

static int ask_number(struct snt_fields *fields, uint8_t question)
{
	const struct snt_fields before = *fields;
	int64_t edge = question & 8 ? INT64_MAX : question & 0x70;
	uint64_t high = 0;
	char text[32] = "";
	int64_t low = 0;
	int code;

	if (question & 4) {
		code = snt_field_uint(fields, "high", question >> 4,
				      question & 8 ? UINT64_MAX : 1000, &high);
		snprintf(text, sizeof text, "%" PRIu64, high);
		CHECK(code < 0 || high >= question >> 4);
	} else {
		code = snt_field_int(fields, "low", -edge - 1, edge, &low);
		snprintf(text, sizeof text, "%" PRId64, low);
		CHECK(code < 0 || (low >= -edge - 1 && low <= edge));
	}
	if (code == 0)
		must_be(&before, text);
	return code;
}

static int ask(struct snt_fields *fields, uint8_t question)
{
	const struct snt_fields before = *fields;
	const char *rest = NULL;
	char name[8] = "";
	size_t size = 0;
	int code;

	switch (question & 3) {
	case 0:
		code = snt_field_choice(fields, "choice", choices);
		if (code >= 0)
			must_be(&before, choices[code]);
		return code;
	case 1:
		return ask_number(fields, question);
	case 2:
		size = 2 + question % 7;
		code = snt_field_name(fields, "name",
				      question & 4 ? NULL : "ab", name, size);
		CHECK(code < 0 || strlen(name) < size);
		if (code == 0)
			must_be(&before, name);
		return code;
	default:
		code = snt_field_rest(fields, "rest", &rest, &size);
		CHECK(code < 0 || (rest == before.line + before.at &&
				   size == before.size - before.at));
		return code;
	}
}

static void ask_all(const uint8_t *questions, size_t count, const char *line,
		    size_t size, uint8_t separator)
{
	struct snt_fields fields = { .line = line,
				     .size = size,
				     .separator = (char)separator };

	for (size_t i = 0; i < count; i++) {
		const struct snt_fields before = fields;
		int code = ask(&fields, questions[i]);

		CHECK(fields.at <= size + 1);
		if (code < 0) {
			CHECK(code == -EBADMSG);
			CHECK(fields.at == before.at);
			CHECK(fields.count == before.count);
			check_message();
		} else {
			CHECK(fields.count == before.count + 1);
			CHECK(fields.at > before.at);
		}
	}
	if (snt_fields_left(&fields)) {
		CHECK(snt_fields_end(&fields) == -EBADMSG);
		check_message();
	} else {
		CHECK(snt_fields_end(&fields) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t count, rest;
	char *line;

	if (nul == NULL || nul + 1 == data + size)
		return 0;
	count = (size_t)(nul - data);
	rest = size - count - 2;
	line = copy_of(nul + 2, rest);
	ask_all(data, count, line, rest, nul[1]);
	free(line);
	return 0;
}
