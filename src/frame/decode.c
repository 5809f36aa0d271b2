/* SPDX-License-Identifier: MIT */
/*
 * The frame at the beginning of some bytes.
 *
 * Built for a buffer that grows: a call gets all bytes of the frame there are,
 * and what it found before in progress. Always: the answer is the same however
 * the bytes were cut, no byte beyond those that decide it is looked at, and
 * nothing that a stranger wrote is added up before it was compared with the
 * maximum. Offsets in sentences count from the frame's first byte, in those
 * about the text of a payload from the payload's.
 */
#include "frame/format.h"

#include "base/error.h"

#include <string.h>

/* Bytes of a varint that hold 64 bits. */
#define VARINT_MAX 10

struct input {
	const struct snt_frame_format *format;
	const unsigned char *data;
	size_t size;
	size_t max;
};

/* Where the payload lies. */
struct place {
	size_t begin;
	size_t size;
	size_t total; /* with all that is around it */
};

static int too_long(const struct input *in)
{
	return snt__fail_text(-SNT_ELIMIT,
			      "%s: longer than %zu bytes, which is its maximum",
			      snt__format_name(in->format), in->max);
}

static int not_that_long(const struct input *in, unsigned long long size)
{
	return snt__fail_text(-SNT_ELIMIT,
			      "%s: its length of %llu bytes is above the "
			      "maximum of %zu",
			      snt__format_name(in->format), size, in->max);
}

/* Not whole yet: at least so many bytes are needed in all. */
static ptrdiff_t more(struct snt_frame_progress *progress, size_t need)
{
	progress->need = need;
	return 0;
}

/* The place of the first pattern within the first `limit` bytes, or SIZE_MAX. */
static size_t search(const struct input *in,
		     struct snt_frame_progress *progress, const void *pattern,
		     size_t pattern_size, size_t limit)
{
	size_t size = in->size < limit ? in->size : limit;
	/* It may begin among the last of the bytes that were looked at. */
	size_t from = progress->searched >= pattern_size
			      ? progress->searched - pattern_size + 1
			      : 0;
	const unsigned char *found = NULL;

	/* Fewer bytes than before: a progress that was not zeroed. */
	if (from > size)
		from = 0;
	if (size - from >= pattern_size)
		found = memmem(in->data + from, size - from, pattern,
			       pattern_size);
	if (found != NULL)
		size = (size_t)(found -
				in->data); /* asked again: found again */
	progress->searched = size;
	return found != NULL ? size : SIZE_MAX;
}

static ptrdiff_t decode_line(const struct input *in,
			     struct snt_frame_progress *progress,
			     struct place *place)
{
	/* The longest line ends in CR LF. */
	size_t end = search(in, progress, "\n", 1, in->max + 2);
	size_t size = end;
	const unsigned char *cr;

	if (end == SIZE_MAX) {
		if (in->size > in->max + 1 ||
		    (in->size == in->max + 1 && in->data[in->max] != '\r'))
			return too_long(in);
		return more(progress, in->size + 1);
	}
	if (size > 0 && in->data[size - 1] == '\r')
		size--;
	if (size > in->max)
		return too_long(in);
	cr = size > 0 ? memchr(in->data, '\r', size) : NULL;
	if (cr != NULL)
		return snt__fail_text(-EBADMSG,
				      "line: the CR at offset %zu is not "
				      "followed by LF",
				      (size_t)(cr - in->data));
	*place = (struct place){ 0, size, end + 1 };
	return 1;
}

static ptrdiff_t decode_delimited(const struct input *in,
				  struct snt_frame_progress *progress,
				  struct place *place)
{
	size_t size = in->format->delimiter_size, longest = in->max + size;
	size_t end = search(in, progress, in->format->delimiter, size, longest);

	if (end == SIZE_MAX && in->size >= longest)
		return too_long(in);
	if (end == SIZE_MAX)
		return more(progress, (in->size < size ? size : in->size + 1));
	*place = (struct place){ 0, end, end + size };
	return 1;
}

/* The payload's size is known. */
static ptrdiff_t decode_counted(const struct input *in,
				struct snt_frame_progress *progress,
				struct place *place, size_t trailer)
{
	place->total = place->begin + place->size + trailer;
	return in->size < place->total ? more(progress, place->total) : 1;
}

static ptrdiff_t decode_netstring(const struct input *in,
				  struct snt_frame_progress *progress,
				  struct place *place)
{
	const unsigned char *at = in->data;
	size_t i = 0, size = 0;
	ptrdiff_t n;

	for (; i < in->size && at[i] >= '0' && at[i] <= '9'; i++) {
		if (i == 1 && at[0] == '0')
			return snt__fail_text(-EBADMSG,
					      "netstring: at offset 0: a "
					      "leading zero in the length");
		size = size * 10 + (size_t)(at[i] - '0');
		if (size > in->max)
			return too_long(in);
	}
	if (i == in->size)
		return more(progress, i + 1); /* it may be a wrong one */
	if (i == 0 || at[i] != ':')
		return snt__fail_text(-EBADMSG,
				      "netstring: at offset %zu: 0x%02x where "
				      "%s belongs",
				      i, at[i], i == 0 ? "a digit" : "':'");
	*place = (struct place){ i + 1, size, 0 };
	n = decode_counted(in, progress, place, 1);
	if (n > 0 && at[place->total - 1] != ',')
		return snt__fail_text(-EBADMSG,
				      "netstring: at offset %zu: 0x%02x where "
				      "',' belongs, after %zu bytes",
				      place->total - 1, at[place->total - 1],
				      size);
	return n;
}

static ptrdiff_t decode_width(const struct input *in,
			      struct snt_frame_progress *progress,
			      struct place *place)
{
	size_t width = snt__format_width(in->format);
	uint32_t size = 0;

	if (in->size < width)
		return more(progress, width);
	for (size_t i = 0; i < width; i++)
		size = snt__format_is_big_endian(in->format)
			       ? size << 8 | in->data[i]
			       : size | (uint32_t)in->data[i] << (8 * i);
	if (size > in->max)
		return not_that_long(in, size);
	*place = (struct place){ width, size, 0 };
	return decode_counted(in, progress, place, 0);
}

static ptrdiff_t decode_varint(const struct input *in,
			       struct snt_frame_progress *progress,
			       struct place *place)
{
	uint64_t size = 0;
	size_t i = 0;
	unsigned char byte;

	do {
		if (i == in->size)
			return more(progress, i + 1);
		byte = in->data[i];
		if (i == VARINT_MAX - 1 && byte > 1)
			return snt__fail_text(-EBADMSG,
					      "varint frame: at offset %zu: "
					      "the length has more than 64 "
					      "bits",
					      i);
		size |= (uint64_t)(byte & 0x7f) << (7 * i);
		i++;
	} while ((byte & 0x80) != 0);
	if (byte == 0 && i > 1)
		return snt__fail_text(-EBADMSG,
				      "varint frame: at offset %zu: the "
				      "length is not in its shortest form",
				      i - 1);
	if (size > in->max)
		return not_that_long(in, size);
	*place = (struct place){ i, (size_t)size, 0 };
	return decode_counted(in, progress, place, 0);
}

static ptrdiff_t decode(const struct input *in,
			struct snt_frame_progress *progress,
			struct place *place)
{
	switch (in->format->kind) {
	case SNT_FRAME_LINES:
		return decode_line(in, progress, place);
	case SNT_FRAME_DELIMITED:
		return decode_delimited(in, progress, place);
	case SNT_FRAME_NETSTRING:
		return decode_netstring(in, progress, place);
	case SNT_FRAME_VARINT:
		return decode_varint(in, progress, place);
	case SNT_FRAME_FIXED:
		*place = (struct place){ 0, in->format->size, 0 };
		return decode_counted(in, progress, place, 0);
	default:
		return decode_width(in, progress, place);
	}
}

ptrdiff_t snt_frame_decode(const struct snt_frame_format *format,
			   struct snt_frame_progress *progress,
			   const void *data, size_t size,
			   struct snt_frame *frame)
{
	struct input in = { format, data, size, 0 };
	struct place place = { .total = 0 };
	ptrdiff_t n = snt__format_check(format);

	if (n < 0)
		return n;
	in.max = snt__format_max(format);
	n = decode(&in, progress, &place);
	if (n <= 0)
		return n;
	n = snt__format_check_text(format, in.data + place.begin, place.size);
	if (n < 0)
		return n;
	*frame = (struct snt_frame){ (const char *)data + place.begin,
				     place.size };
	return (ptrdiff_t)place.total;
}
