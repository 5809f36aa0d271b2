/* SPDX-License-Identifier: MIT */
/* Formats under short names, for tables of frames. */
#ifndef TESTS_FRAME_FORMATS_H
#define TESTS_FRAME_FORMATS_H

#include "../guard.h"

#include <sennit/base.h>

#include <stdio.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define MAYBE __attribute__((unused))

/* It would break these up: */
/* clang-format off */
/* Bytes that may hold NULs, and how many. */
#define BYTES(text) text, sizeof(text) - 1
#define LINES { .kind = SNT_FRAME_LINES, .max = 8 }
#define TEXT_LINES { .kind = SNT_FRAME_LINES, .max = 8, .text = true }
#define CRLF_LINES { .kind = SNT_FRAME_LINES, .max = 8, .crlf = true }
#define DELIMITED(by) \
	{ .kind = SNT_FRAME_DELIMITED, .max = 8, .delimiter = by, \
	  .delimiter_size = sizeof(by) - 1 }
#define NETSTRING { .kind = SNT_FRAME_NETSTRING, .max = 12 }
#define U8 { .kind = SNT_FRAME_U8, .max = 8 }
#define U16_BE { .kind = SNT_FRAME_U16_BE, .max = 8 }
#define U16_LE { .kind = SNT_FRAME_U16_LE, .max = 8 }
#define U32_BE { .kind = SNT_FRAME_U32_BE, .max = 8 }
#define U32_LE { .kind = SNT_FRAME_U32_LE, .max = 8 }
#define VARINT { .kind = SNT_FRAME_VARINT, .max = 8 }
#define FIXED { .kind = SNT_FRAME_FIXED, .size = 4 }
/* clang-format on */

MAYBE static uint64_t drawn = 0x5e4417;

MAYBE static uint32_t draw(uint32_t below)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return (uint32_t)(drawn >> 20) % below;
}

/* That failure, and those words about it. */
MAYBE static void assert_refused(ptrdiff_t code, ptrdiff_t expected,
				 const char *words)
{
	if (code != expected)
		fail_msg("%td, not %td: %s", code, expected, snt_errmsg());
	if (strstr(snt_errmsg(), words) == NULL)
		fail_msg("\"%s\" does not tell \"%s\"", snt_errmsg(), words);
}

#endif
