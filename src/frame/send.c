/* SPDX-License-Identifier: MIT */
/*
 * A frame into a stream. Built for frames that fit in the stream's buffer:
 * such a one is taken whole or not at all, so a call that fails can be made
 * again. A larger one is sent in parts, and half of it may have gone when its
 * call fails; snt_done() tells the two apart.
 */
#include "frame/format.h"
#include "frame/words.h"

#include "stream/stream.h"

struct part {
	const void *data;
	size_t size;
};

/* What a call has to say of a frame. */
struct outgoing {
	struct part parts[3];
	size_t total;
	size_t done; /* bytes of it that the stream has taken */
};

/* There is room for all of it. */
static void append(struct snt_stream *stream, struct outgoing *frame)
{
	for (size_t i = 0; i < 3; i++)
		if (frame->parts[i].size > 0)
			snt__buffer_append(&stream->out, frame->parts[i].data,
					   frame->parts[i].size);
	stream->forks = snt__forks;
	frame->done = frame->total;
}

static int put_parts(struct snt_stream *stream, struct outgoing *frame,
		     int64_t *deadline)
{
	int code = 0;

	for (size_t i = 0; i < 3 && code == 0; i++) {
		size_t done = 0;

		code = snt__stream_put(stream, frame->parts[i].data,
				       frame->parts[i].size, &done, deadline);
		frame->done += done;
	}
	return code;
}

/* Until the first byte is taken, all that may wait or fail has been done, but
 * the sending of what is larger than the buffer. */
static int put(struct snt_stream *stream, struct outgoing *frame,
	       int64_t *deadline)
{
	size_t room = stream->write_limit - snt__buffer_count(&stream->out);
	bool fits = frame->total <= stream->write_limit;
	size_t sent = 0;
	int code = 0;

	if (frame->total > room)
		code = snt__stream_flush(stream, &sent, deadline);
	if (code == 0)
		code = snt__stream_reserve(stream, fits ? frame->total
							: stream->write_limit);
	if (code < 0)
		return code;
	if (!fits)
		return put_parts(stream, frame, deadline);
	append(stream, frame);
	return 0;
}

static int write_frame(struct snt_stream *stream,
		       const struct snt_frame_format *format,
		       struct part payload, bool flush, const char *what)
{
	struct snt_frame_ends ends;
	struct outgoing frame = { .total = 0 };
	int64_t deadline = 0;
	size_t sent = 0;
	int code = snt__stream_enter(stream, SNT__WRITE, what);

	if (code < 0)
		return code;
	code = snt_frame_enclose(format, payload.data, payload.size, &ends);
	if (code < 0)
		return snt__frame_refused(stream, SNT__WRITE, code, what);
	frame.parts[0] = (struct part){ ends.header, ends.header_size };
	frame.parts[1] = payload;
	frame.parts[2] = (struct part){ ends.trailer, ends.trailer_size };
	frame.total = ends.header_size + payload.size + ends.trailer_size;
	code = put(stream, &frame, &deadline);
	if (code == 0 && flush)
		code = snt__stream_flush(stream, &sent, &deadline);
	snt__buffer_drop_if_empty(&stream->out);
	return (int)snt__stream_leave(stream, SNT__WRITE, code, frame.done,
				      what);
}

int snt_write_frame(struct snt_stream *stream,
		    const struct snt_frame_format *format, const void *payload,
		    size_t size)
{
	return write_frame(stream, format, (struct part){ payload, size },
			   false, "write_frame to");
}

int snt_send_frame(struct snt_stream *stream,
		   const struct snt_frame_format *format, const void *payload,
		   size_t size)
{
	return write_frame(stream, format, (struct part){ payload, size }, true,
			   "send_frame to");
}
