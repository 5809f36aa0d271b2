/* SPDX-License-Identifier: MIT */
/*
 * What the network sends as text, before it is believed: is it UTF-8 (RFC
 * 3629), and are the words of a line what was asked for?
 *
 * Pure: no call here waits, allocates or keeps anything; any thread, any fiber.
 * What is wrong is said in one line by snt_errmsg(), in which the bytes that
 * came are quoted so that a terminal can show them.
 */
#ifndef SENNIT_TEXT_H
#define SENNIT_TEXT_H

#include <sennit/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A check of UTF-8 that may be cut anywhere; zero it to begin. No surrogates,
 * no overlong forms, nothing above U+10FFFF. NUL is a character like any other.
 */
struct snt_utf8 {
	uint64_t offset; /* bytes that were good; after a failure, of the bad */
	uint8_t begun;   /* how many of them belong to a cut character */
	uint8_t missing; /* how many bytes that character still lacks */
	uint8_t low;     /* what the next of these may be, from ... */
	uint8_t high;    /* ... to; the checker's own */
	bool bad;        /* it has failed, and fails from then on */
};

/* The next piece. -EILSEQ: the byte at check->offset, counted from the first
 * piece's begin, cannot stand there. Borrows. */
SNT_API SNT_MUST_CHECK int snt_utf8_feed(struct snt_utf8 *check,
					 const void *data, size_t size);
/* Nothing more comes. -EILSEQ: the last character is cut. */
SNT_API SNT_MUST_CHECK int snt_utf8_end(struct snt_utf8 *check);

/*
 * The words of a line such as "GET key 5", taken one by one from the left. The
 * caller fills in line and size, and keeps the line. Between two fields stands
 * one separator: two are an empty field, and those that follow refuse it.
 *
 * All that take a field want to know what the caller calls it, for the sentence
 * "field 3 (port): 70000 is not between 1 and 65535". They fail with -EBADMSG,
 * also where the line has no such field, and then the field is still the next
 * one: it can be asked for as something else. -EINVAL: the call itself asks
 * for what cannot be (min above max, no room, NULL).
 */
struct snt_fields {
	const char *line;
	size_t size;
	char separator; /* 0: a space */
	unsigned count; /* fields taken so far */
	size_t at;      /* where the next begins; the parser's own */
};

#define SNT_DIGITS "0123456789"
#define SNT_ASCII_LOWERCASE "abcdefghijklmnopqrstuvwxyz"
#define SNT_ASCII_UPPERCASE "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SNT_ASCII_LETTERS SNT_ASCII_LOWERCASE SNT_ASCII_UPPERCASE

/* One of choices, which ends with NULL: its place there, from 0. Upper and
 * lower case differ. */
SNT_API SNT_MUST_CHECK int snt_field_choice(struct snt_fields *fields,
					    const char *what,
					    const char *const *choices);
/*
 * A decimal number from min to max, in its one spelling: a '-' where it is
 * negative, digits, no leading zero; no '+', no space, no point, no other base.
 */
SNT_API SNT_MUST_CHECK int snt_field_int(struct snt_fields *fields,
					 const char *what, int64_t min,
					 int64_t max, int64_t *value);
SNT_API SNT_MUST_CHECK int snt_field_uint(struct snt_fields *fields,
					  const char *what, uint64_t min,
					  uint64_t max, uint64_t *value);
/*
 * 1 to size - 1 bytes, each one of allowed (SNT_DIGITS "abc"; NULL: letters,
 * digits and '_'), copied into name with a NUL.
 */
SNT_API SNT_MUST_CHECK int snt_field_name(struct snt_fields *fields,
					  const char *what, const char *allowed,
					  char *name, size_t size);
/* All that is left, separators included, also 0 bytes behind a separator.
 * Lends a part of the line; no NUL is put behind it. */
SNT_API SNT_MUST_CHECK int snt_field_rest(struct snt_fields *fields,
					  const char *what, const char **rest,
					  size_t *size);
/* Whether there is another field: for those that may be left out. */
SNT_API bool snt_fields_left(const struct snt_fields *fields);
/* The line must have been used up, else -EBADMSG. */
SNT_API SNT_MUST_CHECK int snt_fields_end(const struct snt_fields *fields);

#ifdef __cplusplus
}
#endif
#endif
