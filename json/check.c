/* SPDX-License-Identifier: MIT */
/*
 * Whether bytes are one JSON value within the bounds, and if not, where.
 *
 * Built for small messages that are nearly always right: one pass without
 * memory and without recursion, before anything is made of what a stranger
 * wrote. It accepts RFC 8259 and no more; the state is what may come next, and
 * of each open array or object the character that ends it. Makes no values:
 * that is jansson's part, which then finds nothing to object to but equal keys
 * and reals beyond double.
 */
#include "json.h"

#include <sennit/text.h>
#include <string.h>

struct check {
	const char *text;
	size_t size;
	size_t at;
	const struct snt__json_bounds *bounds;
	struct snt__json_fault *fault;
	size_t values;
	int depth;
	unsigned char
		closers[SNT_JSON_DEPTH_MAX]; /* of each open level: ] or } */
};

/* What may come next. */
enum next {
	VALUE,
	VALUE_OR_END,
	KEY,
	KEY_OR_END,
	AFTER_VALUE,
	DONE
};

/* The next byte, or -1 at the end. */
static int peek(const struct check *check)
{
	return check->at < check->size ? (unsigned char)check->text[check->at]
				       : -1;
}

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(int byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What stands there, as far as it is one word or one character. */
static struct snt__json_quoted here(const struct check *check)
{
	size_t end = check->at;

	while (end < check->size &&
	       (is_letter(check->text[end]) || is_digit(check->text[end])))
		end++;
	if (end == check->at)
		do
			end++;
		while (end < check->size && (check->text[end] & 0xc0) == 0x80);
	return snt__json_quote(check->text + check->at, end - check->at);
}

static int unexpected(const struct check *check, const char *what)
{
	check->fault->offset = check->at;
	if (check->at == check->size)
		return snt__json_refuse(check->fault, -EBADMSG,
					"it ends where %s belongs", what);
	return snt__json_refuse(check->fault, -EBADMSG, "%s where %s belongs",
				here(check).text, what);
}

static int refuse_at(const struct check *check, size_t offset, const char *why)
{
	check->fault->offset = offset;
	return snt__json_refuse(check->fault, -EBADMSG, "%s", why);
}

static void skip_blanks(struct check *check)
{
	int byte;

	while ((byte = peek(check)) == ' ' || byte == '\t' || byte == '\n' ||
	       byte == '\r')
		check->at++;
}

/* The four hexadecimal digits at offset, or -1. */
static int hex4(const struct check *check, size_t offset)
{
	int value = 0;

	if (check->size < 4 || offset > check->size - 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int byte = (unsigned char)check->text[offset + i];

		if (is_digit(byte))
			value = value * 16 + byte - '0';
		else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
			value = value * 16 + (byte | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

static bool follows_low_half(const struct check *check)
{
	int low;

	if (check->size - check->at < 12 ||
	    memcmp(check->text + check->at + 6, "\\u", 2) != 0)
		return false;
	low = hex4(check, check->at + 8);
	return low >= 0xdc00 && low <= 0xdfff;
}

/* \uXXXX, both of them where they are halves of a character. */
static int unicode(struct check *check, bool key)
{
	int code = hex4(check, check->at + 2);

	if (code < 0)
		return refuse_at(check, check->at,
				 "\\u without four hexadecimal digits");
	if (code == 0 && key)
		return refuse_at(check, check->at, "\\u0000, a NUL, in a key");
	if (code == 0 && !check->bounds->allow_nul)
		return refuse_at(check, check->at,
				 "\\u0000, a NUL, which is not allowed");
	if (code < 0xd800 || code > 0xdfff) {
		check->at += 6;
		return 0;
	}
	if (code >= 0xdc00 || !follows_low_half(check)) {
		check->fault->offset = check->at;
		return snt__json_refuse(
			check->fault, -EBADMSG,
			"%.6s, half a character: a lone surrogate",
			check->text + check->at);
	}
	check->at += 12;
	return 0;
}

static int escape(struct check *check, bool key)
{
	int byte;

	if (check->size - check->at < 2) {
		check->at++;
		return 0; /* the string has no end, which is told next */
	}
	byte = (unsigned char)check->text[check->at + 1];
	if (byte == 'u')
		return unicode(check, key);
	if (byte == '\0' || strchr("\"\\/bfnrt", byte) == NULL) {
		check->fault->offset = check->at;
		return snt__json_refuse(
			check->fault, -EBADMSG, "%s is no escape",
			snt__json_quote(check->text + check->at, 2).text);
	}
	check->at += 2;
	return 0;
}

static int string(struct check *check, bool key)
{
	size_t begin = check->at++;
	int byte;

	while ((byte = peek(check)) != '"') {
		if (byte < 0)
			return refuse_at(check, begin, "a string without end");
		if (byte < 0x20) {
			check->fault->offset = check->at;
			return snt__json_refuse(
				check->fault, -EBADMSG,
				"byte 0x%02x in a string, where it has to be "
				"escaped",
				(unsigned)byte);
		}
		if (byte == '\\')
			SNT_TRY(escape(check, key));
		else
			check->at++;
	}
	check->at++;
	return 0;
}

static int digits(struct check *check)
{
	if (!is_digit(peek(check)))
		return unexpected(check, "a digit");
	while (is_digit(peek(check)))
		check->at++;
	return 0;
}

/* The integer from begin to here fits in 64 bits. */
static int integer(const struct check *check, size_t begin)
{
	bool negative = check->text[begin] == '-';
	uint64_t most = (uint64_t)INT64_MAX + negative, value = 0;

	for (size_t i = begin + negative; i < check->at; i++) {
		uint64_t digit = (uint64_t)(check->text[i] - '0');

		if (value > (most - digit) / 10) {
			check->fault->offset = begin;
			return snt__json_refuse(
				check->fault, -EBADMSG,
				"integer %s does not fit in 64 bits",
				snt__json_quote(check->text + begin,
						check->at - begin)
					.text);
		}
		value = value * 10 + digit;
	}
	return 0;
}

static int number(struct check *check)
{
	size_t begin = check->at;
	bool real = false;
	int byte;

	if (peek(check) == '-')
		check->at++;
	if (peek(check) == '0') {
		check->at++;
		if (is_digit(peek(check)))
			return refuse_at(check, begin,
					 "a number with a leading zero");
	} else {
		SNT_TRY(digits(check));
	}
	if (peek(check) == '.') {
		real = true;
		check->at++;
		SNT_TRY(digits(check));
	}
	if (peek(check) == 'e' || peek(check) == 'E') {
		real = true;
		check->at++;
		byte = peek(check);
		if (byte == '+' || byte == '-')
			check->at++;
		SNT_TRY(digits(check));
	}
	return real ? 0 : integer(check, begin);
}

/* true, false, null: a whole word. */
static int literal(struct check *check, const char *what)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t size = 0;

	while (check->at + size < check->size &&
	       is_letter(check->text[check->at + size]))
		size++;
	for (size_t i = 0; i < 3; i++)
		if (size == strlen(words[i]) &&
		    memcmp(check->text + check->at, words[i], size) == 0) {
			check->at += size;
			return 0;
		}
	return unexpected(check, what);
}

static int open_level(struct check *check, unsigned char closer)
{
	if (check->depth == check->bounds->max_depth) {
		check->fault->offset = check->at;
		return snt__json_refuse(check->fault, -EBADMSG,
					"deeper than %d levels",
					check->bounds->max_depth);
	}
	check->closers[check->depth++] = closer;
	check->at++;
	return closer == ']' ? VALUE_OR_END : KEY_OR_END;
}

static int close_level(struct check *check)
{
	check->at++;
	check->depth--;
	return AFTER_VALUE;
}

static int value(struct check *check, bool or_end)
{
	const char *what = or_end ? "a value or ']'" : "a value";
	int byte = peek(check);

	if (or_end && byte == ']')
		return close_level(check);
	if (check->values == check->bounds->max_values) {
		check->fault->offset = check->at;
		return snt__json_refuse(check->fault, -EBADMSG,
					"more than %zu values",
					check->bounds->max_values);
	}
	check->values++;
	if (byte == '[')
		return open_level(check, ']');
	if (byte == '{')
		return open_level(check, '}');
	if (byte == '"')
		SNT_TRY(string(check, false));
	else if (byte == '-' || is_digit(byte))
		SNT_TRY(number(check));
	else if (is_letter(byte))
		SNT_TRY(literal(check, what));
	else
		return unexpected(check, what);
	return AFTER_VALUE;
}

static int key(struct check *check, bool or_end)
{
	if (or_end && peek(check) == '}')
		return close_level(check);
	if (peek(check) != '"')
		return unexpected(check, or_end ? "a key or '}'" : "a key");
	SNT_TRY(string(check, true));
	skip_blanks(check);
	if (peek(check) != ':')
		return unexpected(check, "':'");
	check->at++;
	return VALUE;
}

static int after_value(struct check *check)
{
	int byte = peek(check), closer;

	if (check->depth == 0)
		return byte < 0 ? DONE : unexpected(check, "the end");
	closer = check->closers[check->depth - 1];
	if (byte == closer)
		return close_level(check);
	if (byte != ',')
		return unexpected(check,
				  closer == ']' ? "',' or ']'" : "',' or '}'");
	check->at++;
	return closer == ']' ? VALUE : KEY;
}

static int step(struct check *check, int next)
{
	switch (next) {
	case VALUE:
	case VALUE_OR_END:
		return value(check, next == VALUE_OR_END);
	case KEY:
	case KEY_OR_END:
		return key(check, next == KEY_OR_END);
	default:
		return after_value(check);
	}
}

static int check_utf8(const struct check *check)
{
	struct snt_utf8 utf8 = { .offset = 0 };
	int code = snt_utf8_feed(&utf8, check->text, check->size);
	/* Where the broken character begins, if one is. */
	size_t bad = (size_t)utf8.offset - utf8.begun;

	if (code == 0 && snt_utf8_end(&utf8) == 0)
		return 0;
	check->fault->offset = bad;
	if (code == 0)
		return snt__json_refuse(check->fault, -EBADMSG,
					"not UTF-8: it ends inside a "
					"character");
	return snt__json_refuse(check->fault, -EBADMSG,
				"not UTF-8: byte 0x%02x",
				(unsigned char)check->text[bad]);
}

int snt__json_check(const char *text, size_t size,
		    const struct snt__json_bounds *bounds,
		    struct snt__json_fault *fault)
{
	struct check check = {
		.text = text, .size = size, .bounds = bounds, .fault = fault
	};
	int next = VALUE;

	SNT_TRY(check_utf8(&check));
	while (next != DONE) {
		skip_blanks(&check);
		SNT_TRY(next = step(&check, next));
	}
	return 0;
}
