/* SPDX-License-Identifier: MIT */
/* Unix sockets: paths and names without one, and how their streams end. */
#include "fidelity.h"

/* s->a connected to s->b through s->server at that address. */
static int pair_at(struct stage *s, struct snt_addr addr)
{
	s->addr = addr;
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(connect_to(s, &s->a));
	return snt_accept(s->server, &s->b);
}

static int pair(struct stage *s)
{
	return snt_socketpair(&s->a, &s->b, SOCK_STREAM);
}

static int connect_twice(struct stage *s)
{
	SNT_TRY(pair_at(s, unix_abstract()));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_code(s, "the accepted one", snt_connect(s->b, &s->addr));
	say_code(s, "the listener", snt_connect(s->server, &s->addr));
	return 0;
}

static int connect_queue_full(struct stage *s)
{
	struct snt_socket *conn, *clients[8] = { NULL };
	int code = 0, count = 0;

	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 1));
	for (int i = 0; i < 8 && code == 0; i++) {
		SNT_TRY(snt_socket(&clients[i], AF_UNIX, SOCK_STREAM, 0));
		snt_settimeout(clients[i], SNT_NOWAIT);
		code = snt_connect(clients[i], &s->addr);
	}
	say_code(s, "connect, in the end", code);
	snt_settimeout(s->server, SNT_NOWAIT);
	while (snt_accept(s->server, &conn) == 0) {
		snt_close(conn);
		count++;
	}
	say(s, "%d accepted", count);
	for (int i = 0; i < 8; i++)
		snt_close(clients[i]);
	return 0;
}

static int connect_queue_full_then_room(struct stage *s)
{
	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 1));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(connect_to(s, &s->b));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(start(s, 0, do_connect, s->c));
	SNT_TRY(snt_accept(s->server, &s->d));
	SNT_TRY(finish(s));
	say_code(s, "connect", s->calls[0].result);
	return 0;
}

static int recv_end(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_sendall(s->b, "bye", 3));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int recv_peer_left_unread(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_sendall(s->a, "never read", 10));
	SNT_TRY(snt_sendall(s->b, "answer", 6));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int send_peer_left_unread(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_sendall(s->a, "never read", 10));
	end(&s->b);
	say_send(s, s->a, "hello");
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int abort_stream(struct stage *s)
{
	SNT_TRY(pair(s));
	snt_abort(s->b);
	s->b = NULL;
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int half_close(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_sendall(s->b, "bye", 3));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "and you");
	say_recv(s, s->b);
	say_send(s, s->b, "hello");
	return 0;
}

static int send_peer_reading_shut(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_RD));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	say_send(s, s->b, "the other way");
	say_recv(s, s->a);
	return 0;
}

static int recv_reading_shut_unread(struct stage *s)
{
	SNT_TRY(pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_two_sends(struct stage *s)
{
	SNT_TRY(pair(s));
	say_send(s, s->b, "hello ");
	say_send(s, s->b, "world");
	say_recv(s, s->a);
	return 0;
}

static int send_nothing(struct stage *s)
{
	SNT_TRY(pair(s));
	say_send(s, s->b, "");
	say_recv_now(s, s->a);
	say_send(s, s->b, "after it");
	say_recv(s, s->a);
	return 0;
}

static int never_connected(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_WR));
	say_peername(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

static int close_with_a_queue(struct stage *s)
{
	SNT_TRY(pair_at(s, unix_abstract()));
	end(&s->b);
	SNT_TRY(connect_to(s, &s->c));
	say_send(s, s->c, "early");
	end(&s->server);
	say_recv(s, s->c);
	say_send(s, s->c, "hello");
	return 0;
}

static int accept_client_closed(struct stage *s)
{
	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_sendall(s->a, "early", 5));
	end(&s->a);
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	say_recv(s, s->b);
	return 0;
}

static int send_full(struct stage *s)
{
	ptrdiff_t taken, n;
	char bytes[4096];

	SNT_TRY(pair(s));
	SNT_TRY(taken = stuff(s->a));
	end(&s->a);
	while ((n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		taken -= n;
	say_code(s, "recv", n);
	say(s, "%s", taken == 0 ? "all received" : "not all received");
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "connect", "Unix, connected", connect_twice },
	{ "connect", "Unix, queue is full, not to wait", connect_queue_full },
	{ "connect", "Unix, queue is full, then there is room",
	  connect_queue_full_then_room },
	{ "recv", "Unix, peer sent, then closed", recv_end },
	{ "recv", "Unix, peer sent, then closed with bytes unread",
	  recv_peer_left_unread },
	{ "send", "Unix, peer closed with bytes unread",
	  send_peer_left_unread },
	{ "abort", "Unix", abort_stream },
	{ "recv", "Unix, peer half-closed", half_close },
	{ "send", "Unix, peer shut down for reading", send_peer_reading_shut },
	{ "recv", "Unix, shut down for reading with bytes unread",
	  recv_reading_shut_unread },
	{ "recv", "Unix, two sends are there", recv_two_sends },
	{ "send of 0 bytes", "Unix", send_nothing },
	{ "recv, send", "Unix, never connected", never_connected },
	{ "close", "Unix, of a listener, client in the queue",
	  close_with_a_queue },
	{ "accept", "Unix, client sent and closed in the queue",
	  accept_client_closed },
	{ "close", "Unix, bytes unread by the peer", send_full },
};

FIDELITY_SUBJECT(unix_stream, rows);
