/* SPDX-License-Identifier: MIT */
/*
 * Connections taken from the kernel's queue. The memory for the next one is
 * there before it is taken, so that none is taken and then lost. When
 * descriptors are used up the queue is left alone for a while: asking again at
 * once would spin, since the listener stays readable.
 */
#include "socket/parts.h"

#include "base/alloc.h"
#include "base/deadline.h"
#include "fiber/waiters.h"
#include "socket/layer.h"

#define BACK_OFF_FIRST (10 * SNT_MILLISECOND)
#define BACK_OFF_MOST SNT_SECOND

void snt__descriptor_freed(void)
{
	if (snt__self != NULL)
		snt__waiters_wake(&snt__self->starved, 0);
}

int snt_listen(struct snt_socket *socket, int backlog)
{
	int code = snt__socket_listens(socket);

	if (code == 0)
		code = snt__io->listen(socket->handle.fd,
				       backlog > 0 ? backlog : SOMAXCONN);
	return code < 0 ? snt__call_fail(socket, code, 0, "listen on") : 0;
}

/* What Linux reports of a connection that died in the queue, see accept(2). */
static bool died_in_queue(ptrdiff_t code)
{
	switch (-code) {
	case ECONNABORTED:
	case EPROTO:
	case ENOPROTOOPT:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case EPERM:
		return true;
	default:
		return false;
	}
}

static bool used_up(ptrdiff_t code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOBUFS ||
	       code == -ENOMEM;
}

/* The descriptor of a new connection. */
static ptrdiff_t try_accept(struct snt_socket *part, void *arg)
{
	struct snt_addr *peer = arg;
	ptrdiff_t fd;
	int ready = 1, code;

	/* A firewall may make every one die: the deadline ends that as well. */
	while ((code = snt__enter(snt__fiber_now())) == 0) {
		if (part->blocking)
			ready = snt__io->look(part->handle.fd, SNT__READ);
		if (ready <= 0)
			return ready == 0 ? -EAGAIN : ready;
		fd = snt__io->accept(part->handle.fd, peer);
		/* A Unix listener that is shut down says "not now" for ever to
		 * who does not wait, and this to who does. */
		if (fd == -EAGAIN && part->deaf)
			return -EINVAL;
		if (!died_in_queue(fd))
			return fd;
	}
	return code;
}

/* As the listener's reader, so that a close ends this wait too. */
static int wait_for_descriptors(struct snt_socket *listener, int64_t back_off,
				int64_t *deadline)
{
	struct snt_fiber *self = snt__fiber_now();
	int64_t until = snt__io->now() + back_off;
	struct snt__waiter waiter;
	int code;

	if (listener->timeout == SNT_NOWAIT)
		return -EAGAIN;
	snt__call_deadline(listener, deadline);
	listener->handle.reader = self;
	snt__park_for("free descriptor");
	code = snt__waiters_park_until(&snt__self->starved, &waiter,
				       snt__earlier(until, *deadline));
	if (code != -EBADF)
		listener->handle.reader = NULL;
	if (code == -ETIMEDOUT && until < *deadline && until <= self->deadline)
		code = 0;
	return code;
}

static int make_spare(struct snt__listener *listener)
{
	if (listener->spare == NULL)
		listener->spare = snt__alloc(sizeof *listener->spare);
	if (listener->spare == NULL)
		return -ENOMEM;
	if (listener->tls == NULL || listener->spare_layer != NULL)
		return 0;
	return snt__secure_of(listener->tls)
		->prepare(listener->tls, NULL, &listener->spare_layer);
}

static ptrdiff_t accept_fd(struct snt_socket *listener, struct snt_addr *peer)
{
	int64_t back_off = BACK_OFF_FIRST, deadline = 0;

	for (;;) {
		ptrdiff_t fd = snt__call_begin(listener, SNT__READ);

		if (fd == 0)
			fd = make_spare(listener->listener);
		if (fd == 0)
			fd = snt__parts_try(listener, try_accept, peer,
					    &deadline);
		if (!used_up(fd))
			return fd;
		fd = wait_for_descriptors(listener, back_off, &deadline);
		if (fd < 0)
			return fd;
		back_off = snt__earlier(back_off * 2, BACK_OFF_MOST);
	}
}

int snt_accept(struct snt_socket *listener, struct snt_socket **conn)
{
	struct snt_addr peer = { .size = 0 };
	struct snt_socket *made;
	ptrdiff_t fd;

	if (snt__listener_of(listener) == NULL)
		return snt__fail_text(-EINVAL,
				      "accept on a handle that does not "
				      "listen");
	fd = accept_fd(listener, &peer);
	if (fd < 0)
		return snt__call_fail(listener, (int)fd, 0, "accept on");
	made = listener->listener->spare;
	listener->listener->spare = NULL;
	snt__handle_init(&made->handle, (int)fd);
	/* That of the part it came on: a server's may be of both. */
	made->family = peer.sa.any.sa_family;
	made->kind = listener->kind;
	snt__peer_set(made, &peer);
	if (listener->listener->spare_layer != NULL)
		snt__secure_of(listener->listener->tls)
			->put(made, listener->listener->spare_layer);
	listener->listener->spare_layer = NULL;
	*conn = made;
	snt__spend(snt__self);
	return 0;
}
