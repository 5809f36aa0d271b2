/* SPDX-License-Identifier: MIT */
/*
 * What a peer looks like that was killed: a process of its own, on this host or
 * another, whose sockets the kernel closes. It and the row talk over one
 * connection, s->b here; what else it has is told over it.
 */
#include "fidelity.h"

#include <sennit/options.h>

/* Starts a peer that connects to text, where it is accepted as s->b. */
static int start_peer(struct stage *s, const char *text, fidelity_peer *fn)
{
	struct snt_addr addr = text != NULL ? literal(text) : s->addr;

	SNT_TRY(snt_socket(&s->server, addr.sa.any.sa_family, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_getsockname(s->server, &s->addr));
	SNT_TRY(s->world->peer_start(fn, &s->addr));
	return snt_accept(s->server, &s->b);
}

/* In the peer: the connection to the row. */
static int join(struct snt_socket **socket, const struct snt_addr *addr)
{
	SNT_TRY(snt_socket(socket, addr->sa.any.sa_family, SOCK_STREAM, 0));
	return snt_connect(*socket, addr);
}

static int idle(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;

	SNT_TRY(join(&row, addr));
	return snt_sleep(SNT_FOREVER);
}

static int say_hello(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;

	SNT_TRY(join(&row, addr));
	SNT_TRY(snt_sendall(row, "hello", 5));
	return snt_sleep(SNT_FOREVER);
}

/* Says when something has come, and leaves it there. */
static int leave_unread(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;

	SNT_TRY(join(&row, addr));
	SNT_TRY(snt_wait_readable(row));
	SNT_TRY(snt_sendall(row, "seen", 4));
	return snt_sleep(SNT_FOREVER);
}

static int half_close(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;

	SNT_TRY(join(&row, addr));
	SNT_TRY(snt_shutdown(row, SHUT_WR));
	return snt_sleep(SNT_FOREVER);
}

/* Any port of the host that the peer runs on: the address that it has for the
 * row. */
static int any_port_of(const struct snt_socket *row, struct snt_addr *any)
{
	SNT_TRY(snt_getsockname(row, any));
	return snt_addr_set_port(any, 0);
}

/* A server there. */
static int serve_beside(const struct snt_socket *row,
			struct snt_socket **server)
{
	char text[SNT_ADDR_TEXT];
	struct snt_addr any;

	SNT_TRY(any_port_of(row, &any));
	snt_addr_format(&any, text, sizeof text);
	return snt_create_server(server, text, NULL);
}

/* Tells the row where the socket is. */
static int tell(struct snt_socket *row, const struct snt_socket *socket)
{
	struct snt_addr addr;

	SNT_TRY(snt_getsockname(socket, &addr));
	return snt_sendall(row, &addr, sizeof addr);
}

static int hear(struct stage *s)
{
	return (int)snt_recv_exact(s->b, &s->addr, sizeof s->addr);
}

static int serve(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;
	snt_auto(socket) server = NULL;
	snt_auto(socket) conn = NULL;

	SNT_TRY(join(&row, addr));
	SNT_TRY(serve_beside(row, &server));
	SNT_TRY(tell(row, server));
	SNT_TRY(snt_accept(server, &conn));
	SNT_TRY(snt_sendall(row, "accepted", 8));
	return snt_sleep(SNT_FOREVER);
}

static int serve_nobody(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;
	snt_auto(socket) server = NULL;

	SNT_TRY(join(&row, addr));
	SNT_TRY(serve_beside(row, &server));
	SNT_TRY(tell(row, server));
	SNT_TRY(snt_wait_readable(server));
	SNT_TRY(snt_sendall(row, "seen", 4));
	return snt_sleep(SNT_FOREVER);
}

static int serve_datagrams(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;
	snt_auto(socket) socket = NULL;
	struct snt_addr any;

	SNT_TRY(join(&row, addr));
	SNT_TRY(any_port_of(row, &any));
	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(socket, &any));
	SNT_TRY(tell(row, socket));
	return snt_sleep(SNT_FOREVER);
}

/* A server beside the row's own path, of a kind and with or without help. */
static int serve_path(const struct snt_addr *addr, int type)
{
	struct snt_addr mine = *addr;
	snt_auto(socket) row = NULL;
	snt_auto(socket) server = NULL;

	SNT_TRY(join(&row, addr));
	/* Its last letter is another. */
	mine.sa.un.sun_path[strlen(mine.sa.un.sun_path) - 1] = 'p';
	SNT_TRY(snt_socket(&server, AF_UNIX, type, 0));
	SNT_TRY(snt_bind(server, &mine));
	if (type != SOCK_DGRAM)
		SNT_TRY(snt_listen(server, 0));
	SNT_TRY(tell(row, server));
	return snt_sleep(SNT_FOREVER);
}

static int serve_unix(const struct snt_addr *addr)
{
	return serve_path(addr, SOCK_STREAM);
}

static int serve_unix_datagrams(const struct snt_addr *addr)
{
	return serve_path(addr, SOCK_DGRAM);
}

static int recv_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, idle));
	s->world->peer_kill();
	say_recv(s, s->b);
	say_recv(s, s->b);
	say_code(s, "send, in the end", send_until_failure(s->b));
	return 0;
}

static int recv_killed_while_waiting(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv6, idle));
	SNT_TRY(start(s, 0, do_recv, s->b));
	s->world->peer_kill();
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	return 0;
}

static int recv_sent_then_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, say_hello));
	SNT_TRY(await_bytes(s->b, 5));
	s->world->peer_kill();
	say_recv(s, s->b);
	say_recv(s, s->b);
	return 0;
}

static int recv_killed_with_unread(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, leave_unread));
	SNT_TRY(snt_sendall(s->b, "never read", 10));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->b);
	say_recv(s, s->b);
	say_send(s, s->b, "hello");
	return 0;
}

static int recv_half_closed_then_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, half_close));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->b);
	say_code(s, "send, in the end", send_until_failure(s->b));
	return 0;
}

static int half_closed_itself(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, idle));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	s->world->peer_kill();
	say_recv(s, s->b);
	return 0;
}

static int sendall_killed_while_waiting(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, leave_unread));
	SNT_TRY(snt_set_sndbuf(s->b, 16384));
	SNT_TRY(stuff(s->b));
	say_recv(s, s->b);
	SNT_TRY(start(s, 0, do_sendall, s->b));
	s->world->peer_kill();
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	return 0;
}

static int accept_killed_in_queue(struct stage *s)
{
	SNT_TRY(listen_on(s, s->world->ipv4, 0));
	SNT_TRY(s->world->peer_start(idle, &s->addr));
	SNT_TRY(snt_wait_readable(s->server));
	s->world->peer_kill();
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	return 0;
}

/* Its sockets may live on for a moment, and let in or reset who comes then:
 * connects until there is another answer. */
static int await_gone(struct stage *s)
{
	int code = 0;

	for (int i = 0; i < 10000 && (code == 0 || code == -ECONNRESET); i++) {
		end(&s->c);
		code = connect_to(s, &s->c);
		if (code == 0 || code == -ECONNRESET)
			SNT_TRY(snt_sleep(SNT_MILLISECOND));
	}
	return code;
}

static int connect_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, serve_nobody));
	SNT_TRY(hear(s));
	s->world->peer_kill();
	say_code(s, "connect, in the end", await_gone(s));
	return 0;
}

static int client_of_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, serve));
	SNT_TRY(hear(s));
	SNT_TRY(connect_to(s, &s->a));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->a);
	return 0;
}

static int queued_at_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, serve_nobody));
	SNT_TRY(hear(s));
	SNT_TRY(connect_to(s, &s->a));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->a);
	return 0;
}

/* A server that comes again, at an address that it is told. */
static int serve_again(const struct snt_addr *addr)
{
	snt_auto(socket) row = NULL;
	snt_auto(socket) server = NULL;
	char text[SNT_ADDR_TEXT];
	struct snt_addr there;
	int code;

	SNT_TRY(join(&row, addr));
	SNT_TRY(snt_recv_exact(row, &there, sizeof there));
	snt_addr_format(&there, text, sizeof text);
	code = snt_create_server(&server, text, NULL);
	SNT_TRY(snt_sendall(row, &code, sizeof code));
	return snt_sleep(SNT_FOREVER);
}

static int server_of_killed(struct stage *s)
{
	struct snt_addr there;
	int code = 0;

	SNT_TRY(start_peer(s, s->world->ipv4, serve));
	SNT_TRY(hear(s));
	SNT_TRY(connect_to(s, &s->a));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->a);
	(void)await_gone(s);
	there = s->addr;
	end(&s->server);
	end(&s->b);
	SNT_TRY(start_peer(s, s->world->ipv4, serve_again));
	SNT_TRY(snt_sendall(s->b, &there, sizeof there));
	SNT_TRY(snt_recv_exact(s->b, &code, sizeof code));
	say_code(s, "create_server", code);
	return 0;
}

static int datagrams_to_killed(struct stage *s)
{
	SNT_TRY(start_peer(s, s->world->ipv4, serve_datagrams));
	SNT_TRY(hear(s));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	s->world->peer_kill();
	say_code(s, "send, in the end", send_until_failure(s->a));
	return 0;
}

static int unix_killed(struct stage *s)
{
	s->addr = unix_path(s, "row");
	SNT_TRY(start_peer(s, NULL, say_hello));
	SNT_TRY(await_bytes(s->b, 5));
	s->world->peer_kill();
	say_recv(s, s->b);
	say_recv(s, s->b);
	say_send(s, s->b, "hello");
	return 0;
}

static int unix_killed_with_unread(struct stage *s)
{
	s->addr = unix_path(s, "row");
	SNT_TRY(start_peer(s, NULL, leave_unread));
	SNT_TRY(snt_sendall(s->b, "never read", 10));
	say_recv(s, s->b);
	s->world->peer_kill();
	say_recv(s, s->b);
	say_recv(s, s->b);
	return 0;
}

static int unix_path_of_killed(struct stage *s)
{
	char text[SNT_ADDR_TEXT];

	s->addr = unix_path(s, "row");
	SNT_TRY(start_peer(s, NULL, serve_unix));
	SNT_TRY(hear(s));
	s->world->peer_kill();
	say_code(s, "connect, in the end", await_gone(s));
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->a, &s->addr));
	snt_addr_format(&s->addr, text, sizeof text);
	end(&s->server);
	say_code(s, "create_server", snt_create_server(&s->server, text, NULL));
	return 0;
}

static int unix_datagrams_to_killed(struct stage *s)
{
	s->addr = unix_path(s, "row");
	SNT_TRY(start_peer(s, NULL, serve_unix_datagrams));
	SNT_TRY(hear(s));
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_send(s, s->a, "hello");
	s->world->peer_kill();
	say_recv(s, s->b);
	say_code(s, "send, in the end", send_until_failure(s->a));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recv", "peer killed", recv_killed },
	{ "recv", "peer killed while it waits", recv_killed_while_waiting },
	{ "recv", "peer sent, then killed", recv_sent_then_killed },
	{ "recv", "peer killed with bytes unread", recv_killed_with_unread },
	{ "recv", "peer half-closed, then killed",
	  recv_half_closed_then_killed },
	{ "recv", "half-closed itself, peer killed", half_closed_itself },
	{ "sendall", "peer killed while it waits",
	  sendall_killed_while_waiting },
	{ "accept", "client killed in the queue", accept_killed_in_queue },
	{ "connect", "listener killed", connect_killed },
	{ "recv", "server killed", client_of_killed },
	{ "recv", "listener killed, not yet accepted", queued_at_killed },
	{ "create_server", "at the address of one killed", server_of_killed },
	{ "send", "datagrams, connected, peer killed", datagrams_to_killed },
	{ "recv", "Unix, peer sent, then killed", unix_killed },
	{ "recv", "Unix, peer killed with bytes unread",
	  unix_killed_with_unread },
	{ "connect", "Unix, listener killed", unix_path_of_killed },
	{ "send", "Unix datagram, connected, peer killed",
	  unix_datagrams_to_killed },
};

FIDELITY_SUBJECT_WITH_PEERS(peer_killed, rows);
