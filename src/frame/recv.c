/* SPDX-License-Identifier: MIT */
/*
 * A frame out of a stream. Built for many small ones that came together: each
 * is lent from the stream's buffer, none is copied.
 *
 * Bytes leave the buffer only with a frame that is whole and good, so after any
 * failure they can be read as something else. Beyond the stream's own limit the
 * buffer grows with what has come, at most twofold, never to what a length
 * promises; and shrinks with the next read.
 */
#include "frame/format.h"
#include "frame/words.h"

#include "stream/stream.h"

#define RECV "recv_frame from"

/* How many bytes to wait for where so many are needed. */
static size_t step(const struct snt_stream *stream, size_t count, size_t need)
{
	size_t most = stream->read_limit;

	if (count >= most)
		most = 2 * count;
	return need < most ? need : most;
}

/* As snt_frame_decode, but 0 is the end; refused: it has been worded. */
static ptrdiff_t find(struct snt_stream *stream,
		      const struct snt_frame_format *format,
		      struct snt_frame *frame, bool *refused)
{
	struct snt_frame_progress progress = { .need = 0 };
	int64_t deadline = 0;

	for (;;) {
		size_t count = snt__stream_count(stream);
		char *data = count > 0 ? snt__stream_data(stream) : NULL;
		ptrdiff_t n =
			snt_frame_decode(format, &progress, data, count, frame);

		if (n != 0) {
			*refused = n < 0;
			return n;
		}
		n = snt__stream_fill(stream, step(stream, count, progress.need),
				     &deadline);
		if (n < 0)
			return n;
		if ((size_t)n == count)
			return count == 0 ? 0 : -SNT_EEND;
	}
}

/* Takes n bytes, of which the frame is a part, and ends it with a NUL: in the
 * place of its trailer, or of what follows. */
static void lend(struct snt_stream *stream, const struct snt_frame *frame,
		 ptrdiff_t n)
{
	char *data = snt__stream_data(stream);
	size_t end = (size_t)(frame->data - data) + frame->size;

	snt__stream_lend(stream, (size_t)n);
	data[end] = '\0';
}

int snt_recv_frame(struct snt_stream *stream,
		   const struct snt_frame_format *format,
		   struct snt_frame *frame)
{
	struct snt_frame found;
	bool refused = false;
	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, RECV);

	if (n < 0)
		return (int)n;
	n = find(stream, format, &found, &refused);
	if (n > 0)
		lend(stream, &found, n);
	else
		snt__buffer_drop_if_empty(&stream->in);
	if (refused)
		return snt__frame_refused(stream, SNT__READ, (int)n, RECV);
	n = snt__stream_leave(stream, SNT__READ, n > 0 ? 1 : n, 0, RECV);
	if (n > 0)
		*frame = found;
	return (int)n;
}
