/* SPDX-License-Identifier: MIT */
/*
 * The stream object: made, entered and left by its calls, closed. Built to be
 * one of a million: it holds no buffer while nothing is in it.
 *
 * Each call stands in the reader's or the writer's place from its first look
 * at the stream to its last, so that a second one is turned away and a close
 * knows whom it has to wake; memory is then given back by the last to leave.
 */
#include "stream/stream.h"

#include "base/alloc.h"
#include "socket/stream.h"

#include <sennit/peer.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define READ_LIMIT ((size_t)64 * 1024)
#define WRITE_LIMIT ((size_t)8 * 1024)

static size_t limit_of(size_t given, size_t usual)
{
	if (given == 0)
		return usual;
	return given < SNT__LIMIT_MAX ? given : SNT__LIMIT_MAX;
}

int snt_makefile(struct snt_stream **stream, struct snt_socket *socket,
		 const struct snt_stream_opts *opts)
{
	const struct snt_stream_opts usual = { 0 };
	struct snt_stream *made;

	if (opts == NULL)
		opts = &usual;
	if (socket->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("makefile");
	if (socket->listener != NULL)
		return snt__fail_text(-EOPNOTSUPP,
				      "makefile: a listener has no peer; make "
				      "one of what snt_accept gives");
	made = snt__alloc(sizeof *made);
	if (made == NULL)
		return snt__fail(-ENOMEM, "makefile");
	made->socket = socket;
	made->read_limit = limit_of(opts->read_limit, READ_LIMIT);
	made->write_limit = limit_of(opts->write_limit, WRITE_LIMIT);
	made->takes_socket = opts->takes_socket;
	*stream = made;
	return 0;
}

struct snt_socket *snt_stream_socket(const struct snt_stream *stream)
{
	return stream->socket;
}

static struct snt_fiber **place_of(struct snt_stream *stream,
				   unsigned direction)
{
	return direction == SNT__READ ? &stream->reader : &stream->writer;
}

/* In a forked child, who stayed with the parent is in nobody's way. */
static bool is_there(const struct snt_fiber *fiber)
{
	return fiber != NULL && !snt__fiber_lost(fiber);
}

bool snt__stream_busy(struct snt_stream *stream, unsigned direction)
{
	return is_there(*place_of(stream, direction));
}

int snt__stream_enter(struct snt_stream *stream, unsigned direction,
		      const char *what)
{
	struct snt_fiber **place = place_of(stream, direction);
	int code = stream->socket == NULL ? -EBADF : 0;

	if (code == 0)
		code = snt__call_begin(stream->socket, direction);
	if (code == 0 && snt__stream_busy(stream, direction))
		code = -EBUSY;
	if (code < 0)
		return snt__call_fail(stream->socket, code, 0, what);
	*place = snt__fiber_now();
	/* To tell, if the call ends with -EBADF, whether a close woke it. */
	(*place)->wake_code = 0;
	snt__begin_direction(stream->socket, direction);
	if (direction == SNT__READ)
		snt__stream_uncover(stream);
	return 0;
}

static void free_stream(struct snt_stream *stream)
{
	snt__buffer_drop(&stream->in);
	snt__buffer_drop(&stream->out);
	snt__free(stream);
}

/* Whether the stream still is there for its user. */
static bool leave(struct snt_stream *stream, unsigned direction,
		  ptrdiff_t result)
{
	struct snt_fiber **place = place_of(stream, direction);

	if (result == -EBADF && (*place)->wake_code == -EBADF)
		stream->socket = NULL;
	*place = NULL;
	if (!stream->closed)
		return true;
	if (!is_there(stream->reader) && !is_there(stream->writer))
		free_stream(stream);
	return false;
}

int snt__stream_call_fail(const struct snt_socket *socket, int code,
			  size_t done, const char *what)
{
	if (code == -EBADF && socket != NULL)
		return snt__fail_done(-EINVAL, done,
				      "%s descriptor %d, which is not open "
				      "for it",
				      what, snt_fileno(socket));
	return snt__call_fail(socket, code, done, what);
}

ptrdiff_t snt__stream_leave(struct snt_stream *stream, unsigned direction,
			    ptrdiff_t result, size_t done, const char *what)
{
	if (!leave(stream, direction, result))
		return snt__call_fail(NULL, -EBADF, done, what);
	if (result < 0)
		return snt__stream_call_fail(stream->socket, (int)result, done,
					     what);
	snt__spend(snt__self);
	return result;
}

int snt__stream_fail(const struct snt_stream *stream, int code,
		     const char *what, const char *format, ...)
{
	char text[SNT__MESSAGE_MAX], peer[SNT_ADDR_TEXT] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (snt_getpeername_text(stream->socket, peer, sizeof peer) < 0)
		snprintf(peer, sizeof peer, "descriptor %d",
			 snt_fileno(stream->socket));
	else if (memcmp(peer, "unix:", sizeof "unix:") == 0)
		memcpy(peer, "an unnamed socket", sizeof "an unnamed socket");
	return snt__fail_text(code, "%s %s: %s", what, peer, text);
}

/* Whoever waits in there leaves with -EBADF. The code is another, since after
 * that one nobody would look at a socket that goes on to exist. */
static void turn_away(struct snt_fiber *fiber)
{
	if (is_there(fiber) && !snt__wake(fiber, -ECANCELED))
		fiber->wake_code = -ECANCELED;
}

void snt_stream_close(struct snt_stream *stream)
{
	if (stream == NULL)
		return;
	snt__stream_flush_now(stream);
	stream->closed = true;
	if (stream->takes_socket) {
		snt_close(stream->socket);
	} else {
		turn_away(stream->reader);
		turn_away(stream->writer);
	}
	if (!is_there(stream->reader) && !is_there(stream->writer))
		free_stream(stream);
}

void snt_auto_stream(struct snt_stream **stream)
{
	snt_stream_close(*stream);
	*stream = NULL;
}
