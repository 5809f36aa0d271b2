/* SPDX-License-Identifier: MIT */
/*
 * The words of a line, one by one, each with its bounds.
 *
 * Built for the first line of a request: some hundred bytes, looked at once.
 * Always: a field is taken as a whole or stays where it is; no byte outside the
 * line is looked at; a sentence quotes at most so much of what came, escaped.
 * No quoting, no escapes, no runs of blanks: what has those is a language, and
 * wants a parser of its own.
 */
#include <sennit/text.h>

#include "addr/text.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Bytes of a refused field that its sentence quotes, and room for choices. */
#define QUOTED_MAX 64
#define CHOICES_MAX 200

/* A field that was found, but not yet taken. */
struct field {
	const char *begin;
	size_t size;
	size_t next; /* where the one after it begins; beyond the line: nowhere */
};

struct quoted {
	char bytes[QUOTED_MAX * 4 + sizeof "\"\"..."];
};

static struct quoted quote(const struct field *field)
{
	struct quoted quoted = { .bytes = "" };
	struct snt__text out = { .bytes = quoted.bytes,
				 .size = sizeof quoted.bytes };
	size_t i;

	snt__text_char(&out, '"');
	for (i = 0; i < field->size && i < QUOTED_MAX; i++)
		snt__text_byte(&out, (unsigned char)field->begin[i]);
	snt__text_string(&out, i < field->size ? "...\"" : "\"");
	snt__text_end(&out);
	return quoted;
}

/* Asks for what no line can have: the program's fault, not the peer's. */
static int no_such_question(const struct snt_fields *fields, const char *what,
			    const char *why)
{
	return snt__fail_text(-EINVAL, "field %u (%s): %s", fields->count + 1,
			      what, why);
}

/* Known to be negative: the analyzers follow it. */
static int is_missing(const struct snt_fields *fields, const char *what)
{
	snt__fail_text(-EBADMSG, "field %u (%s): is missing", fields->count + 1,
		       what);
	return -EBADMSG;
}

static int is_wrong(const struct snt_fields *fields, const char *what,
		    const struct field *field, const char *why)
{
	snt__fail_text(-EBADMSG, "field %u (%s): %s %s", fields->count + 1,
		       what, quote(field).bytes, why);
	return -EBADMSG;
}

static char separator_of(const struct snt_fields *fields)
{
	return fields->separator != '\0' ? fields->separator : ' ';
}

bool snt_fields_left(const struct snt_fields *fields)
{
	/* Behind a separator at the very end there is one, an empty one. */
	return fields->at < fields->size ||
	       (fields->at == fields->size && fields->count > 0);
}

static int find(const struct snt_fields *fields, const char *what,
		struct field *field)
{
	size_t left;
	const char *end;

	if (!snt_fields_left(fields))
		return is_missing(fields, what);
	left = fields->size - fields->at;
	field->begin = fields->line + fields->at;
	end = left > 0 ? memchr(field->begin, separator_of(fields), left)
		       : NULL;
	field->size = end != NULL ? (size_t)(end - field->begin) : left;
	field->next = fields->at + field->size + 1;
	if (field->size == 0) {
		snt__fail_text(-EBADMSG, "field %u (%s): is empty",
			       fields->count + 1, what);
		return -EBADMSG;
	}
	return 0;
}

static void take(struct snt_fields *fields, const struct field *field)
{
	fields->at = field->next;
	fields->count++;
}

static int is_no_choice(const struct snt_fields *fields, const char *what,
			const struct field *field, const char *const *choices)
{
	char list[CHOICES_MAX];
	struct snt__text out = { .bytes = list, .size = sizeof list };

	for (size_t i = 0; choices[i] != NULL; i++) {
		if (i > 0)
			snt__text_string(&out, ", ");
		snt__text_string(&out, choices[i]);
	}
	if (snt__text_end(&out) >= sizeof list)
		memcpy(list + sizeof list - sizeof "...", "...", sizeof "...");
	return snt__fail_text(-EBADMSG, "field %u (%s): %s is none of: %s",
			      fields->count + 1, what, quote(field).bytes,
			      list);
}

int snt_field_choice(struct snt_fields *fields, const char *what,
		     const char *const *choices)
{
	struct field field;

	if (choices == NULL || choices[0] == NULL)
		return no_such_question(fields, what, "there is no choice");
	SNT_TRY(find(fields, what, &field));
	for (int i = 0; choices[i] != NULL; i++)
		if (strlen(choices[i]) == field.size &&
		    memcmp(choices[i], field.begin, field.size) == 0) {
			take(fields, &field);
			return i;
		}
	return is_no_choice(fields, what, &field, choices);
}

/* A number as it is written: its digits without sign, and what they say. */
struct number {
	bool negative;
	bool too_large; /* for 64 bits */
	uint64_t magnitude;
};

/* NULL, or what is wrong with the spelling. */
static const char *read_number(const struct field *field, struct number *number)
{
	const char *at = field->begin, *end = at + field->size;

	*number = (struct number){ .negative = *at == '-' };
	if (number->negative)
		at++;
	if (at == end)
		return "is no decimal number";
	for (const char *digit = at; digit < end; digit++) {
		if (*digit < '0' || *digit > '9')
			return "is no decimal number";
		if (__builtin_mul_overflow(number->magnitude, 10,
					   &number->magnitude) ||
		    __builtin_add_overflow(number->magnitude,
					   (uint64_t)(*digit - '0'),
					   &number->magnitude))
			number->too_large = true;
	}
	if (*at == '0' && end - at > 1)
		return "has a leading zero";
	if (*at == '0' && number->negative)
		return "is zero with a sign";
	return NULL;
}

static int is_out_of_range(const struct snt_fields *fields, const char *what,
			   const struct field *field, const char *range)
{
	int shown = field->size < QUOTED_MAX ? (int)field->size : QUOTED_MAX;

	return snt__fail_text(-EBADMSG,
			      "field %u (%s): %.*s%s is not between %s",
			      fields->count + 1, what, shown, field->begin,
			      (size_t)shown < field->size ? "..." : "", range);
}

static int find_number(const struct snt_fields *fields, const char *what,
		       struct field *field, struct number *number)
{
	const char *wrong;

	SNT_TRY(find(fields, what, field));
	wrong = read_number(field, number);
	return wrong == NULL ? 0 : is_wrong(fields, what, field, wrong);
}

int snt_field_int(struct snt_fields *fields, const char *what, int64_t min,
		  int64_t max, int64_t *value)
{
	struct number number;
	struct field field;
	char range[64];
	int64_t read;

	if (min > max)
		return no_such_question(fields, what,
					"the minimum is above the maximum");
	SNT_TRY(find_number(fields, what, &field, &number));
	if (number.negative
		    ? __builtin_sub_overflow(0, number.magnitude, &read)
		    : __builtin_add_overflow(0, number.magnitude, &read))
		number.too_large = true;
	if (number.too_large || read < min || read > max) {
		snprintf(range, sizeof range, "%lld and %lld", (long long)min,
			 (long long)max);
		return is_out_of_range(fields, what, &field, range);
	}
	take(fields, &field);
	*value = read;
	return 0;
}

int snt_field_uint(struct snt_fields *fields, const char *what, uint64_t min,
		   uint64_t max, uint64_t *value)
{
	struct number number;
	struct field field;
	char range[64];

	if (min > max)
		return no_such_question(fields, what,
					"the minimum is above the maximum");
	SNT_TRY(find_number(fields, what, &field, &number));
	if (number.negative || number.too_large || number.magnitude < min ||
	    number.magnitude > max) {
		snprintf(range, sizeof range, "%llu and %llu",
			 (unsigned long long)min, (unsigned long long)max);
		return is_out_of_range(fields, what, &field, range);
	}
	take(fields, &field);
	*value = number.magnitude;
	return 0;
}

int snt_field_name(struct snt_fields *fields, const char *what,
		   const char *allowed, char *name, size_t size)
{
	struct field field;
	char why[64];

	if (allowed == NULL)
		allowed = SNT_ASCII_LETTERS SNT_DIGITS "_";
	if (name == NULL || size < 2)
		return no_such_question(fields, what,
					"there is no room for a name");
	SNT_TRY(find(fields, what, &field));
	if (field.size >= size) {
		snprintf(why, sizeof why, "is longer than %zu bytes", size - 1);
		return is_wrong(fields, what, &field, why);
	}
	for (size_t i = 0; i < field.size; i++) {
		const struct field byte = { field.begin + i, 1, 0 };

		if (field.begin[i] != '\0' &&
		    strchr(allowed, field.begin[i]) != NULL)
			continue;
		return snt__fail_text(-EBADMSG,
				      "field %u (%s): %s: %s is not allowed "
				      "there",
				      fields->count + 1, what,
				      quote(&field).bytes, quote(&byte).bytes);
	}
	take(fields, &field);
	memcpy(name, field.begin, field.size);
	name[field.size] = '\0';
	return 0;
}

int snt_field_rest(struct snt_fields *fields, const char *what,
		   const char **rest, size_t *size)
{
	if (!snt_fields_left(fields))
		return is_missing(fields, what);
	*rest = fields->line + fields->at;
	*size = fields->size - fields->at;
	fields->at = fields->size + 1;
	fields->count++;
	return 0;
}

int snt_fields_end(const struct snt_fields *fields)
{
	struct field left;

	if (!snt_fields_left(fields))
		return 0;
	if (fields->at == fields->size)
		return snt__fail_text(-EBADMSG,
				      "field %u: there should be no more, but "
				      "the line ends in a separator",
				      fields->count + 1);
	left = (struct field){ fields->line + fields->at,
			       fields->size - fields->at, 0 };
	return snt__fail_text(-EBADMSG,
			      "field %u: there should be no more, but %s "
			      "follows",
			      fields->count + 1, quote(&left).bytes);
}
