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
 * is 200 bytes.
 */
#ifndef SENNIT_STREAM_H
#define SENNIT_STREAM_H

#include <sennit/socket.h>

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

/* The socket, lent. NULL: it was closed while a call of the stream waited. */
SNT_API struct snt_socket *snt_stream_socket(const struct snt_stream *stream);

/*
 * Takes the stream. Never fails, never waits; NULL is fine. Fibers that wait in
 * it get -EBADF.
 */
SNT_API void snt_stream_close(struct snt_stream *stream);
SNT_API void snt_auto_stream(struct snt_stream **stream);

#ifdef __cplusplus
}
#endif
#endif
