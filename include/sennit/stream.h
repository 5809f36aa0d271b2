/* SPDX-License-Identifier: MIT */
/*
 * A buffered stream over a handle: lines, exact counts, a look ahead, printf.
 * In front of TCP, Unix streams, pipes, terminals and files alike. Python's
 * makefile, getline(3).
 *
 * A stream reads ahead: from then on read from it, not from its socket, and
 * have one stream on a socket. It belongs to its socket's thread, with which
 * it may move. One fiber may read and one may write at a time; a second of a
 * kind gets -EBUSY. All calls that read or write wait, under the socket's
 * timeout as a whole, and fail as snt_recv and snt_send do, besides what
 * stands with each: also -ECANCELED, -ETIMEDOUT, -EBADF (stream or socket was
 * closed meanwhile), -SNT_ETHREAD, -ENOMEM.
 *
 * A failed call that reads loses nothing: what had come can be read by the
 * next. A buffer is held only while there are bytes in it, so an idle stream
 * is 160 bytes.
 */
#ifndef SENNIT_STREAM_H
#define SENNIT_STREAM_H

#include <sennit/socket.h>
#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

struct snt_stream;

struct snt_stream_opts {
	/* Most bytes that a line, a look ahead or what is put back may be;
	 * 0: 64 KiB. */
	size_t read_limit;
	size_t write_limit; /* bytes to gather before they are sent; 0: 8 KiB */
	bool takes_socket;  /* snt_stream_close closes it, too */
};

/*
 * A stream over a handle, which is borrowed (it must live longer), or with
 * .takes_socket taken. -EOPNOTSUPP: it is one of datagrams, or a listener.
 * -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_makefile(struct snt_stream **stream,
					struct snt_socket *socket,
					const struct snt_stream_opts *opts);

/*
 * Reads what is there, at least one byte and at most size. 0: the stream has
 * ended.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_read(struct snt_stream *stream,
					  void *buffer, size_t size);
/*
 * All size bytes, or none: 0 when the stream ends before the first of them.
 * -SNT_EEND: it ended inside. On any failure snt_done() bytes are in buffer.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_read_exact(struct snt_stream *stream,
						void *buffer, size_t size);

/*
 * A line, with the '\n' that ends it; returns its length. Lends *line, in the
 * stream's buffer: valid until the next call that reads, may be changed until
 * then, and has a NUL after it (lines may hold others). 0, and *line as it
 * was: the stream has ended. -SNT_EEND: it ended inside a line. -SNT_ELIMIT:
 * .read_limit bytes held no line end. After either all of it can still be read.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_readline(struct snt_stream *stream,
					      char **line);
/* The same with any delimiter. -EINVAL: it is empty, or longer than
 * .read_limit. */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_read_until(struct snt_stream *stream,
						const void *delimiter,
						size_t delimiter_size,
						char **data);

/*
 * Waits until at least `want` bytes are in the buffer, or the end; returns how
 * many are, all of them at *data, lent like a line; they are still to be read.
 * Fewer than want: the stream ends behind them. 0: there are none, and *data
 * is as it was. want 0 does not wait. -SNT_ELIMIT: want is more than
 * .read_limit.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_stream_peek(struct snt_stream *stream,
						 size_t want, char **data);

/*
 * Puts bytes back, to be read next; they may be a line that was lent. Does not
 * wait, and works in a cancelled fiber. -SNT_ELIMIT: then more than .read_limit
 * would be in the buffer. -EBUSY, -ENOMEM.
 */
SNT_API SNT_MUST_CHECK int snt_unread(struct snt_stream *stream,
				      const void *data, size_t size);

/*
 * Takes size bytes over: they are sent when .write_limit has been gathered, or
 * by snt_flush. On failure snt_done() of them were taken, and are sent first
 * when the next write or flush can.
 */
SNT_API SNT_MUST_CHECK int snt_write(struct snt_stream *stream,
				     const void *data, size_t size);
/*
 * The same with a text as printf(3) makes it. It is taken whole or, snt_done()
 * being 0, not at all, unless it is longer than .write_limit. -EINVAL: the
 * format has no text, see printf(3).
 */
SNT_API SNT_MUST_CHECK int snt_printf(struct snt_stream *stream,
				      const char *format, ...)
	__attribute__((format(printf, 2, 3)));
SNT_API SNT_MUST_CHECK int snt_vprintf(struct snt_stream *stream,
				       const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Sends what was written and waits until the kernel has it. On failure
 * snt_done() bytes were sent; the others stay, for the next flush. */
SNT_API SNT_MUST_CHECK int snt_flush(struct snt_stream *stream);

/* The socket, lent. NULL: it was closed while a call of the stream waited. */
SNT_API struct snt_socket *snt_stream_socket(const struct snt_stream *stream);

/*
 * Takes the stream, on its socket's thread. Never fails, never waits; NULL is
 * fine. What was written and not flushed is sent as far as that goes at once,
 * the rest is dropped. Fibers that wait in it get -EBADF.
 */
SNT_API void snt_stream_close(struct snt_stream *stream);
SNT_API void snt_auto_stream(struct snt_stream **stream);

struct snt_copy_opts {
	int64_t limit; /* most bytes; 0: to the end */
	size_t size;   /* most to receive before it is sent; 0: 64 KiB */
	/* Called after each piece with the count so far, in the calling fiber;
	 * must not close the handles. Negative: the copy stops with that. */
	int (*progress)(void *arg, int64_t copied);
	void *arg; /* borrowed, for progress */
	bool end;  /* at the end of from: SHUT_WR on to, a socket */
};

/*
 * Copies bytes from one handle to another until the end of from, or as opts
 * say (NULL: none), and returns how many. Handles as for snt_makefile, from and
 * to may be the same. Receives nothing before all it has was sent. Each wait is
 * under the timeout of the handle it waits on. Meanwhile nobody else may
 * receive from from or send to to (-EBUSY).
 * On failure snt_done() bytes had been sent; those received and not sent, at
 * most .size, are lost: after a failure of to, a cancel or a timeout while
 * sending. -EOPNOTSUPP: datagrams, a listener, .end of what is no socket.
 * -EINVAL: .limit is negative. Else as snt_recv and snt_send.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_copy(struct snt_socket *to,
					  struct snt_socket *from,
					  const struct snt_copy_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
