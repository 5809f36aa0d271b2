/* SPDX-License-Identifier: MIT */
/*
 * A value as text: one line, no blanks, members in their order.
 *
 * Built for small messages, which need no memory. Not jansson's own dump: that
 * takes 300 bytes of stack a level, sets no bounds, and does not say what is
 * wrong with a value. The values are the program's, yet nothing is believed of
 * them: a string may be no UTF-8, and a value may hold itself. Nothing recurses,
 * so what it takes of a fiber's stack is known. Always: what is written here,
 * snt__json_read accepts under the same bounds and makes equal.
 */
#include "json.h"

#include <sennit/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An array or object in the midst of being written. */
struct level {
	json_t *value;
	void *member; /* of an object: the next, or NULL */
	size_t index; /* how many have been written */
};

#define FEW_LEVELS 16 /* deeper ones need memory */

struct writer {
	struct snt__json_text *text;
	const struct snt__json_bounds *bounds;
	struct snt__json_fault *fault;
	size_t values;
	int depth;
	struct level *levels; /* few, or memory for all that there may be */
	struct level few[FEW_LEVELS];
};

static void *allocate(struct writer *writer, size_t size)
{
	json_malloc_t take;
	json_free_t give;
	void *block;

	json_get_alloc_funcs(&take, &give);
	block = take(size);
	if (block == NULL)
		snt__json_refuse(writer->fault, -ENOMEM, "out of memory");
	return block;
}

static void give_back(void *block)
{
	json_malloc_t take;
	json_free_t give;

	json_get_alloc_funcs(&take, &give);
	give(block);
}

static int grow(struct writer *writer, size_t size)
{
	struct snt__json_text *text = writer->text;
	size_t capacity = text->capacity;
	char *bytes;

	while (capacity < size)
		capacity *= 2;
	bytes = allocate(writer, capacity);
	if (bytes == NULL)
		return -ENOMEM;
	memcpy(bytes, text->bytes, text->size);
	snt__json_text_drop(text);
	text->bytes = bytes;
	text->capacity = capacity;
	return 0;
}

void snt__json_text_drop(struct snt__json_text *text)
{
	if (text->bytes != text->small)
		give_back(text->bytes);
}

static int put(struct writer *writer, const void *bytes, size_t size)
{
	struct snt__json_text *text = writer->text;

	if (size > writer->bounds->format.max - text->size)
		return snt__json_refuse(writer->fault, -SNT_ELIMIT,
					"longer than %zu bytes",
					writer->bounds->format.max);
	if (size > text->capacity - text->size)
		SNT_TRY(grow(writer, text->size + size));
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
	return 0;
}

static int put_text(struct writer *writer, const char *text)
{
	return put(writer, text, strlen(text));
}

/* For what is wrong in a string or key: what was written before it. */
static int refuse_behind(const struct writer *writer, int code, const char *why)
{
	const struct snt__json_text *text = writer->text;
	size_t size = text->size, last = SNT__JSON_QUOTED - 3;

	if (size == 0)
		return snt__json_refuse(writer->fault, code, "%s", why);
	return snt__json_refuse(
		writer->fault, code, "%s, behind %s%s", why,
		size > last ? "..." : "",
		size > last
			? snt__json_quote(text->bytes + size - last, last).text
			: snt__json_quote(text->bytes, size).text);
}

static int put_escape(struct writer *writer, unsigned char byte)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char escape[8] = "\\";

	for (size_t i = 0; shorts[i] != '\0'; i += 2)
		if (byte == (unsigned char)shorts[i]) {
			escape[1] = shorts[i + 1];
			return put(writer, escape, 2);
		}
	snprintf(escape, sizeof escape, "\\u%04x", byte);
	return put(writer, escape, 6);
}

static bool is_plain(char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static bool is_utf8(const char *bytes, size_t size)
{
	struct snt_utf8 utf8 = { .offset = 0 };

	return snt_utf8_feed(&utf8, bytes, size) == 0 &&
	       snt_utf8_end(&utf8) == 0;
}

static int put_string(struct writer *writer, const char *bytes, size_t size,
		      bool key)
{
	const char *what = key ? "a key" : "a string";
	bool nul = key || !writer->bounds->allow_nul;
	char why[64];

	if (!is_utf8(bytes, size)) {
		snprintf(why, sizeof why, "%s that is not UTF-8", what);
		return refuse_behind(writer, -EILSEQ, why);
	}
	if (nul && memchr(bytes, '\0', size) != NULL) {
		snprintf(why, sizeof why, "%s with a NUL", what);
		return refuse_behind(writer, -EINVAL, why);
	}
	SNT_TRY(put(writer, "\"", 1));
	for (size_t i = 0, run; i < size; i += run) {
		for (run = 0; i + run < size && is_plain(bytes[i + run]);)
			run++;
		SNT_TRY(put(writer, bytes + i, run));
		if (run == 0) {
			run = 1;
			SNT_TRY(put_escape(writer, (unsigned char)bytes[i]));
		}
	}
	return put(writer, "\"", 1);
}

/* The shortest of 15 to 17 digits that reads back as the same. */
static int put_real(struct writer *writer, double real)
{
	char text[40], *point, *end;
	int precision = 15;

	do
		snprintf(text, sizeof text - 2, "%.*g", precision, real);
	while (strtod(text, NULL) != real && ++precision <= 17);
	/* The locale's point may be any, and of several bytes. */
	point = text + strspn(text, "-0123456789");
	end = point + strcspn(point, "0123456789e");
	if (end > point) {
		*point = '.';
		memmove(point + 1, end, strlen(end) + 1);
	} else if (*point == '\0') {
		memcpy(point, ".0", sizeof ".0");
	}
	return put_text(writer, text);
}

static int put_integer(struct writer *writer, json_int_t integer)
{
	char text[24];

	snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, integer);
	return put_text(writer, text);
}

static int grow_levels(struct writer *writer)
{
	size_t size = (size_t)writer->bounds->max_depth * sizeof(struct level);
	struct level *levels = allocate(writer, size);

	if (levels == NULL)
		return -ENOMEM;
	memcpy(levels, writer->few, sizeof writer->few);
	writer->levels = levels;
	return 0;
}

static int open_level(struct writer *writer, const json_t *value)
{
	/* jansson's iterators change nothing, and say so nowhere. */
	json_t *mutable = (json_t *)(uintptr_t)value;

	if (writer->depth == writer->bounds->max_depth)
		return snt__json_refuse(writer->fault, -SNT_ELIMIT,
					"deeper than %d levels",
					writer->bounds->max_depth);
	if (writer->depth == FEW_LEVELS && writer->levels == writer->few)
		SNT_TRY(grow_levels(writer));
	writer->levels[writer->depth++] =
		(struct level){ mutable, json_object_iter(mutable), 0 };
	return put(writer, json_is_array(value) ? "[" : "{", 1);
}

/* A value that holds others is only begun. */
static int put_value(struct writer *writer, const json_t *value)
{
	if (writer->values == writer->bounds->max_values)
		return snt__json_refuse(writer->fault, -SNT_ELIMIT,
					"more than %zu values",
					writer->bounds->max_values);
	writer->values++;
	switch (json_typeof(value)) {
	case JSON_STRING:
		return put_string(writer, json_string_value(value),
				  json_string_length(value), false);
	case JSON_INTEGER:
		return put_integer(writer, json_integer_value(value));
	case JSON_REAL:
		return put_real(writer, json_real_value(value));
	case JSON_TRUE:
		return put(writer, "true", 4);
	case JSON_FALSE:
		return put(writer, "false", 5);
	case JSON_NULL:
		return put(writer, "null", 4);
	default:
		return open_level(writer, value);
	}
}

static int put_element(struct writer *writer, struct level *level)
{
	if (level->index == json_array_size(level->value)) {
		writer->depth--;
		return put(writer, "]", 1);
	}
	if (level->index > 0)
		SNT_TRY(put(writer, ",", 1));
	return put_value(writer, json_array_get(level->value, level->index++));
}

static int put_member(struct writer *writer, struct level *level)
{
	void *member = level->member;

	if (member == NULL) {
		writer->depth--;
		return put(writer, "}", 1);
	}
	if (level->index++ > 0)
		SNT_TRY(put(writer, ",", 1));
	level->member = json_object_iter_next(level->value, member);
	SNT_TRY(put_string(writer, json_object_iter_key(member),
			   json_object_iter_key_len(member), true));
	SNT_TRY(put(writer, ":", 1));
	return put_value(writer, json_object_iter_value(member));
}

static int put_all(struct writer *writer, const json_t *value)
{
	SNT_TRY(put_value(writer, value));
	while (writer->depth > 0) {
		struct level *level = &writer->levels[writer->depth - 1];

		SNT_TRY(json_is_array(level->value)
				? put_element(writer, level)
				: put_member(writer, level));
	}
	return 0;
}

int snt__json_write(struct snt__json_text *text, const json_t *value,
		    const struct snt__json_bounds *bounds,
		    struct snt__json_fault *fault)
{
	struct writer writer = { .text = text,
				 .bounds = bounds,
				 .fault = fault };
	int code;

	text->bytes = text->small;
	text->size = 0;
	text->capacity = sizeof text->small;
	writer.levels = writer.few;
	if (value == NULL)
		return snt__json_refuse(fault, -EINVAL, "no value");
	code = put_all(&writer, value);
	if (writer.levels != writer.few)
		give_back(writer.levels);
	return code;
}
