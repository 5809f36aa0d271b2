/* SPDX-License-Identifier: MIT */
/*
 * A value of a text: checked here, made by jansson.
 *
 * By the time that jansson sees a text it is JSON, within the bounds, so its
 * recursion is no deeper than they are. What it still refuses is an equal key
 * or a real beyond double; whatever else it says, it had no memory.
 */
#include "json.h"

#define DEFAULT_SIZE ((size_t)1 << 20)
#define DEFAULT_VALUES ((size_t)65536)
#define DEFAULT_DEPTH 32

int snt__json_bounds(struct snt__json_bounds *bounds,
		     const struct snt_json_opts *opts)
{
	static const struct snt_json_opts usual;

	if (opts == NULL)
		opts = &usual;
	if (opts->max_size > SNT_JSON_SIZE_MAX) {
		snt_fail(-EINVAL, "json: a .max_size of %zu is above %zu",
			 opts->max_size, SNT_JSON_SIZE_MAX);
		return -EINVAL;
	}
	if (opts->max_depth < 0 || opts->max_depth > SNT_JSON_DEPTH_MAX) {
		snt_fail(-EINVAL,
			 "json: a .max_depth of %d is not between 0 and %d",
			 opts->max_depth, SNT_JSON_DEPTH_MAX);
		return -EINVAL;
	}
	*bounds = (struct snt__json_bounds){
		.max_size = opts->max_size ? opts->max_size : DEFAULT_SIZE,
		.max_values =
			opts->max_values ? opts->max_values : DEFAULT_VALUES,
		.max_depth = opts->max_depth ? opts->max_depth : DEFAULT_DEPTH,
		.allow_duplicates = opts->allow_duplicates,
		.allow_nul = opts->allow_nul,
	};
	if (opts->format != NULL)
		bounds->format = *opts->format;
	if (bounds->format.max == 0 || bounds->format.max > bounds->max_size)
		bounds->format.max = bounds->max_size;
	/* Checked by us, once, and without holding up what follows. */
	bounds->format.text = false;
	return 0;
}

/* Where the string begins whose last quote is the byte before end. */
static size_t string_before(const char *text, size_t end)
{
	size_t at = end > 0 ? end - 1 : 0;

	while (at > 0) {
		size_t escapes = 0;

		if (text[--at] != '"')
			continue;
		while (escapes < at && text[at - 1 - escapes] == '\\')
			escapes++;
		if (escapes % 2 == 0)
			return at;
		at -= escapes;
	}
	return at;
}

static size_t number_before(const char *text, size_t end)
{
	while (end > 0 && ((text[end - 1] >= '0' && text[end - 1] <= '9') ||
			   text[end - 1] == '+' || text[end - 1] == '-' ||
			   text[end - 1] == '.' || text[end - 1] == 'e' ||
			   text[end - 1] == 'E'))
		end--;
	return end;
}

/* jansson's position is behind the token that it refuses. */
static int refused(const char *text, size_t size, const json_error_t *error,
		   struct snt__json_fault *fault)
{
	size_t end = error->position > 0 ? (size_t)error->position : 0;

	if (end > size)
		end = size;
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		fault->offset = string_before(text, end);
		return snt__json_refuse(fault, -EBADMSG, "duplicate key %s",
					snt__json_quote(text + fault->offset,
							end - fault->offset)
						.text);
	case json_error_numeric_overflow:
		fault->offset = number_before(text, end);
		return snt__json_refuse(fault, -EBADMSG,
					"real %s does not fit in a double",
					snt__json_quote(text + fault->offset,
							end - fault->offset)
						.text);
	default:
		return snt__json_refuse(fault, -ENOMEM, "out of memory");
	}
}

int snt__json_read(const char *text, size_t size,
		   const struct snt__json_bounds *bounds, json_t **value,
		   struct snt__json_fault *fault)
{
	size_t flags = JSON_DECODE_ANY;
	/* Of some failures it only says that there was one. */
	json_error_t error = { .line = 0 };
	json_t *made;

	if (!bounds->allow_duplicates)
		flags |= JSON_REJECT_DUPLICATES;
	if (bounds->allow_nul)
		flags |= JSON_ALLOW_NUL;
	SNT_TRY(snt__json_check(text, size, bounds, fault));
	made = json_loadb(text, size, flags, &error);
	if (made == NULL)
		return refused(text, size, &error, fault);
	*value = made;
	return 0;
}

int snt_json_parse(const void *text, size_t size,
		   const struct snt_json_opts *opts, json_t **value)
{
	struct snt__json_bounds bounds;
	struct snt__json_fault fault;
	struct snt__json_place place;
	int code;

	SNT_TRY(snt__json_bounds(&bounds, opts));
	if (size > bounds.max_size)
		return snt_fail(-SNT_ELIMIT,
				"json: %zu bytes are above the maximum of %zu",
				size, bounds.max_size);
	code = snt__json_read(text, size, &bounds, value, &fault);
	if (code == -ENOMEM)
		return snt_fail(code, "json: %s", fault.words);
	if (code < 0) {
		place = snt__json_place_of(text, fault.offset);
		return snt_fail(code, "json: line %zu column %zu: %s",
				place.line, place.column, fault.words);
	}
	return 0;
}
