/* SPDX-License-Identifier: MIT */
/*
 * The closest of a few short names: fewest letters changed, left out, put in
 * or swapped with their neighbour (optimal string alignment).
 */
#include "suggest.h"

#include <string.h>

#define NAME_MAX_LENGTH 31

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];
	size_t height = strlen(a), width = strlen(b);

	if (height > NAME_MAX_LENGTH || width > NAME_MAX_LENGTH)
		return NAME_MAX_LENGTH;
	for (size_t i = 0; i <= height; i++)
		rows[i][0] = i;
	for (size_t j = 0; j <= width; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= height; i++) {
		for (size_t j = 1; j <= width; j++) {
			size_t cost = a[i - 1] != b[j - 1];
			size_t best = rows[i - 1][j - 1] + cost;

			best = least(best, rows[i - 1][j] + 1);
			best = least(best, rows[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				best = least(best, rows[i - 2][j - 2] + 1);
			rows[i][j] = best;
		}
	}
	return rows[height][width];
}

const char *suggest(const char *word, const char *const *names, size_t count)
{
	/* A third of the letters may be wrong; more is another word. */
	size_t best = strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t far = distance(word, names[i]);

		if (far < best) {
			best = far;
			found = names[i];
		}
	}
	return found;
}
