/* SPDX-License-Identifier: MIT */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stdint.h>

/*
 * "500ms", "5s", "2m", "1h", "1.5s"; a bare number is seconds. Writes
 * nanoseconds and returns 0, or -EINVAL: malformed, or beyond a year.
 */
int duration_parse(int64_t *duration, const char *text);

#endif
