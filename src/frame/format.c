/* SPDX-License-Identifier: MIT */
/*
 * The formats, a row each, and what can be wrong with one.
 *
 * A format is the program's own and trusted, yet looked at in each call: that
 * costs a comparison or two, and a wrong one becomes an answer instead of a
 * frame that nobody can read.
 */
#include "frame/format.h"

#include "base/error.h"
#include "base/utf8.h"

#define DEFAULT_MAX ((size_t)65536)

static const struct {
	const char *name;
	size_t width;
	bool big_endian;
} kinds[] = {
	[SNT_FRAME_LINES] = { "line", 0, false },
	[SNT_FRAME_DELIMITED] = { "delimited frame", 0, false },
	[SNT_FRAME_NETSTRING] = { "netstring", 0, false },
	[SNT_FRAME_U8] = { "u8 frame", 1, true },
	[SNT_FRAME_U16_BE] = { "u16 frame", 2, true },
	[SNT_FRAME_U16_LE] = { "u16 frame", 2, false },
	[SNT_FRAME_U32_BE] = { "u32 frame", 4, true },
	[SNT_FRAME_U32_LE] = { "u32 frame", 4, false },
	[SNT_FRAME_VARINT] = { "varint frame", 0, false },
	[SNT_FRAME_FIXED] = { "frame of fixed size", 0, false },
};

int snt__format_check(const struct snt_frame_format *format)
{
	if (format->kind < 0 ||
	    (size_t)format->kind >= sizeof kinds / sizeof kinds[0])
		return snt__fail_text(-EINVAL,
				      "frame format: %d is no SNT_FRAME_ kind",
				      format->kind);
	if (format->max > SNT__FRAME_MAX)
		return snt__fail_text(-EINVAL,
				      "frame format: a maximum of %zu is above "
				      "%zu",
				      format->max, SNT__FRAME_MAX);
	if (format->kind == SNT_FRAME_DELIMITED &&
	    (format->delimiter == NULL || format->delimiter_size == 0 ||
	     format->delimiter_size > SNT__FRAME_MAX))
		return snt__fail_text(-EINVAL,
				      "frame format: .delimiter is missing");
	if (format->kind != SNT_FRAME_FIXED)
		return 0;
	if (format->size == 0 || format->size > SNT__FRAME_MAX)
		return snt__fail_text(-EINVAL,
				      "frame format: a fixed size of %zu is "
				      "not between 1 and %zu",
				      format->size, SNT__FRAME_MAX);
	if (format->max != 0 && format->size > format->max)
		return snt__fail_text(-EINVAL,
				      "frame format: the fixed size, %zu, is "
				      "above the maximum of %zu",
				      format->size, format->max);
	return 0;
}

size_t snt__format_max(const struct snt_frame_format *format)
{
	size_t width = snt__format_width(format);
	size_t max = format->max != 0 ? format->max : DEFAULT_MAX;

	if (format->kind == SNT_FRAME_FIXED)
		return format->size;
	/* More than its length can say. */
	if (width > 0 && max > (UINT32_MAX >> (32 - 8 * width)))
		return UINT32_MAX >> (32 - 8 * width);
	return max;
}

const char *snt__format_name(const struct snt_frame_format *format)
{
	return kinds[format->kind].name;
}

size_t snt__format_width(const struct snt_frame_format *format)
{
	return kinds[format->kind].width;
}

bool snt__format_is_big_endian(const struct snt_frame_format *format)
{
	return kinds[format->kind].big_endian;
}

int snt__format_check_text(const struct snt_frame_format *format,
			   const void *payload, size_t size)
{
	struct snt_utf8 check = { .offset = 0 };

	if (!format->text)
		return 0;
	if (!snt__utf8_feed(&check, payload, size))
		return snt__fail_text(
			-EILSEQ, "%s: not UTF-8: byte 0x%02x at offset %zu %s",
			snt__format_name(format),
			((const unsigned char *)payload)[check.offset],
			(size_t)check.offset,
			check.missing > 0
				? "does not continue the character before it"
				: "begins no character");
	if (check.missing > 0)
		return snt__fail_text(-EILSEQ,
				      "%s: not UTF-8: it ends at offset %zu "
				      "inside a character",
				      snt__format_name(format),
				      (size_t)check.offset);
	return 0;
}
