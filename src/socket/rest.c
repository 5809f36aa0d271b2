/* SPDX-License-Identifier: MIT */
/*
 * Bytes that came early: behind the last words of a layer that has ended,
 * already taken from the descriptor. Built for some hundred of them, once in a
 * connection's life; when the last is received the handle is a plain one.
 */
#include "base/alloc.h"
#include "socket/layer.h"

#include <string.h>

struct rest {
	struct snt__layer layer;
	size_t at, size;
	char bytes[];
};

static struct rest *rest_of(const struct snt_socket *socket)
{
	return (struct rest *)socket->layer;
}

static ptrdiff_t receive(struct snt_socket *socket, void *buffer, size_t size,
			 int flags)
{
	struct rest *rest = rest_of(socket);
	size_t left = rest->size - rest->at;
	size_t n = left < size ? left : size;

	memcpy(buffer, rest->bytes + rest->at, n);
	if (flags & MSG_PEEK)
		return (ptrdiff_t)n;
	rest->at += n;
	if (rest->at == rest->size)
		snt__free(snt__layer_take(socket));
	return (ptrdiff_t)n;
}

static ptrdiff_t transmit(struct snt_socket *socket,
			  const struct iovec *buffers, size_t count)
{
	ptrdiff_t total = 0;

	for (size_t i = 0; i < count; i++) {
		ptrdiff_t n = snt__below_send(socket, buffers[i].iov_base,
					      buffers[i].iov_len);

		if (n < 0)
			return total > 0 ? total : n;
		total += n;
		if ((size_t)n < buffers[i].iov_len)
			break;
	}
	return total;
}

static int flush(struct snt_socket *socket)
{
	(void)socket;
	return 0;
}

static int look(struct snt_socket *socket, unsigned directions)
{
	int ready = 0;

	if (directions & SNT__WRITE)
		ready = snt__io->look(socket->handle.fd, SNT__WRITE);
	if (ready >= 0 && (directions & SNT__READ))
		ready |= (int)SNT__READ;
	return ready;
}

static int shut_down(struct snt_socket *socket, int how)
{
	return snt__io->shutdown(socket->handle.fd, how);
}

static void say_nothing(struct snt_socket *socket)
{
	(void)socket;
}

static void end(struct snt__layer *layer)
{
	snt__free(layer);
}

static const char *words(const struct snt__layer *layer, int code)
{
	(void)layer;
	(void)code;
	return NULL;
}

static const struct snt__layer_ops ops = {
	.name = "bytes received early",
	.recv = receive,
	.send = transmit,
	.flush = flush,
	.look = look,
	.shutdown = shut_down,
	.goodbye = say_nothing,
	.end = end,
	.words = words,
};

struct snt__layer *snt__rest_make(const void *bytes, size_t size)
{
	struct rest *made = snt__alloc(sizeof *made + size);

	if (made == NULL)
		return NULL;
	made->layer = (struct snt__layer){ .ops = &ops,
					   .reader_wants = SNT__READ,
					   .writer_wants = SNT__WRITE };
	made->size = size;
	memcpy(made->bytes, bytes, size);
	return &made->layer;
}

const void *snt__rest_of(const struct snt_socket *socket, size_t *size)
{
	const struct rest *rest;

	if (socket->kind != SNT__LAYERED || socket->layer->ops != &ops)
		return NULL;
	rest = rest_of(socket);
	*size = rest->size - rest->at;
	return rest->bytes + rest->at;
}
