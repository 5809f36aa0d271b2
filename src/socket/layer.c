/* SPDX-License-Identifier: MIT */
/*
 * What all layers have in common. Their own tries never wait and never run
 * other fibers, so one may be in the midst of nothing when another comes.
 *
 * Invariant: a reader that waits is woken by the descriptor, by a change that
 * somebody else brought about (stir), or when a writer gives up that would
 * have sent on what the layer holds.
 */
#include "socket/layer.h"

#include "base/deadline.h"
#include "socket/stream.h"

void snt__layer_put(struct snt_socket *socket, struct snt__layer *layer)
{
	layer->kind = socket->kind;
	socket->layer = layer;
	socket->kind = SNT__LAYERED;
}

struct snt__layer *snt__layer_take(struct snt_socket *socket)
{
	struct snt__layer *layer = socket->layer;

	socket->kind = layer->kind;
	socket->listener = NULL;
	return layer;
}

void snt__layer_stir(struct snt_socket *socket)
{
	struct snt__handle *handle = &socket->handle;

	handle->ready |= SNT__READ | SNT__WRITE;
	if (handle->reader != NULL)
		snt__wake(handle->reader, 0);
	if (handle->writer != NULL)
		snt__wake(handle->writer, 0);
	snt__watches_fire(handle, SNT__READ | SNT__WRITE);
}

ptrdiff_t snt__layer_recv(struct snt_socket *socket, void *buffer, size_t size,
			  int flags)
{
	ptrdiff_t n;

	if (size == 0 || socket->deaf)
		return 0;
	n = socket->layer->ops->recv(socket, buffer, size, flags);
	if (n == -EAGAIN)
		socket->handle.ready &= (uint8_t)~SNT__READ;
	return n;
}

/* Fills one buffer after the other, as long as there is something. */
ptrdiff_t snt__layer_recvmsg(struct snt_socket *socket, struct msghdr *header,
			     int flags)
{
	ptrdiff_t total = 0;

	header->msg_namelen = 0;
	header->msg_controllen = 0;
	header->msg_flags = 0;
	for (size_t i = 0; i < (size_t)header->msg_iovlen; i++) {
		const struct iovec *buffer = &header->msg_iov[i];
		ptrdiff_t n;

		if (buffer->iov_len == 0)
			continue;
		/* The last of a rest's bytes have been received. */
		if (socket->kind != SNT__LAYERED)
			break;
		n = snt__layer_recv(socket, buffer->iov_base, buffer->iov_len,
				    flags);
		if (n < 0)
			return total > 0 ? total : n;
		total += n;
		/* A look sees the same again. */
		if ((size_t)n < buffer->iov_len || (flags & MSG_PEEK))
			break;
	}
	return total;
}

ptrdiff_t snt__layer_send(struct snt_socket *socket, const void *buffer,
			  size_t size)
{
	const struct iovec all = { (void *)buffer, size };

	return socket->layer->ops->send(socket, &all, 1);
}

ptrdiff_t snt__layer_sendmsg(struct snt_socket *socket,
			     const struct msghdr *header)
{
	if (header->msg_name != NULL)
		return -EISCONN;
	return socket->layer->ops->send(socket, header->msg_iov,
					(size_t)header->msg_iovlen);
}

int snt__layer_wait(struct snt_socket *socket, unsigned direction,
		    int64_t deadline)
{
	struct snt__handle *handle = &socket->handle;
	const struct snt__layer *layer = socket->layer;
	int64_t limit = layer->limit != 0 ? layer->limit : SNT_FOREVER;
	unsigned wants = direction == SNT__READ ? layer->reader_wants
						: layer->writer_wants;
	int code = snt__wait_as(handle, direction, wants,
				snt__earlier(limit, deadline));

	if (code == -EBADF || code == -SNT_ETHREAD)
		return code;
	/* Whoever else ran out of time is told so first. */
	if (code == -ETIMEDOUT && limit < deadline &&
	    limit < snt__fiber_now()->deadline)
		code = 0;
	/* A try is worth it, whichever direction it was. */
	if (code == 0)
		handle->ready |= (uint8_t)direction;
	else if (direction == SNT__WRITE && handle->reader != NULL)
		snt__wake(handle->reader, 0);
	return code;
}

unsigned snt__layer_wants(const struct snt_socket *socket, unsigned directions)
{
	unsigned wants = 0;

	if (socket->kind != SNT__LAYERED)
		return 0;
	if (directions & SNT__READ)
		wants |= socket->layer->reader_wants;
	if (directions & SNT__WRITE)
		wants |= socket->layer->writer_wants;
	return wants & ~directions;
}

int snt__layer_refuse(const struct snt_socket *socket, const char *what)
{
	return snt__fail_text(-EOPNOTSUPP,
			      "%s: not on a handle with %s, where nothing but "
			      "bytes comes and goes",
			      what, socket->layer->ops->name);
}

ptrdiff_t snt__below_recv(struct snt_socket *socket, void *buffer, size_t size,
			  int flags)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (!(handle->ready & SNT__READ))
		return -EAGAIN;
	n = snt__io->recv(handle->fd, buffer, size, flags);
	if (n <= 0 && n != -EAGAIN)
		return snt__remember(socket, n, size);
	if (n == -EAGAIN ||
	    (socket->layer->kind == SNT__TCP && (size_t)n < size &&
	     !(flags & MSG_PEEK) && snt__is_proof(handle)))
		handle->ready &= (uint8_t)~SNT__READ;
	return n;
}

ptrdiff_t snt__below_send(struct snt_socket *socket, const void *buffer,
			  size_t size)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (!(handle->ready & SNT__WRITE))
		return -EAGAIN;
	n = snt__io->send(handle->fd, buffer, size, 0);
	if (n < 0 && n != -EAGAIN)
		return snt__remember(socket, n, size);
	if (n == -EAGAIN ||
	    (socket->layer->kind == SNT__TCP && (size_t)n < size))
		handle->ready &= (uint8_t)~SNT__WRITE;
	return n;
}
