/* SPDX-License-Identifier: MIT */
/*
 * Durations as people write them. Kept in integers, so that what is read is
 * what was written; digits after the ninth of a fraction are refused rather
 * than rounded away.
 */
#include "duration.h"

#include <sennit/base.h>
#include <string.h>

/* No wait of this tool is meant to be longer; sums with it stay in range. */
#define DURATION_MAX (365 * 24 * 60 * SNT_MINUTE)

static const struct {
	const char *name;
	int64_t size;
} units[] = {
	{ "", SNT_SECOND },  { "ms", SNT_MILLISECOND }, { "s", SNT_SECOND },
	{ "m", SNT_MINUTE }, { "h", 60 * SNT_MINUTE },
};

static const int64_t *unit_size(const char *name)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i].size;
	return NULL;
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int duration_parse(int64_t *duration, const char *text)
{
	int64_t whole = 0, part = 0, scale = 1, sum;
	const char *at = text;
	const int64_t *unit;

	for (; is_digit(*at); at++) {
		whole = whole * 10 + (*at - '0');
		if (whole > DURATION_MAX / SNT_MILLISECOND)
			return -EINVAL;
	}
	if (at == text)
		return -EINVAL;
	if (*at == '.') {
		if (!is_digit(*++at))
			return -EINVAL;
		for (; is_digit(*at); at++) {
			if (scale == SNT_SECOND)
				return -EINVAL;
			part = part * 10 + (*at - '0');
			scale *= 10;
		}
	}
	unit = unit_size(at);
	if (unit == NULL || whole > DURATION_MAX / *unit)
		return -EINVAL;
	/* In two steps: an hour times nine digits would not fit. */
	sum = *unit / scale * part + *unit % scale * part / scale;
	sum += whole * *unit;
	if (sum > DURATION_MAX)
		return -EINVAL;
	*duration = sum;
	return 0;
}
