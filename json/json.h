/* SPDX-License-Identifier: MIT */
/* What the parts of the library say to each other. */
#ifndef SNT_JSON_JSON_H
#define SNT_JSON_JSON_H

#include <sennit/json.h>

/* The options with their defaults. */
struct snt__json_bounds {
	struct snt_frame_format format; /* .max: bytes of text */
	size_t max_size;
	size_t max_values;
	int max_depth;
	bool allow_duplicates;
	bool allow_nul;
};

/* -EINVAL with a sentence, where one is out of range. */
int snt__json_bounds(struct snt__json_bounds *bounds,
		     const struct snt_json_opts *opts);

#define SNT__JSON_WORDS 256

/* What is wrong with a text or a value, before anybody is told. */
struct snt__json_fault {
	size_t offset; /* of a text: where */
	char words[SNT__JSON_WORDS];
};

/* Writes the words, returns code. */
int snt__json_refuse(struct snt__json_fault *fault, int code,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

#define SNT__JSON_QUOTED 40 /* bytes that a sentence repeats of a text */

struct snt__json_quoted {
	char text[SNT__JSON_QUOTED * 4 + 4];
};

/* The first of these bytes, as a terminal can show them. */
struct snt__json_quoted snt__json_quote(const void *bytes, size_t size)
	__attribute__((cold));

/* Both from 1. Before offset the text is UTF-8. */
struct snt__json_place {
	size_t line;
	size_t column; /* in characters */
};

struct snt__json_place snt__json_place_of(const char *text, size_t offset)
	__attribute__((cold));

/*
 * Whether the text is one JSON value within the bounds: 0, or -EBADMSG and the
 * fault. Not looked at are two things that a value made of it shows by itself:
 * equal keys, and reals beyond double.
 */
int snt__json_check(const char *text, size_t size,
		    const struct snt__json_bounds *bounds,
		    struct snt__json_fault *fault);

/* The value that the text is; -EBADMSG or -ENOMEM, and the fault. */
int snt__json_read(const char *text, size_t size,
		   const struct snt__json_bounds *bounds, json_t **value,
		   struct snt__json_fault *fault);

#define SNT__JSON_SMALL 512

/* Stays where it is: it may point into itself. */
struct snt__json_text {
	char *bytes; /* small, or memory of jansson's */
	size_t size;
	size_t capacity;
	char small[SNT__JSON_SMALL];
};

/* Writes the value into text. -SNT_ELIMIT, -EILSEQ, -EINVAL or -ENOMEM, and
 * the fault; drop it either way. */
int snt__json_write(struct snt__json_text *text, const json_t *value,
		    const struct snt__json_bounds *bounds,
		    struct snt__json_fault *fault);
void snt__json_text_drop(struct snt__json_text *text);

#endif
