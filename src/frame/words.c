/* SPDX-License-Identifier: MIT */
/*
 * The codec knows no peer, and a stream's failures are told with one. Built for
 * the rare case; the codec's sentence lives where the next one is written, so
 * it is copied out first.
 */
#include "frame/words.h"

#include "base/error.h"
#include "stream/stream.h"

#include <string.h>

int snt__frame_refused(struct snt_stream *stream, unsigned direction, int code,
		       const char *what)
{
	char text[SNT__MESSAGE_MAX];
	const char *said = snt_errmsg();
	size_t size = strnlen(said, sizeof text - 1);
	ptrdiff_t left;

	memcpy(text, said, size);
	text[size] = '\0';
	/* Failed, so that nobody else runs, and closes it, before the next. */
	left = snt__stream_leave(stream, direction, code, 0, what);
	if (left != code)
		return (int)left;
	return snt__stream_fail(stream, code, what, "%s", text);
}
