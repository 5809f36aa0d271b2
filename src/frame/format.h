/* SPDX-License-Identifier: MIT */
/* What both directions of the codec know of a format. */
#ifndef SNT_FRAME_FORMAT_H
#define SNT_FRAME_FORMAT_H

#include <sennit/frame.h>

/* More than any maximum may be: sums and the reading of decimals stay within a
 * size_t. */
#define SNT__FRAME_MAX (SIZE_MAX / 32)

/* -EINVAL with a sentence, where the format is none. */
int snt__format_check(const struct snt_frame_format *format);

/* Bytes that a payload may have at most. */
size_t snt__format_max(const struct snt_frame_format *format);

/* "line", "netstring": of a kind that is one. */
const char *snt__format_name(const struct snt_frame_format *format);

/* Bytes of a length of fixed width: 1, 2, 4; 0 for other kinds. */
size_t snt__format_width(const struct snt_frame_format *format);
bool snt__format_is_big_endian(const struct snt_frame_format *format);

/* -EILSEQ with a sentence, where the format is text and the payload none. */
int snt__format_check_text(const struct snt_frame_format *format,
			   const void *payload, size_t size);

#endif
