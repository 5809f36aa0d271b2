/* SPDX-License-Identifier: MIT */
/*
 * What stands around a payload, and whether the format can carry it.
 *
 * Always: what is accepted here, snt_frame_decode of the same format gives back
 * as it was, whatever bytes follow it. So nothing that a program was told to
 * send can pass itself off as a message of its own.
 */
#include "frame/format.h"

#include "base/error.h"

#include <string.h>

static int cannot_carry(const char *name, const char *what, size_t offset)
{
	return snt__fail_text(-EINVAL, "%s: a payload with %s, at offset %zu",
			      name, what, offset);
}

static int check_line(const char *payload, size_t size)
{
	const char *cr = size > 0 ? memchr(payload, '\r', size) : NULL;
	const char *lf = size > 0 ? memchr(payload, '\n', size) : NULL;

	if (lf != NULL)
		return cannot_carry("line", "an LF", (size_t)(lf - payload));
	if (cr != NULL)
		return cannot_carry("line", "a CR", (size_t)(cr - payload));
	return 0;
}

/*
 * The delimiter must not stand in the payload, nor begin in it: "--" after a
 * payload that ends in '-' would be found one byte early.
 */
static int check_delimited(const struct snt_frame_format *format,
			   const char *payload, size_t size)
{
	const char *delimiter = format->delimiter, *found = NULL;
	size_t length = format->delimiter_size;
	size_t most = length - 1 < size ? length - 1 : size;

	if (size >= length)
		found = memmem(payload, size, delimiter, length);
	if (found != NULL)
		return cannot_carry("delimited frame", "the delimiter",
				    (size_t)(found - payload));
	for (size_t n = most; n > 0; n--)
		if (memcmp(payload + size - n, delimiter, n) == 0 &&
		    memcmp(delimiter, delimiter + n, length - n) == 0)
			return cannot_carry("delimited frame",
					    "the delimiter's beginning",
					    size - n);
	return 0;
}

static int check_payload(const struct snt_frame_format *format,
			 const void *payload, size_t size)
{
	size_t max = snt__format_max(format);

	if (format->kind == SNT_FRAME_FIXED && size != format->size)
		return snt__fail_text(-EINVAL,
				      "frame of fixed size: %zu bytes, not %zu",
				      size, format->size);
	if (size > max)
		return snt__fail_text(-SNT_ELIMIT,
				      "%s: %zu bytes are above the maximum of "
				      "%zu",
				      snt__format_name(format), size, max);
	if (format->kind == SNT_FRAME_LINES)
		SNT_TRY(check_line(payload, size));
	if (format->kind == SNT_FRAME_DELIMITED)
		SNT_TRY(check_delimited(format, payload, size));
	return snt__format_check_text(format, payload, size);
}

static size_t put_decimal(char *header, size_t size)
{
	size_t digits = 1;

	for (size_t rest = size; rest >= 10; rest /= 10)
		digits++;
	for (size_t i = digits; i > 0; i--) {
		header[i - 1] = (char)('0' + size % 10);
		size /= 10;
	}
	return digits;
}

static size_t put_varint(char *header, size_t size)
{
	size_t count = 0;

	for (; size >= 0x80; size >>= 7)
		header[count++] = (char)(0x80 | (size & 0x7f));
	header[count++] = (char)size;
	return count;
}

static size_t put_width(const struct snt_frame_format *format, char *header,
			size_t size)
{
	size_t width = snt__format_width(format);

	for (size_t i = 0; i < width; i++) {
		size_t place =
			snt__format_is_big_endian(format) ? width - 1 - i : i;

		header[place] = (char)(size >> (8 * i) & 0xff);
	}
	return width;
}

static void trail(struct snt_frame_ends *ends, const void *trailer, size_t size)
{
	ends->trailer = trailer;
	ends->trailer_size = size;
}

int snt_frame_enclose(const struct snt_frame_format *format,
		      const void *payload, size_t size,
		      struct snt_frame_ends *ends)
{
	struct snt_frame_ends out = { .trailer = "" };

	SNT_TRY(snt__format_check(format));
	SNT_TRY(check_payload(format, payload, size));
	switch (format->kind) {
	case SNT_FRAME_LINES:
		trail(&out, format->crlf ? "\r\n" : "\n", format->crlf ? 2 : 1);
		break;
	case SNT_FRAME_DELIMITED:
		trail(&out, format->delimiter, format->delimiter_size);
		break;
	case SNT_FRAME_NETSTRING:
		out.header_size = put_decimal(out.header, size);
		out.header[out.header_size++] = ':';
		trail(&out, ",", 1);
		break;
	case SNT_FRAME_VARINT:
		out.header_size = put_varint(out.header, size);
		break;
	default: /* of fixed size: of no width */
		out.header_size = put_width(format, out.header, size);
		break;
	}
	*ends = out;
	return 0;
}

ptrdiff_t snt_frame_encode(const struct snt_frame_format *format,
			   const void *payload, size_t size, void *buffer,
			   size_t capacity)
{
	struct snt_frame_ends ends;
	char *at = buffer;
	size_t total;

	SNT_TRY(snt_frame_enclose(format, payload, size, &ends));
	total = ends.header_size + size + ends.trailer_size;
	if (total > capacity)
		return snt__fail_text(-EMSGSIZE,
				      "%s: takes %zu bytes, and the buffer has "
				      "%zu",
				      snt__format_name(format), total,
				      capacity);
	/* The payload first: it may lie in the buffer already. */
	if (size > 0)
		memmove(at + ends.header_size, payload, size);
	memcpy(at, ends.header, ends.header_size);
	memcpy(at + ends.header_size + size, ends.trailer, ends.trailer_size);
	return (ptrdiff_t)total;
}
