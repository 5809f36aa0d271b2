/* SPDX-License-Identifier: MIT */
/* Listeners: what may listen, the queue, and what comes out of it. */
#include "fidelity.h"

#include <sennit/options.h>

static int listen_unbound(struct stage *s)
{
	SNT_TRY(snt_socket(&s->server, AF_INET, SOCK_STREAM, 0));
	say_code(s, "listen", snt_listen(s->server, 0));
	say_sockname(s, s->server);
	return 0;
}

static int listen_unbound_v6(struct stage *s)
{
	SNT_TRY(snt_socket(&s->server, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "listen", snt_listen(s->server, 0));
	say_sockname(s, s->server);
	return 0;
}

static int listen_twice(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_code(s, "listen", snt_listen(s->server, 5));
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int listen_connected(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "listen", snt_listen(s->a, 0));
	say_code(s, "listen on an accepted one", snt_listen(s->b, 0));
	say_send(s, s->a, "still connected");
	say_recv(s, s->b);
	return 0;
}

static int listen_datagram(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_DGRAM, "127.0.0.1:0", &s->addr));
	say_code(s, "listen", snt_listen(s->a, 0));
	return 0;
}

static int listen_address_taken(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	say_code(s, "listen", snt_listen(s->a, 0));
	say_code(s, "second listen", snt_listen(s->b, 0));
	return 0;
}

static int accept_nothing_now(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	snt_settimeout(s->server, SNT_NOWAIT);
	say_code(s, "accept", snt_accept(s->server, &s->a));
	return 0;
}

static int accept_nothing_for_a_while(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	snt_settimeout(s->server, 20 * SNT_MILLISECOND);
	say_code(s, "accept", snt_accept(s->server, &s->a));
	return 0;
}

static int accept_waits(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(finish(s));
	say_code(s, "accept", s->calls[0].result);
	say_send(s, s->a, "hello");
	say_recv(s, s->calls[0].made);
	return 0;
}

static int accept_no_listener(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	say_code(s, "accept", snt_accept(s->a, &s->b));
	return 0;
}

static int accept_in_order(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_sendall(s->a, "first", 5));
	SNT_TRY(snt_wait_readable(s->server));
	SNT_TRY(connect_to(s, &s->b));
	SNT_TRY(snt_sendall(s->b, "second", 6));
	SNT_TRY(snt_accept(s->server, &s->c));
	SNT_TRY(snt_accept(s->server, &s->d));
	say_recv(s, s->c);
	say_recv(s, s->d);
	return 0;
}

static int accept_sent_and_closed(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_sendall(s->a, "early", 5));
	end(&s->a);
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	say_recv(s, s->b);
	say_peername(s, s->b);
	return 0;
}

static int accept_reset_in_queue(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_wait_readable(s->server));
	snt_abort(s->a);
	s->a = NULL;
	say_code(s, "accept", snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	say_peername(s, s->b);
	return 0;
}

static int accept_sent_then_reset_in_queue(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_sendall(s->a, "early", 5));
	SNT_TRY(snt_wait_readable(s->server));
	SNT_TRY(snt_accept(s->server, &s->b));
	SNT_TRY(await_bytes(s->b, 5));
	snt_abort(s->a);
	s->a = NULL;
	say_recv(s, s->b);
	say_recv(s, s->b);
	return 0;
}

static int accept_closed_while_waiting(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	end(&s->server);
	SNT_TRY(finish(s));
	say_code(s, "accept", s->calls[0].result);
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int accept_shut_while_waiting(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	say_code(s, "shutdown", snt_shutdown(s->server, SHUT_RD));
	SNT_TRY(finish(s));
	say_code(s, "accept", s->calls[0].result);
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int shutdown_write_of_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_code(s, "shutdown", snt_shutdown(s->server, SHUT_WR));
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int listen_after_shutdown(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_shutdown(s->server, SHUT_RD));
	say_code(s, "listen", snt_listen(s->server, 0));
	if (say_code(s, "connect", connect_to(s, &s->a)) == 0)
		say_code(s, "accept", snt_accept(s->server, &s->b));
	return 0;
}

static int close_with_a_queue(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_wait_readable(s->server));
	end(&s->server);
	say_recv(s, s->a);
	return 0;
}

/* Whoever has sent already is told the same. */
static int close_with_a_queue_of_bytes(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_sendall(s->a, "early", 5));
	SNT_TRY(snt_wait_readable(s->server));
	end(&s->server);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int close_with_a_connection(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->server);
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

/* Connects until somebody has to wait; how many were let in is what comes out
 * of the queue, and one more is always among them. */
static int fill_queue(struct stage *s, struct snt_socket *clients[8])
{
	int code = 0;

	for (int i = 0; i < 8 && code == 0; i++) {
		SNT_TRY(snt_socket(&clients[i], s->addr.sa.any.sa_family,
				   SOCK_STREAM, 0));
		snt_settimeout(clients[i], 500 * SNT_MILLISECOND);
		code = snt_connect(clients[i], &s->addr);
	}
	return code;
}

static void accept_all(struct stage *s)
{
	struct snt_socket *conn;
	int count = 0, code;

	snt_settimeout(s->server, SNT_NOWAIT);
	while ((code = snt_accept(s->server, &conn)) == 0) {
		snt_close(conn);
		count++;
	}
	say(s, "%d accepted", count);
	say_code(s, "then", code);
}

static int connect_queue_full(struct stage *s)
{
	struct snt_socket *clients[8] = { NULL };

	SNT_TRY(listen_on(s, "127.0.0.1:0", 1));
	say_code(s, "connect, in the end", fill_queue(s, clients));
	accept_all(s);
	for (int i = 0; i < 8; i++)
		snt_close(clients[i]);
	return 0;
}

static int connect_longer_queue_full(struct stage *s)
{
	struct snt_socket *clients[8] = { NULL };

	SNT_TRY(listen_on(s, "127.0.0.1:0", 3));
	say_code(s, "connect, in the end", fill_queue(s, clients));
	accept_all(s);
	for (int i = 0; i < 8; i++)
		snt_close(clients[i]);
	return 0;
}

static int connect_queue_full_then_room(struct stage *s)
{
	struct snt_socket *clients[8] = { NULL };
	int code;

	SNT_TRY(listen_on(s, "127.0.0.1:0", 1));
	code = fill_queue(s, clients);
	if (code == -ETIMEDOUT)
		code = snt_socket(&s->a, AF_INET, SOCK_STREAM, 0);
	if (code == 0)
		code = start(s, 0, do_connect, s->a);
	for (int i = 0; i < 8; i++)
		snt_close(clients[i]);
	SNT_TRY(code);
	for (int i = 0; i < 2; i++) {
		SNT_TRY(snt_accept(s->server, &s->b));
		end(&s->b);
	}
	SNT_TRY(finish(s));
	say_code(s, "connect", s->calls[0].result);
	return 0;
}

static int connect_queue_not_full(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 1));
	say_code(s, "connect", connect_to(s, &s->a));
	say_send(s, s->a, "hello");
	say_recv_now(s, s->a);
	return 0;
}

static int options_inherited(struct stage *s)
{
	int on = 0;

	SNT_TRY(bound_to(&s->server, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(snt_set_nodelay(s->server, true));
	SNT_TRY(snt_set_keepalive(s->server,
				  &(struct snt_keepalive){ .count = 3 }));
	SNT_TRY(snt_set_reuseaddr(s->server, true));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_accept(s->server, &s->b));
	SNT_TRY(snt_getsockopt(s->b, IPPROTO_TCP, 1, &on, sizeof on));
	say(s, "TCP_NODELAY %d", on);
	SNT_TRY(snt_getsockopt(s->b, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
	say(s, "SO_KEEPALIVE %d", on);
	SNT_TRY(snt_getsockopt(s->b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	say(s, "SO_REUSEADDR %d", on);
	SNT_TRY(snt_getsockopt(s->b, SOL_SOCKET, SO_ACCEPTCONN, &on,
			       sizeof on));
	say(s, "SO_ACCEPTCONN %d", on);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "listen", "not bound", listen_unbound },
	{ "listen", "not bound, IPv6", listen_unbound_v6 },
	{ "listen", "twice", listen_twice },
	{ "listen", "connected", listen_connected },
	{ "listen", "datagram socket", listen_datagram },
	{ "listen", "another with SO_REUSEADDR listens", listen_address_taken },
	{ "listen", "shut down", listen_after_shutdown },
	{ "accept", "queue is empty, not to wait", accept_nothing_now },
	{ "accept", "nobody comes in time", accept_nothing_for_a_while },
	{ "accept", "a client comes while it waits", accept_waits },
	{ "accept", "not listening", accept_no_listener },
	{ "accept", "two in the queue", accept_in_order },
	{ "accept", "client sent and closed in the queue",
	  accept_sent_and_closed },
	{ "accept", "client aborted in the queue", accept_reset_in_queue },
	{ "accept", "client sent, was accepted, then aborted",
	  accept_sent_then_reset_in_queue },
	{ "accept", "closed while it waits", accept_closed_while_waiting },
	{ "accept", "shut down while it waits", accept_shut_while_waiting },
	{ "shutdown", "of a listener, for writing",
	  shutdown_write_of_listener },
	{ "close", "of a listener, client in the queue", close_with_a_queue },
	{ "close", "of a listener, client's bytes in the queue",
	  close_with_a_queue_of_bytes },
	{ "close", "of a listener, connection accepted",
	  close_with_a_connection },
	{ "connect", "queue of 1 is full", connect_queue_full },
	{ "connect", "queue of 3 is full", connect_longer_queue_full },
	{ "connect", "queue is full, then there is room",
	  connect_queue_full_then_room },
	{ "connect", "nobody accepts", connect_queue_not_full },
	{ "getsockopt", "accepted, listener's options are set",
	  options_inherited },
};

FIDELITY_SUBJECT(listen, rows);
