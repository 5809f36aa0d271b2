/* SPDX-License-Identifier: MIT */
/* Where in a text something is, and what stands there, for sentences. Only for
 * failures: nothing here is quick. */
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int snt__json_refuse(struct snt__json_fault *fault, int code,
		     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->words, sizeof fault->words, format, args);
	va_end(args);
	return code;
}

struct snt__json_quoted snt__json_quote(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	struct snt__json_quoted quoted;
	size_t used = 0;

	for (size_t i = 0; i < size && i < SNT__JSON_QUOTED; i++)
		used += (size_t)snprintf(
			quoted.text + used, sizeof quoted.text - used,
			at[i] >= ' ' && at[i] <= '~' ? "%c" : "\\x%02x", at[i]);
	quoted.text[used] = '\0';
	if (size > SNT__JSON_QUOTED)
		memcpy(quoted.text + used, "...", sizeof "...");
	return quoted;
}

struct snt__json_place snt__json_place_of(const char *text, size_t offset)
{
	struct snt__json_place place = { 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if ((text[i] & 0xc0) != 0x80) {
			/* not one that continues a character */
			place.column++;
		}
	}
	return place;
}
