/* SPDX-License-Identifier: MIT */
/*
 * A layer to try layers with: letters are turned by thirteen on their way. It
 * takes up to 64 bytes at a time from below, whatever is asked for, and keeps
 * a queue of what the descriptor has not taken; it can be made to answer each
 * '!' that it reads before it reads on.
 */
#ifndef TESTS_SOCKET_ROT13_H
#define TESTS_SOCKET_ROT13_H

#include "net.h"

#include "socket/layer.h"

struct rot13 {
	struct snt__layer layer;
	char held[64];
	size_t at, size;
	char queue[8192];
	size_t queued;
	bool answers; /* each '!' by a '?' before anything else is read */
	bool owes;
	bool stuck; /* nothing can be received until it is stirred */
	bool said_goodbye;
	int tries;
};

static int rot13_ended;

static struct rot13 *rot13_of(const struct snt_socket *socket)
{
	return (struct rot13 *)socket->layer;
}

static char turned(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)('a' + (c - 'a' + 13) % 26);
	return c;
}

static int rot13_flush(struct snt_socket *socket)
{
	struct rot13 *rot = rot13_of(socket);
	ptrdiff_t n;

	while (rot->queued > 0) {
		n = snt__below_send(socket, rot->queue, rot->queued);
		if (n < 0)
			return (int)n;
		rot->queued -= (size_t)n;
		memmove(rot->queue, rot->queue + n, rot->queued);
	}
	return 0;
}

static ptrdiff_t rot13_fill(struct snt_socket *socket)
{
	struct rot13 *rot = rot13_of(socket);
	ptrdiff_t n;

	rot->tries++;
	rot->layer.reader_wants = SNT__READ;
	if (rot->stuck) {
		rot->layer.reader_wants = 0;
		return -EAGAIN;
	}
	if (rot->owes) {
		n = rot13_flush(socket);
		if (n == -EAGAIN)
			rot->layer.reader_wants = SNT__WRITE;
		if (n < 0)
			return n;
		rot->owes = false;
		return 1;
	}
	n = snt__below_recv(socket, rot->held, sizeof rot->held, 0);
	if (n <= 0)
		return n;
	rot->at = 0;
	rot->size = (size_t)n;
	for (size_t i = 0; i < rot->size; i++) {
		rot->held[i] = turned(rot->held[i]);
		rot->owes |= rot->answers && rot->held[i] == '!';
	}
	if (rot->owes)
		rot->queue[rot->queued++] = '?';
	return n;
}

static ptrdiff_t rot13_recv(struct snt_socket *socket, void *buffer,
			    size_t size, int flags)
{
	struct rot13 *rot = rot13_of(socket);
	size_t left;

	while (rot->at == rot->size || rot->owes) {
		ptrdiff_t n = rot13_fill(socket);

		if (n <= 0)
			return n;
	}
	left = rot->size - rot->at;
	if (left > size)
		left = size;
	memcpy(buffer, rot->held + rot->at, left);
	if (!(flags & MSG_PEEK))
		rot->at += left;
	if (rot->at < rot->size) {
		socket->handle.ready |= SNT__READ;
		snt__watches_fire(&socket->handle, SNT__READ);
	}
	return (ptrdiff_t)left;
}

static ptrdiff_t rot13_send(struct snt_socket *socket,
			    const struct iovec *buffers, size_t count)
{
	struct rot13 *rot = rot13_of(socket);
	size_t total = 0;
	int code = rot13_flush(socket);

	rot->layer.writer_wants = SNT__WRITE;
	if (code < 0)
		return code;
	for (size_t i = 0; i < count; i++) {
		const char *bytes = buffers[i].iov_base;

		for (size_t k = 0; k < buffers[i].iov_len &&
				   rot->queued < sizeof rot->queue - 1;
		     k++, total++)
			rot->queue[rot->queued++] = turned(bytes[k]);
	}
	code = rot13_flush(socket);
	return code < 0 && code != -EAGAIN ? code : (ptrdiff_t)total;
}

static int rot13_look(struct snt_socket *socket, unsigned directions)
{
	struct rot13 *rot = rot13_of(socket);
	ptrdiff_t n = 1;
	int ready = 0;

	while ((directions & SNT__READ) && n > 0 &&
	       (rot->at == rot->size || rot->owes))
		n = rot13_fill(socket);
	if ((directions & SNT__READ) && n != -EAGAIN)
		ready |= (int)SNT__READ;
	if ((directions & SNT__WRITE) && rot13_flush(socket) == 0)
		ready |= snt__io->look(socket->handle.fd, SNT__WRITE);
	return ready;
}

static int rot13_shutdown(struct snt_socket *socket, int how)
{
	return snt__io->shutdown(socket->handle.fd, how);
}

static void rot13_goodbye(struct snt_socket *socket)
{
	snt__below_send(socket, "bye", 3);
}

static void rot13_end(struct snt__layer *layer)
{
	free(layer);
	rot13_ended++;
}

static const char *rot13_words(const struct snt__layer *layer, int code)
{
	(void)layer;
	return code == -EPROTO ? "thirteen is an unlucky number" : NULL;
}

static const struct snt__layer_ops rot13_ops = {
	.name = "rot13",
	.recv = rot13_recv,
	.send = rot13_send,
	.flush = rot13_flush,
	.look = rot13_look,
	.shutdown = rot13_shutdown,
	.goodbye = rot13_goodbye,
	.end = rot13_end,
	.words = rot13_words,
};

MAYBE static struct rot13 *rot13_put(struct snt_socket *socket)
{
	struct rot13 *made = calloc(1, sizeof *made);

	assert_non_null(made);
	made->layer = (struct snt__layer){ .ops = &rot13_ops,
					   .reader_wants = SNT__READ,
					   .writer_wants = SNT__WRITE };
	snt__layer_put(socket, &made->layer);
	return made;
}

#endif
