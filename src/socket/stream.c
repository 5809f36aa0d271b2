/* SPDX-License-Identifier: MIT */
/*
 * Bytes in, bytes out. Each call tries at once; it parks when the kernel says
 * "not now", or when the last try proved as much: a TCP socket that gave less
 * than was asked for is empty, unless its end, an error or urgent data has been
 * seen (then nothing more may ever wake us).
 */
#include "socket/layer.h"
#include "socket/parts.h"
#include "socket/stream.h"

#include <string.h>

/* What fits in any pipe or terminal that poll(2) called writable. */
#define WRITE_AT_ONCE 4096

/* The calls on what is no socket have no flag that keeps them from waiting. 0:
 * a try will not wait. */
static int may_go(const struct snt_socket *socket, unsigned direction)
{
	int ready = 1;

	if (socket->blocking)
		ready = snt__io->look(socket->handle.fd, direction);
	return ready > 0 ? 0 : ready == 0 ? -EAGAIN : ready;
}

ptrdiff_t snt__remember(struct snt_socket *socket, ptrdiff_t n, size_t size)
{
	if (n == 0 && size > 0 && socket->broken != 0)
		return socket->broken;
	if (socket->kind != SNT__DATAGRAM &&
	    (n == -ECONNRESET || n == -ETIMEDOUT || n == -EHOSTUNREACH ||
	     n == -ENETUNREACH))
		socket->broken = (int16_t)n;
	return n;
}

/* Neither is a plain socket's. */
static ptrdiff_t try_recv_odd(struct snt_socket *socket, void *buffer,
			      size_t size, int flags)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (socket->kind == SNT__LAYERED)
		return snt__layer_recv(socket, buffer, size, flags);
	if (!(handle->ready & SNT__READ))
		return -EAGAIN;
	n = may_go(socket, SNT__READ);
	if (n == 0)
		n = snt__io->read(handle->fd, buffer, size);
	if (n == -EAGAIN)
		handle->ready &= (uint8_t)~SNT__READ;
	return n == -EAGAIN || n > 0 ? n : snt__remember(socket, n, size);
}

static ptrdiff_t try_send_odd(struct snt_socket *socket, const void *buffer,
			      size_t size)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (socket->kind == SNT__LAYERED)
		return snt__layer_send(socket, buffer, size);
	if (!(handle->ready & SNT__WRITE))
		return -EAGAIN;
	if (socket->blocking && size > WRITE_AT_ONCE)
		size = WRITE_AT_ONCE;
	n = may_go(socket, SNT__WRITE);
	if (n == 0)
		n = snt__io->write(handle->fd, buffer, size);
	if (n == -EAGAIN)
		handle->ready &= (uint8_t)~SNT__WRITE;
	return n == -EAGAIN || n >= 0 ? n : snt__remember(socket, n, size);
}

/* One try. -EAGAIN: wait first. */
static ptrdiff_t try_recv(struct snt_socket *socket, void *buffer, size_t size,
			  int flags)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (__builtin_expect(socket->kind >= SNT__FILE, 0))
		return try_recv_odd(socket, buffer, size, flags);
	if (!(handle->ready & SNT__READ))
		return -EAGAIN;
	n = snt__io->recv(handle->fd, buffer, size, flags);
	if (__builtin_expect(n <= 0 && n != -EAGAIN, 0))
		return snt__remember(socket, n, size);
	if (n == -EAGAIN || (socket->kind == SNT__TCP && n > 0 &&
			     (size_t)n < size && snt__is_proof(handle)))
		handle->ready &= (uint8_t)~SNT__READ;
	return n;
}

static ptrdiff_t try_send(struct snt_socket *socket, const void *buffer,
			  size_t size)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (__builtin_expect(socket->kind >= SNT__FILE, 0))
		return try_send_odd(socket, buffer, size);
	if (!(handle->ready & SNT__WRITE))
		return -EAGAIN;
	n = snt__io->send(handle->fd, buffer, size, 0);
	if (__builtin_expect(n < 0 && n != -EAGAIN, 0))
		return snt__remember(socket, n, size);
	if (n == -EAGAIN ||
	    (socket->kind == SNT__TCP && n >= 0 && (size_t)n < size))
		handle->ready &= (uint8_t)~SNT__WRITE;
	return n;
}

ptrdiff_t snt__recv_some(struct snt_socket *socket, void *buffer, size_t size,
			 int flags, int64_t *deadline)
{
	for (;;) {
		ptrdiff_t n = try_recv(socket, buffer, size, flags);

		if (n != -EAGAIN)
			return n;
		n = snt__call_wait(socket, SNT__READ, deadline);
		if (n < 0)
			return n;
	}
}

ptrdiff_t snt_recv(struct snt_socket *socket, void *buffer, size_t size)
{
	int64_t deadline = 0;
	ptrdiff_t n;

	/* It has a size to compare, and a server's may come on any part. */
	if (__builtin_expect(socket->kind == SNT__DATAGRAM, 0))
		return snt__recv_datagram(socket, buffer, size, NULL,
					  "recv from");
	n = snt__call_begin(socket, SNT__READ);
	if (n == 0) {
		snt__begin_direction(socket, SNT__READ);
		n = snt__recv_some(socket, buffer, size, 0, &deadline);
	}
	if (__builtin_expect(n < 0, 0))
		return snt__call_fail(socket, (int)n, 0, "recv from");
	snt__spend(snt__self);
	return n;
}

ptrdiff_t snt_recv_exact(struct snt_socket *socket, void *buffer, size_t size)
{
	int64_t deadline = 0;
	size_t have = 0;
	ptrdiff_t n = snt__call_begin(socket, SNT__READ);

	if (n == 0 && socket->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("recv_exact");
	if (n == 0)
		snt__begin_direction(socket, SNT__READ);
	while (n >= 0 && have < size) {
		n = snt__recv_some(socket, (char *)buffer + have, size - have,
				   0, &deadline);
		if (n == 0 && have == 0)
			return 0;
		if (n == 0)
			n = -SNT_EEND;
		if (n > 0)
			have += (size_t)n;
	}
	if (n < 0)
		return snt__call_fail(socket, (int)n, have, "recv_exact from");
	snt__spend(snt__self);
	return (ptrdiff_t)have;
}

/*
 * Where a first delimiter ends in buffer, or 0. The first `searched` bytes
 * were looked at before; a delimiter may begin among their last ones.
 */
static size_t find_end(const char *buffer, size_t searched, size_t size,
		       const void *delimiter, size_t delimiter_size)
{
	size_t from =
		searched >= delimiter_size ? searched - delimiter_size + 1 : 0;
	const char *found =
		memmem(buffer + from, size - from, delimiter, delimiter_size);

	return found != NULL ? (size_t)(found - buffer) + delimiter_size : 0;
}

/*
 * Looks first, then takes: what follows the delimiter stays with the kernel.
 * Returns how many bytes were taken; *end is set once the delimiter is there.
 */
static ptrdiff_t take_until(struct snt_socket *socket, const void *delimiter,
			    size_t delimiter_size, char *buffer, size_t have,
			    size_t size, size_t *end, int64_t *deadline)
{
	ptrdiff_t n = snt__recv_some(socket, buffer + have, size - have,
				     MSG_PEEK, deadline);
	size_t take;

	if (n <= 0)
		return n;
	*end = find_end(buffer, have, have + (size_t)n, delimiter,
			delimiter_size);
	take = *end > 0 ? *end - have : (size_t)n;
	/* The look may have marked the handle as drained; it is not. */
	socket->handle.ready |= SNT__READ;
	n = snt__recv_some(socket, buffer + have, take, 0, deadline);
	if (n < (ptrdiff_t)take)
		*end = 0;
	return n;
}

ptrdiff_t snt_recv_until(struct snt_socket *socket, const void *delimiter,
			 size_t delimiter_size, void *buffer, size_t size)
{
	int64_t deadline = 0;
	size_t have = 0, end = 0;
	ptrdiff_t n = snt__call_begin(socket, SNT__READ);

	if (n == 0 && (delimiter_size == 0 || delimiter_size > size))
		return snt__fail_text(-EINVAL,
				      "recv_until: the delimiter is empty, or "
				      "longer than the buffer of %zu bytes",
				      size);
	if (n == 0 && socket->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("recv_until");
	if (n == 0 && socket->kind == SNT__FILE)
		return snt__fail_text(-EOPNOTSUPP,
				      "recv_until: only a socket can be looked "
				      "into before it is received from");
	if (n == 0)
		snt__begin_direction(socket, SNT__READ);
	while (n >= 0 && end == 0) {
		if (have == size) {
			n = -SNT_ELIMIT;
			break;
		}
		n = take_until(socket, delimiter, delimiter_size, buffer, have,
			       size, &end, &deadline);
		if (n == 0 && have == 0)
			return 0;
		if (n == 0)
			n = -SNT_EEND;
		if (n > 0)
			have += (size_t)n;
	}
	if (n < 0)
		return snt__call_fail(socket, (int)n, have, "recv_until from");
	snt__spend(snt__self);
	return (ptrdiff_t)have;
}

ptrdiff_t snt__send_some(struct snt_socket *socket, const void *buffer,
			 size_t size, int64_t *deadline)
{
	for (;;) {
		ptrdiff_t n = try_send(socket, buffer, size);

		if (n != -EAGAIN)
			return n;
		n = snt__call_wait(socket, SNT__WRITE, deadline);
		if (n < 0)
			return n;
	}
}

int snt__flush(struct snt_socket *socket, int64_t *deadline)
{
	int code = 0;

	while (code == 0 && socket->kind == SNT__LAYERED) {
		code = socket->layer->ops->flush(socket);
		if (code != -EAGAIN)
			return code;
		code = snt__call_wait(socket, SNT__WRITE, deadline);
	}
	/* It never waits: then the rest goes with what follows. */
	return code == -EAGAIN ? 0 : code;
}

ptrdiff_t snt_send(struct snt_socket *socket, const void *buffer, size_t size)
{
	int64_t deadline = 0;
	size_t sent = 0;
	ptrdiff_t n = snt__call_begin(socket, SNT__WRITE);

	if (n == 0) {
		snt__begin_direction(socket, SNT__WRITE);
		n = snt__send_some(socket, buffer, size, &deadline);
	}
	if (n > 0) {
		sent = (size_t)n;
		n = snt__send_rest(socket, &deadline);
	}
	if (__builtin_expect(n < 0, 0))
		return snt__call_fail(socket, (int)n, sent, "send to");
	snt__spend(snt__self);
	return (ptrdiff_t)sent;
}

int snt_sendall(struct snt_socket *socket, const void *buffer, size_t size)
{
	int64_t deadline = 0;
	size_t sent = 0;
	ptrdiff_t n = snt__call_begin(socket, SNT__WRITE);

	if (n == 0)
		snt__begin_direction(socket, SNT__WRITE);
	while (n >= 0 && sent < size) {
		n = snt__send_some(socket, (const char *)buffer + sent,
				   size - sent, &deadline);
		if (n > 0)
			sent += (size_t)n;
	}
	if (n >= 0)
		n = snt__send_rest(socket, &deadline);
	if (__builtin_expect(n < 0, 0))
		return snt__call_fail(socket, (int)n, sent, "sendall to");
	snt__spend(snt__self);
	return 0;
}

static int wait_direction(struct snt_socket *socket, unsigned direction)
{
	struct snt__handle *handle = &socket->handle;
	int64_t deadline = 0;
	int code = snt__call_begin(socket, direction);

	if (code == 0)
		snt__begin_direction(socket, direction);
	while (code == 0) {
		/* Not known to be drained is not yet known to be ready; nor
		 * does a report say more than "look again". */
		if (socket->kind == SNT__LAYERED)
			code = socket->layer->ops->look(socket, direction);
		else if (handle->ready & direction)
			code = snt__io->look(handle->fd, direction);
		if (code != 0)
			break;
		handle->ready &= (uint8_t)~direction;
		code = snt__call_wait(socket, direction, &deadline);
	}
	if (code < 0)
		return snt__call_fail(socket, code, 0,
				      direction == SNT__READ
					      ? "wait to read from"
					      : "wait to write to");
	snt__spend(snt__self);
	return 0;
}

static ptrdiff_t look_at(struct snt_socket *part, void *unused)
{
	int ready = snt__io->look(part->handle.fd, SNT__READ);

	(void)unused;
	return ready == 0 ? -EAGAIN : ready;
}

int snt_wait_readable(struct snt_socket *socket)
{
	int64_t deadline = 0;
	ptrdiff_t n;

	if (snt__listener_of(socket) == NULL)
		return wait_direction(socket, SNT__READ);
	/* A server may have a connection on any of its addresses. */
	n = snt__parts_try(socket, look_at, NULL, &deadline);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "wait to read from");
	snt__spend(snt__self);
	return 0;
}

int snt_wait_writable(struct snt_socket *socket)
{
	return wait_direction(socket, SNT__WRITE);
}
