/* SPDX-License-Identifier: MIT */
/* Bytes from a stranger in a form that is safe to show on a terminal. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stddef.h>

/* One for each stream of bytes; all zero at its beginning. */
struct terminal {
	unsigned char held[4]; /* the beginning of a character */
	size_t held_count;
};

/* Most bytes that size bytes, and what is held, turn into. */
#define TERMINAL_ROOM(size) (((size) + sizeof((struct terminal *)0)->held) * 4)

/* Writes the visible form and returns its length. A character that is not yet
 * complete is held for the next call. */
size_t terminal_show(struct terminal *terminal, const char *bytes, size_t size,
		     char *out);

/* The stream's end: shows what is held. */
size_t terminal_end(struct terminal *terminal, char *out);

#endif
