/* SPDX-License-Identifier: MIT */
/*
 * A file sent over a stream. sendfile(2), where the kernel can; else read and
 * sent. Waits, on the thread that the handle belongs to; how it is told to
 * stop and what it returns then stands in socket.h.
 */
#ifndef SENNIT_FILE_H
#define SENNIT_FILE_H

#include <sennit/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As .offset: go on where the file stands, and leave it behind what was sent. */
#define SNT_FILE_POSITION INT64_C(-1)

struct snt_sendfile_opts {
	int64_t offset; /* the first byte; SNT_FILE_POSITION */
	int64_t count;  /* most bytes to send; 0: to the end of the file */
	/* Called after each piece with the count so far, in the calling fiber;
	 * must not close the handle. */
	void (*progress)(void *arg, int64_t sent);
	void *arg; /* borrowed, for progress */
};

/*
 * Sends a file from its beginning to its end, or as opts say, in pieces of at
 * most 256 KiB, between which other fibers run. fd is borrowed: a regular
 * file, or whatever can be read; a pipe or socket is read to its end, and
 * waited for. Returns how many bytes were sent; fewer than .count, when the
 * file ended before. The handle's timeout is that of each single wait, so a
 * slow peer is no failure while it takes something.
 * On failure snt_done() bytes had been sent. -EINVAL: fd is not open for
 * reading, .count or .offset is negative; -EISDIR; -ESPIPE: an offset in what
 * has no positions; -EOPNOTSUPP: not a stream; -EIO and whatever reading it
 * fails with; else as snt_sendall.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t
snt_sendfile(struct snt_socket *socket, int fd,
	     const struct snt_sendfile_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
