/* SPDX-License-Identifier: MIT */
/*
 * Bytes into a stream: gathered, and sent when there is no room for more or
 * the program says so. Built for many small writes; what is larger than the
 * buffer goes past it, once what stood before it has gone.
 *
 * Each byte is taken once: it is sent, or it is in the buffer, and a failed
 * call tells how many it took. A failed flush keeps what it did not send.
 * Nothing is sent at another time: no timer, no line that ends.
 */
#include "base/alloc.h"
#include "socket/stream.h"
#include "stream/stream.h"

#include <stdio.h>

/* To begin with; most answers are short. */
#define FIRST ((size_t)1024)

int snt__stream_flush(struct snt_stream *stream, size_t *done,
		      int64_t *deadline)
{
	struct snt__buffer *out = &stream->out;

	while (snt__buffer_count(out) > 0) {
		ptrdiff_t n =
			snt__send_some(stream->socket, snt__buffer_data(out),
				       snt__buffer_count(out), deadline);

		if (n < 0)
			return (int)n;
		snt__buffer_take(out, (size_t)n);
		*done += (size_t)n;
	}
	snt__buffer_drop(out);
	return 0;
}

int snt__stream_reserve(struct snt_stream *stream, size_t more)
{
	size_t limit = stream->write_limit;
	size_t size = snt__buffer_count(&stream->out) + more;

	if (size < FIRST)
		size = FIRST < limit ? FIRST : limit;
	return snt__buffer_reserve(&stream->out, size, limit);
}

int snt__stream_put(struct snt_stream *stream, const void *data, size_t size,
		    size_t *done, int64_t *deadline)
{
	struct snt__buffer *out = &stream->out;
	const char *bytes = data;

	stream->forks = snt__forks;
	while (*done < size) {
		size_t count = snt__buffer_count(out), left = size - *done;
		size_t room = stream->write_limit - count, sent = 0;
		ptrdiff_t n;

		if (count == 0 && left >= stream->write_limit) {
			n = snt__send_some(stream->socket, bytes + *done, left,
					   deadline);
		} else if (room == 0) {
			n = snt__stream_flush(stream, &sent, deadline);
		} else {
			room = left < room ? left : room;
			n = snt__stream_reserve(stream, room);
			if (n == 0) {
				snt__buffer_append(out, bytes + *done, room);
				n = (ptrdiff_t)room;
			}
		}
		if (n < 0)
			return (int)n;
		*done += (size_t)n;
	}
	return 0;
}

int snt_write(struct snt_stream *stream, const void *data, size_t size)
{
	int64_t deadline = 0;
	size_t done = 0;
	int code = snt__stream_enter(stream, SNT__WRITE, "write to");

	if (code < 0)
		return code;
	code = snt__stream_put(stream, data, size, &done, &deadline);
	return (int)snt__stream_leave(stream, SNT__WRITE, code, done,
				      "write to");
}

/* Text that needs more room than there was: size bytes of it. */
static int put_text(struct snt_stream *stream, size_t size, size_t *done,
		    const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));

static int put_text(struct snt_stream *stream, size_t size, size_t *done,
		    const char *format, va_list args)
{
	struct snt__buffer *out = &stream->out;
	int64_t deadline = 0;
	size_t sent = 0;
	char *text;
	int code = 0;

	if (size > stream->write_limit) {
		text = snt__realloc_array(NULL, size + 1, 1);
		if (text == NULL)
			return -ENOMEM;
		vsnprintf(text, size + 1, format, args);
		code = snt__stream_put(stream, text, size, done, &deadline);
		snt__free(text);
		return code;
	}
	if (size > stream->write_limit - snt__buffer_count(out))
		code = snt__stream_flush(stream, &sent, &deadline);
	if (code == 0)
		code = snt__stream_reserve(stream, size);
	if (code < 0)
		return code;
	vsnprintf(out->block + out->end, size + 1, format, args);
	out->end += size;
	return 0;
}

/* Tries the room that is there; most text is short. */
static int put_format(struct snt_stream *stream, size_t *done,
		      const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static int put_format(struct snt_stream *stream, size_t *done,
		      const char *format, va_list args)
{
	struct snt__buffer *out = &stream->out;
	int code = snt__stream_reserve(stream, 0);
	va_list again;
	size_t room;

	if (code < 0)
		return code;
	stream->forks = snt__forks;
	room = out->capacity - out->end;
	va_copy(again, args);
	code = vsnprintf(out->block + out->end, room + 1, format, again);
	va_end(again);
	if (code < 0)
		return -EINVAL;
	if ((size_t)code > room)
		return put_text(stream, (size_t)code, done, format, args);
	out->end += (size_t)code;
	return 0;
}

int snt_vprintf(struct snt_stream *stream, const char *format, va_list args)
{
	size_t done = 0;
	int code = snt__stream_enter(stream, SNT__WRITE, "printf to");

	if (code < 0)
		return code;
	code = put_format(stream, &done, format, args);
	snt__buffer_drop_if_empty(&stream->out);
	return (int)snt__stream_leave(stream, SNT__WRITE, code, done,
				      "printf to");
}

int snt_printf(struct snt_stream *stream, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = snt_vprintf(stream, format, args);
	va_end(args);
	return code;
}

int snt_flush(struct snt_stream *stream)
{
	int64_t deadline = 0;
	size_t done = 0;
	int code = snt__stream_enter(stream, SNT__WRITE, "flush to");

	if (code < 0)
		return code;
	code = snt__stream_flush(stream, &done, &deadline);
	return (int)snt__stream_leave(stream, SNT__WRITE, code, done,
				      "flush to");
}

/* A forked child leaves what its parent wrote to the parent. */
void snt__stream_flush_now(struct snt_stream *stream)
{
	struct snt__buffer *out = &stream->out;
	struct snt_socket *socket = stream->socket;

	if (snt__buffer_count(out) == 0 || socket == NULL ||
	    stream->forks != snt__forks ||
	    snt__stream_busy(stream, SNT__WRITE) ||
	    snt__handle_claim(snt__thread_now(), &socket->handle) < 0 ||
	    socket->handle.writer != NULL)
		return;
	/* What is known of its readiness may be old. */
	socket->handle.ready |= SNT__WRITE;
	while (snt__buffer_count(out) > 0) {
		ptrdiff_t n = snt__send_now(socket, snt__buffer_data(out),
					    snt__buffer_count(out));

		if (n < 0)
			return;
		snt__buffer_take(out, (size_t)n);
	}
}
