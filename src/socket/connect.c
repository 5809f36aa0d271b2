/* SPDX-License-Identifier: MIT */
/* A name given to a socket, and a connection made with it. */
#include "socket/connect.h"

#include "base/deadline.h"

#include <netinet/in.h>
#include <string.h>

#define ROOM_PAUSE_MOST (100 * SNT_MILLISECOND)

static int fail_at(int code, const char *what, const struct snt_addr *addr)
{
	char text[SNT_ADDR_TEXT];

	snt_addr_format(addr, text, sizeof text);
	return snt__fail(code, "%s %s", what, text);
}

int snt_bind(struct snt_socket *socket, const struct snt_addr *addr)
{
	int code = snt__io->bind(socket->handle.fd, addr);

	return code < 0 ? fail_at(code, "bind", addr) : 0;
}

/* Who was asked for "any address" got one of this host's. */
static void keep_peer(struct snt_socket *socket, const struct snt_addr *addr)
{
	static const struct in6_addr zero;
	const struct in6_addr *ip = &addr->sa.in6.sin6_addr;
	struct snt_addr found = *addr;
	bool any = false;

	if (addr->sa.any.sa_family == AF_INET)
		any = addr->sa.in.sin_addr.s_addr == 0;
	else if (addr->sa.any.sa_family == AF_INET6)
		any = memcmp(ip, &zero, sizeof zero) == 0 ||
		      (IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr32[3] == 0);
	if (any)
		(void)snt__io->getpeername(socket->handle.fd, &found);
	snt__peer_set(socket, &found);
}

int snt__connect_start(struct snt_socket *socket, const struct snt_addr *addr)
{
	int code = 0;

	/* The kernel would say 0 once more to whoever asks again. */
	if (socket->kind == SNT__TCP && socket->peer.family != 0 &&
	    addr->sa.any.sa_family != AF_UNSPEC)
		return -EISCONN;
	/* connect(2) has no flag of its own that keeps it from waiting. */
	if (socket->blocking)
		code = snt__io->set_nonblocking(socket->handle.fd, true);
	if (code < 0)
		return code;
	code = snt__io->connect(socket->handle.fd, addr);
	if (socket->blocking)
		snt__io->set_nonblocking(socket->handle.fd, false);
	if (code == 0)
		keep_peer(socket, addr);
	if (code == -EINPROGRESS)
		socket->handle.ready = 0;
	return code;
}

int snt__connect_result(struct snt_socket *socket, const struct snt_addr *addr)
{
	int error = 0;
	socklen_t size = sizeof error;
	int code = snt__io->look(socket->handle.fd, SNT__WRITE);

	/* What was reported may be of the time before, or only that a poll has
	 * ended; and whoever is still on his way has no error either. */
	if (code == 0) {
		socket->handle.ready &= (uint8_t)~SNT__WRITE;
		return -EINPROGRESS;
	}
	if (code > 0)
		code = snt__io->getsockopt(socket->handle.fd, SOL_SOCKET,
					   SO_ERROR, &error, &size);
	if (code == 0)
		code = -error;
	if (code < 0)
		return code;
	/* Both directions are open now; what was seen before is not about the
	 * connection. */
	socket->handle.ready = SNT__READ | SNT__WRITE;
	socket->handle.odd &= (uint8_t)~SNT__ODD;
	keep_peer(socket, addr);
	return 0;
}

int snt__wait_for_room(struct snt_socket *socket, int64_t *pause,
		       int64_t *deadline)
{
	struct snt_fiber *self = snt__fiber_now();
	int64_t until = snt__io->now() + *pause;
	int code;

	if (socket->timeout == SNT_NOWAIT)
		return -EAGAIN;
	snt__call_deadline(socket, deadline);
	/* As the socket's writer, so that a close ends this wait too. */
	socket->handle.writer = self;
	snt__park_for("room in a queue");
	code = snt__park(snt__earlier(until, *deadline));
	if (code != -EBADF)
		socket->handle.writer = NULL;
	*pause = snt__earlier(*pause * 2, ROOM_PAUSE_MOST);
	if (code == -ETIMEDOUT && until <= *deadline && until <= self->deadline)
		code = 0;
	return code;
}

static int connect_now(struct snt_socket *socket, const struct snt_addr *addr)
{
	int64_t deadline = 0, pause = SNT__ROOM_PAUSE;
	int code = snt__call_begin(socket, SNT__WRITE);

	if (code < 0)
		return code;
	while ((code = snt__connect_start(socket, addr)) == -EAGAIN) {
		code = snt__wait_for_room(socket, &pause, &deadline);
		if (code < 0)
			return code;
	}
	while (code == -EINPROGRESS) {
		code = snt__call_wait(socket, SNT__WRITE, &deadline);
		if (code == 0)
			code = snt__connect_result(socket, addr);
	}
	return code;
}

int snt_connect(struct snt_socket *socket, const struct snt_addr *addr)
{
	int code = connect_now(socket, addr);

	return code < 0 ? fail_at(code, "connect", addr) : 0;
}
