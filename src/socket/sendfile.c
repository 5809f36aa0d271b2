/* SPDX-License-Identifier: MIT */
/*
 * A file over a stream. Built for large files: pieces go straight from the
 * page cache by sendfile(2). Where that cannot be (a source that has no
 * positions, a file system without it, a handle that is set to wait) bytes are
 * read into a buffer and sent; the change may come in the midst of a file.
 *
 * Between pieces, and while the source is waited for, the fiber stands in the
 * handle's writer slot: so a close is noticed, and nobody sends in between.
 */
#include "socket/stream.h"

#include "base/alloc.h"

#include <sennit/file.h>
#include <stdio.h>

/* Of one sendfile(2): some milliseconds of a slow disk. */
#define PIECE ((size_t)256 * 1024)
#define COPY ((size_t)16 * 1024)

struct transfer {
	struct snt_socket *to;
	int fd;
	int64_t offset; /* of the next byte; -1: the source has no positions */
	int64_t left;   /* to send; INT64_MAX: to the end */
	int64_t sent;
	struct snt_sendfile_opts opts;
	bool copy;                 /* read and send from now on */
	bool reading;              /* the failure is the source's */
	char *buffer;              /* of COPY bytes */
	struct snt_socket *source; /* a handle on what has no positions */
};

static size_t at_most(const struct transfer *transfer, size_t size)
{
	return transfer->left < (int64_t)size ? (size_t)transfer->left : size;
}

/* As the writer, so that a close ends this too. */
static int let_others_run(struct snt_socket *socket)
{
	struct snt_fiber *self = snt__fiber_now();

	self->wake_code = 0;
	socket->handle.writer = self;
	snt__yield_now(snt__self);
	if (self->wake_code == -EBADF)
		return -EBADF;
	socket->handle.writer = NULL;
	return snt__enter(self);
}

static int advance(struct transfer *transfer, size_t size)
{
	if (transfer->offset >= 0)
		transfer->offset += (int64_t)size;
	transfer->left -= (int64_t)size;
	transfer->sent += (int64_t)size;
	if (transfer->opts.progress != NULL)
		transfer->opts.progress(transfer->opts.arg, transfer->sent);
	return let_others_run(transfer->to);
}

/* What tells that the kernel cannot do it this way, but reading may. */
static bool cannot(ptrdiff_t code)
{
	return code == -EINVAL || code == -ENOSYS || code == -ESPIPE ||
	       code == -EOPNOTSUPP || code == -EOVERFLOW;
}

/* 0: nothing more will come this way. */
static ptrdiff_t send_piece(struct transfer *transfer)
{
	struct snt_socket *to = transfer->to;
	int64_t deadline = 0;
	ptrdiff_t n;

	for (;;) {
		snt__begin_direction(to, SNT__WRITE);
		n = -EAGAIN;
		if (to->handle.ready & SNT__WRITE)
			n = snt__io->sendfile(to->handle.fd, transfer->fd,
					      transfer->offset,
					      at_most(transfer, PIECE));
		if (n != -EAGAIN)
			break;
		to->handle.ready &= (uint8_t)~SNT__WRITE;
		n = snt__call_wait(to, SNT__WRITE, &deadline);
		if (n < 0)
			return n;
	}
	if (n == 0 || cannot(n)) {
		/* Some files have bytes that only reading shows: proc(5). */
		transfer->copy = true;
		return 0;
	}
	/* The handle is open, so it is not that one. */
	transfer->reading = n == -EBADF;
	return n < 0 ? snt__remember(to, n, 1) : n;
}

/* -EBADF is a close's when it woke us, else the source's own. */
static ptrdiff_t read_source(struct transfer *transfer, size_t size)
{
	struct snt_fiber *self = snt__fiber_now();
	struct snt_socket *to = transfer->to;
	int64_t deadline = 0;
	ptrdiff_t n;

	self->wake_code = 0;
	to->handle.writer = self;
	snt__begin_direction(transfer->source, SNT__READ);
	n = snt__recv_some(transfer->source, transfer->buffer, size, 0,
			   &deadline);
	if (n == -EBADF && self->wake_code == -EBADF)
		return n;
	to->handle.writer = NULL;
	transfer->reading = n < 0;
	return n;
}

static ptrdiff_t read_piece(struct transfer *transfer)
{
	size_t size = at_most(transfer, COPY);
	ptrdiff_t n;

	if (transfer->buffer == NULL)
		transfer->buffer = snt__alloc(COPY);
	if (transfer->buffer == NULL)
		return -ENOMEM;
	if (transfer->source != NULL)
		return read_source(transfer, size);
	n = snt__io->pread(transfer->fd, transfer->buffer, size,
			   transfer->offset);
	transfer->reading = n < 0;
	return n;
}

/* All of what was read; it would be lost. 0: the source is at its end. */
static ptrdiff_t copy_piece(struct transfer *transfer)
{
	ptrdiff_t size = read_piece(transfer);
	size_t done = 0;
	int code = 0;

	while (size > 0 && done < (size_t)size && code == 0) {
		int64_t deadline = 0;
		ptrdiff_t n;

		snt__begin_direction(transfer->to, SNT__WRITE);
		n = snt__send_some(transfer->to, transfer->buffer + done,
				   (size_t)size - done, &deadline);
		if (n < 0)
			return n;
		done += (size_t)n;
		code = advance(transfer, (size_t)n);
	}
	return code < 0 ? code : size;
}

static int move_all(struct transfer *transfer)
{
	while (transfer->left > 0) {
		bool copy = transfer->copy;
		ptrdiff_t n =
			copy ? copy_piece(transfer) : send_piece(transfer);

		if (n < 0)
			return (int)n;
		if (copy && n == 0)
			return 0;
		if (!copy && n > 0)
			n = advance(transfer, (size_t)n);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

/* Where to begin, and how. */
static int open_source(struct transfer *transfer)
{
	int64_t place = snt__io->seek(transfer->fd, 0, SEEK_CUR);
	int64_t offset = transfer->opts.offset;
	int code;

	transfer->copy =
		transfer->to->blocking || transfer->to->kind == SNT__LAYERED;
	transfer->offset = offset == SNT_FILE_POSITION ? place : offset;
	if (place >= 0)
		return 0;
	transfer->reading = true;
	if (place != -ESPIPE || offset > 0)
		return (int)place;
	/* A pipe's other end would be waited for, and in vain. */
	code = (int)snt__io->read(transfer->fd, NULL, 0);
	if (code < 0)
		return code;
	transfer->reading = false;
	transfer->offset = -1;
	transfer->copy = true;
	code = snt_fromfd(&transfer->source, transfer->fd);
	if (code == 0)
		snt_settimeout(transfer->source, transfer->to->timeout);
	return code;
}

static int fail(const struct transfer *transfer, int code)
{
	size_t sent = (size_t)transfer->sent;

	if (transfer->reading && code == -EBADF)
		return snt__fail_done(-EINVAL, sent,
				      "sendfile: descriptor %d is not open for "
				      "reading",
				      transfer->fd);
	if (transfer->reading)
		return snt__fail_done(code, sent,
				      "sendfile: reading descriptor %d",
				      transfer->fd);
	return snt__call_fail(transfer->to, code, sent, "sendfile to");
}

static ptrdiff_t send_file(struct transfer *transfer)
{
	int64_t deadline = 0;
	int code = snt__call_begin(transfer->to, SNT__WRITE);

	if (code == 0)
		code = open_source(transfer);
	if (code == 0)
		code = move_all(transfer);
	if (code == 0)
		code = snt__send_rest(transfer->to, &deadline);
	/* Where it was taken from is where it goes on. */
	if (transfer->opts.offset == SNT_FILE_POSITION &&
	    transfer->offset >= 0) {
		int64_t place =
			snt__io->seek(transfer->fd, transfer->offset, SEEK_SET);

		if (code == 0 && place < 0) {
			transfer->reading = true;
			code = (int)place;
		}
	}
	return code < 0 ? fail(transfer, code) : transfer->sent;
}

ptrdiff_t snt_sendfile(struct snt_socket *socket, int fd,
		       const struct snt_sendfile_opts *opts)
{
	struct transfer transfer = {
		.to = socket, .fd = fd, .offset = -1, .left = INT64_MAX
	};
	ptrdiff_t n;

	if (opts != NULL)
		transfer.opts = *opts;
	if (socket->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("sendfile");
	if (snt__listener_of(socket) != NULL)
		return snt__fail_text(-EOPNOTSUPP,
				      "sendfile: a listener has no peer; send "
				      "to what snt_accept gives");
	if (transfer.opts.count < 0 || transfer.opts.offset < SNT_FILE_POSITION)
		return snt__fail_text(-EINVAL,
				      "sendfile: count and offset cannot be "
				      "negative");
	if (transfer.opts.count > 0)
		transfer.left = transfer.opts.count;
	n = send_file(&transfer);
	snt__free(transfer.buffer);
	snt_close(transfer.source);
	return n;
}
