/* SPDX-License-Identifier: MIT */
/*
 * Lines, and what ends with another delimiter, lent from the buffer. Built for
 * lines of less than a buffer, many at a time.
 *
 * What was searched is not searched again, also by the next call, when this
 * one ended early: so bytes that come singly cost no more than bytes. Nothing
 * is taken but by a call that found its delimiter.
 */
#include "socket/stream.h"
#include "stream/stream.h"

#include <string.h>

/* How much of the buffer is known not to hold that delimiter's end. */
static void remember(struct snt_stream *stream, const void *delimiter,
		     size_t size)
{
	if (size == stream->delimiter_size &&
	    memcmp(stream->delimiter, delimiter, size) == 0)
		return;
	stream->searched = 0;
	stream->delimiter_size = 0;
	if (size > SNT__DELIMITER_KEPT)
		return;
	memcpy(stream->delimiter, delimiter, size);
	stream->delimiter_size = (uint8_t)size;
}

/* Where a first delimiter ends among the next size bytes, or 0. */
static size_t find_end(struct snt_stream *stream, const void *delimiter,
		       size_t delimiter_size, size_t size)
{
	/* It may begin among the last bytes of those searched. */
	size_t from = stream->searched >= delimiter_size
			      ? stream->searched - delimiter_size + 1
			      : 0;
	const char *data, *found;

	if (size <= from)
		return 0;
	data = snt__stream_data(stream);
	found = memmem(data + from, size - from, delimiter, delimiter_size);
	if (found != NULL)
		return (size_t)(found - data) + delimiter_size;
	stream->searched = size;
	return 0;
}

static ptrdiff_t read_to(struct snt_stream *stream, const void *delimiter,
			 size_t delimiter_size)
{
	size_t limit = stream->read_limit;
	int64_t deadline = 0;

	remember(stream, delimiter, delimiter_size);
	for (;;) {
		size_t count = snt__stream_count(stream);
		size_t end = find_end(stream, delimiter, delimiter_size,
				      count < limit ? count : limit);
		ptrdiff_t n;

		if (end > 0)
			return (ptrdiff_t)end;
		if (count >= limit)
			return -SNT_ELIMIT;
		n = snt__stream_fill(stream, count + 1, &deadline);
		if (n < 0)
			return n;
		if ((size_t)n == count)
			return count == 0 ? 0 : -SNT_EEND;
	}
}

/* What is told of a failure. */
struct words {
	const char *call;
	const char *missing;
};

static ptrdiff_t lend_to(struct snt_stream *stream, const void *delimiter,
			 size_t delimiter_size, const struct words *words,
			 char **data)
{
	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, words->call);
	char *lent = NULL;

	if (n < 0)
		return n;
	n = read_to(stream, delimiter, delimiter_size);
	if (n > 0)
		lent = snt__stream_lend(stream, (size_t)n);
	n = snt__stream_leave(stream, SNT__READ, n, 0, words->call);
	if (n == -SNT_ELIMIT)
		return snt__stream_fail(stream, -SNT_ELIMIT, words->call,
					"%s within %zu bytes", words->missing,
					stream->read_limit);
	if (n > 0)
		*data = lent;
	return n;
}

ptrdiff_t snt_readline(struct snt_stream *stream, char **line)
{
	static const struct words words = { "readline from", "no line end" };

	return lend_to(stream, "\n", 1, &words, line);
}

ptrdiff_t snt_read_until(struct snt_stream *stream, const void *delimiter,
			 size_t delimiter_size, char **data)
{
	static const struct words words = { "read_until from", "no delimiter" };

	if (delimiter_size == 0 || delimiter_size > stream->read_limit)
		return snt__fail_text(-EINVAL,
				      "read_until: the delimiter is empty, or "
				      "longer than the limit of %zu bytes",
				      stream->read_limit);
	return lend_to(stream, delimiter, delimiter_size, &words, data);
}
