/* SPDX-License-Identifier: MIT */
/*
 * Datagrams with addresses. A server of several addresses receives on all of
 * them, and sends from the one that heard the last datagram, or else from one
 * of the receiver's family. On a stream, recvfrom is recv, as in the kernel.
 */
#include "socket/connect.h"
#include "socket/layer.h"
#include "socket/parts.h"

struct snt_socket *snt__part_for(struct snt_socket *socket,
				 const struct snt_addr *addr)
{
	const struct snt__listener *listener = snt__listener_of(socket);
	struct snt_socket *part;

	if (listener != NULL && listener->heard != NULL &&
	    listener->heard->family == addr->sa.any.sa_family)
		return listener->heard;
	for (size_t n = 0; (part = snt__socket_part(socket, n)) != NULL; n++)
		if (part->family == addr->sa.any.sa_family)
			return part;
	return socket;
}

static int sendto_failed(int code, const struct snt_addr *addr)
{
	char text[SNT_ADDR_TEXT];

	snt_addr_format(addr, text, sizeof text);
	return snt__fail(code, "sendto %s", text);
}

ptrdiff_t snt_sendto(struct snt_socket *socket, const void *buffer, size_t size,
		     const struct snt_addr *addr)
{
	struct snt_socket *part = socket;
	int64_t deadline = 0, pause = SNT__ROOM_PAUSE;
	/* The first part stands for all of them. */
	ptrdiff_t n = snt__handle_claim(snt__thread_now(), &socket->handle);

	if (n == 0) {
		part = snt__part_for(socket, addr);
		n = snt__call_begin(part, SNT__WRITE);
	}
	if (n == 0 && socket->kind == SNT__LAYERED)
		n = -EISCONN;
	while (n == 0) {
		n = snt__io->sendto(part->handle.fd, buffer, size, 0, addr);
		if (n >= 0) {
			snt__spend(snt__self);
			return n;
		}
		/* A full receiver's queue cannot be polled for room: unix(7). */
		if (n == -EAGAIN && part->family == AF_UNIX)
			n = snt__wait_for_room(part, &pause, &deadline);
		else if (n == -EAGAIN)
			n = snt__call_wait(part, SNT__WRITE, &deadline);
	}
	return sendto_failed((int)n, addr);
}

struct arrival {
	struct snt__listener *listener;
	void *buffer;
	size_t size;
	struct snt_addr from;
};

static ptrdiff_t try_recvfrom(struct snt_socket *part, void *arg)
{
	struct arrival *arrival = arg;
	/* Only a datagram has a real size; a stream would discard bytes. */
	int flags = part->kind == SNT__DATAGRAM ? MSG_TRUNC : 0;
	ptrdiff_t n;

	if (part->kind == SNT__LAYERED)
		return snt__layer_recv(part, arrival->buffer, arrival->size, 0);
	n = snt__io->recvfrom(part->handle.fd, arrival->buffer, arrival->size,
			      flags, &arrival->from);
	if (snt__is_end(part, n)) {
		arrival->from.size = 0;
		return 0;
	}
	if (n >= 0 && arrival->listener != NULL)
		arrival->listener->heard = part;
	return n;
}

ptrdiff_t snt__recv_datagram(struct snt_socket *socket, void *buffer,
			     size_t size, struct snt_addr *from,
			     const char *what)
{
	struct arrival arrival = { .listener = snt__listener_of(socket),
				   .buffer = buffer,
				   .size = size };
	int64_t deadline = 0;
	ptrdiff_t n = snt__parts_try(socket, try_recvfrom, &arrival, &deadline);

	if (n > 0 && (size_t)n > size)
		n = -EMSGSIZE;
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, what);
	if (from != NULL)
		*from = arrival.from;
	snt__spend(snt__self);
	return n;
}

ptrdiff_t snt_recvfrom(struct snt_socket *socket, void *buffer, size_t size,
		       struct snt_addr *from)
{
	return snt__recv_datagram(socket, buffer, size, from, "recvfrom");
}
