/* SPDX-License-Identifier: MIT */
/* Points in time, and durations as the public headers give them. */
#ifndef SNT_BASE_DEADLINE_H
#define SNT_BASE_DEADLINE_H

#include <sennit/base.h>

/*
 * now + duration without overflow. 0 (unset) and SNT_FOREVER give
 * SNT_FOREVER; any negative duration gives now.
 */
static inline int64_t snt__deadline(int64_t now, int64_t duration)
{
	if (duration == 0)
		return SNT_FOREVER;
	if (duration < 0)
		return now;
	return duration > SNT_FOREVER - now ? SNT_FOREVER : now + duration;
}

static inline int64_t snt__earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif
