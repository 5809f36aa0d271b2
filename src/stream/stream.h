/* SPDX-License-Identifier: MIT */
/*
 * A stream and one step of its calls, for those that make messages of bytes.
 * A call that reads goes like this, one that writes likewise:
 *
 *	int64_t deadline = 0;
 *	ptrdiff_t n = snt__stream_enter(stream, SNT__READ, "recv_frame from");
 *
 *	if (n < 0)
 *		return (int)n;
 *	n = snt__stream_fill(stream, want, &deadline);
 *	... snt__stream_data, snt__stream_lend ...
 *	return snt__stream_leave(stream, SNT__READ, n, 0, "recv_frame from");
 *
 * In between the stream exists, also when a fiber closes it.
 */
#ifndef SNT_STREAM_STREAM_H
#define SNT_STREAM_STREAM_H

#include "fiber/thread.h"
#include "stream/buffer.h"

#include <sennit/stream.h>

#define SNT__DELIMITER_KEPT 6 /* longer ones are searched for by each call */
#define SNT__LIMIT_MAX ((size_t)PTRDIFF_MAX / 4) /* sums of some are sizes */

struct snt_stream {
	struct snt_socket *socket; /* NULL: it was closed while we waited */
	struct snt_fiber *reader;  /* in the midst of a call */
	struct snt_fiber *writer;
	struct snt__buffer in;
	struct snt__buffer out;
	size_t read_limit;
	size_t write_limit;
	size_t chunk;    /* to ask the socket for at a time */
	size_t searched; /* bytes of `in` without a delimiter of that kind: */
	char delimiter[SNT__DELIMITER_KEPT];
	uint8_t delimiter_size;
	char covered; /* what stood where a lent line has its NUL */
	bool lent;    /* there is one */
	bool ended;   /* nothing comes after what is in `in` */
	bool closed;  /* whoever leaves last frees it */
	bool takes_socket;
	unsigned forks; /* snt__forks when something was last written */
};

_Static_assert(sizeof(struct snt_stream) <= 160, "an idle stream stays small");

/*
 * How a call begins: the fiber is the stream's reader (SNT__READ) or writer
 * until it leaves. -EBUSY: there is one. -EBADF: the socket is gone. Else as
 * snt__call_begin. A failure is worded here.
 */
int snt__stream_enter(struct snt_stream *stream, unsigned direction,
		      const char *what);

/* How it ends: a failure (result negative) is worded here, with snt_done() =
 * done. -EBADF: the stream was closed meanwhile, and may be gone; or its
 * socket. */
ptrdiff_t snt__stream_leave(struct snt_stream *stream, unsigned direction,
			    ptrdiff_t result, size_t done, const char *what);

/* For a failure with more to say, after that: "<what> <peer>: <text>"; returns
 * code. */
int snt__stream_fail(const struct snt_stream *stream, int code,
		     const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5), cold));

/* As snt__call_fail, but for -EBADF of a socket that still is there: a
 * descriptor that is not open for this, and -EINVAL. */
int snt__stream_call_fail(const struct snt_socket *socket, int code,
			  size_t done, const char *what) __attribute__((cold));

/* Whether a fiber is in the midst of such a call. */
bool snt__stream_busy(struct snt_stream *stream, unsigned direction);

/*
 * Reads until at least `want` bytes, which may be more than the limit, are
 * there to be looked at, or the end; returns how many there are. What came
 * stays also when it fails. -ENOMEM; else as snt__recv_some.
 */
ptrdiff_t snt__stream_fill(struct snt_stream *stream, size_t want,
			   int64_t *deadline);

/* What has been read and not taken; at least one byte of it. */
static inline char *snt__stream_data(struct snt_stream *stream)
{
	return snt__buffer_data(&stream->in);
}

static inline size_t snt__stream_count(const struct snt_stream *stream)
{
	return snt__buffer_count(&stream->in);
}

/* Undoes what lending did to the byte after the line; enter has done it. */
void snt__stream_uncover(struct snt_stream *stream);

/* Takes bytes that are there; they stay where they are until the next fill. */
void snt__stream_take(struct snt_stream *stream, size_t size);

/* The same, and puts a NUL behind them, until the next call that reads. */
char *snt__stream_lend(struct snt_stream *stream, size_t size);

/*
 * Takes all of data over, into the buffer or past it; *done, 0 at first, counts
 * the bytes. Waits when the buffer is full. -ENOMEM; else as snt__send_some.
 */
int snt__stream_put(struct snt_stream *stream, const void *data, size_t size,
		    size_t *done, int64_t *deadline);

/* Makes room in the buffer for so many bytes more, where the limit has it.
 * -ENOMEM. */
int snt__stream_reserve(struct snt_stream *stream, size_t more);

/* Sends what is in the buffer; *done counts on. Keeps what it did not send. */
int snt__stream_flush(struct snt_stream *stream, size_t *done,
		      int64_t *deadline);

/* The same at the end: one try, which never waits and never fails. */
void snt__stream_flush_now(struct snt_stream *stream);

#endif
