/* SPDX-License-Identifier: MIT */
/*
 * Text into a buffer of fixed size, cut as snprintf(3) cuts, without locale
 * and without stdio. What it counts is the whole text, fitting or not.
 */
#ifndef SNT_ADDR_TEXT_H
#define SNT_ADDR_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct snt__text {
	char *bytes; /* may be NULL when size is 0 */
	size_t size;
	size_t length; /* of the whole text, without its NUL */
};

void snt__text_char(struct snt__text *text, char c);
void snt__text_string(struct snt__text *text, const char *string);
void snt__text_number(struct snt__text *text, uint32_t number, unsigned base);

/* The byte itself when it is printable ASCII, else \xNN. */
void snt__text_byte(struct snt__text *text, unsigned char byte);
/* Always \xNN. */
void snt__text_escape(struct snt__text *text, unsigned char byte);

/* The value of a hexadecimal digit of either case, or -1. */
int snt__text_hex(char c);
/* The byte that \xNN at the start of those length characters stands for, or
 * -1 where no such escape stands. */
int snt__text_unescape(const char *at, size_t length);

/* Writes the NUL, wherever the text was cut; returns length. */
size_t snt__text_end(struct snt__text *text);

#endif
