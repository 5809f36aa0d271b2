/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <string.h>

size_t pieces_of_messages(size_t cut)
{
	return cut == PIECES_AS_READ ? PIECES_OF_LINES : cut;
}

/* How much of what was read is a piece; 0: more must come first. */
static size_t ready(const struct pieces *pieces)
{
	size_t held = pieces->end - pieces->begin;
	const char *begin = pieces->buffer + pieces->begin, *newline;

	if (held == 0)
		return 0;
	if (pieces->cut == PIECES_AS_READ)
		return held;
	if (pieces->cut == PIECES_OF_LINES) {
		newline = memchr(begin, '\n', held);
		if (newline != NULL)
			return (size_t)(newline - begin) + 1;
	} else if (held >= pieces->cut) {
		return pieces->cut;
	}
	return pieces->ended || held == pieces->most ? held : 0;
}

ptrdiff_t pieces_next(struct pieces *pieces, const char **piece)
{
	size_t size;

	while ((size = ready(pieces)) == 0 && !pieces->ended) {
		ptrdiff_t n;

		memmove(pieces->buffer, pieces->buffer + pieces->begin,
			pieces->end - pieces->begin);
		pieces->end -= pieces->begin;
		pieces->begin = 0;
		n = snt_recv(pieces->input, pieces->buffer + pieces->end,
			     pieces->most - pieces->end);
		if (n < 0)
			return n;
		pieces->ended = n == 0;
		pieces->end += (size_t)n;
	}
	*piece = pieces->buffer + pieces->begin;
	pieces->begin += size;
	return (ptrdiff_t)size;
}
