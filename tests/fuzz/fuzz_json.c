/* SPDX-License-Identifier: MIT */
/*
 * Reads any bytes as JSON, the first of them choosing the options. jansson alone
 * must accept the same texts and make the same of them, but for our bounds; what
 * was read must be written and read again as itself.
 */
#include "checks.h"

#include "../../json/json.h"

static void check_refused(const char *text, size_t size,
			  const struct snt_json_opts *opts)
{
	json_t *value = NULL;

	CHECK(snt_json_parse(text, size, opts, &value) == -EBADMSG);
	CHECK(value == NULL);
	check_message();
}

/* Accepted or refused as jansson does, unless a bound is in the way; or a NUL
 * outside a string, which it passes over. */
static void check_against_jansson(const char *text, size_t size,
				  const struct snt_json_opts *opts,
				  const json_t *value,
				  const struct snt__json_fault *fault)
{
	size_t flags = JSON_DECODE_ANY;
	json_error_t error;
	json_t *theirs;

	flags |= opts->allow_duplicates ? 0 : JSON_REJECT_DUPLICATES;
	flags |= opts->allow_nul ? JSON_ALLOW_NUL : 0;
	theirs = json_loadb(text, size, flags, &error);
	if (value != NULL)
		CHECK(theirs != NULL && json_equal(value, theirs));
	else if (theirs != NULL)
		CHECK(memchr(text, '\0', size) != NULL ||
		      strncmp(fault->words, "deeper than ", 12) == 0 ||
		      strncmp(fault->words, "more than ", 10) == 0);
	json_decref(theirs);
}

static void check_comes_back(const json_t *value,
			     const struct snt__json_bounds *bounds)
{
	struct snt__json_text text;
	struct snt__json_fault fault;
	json_t *again = NULL;
	char *copy;

	CHECK(snt__json_write(&text, value, bounds, &fault) == 0);
	CHECK(memchr(text.bytes, '\n', text.size) == NULL);
	copy = copy_of(text.bytes, text.size);
	CHECK(snt__json_read(copy, text.size, bounds, &again, &fault) == 0);
	CHECK(json_equal(again, value));
	json_decref(again);
	free(copy);
	snt__json_text_drop(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned chosen = size > 0 ? data[0] : 0;
	const struct snt_json_opts opts = {
		.max_values = chosen & 4 ? 5 : 0,
		.max_depth = chosen & 8 ? 3 : SNT_JSON_DEPTH_MAX,
		.allow_duplicates = chosen & 1,
		.allow_nul = chosen & 2,
	};
	struct snt__json_bounds bounds;
	struct snt__json_fault fault;
	json_t *value = NULL;
	char *text;
	int code;

	if (size == 0)
		return 0;
	text = copy_of(data + 1, --size);
	CHECK(snt__json_bounds(&bounds, &opts) == 0);
	code = snt__json_read(text, size, &bounds, &value, &fault);
	CHECK(code == 0 || code == -EBADMSG);
	CHECK((code == 0) == (value != NULL));
	CHECK(code == 0 || fault.offset <= size);
	check_against_jansson(text, size, &opts, value, &fault);
	if (code < 0)
		check_refused(text, size, &opts);
	else
		check_comes_back(value, &bounds);
	json_decref(value);
	free(text);
	return 0;
}
