/* SPDX-License-Identifier: MIT */
/* Unix sockets used as few use them. */
#include "fidelity.h"

#include <sennit/message.h>
#include <sennit/options.h>
#include <sennit/peer.h>

static int longest_names(struct stage *s)
{
	struct snt_addr addr = { .size = sizeof addr.sa.un };

	addr.sa.un.sun_family = AF_UNIX;
	memset(addr.sa.un.sun_path, 'x', sizeof addr.sa.un.sun_path);
	addr.sa.un.sun_path[0] = '\0';
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	say_code(s, "abstract, 108 bytes", snt_bind(s->a, &addr));
	SNT_TRY(snt_getsockname(s->a, &addr));
	say(s, "getsockname of %d", (int)addr.size);
	addr.size = offsetof(struct sockaddr_un, sun_path) + 1;
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_DGRAM, 0));
	say_code(s, "abstract, no letter", snt_bind(s->b, &addr));
	addr.size = 1;
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_DGRAM, 0));
	say_code(s, "too short", snt_bind(s->c, &addr));
	return 0;
}

static int to_itself(struct stage *s)
{
	s->addr = unix_path(s, "own");
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->a, &s->addr));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_send(s, s->a, "to me");
	say_recvfrom(s, s->a, NULL);
	return 0;
}

static int dissolved(struct stage *s)
{
	struct snt_addr none = { .size = sizeof none.sa.any };

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	say_code(s, "connect to AF_UNSPEC", snt_connect(s->a, &none));
	say_send(s, s->a, "hello");
	say_send(s, s->b, "hello");
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_STREAM));
	say_code(s, "stream", snt_connect(s->c, &none));
	return 0;
}

static int listening(struct stage *s)
{
	s->addr = unix_path(s, "server");
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	say_code(s, "listen", snt_listen(s->server, 1));
	say_code(s, "listen", snt_listen(s->server, 5));
	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	say_code(s, "of a pair", snt_listen(s->a, 0));
	say_code(s, "accept of a pair", snt_accept(s->a, &s->c));
	SNT_TRY(connect_to(s, &s->d));
	say_code(s, "connected", snt_listen(s->d, 0));
	return 0;
}

static int listener_shut(struct stage *s)
{
	s->addr = unix_path(s, "server");
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(connect_to(s, &s->a));
	say_code(s, "shutdown", snt_shutdown(s->server, SHUT_RDWR));
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_code(s, "accept", snt_accept(s->server, &s->c));
	say_code(s, "wait_readable", snt_wait_readable(s->server));
	say_code(s, "connect", connect_to(s, &s->d));
	return 0;
}

static int listener_shut_meanwhile(struct stage *s)
{
	s->addr = unix_path(s, "server");
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	say_code(s, "shutdown", snt_shutdown(s->server, SHUT_RD));
	SNT_TRY(finish(s));
	say_code(s, "accept", s->calls[0].result);
	return 0;
}

static int too_long(struct stage *s)
{
	static const char many[200000];

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_DGRAM));
	SNT_TRY(snt_set_sndbuf(s->a, 8192));
	say_code(s, "datagram", snt_send(s->a, many, sizeof many));
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_SEQPACKET));
	SNT_TRY(snt_set_sndbuf(s->c, 8192));
	say_code(s, "record", snt_send(s->c, many, sizeof many));
	say_recvfrom_now(s, s->b);
	return 0;
}

static int peeks(struct stage *s)
{
	char bytes[8];

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	snt_settimeout(s->b, SNT_NOWAIT);
	say_code(s, "recv of none", snt_recv(s->b, bytes, 0));
	SNT_TRY(snt_sendall(s->a, "hello", 5));
	say_code(s, "recv of none", snt_recv(s->b, bytes, 0));
	say_bytes(s, "peek", snt_peek(s->b, bytes, 3), bytes);
	say_recv(s, s->b);
	end(&s->a);
	say_code(s, "peek", snt_peek(s->b, bytes, 3));
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_DGRAM));
	say_send(s, s->c, "hello");
	say_bytes(s, "peek", snt_peek(s->d, bytes, 3), bytes);
	say_recvfrom(s, s->d, NULL);
	return 0;
}

static int peers(struct stage *s)
{
	struct snt_credentials client, server, listener;

	s->addr = unix_path(s, "server");
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(connect_to(s, &s->a));
	say_code(s, "not accepted yet", snt_getpeercred(s->a, &client));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_code(s, "accepted", snt_getpeercred(s->b, &server));
	say(s, "%s", client.pid == server.pid ? "one process" : "two");
	say_code(s, "the listener", snt_getpeercred(s->server, &listener));
	SNT_TRY(snt_socketpair(&s->c, &s->d, SOCK_DGRAM));
	say_code(s, "of datagrams", snt_getpeercred(s->c, &client));
	return 0;
}

static int refused_options(struct stage *s)
{
	const int one = 1;

	SNT_TRY(snt_socketpair(&s->a, &s->b, SOCK_STREAM));
	say_code(s, "SO_REUSEADDR", snt_set_reuseaddr(s->a, true));
	say_code(s, "SO_REUSEPORT", snt_set_reuseport(s->a, true));
	say_code(s, "SO_BROADCAST", snt_set_broadcast(s->a, true));
	say_code(s, "SO_KEEPALIVE",
		 snt_setsockopt(s->a, SOL_SOCKET, SO_KEEPALIVE, &one,
				sizeof one));
	say_code(s, "SO_PASSCRED of TCP",
		 snt_socket(&s->c, AF_INET, SOCK_STREAM, 0) < 0
			 ? -EIO
			 : snt_setsockopt(s->c, SOL_SOCKET, SO_PASSCRED, &one,
					  sizeof one));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "bind", "Unix, longest and shortest names", longest_names },
	{ "connect", "Unix datagram, to itself", to_itself },
	{ "connect", "Unix, to AF_UNSPEC", dissolved },
	{ "listen", "Unix, twice and connected", listening },
	{ "shutdown", "Unix, of a listener, client in the queue",
	  listener_shut },
	{ "accept", "Unix, shut down while it waits", listener_shut_meanwhile },
	{ "send", "Unix, larger than the send buffer", too_long },
	{ "peek", "Unix", peeks },
	{ "getpeercred", "by a path", peers },
	{ "setsockopt", "Unix", refused_options },
};

FIDELITY_SUBJECT(unix_odd, rows);
