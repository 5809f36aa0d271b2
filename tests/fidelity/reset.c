/* SPDX-License-Identifier: MIT */
/* Connections that end by a reset: who is told what, and once or for good. */
#include "fidelity.h"

#include <sennit/options.h>

/* s->a, whose peer has just reset it, and which knows. */
static int reset_pair(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	snt_abort(s->b);
	s->b = NULL;
	return snt_wait_readable(s->a);
}

static int recv_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_reset_v6(struct stage *s)
{
	SNT_TRY(tcp_pair_on(s, "[::1]:0"));
	snt_abort(s->b);
	s->b = NULL;
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_reset_while_waiting(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	snt_abort(s->b);
	s->b = NULL;
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	return 0;
}

static int recv_unread_then_reset(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "last words", 10));
	SNT_TRY(await_bytes(s->a, 10));
	snt_abort(s->b);
	s->b = NULL;
	say_code(s, "send, in the end", send_until_failure(s->a));
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_unread_then_reset_recv(struct stage *s)
{
	char byte;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "last words", 10));
	SNT_TRY(await_bytes(s->a, 10));
	snt_abort(s->b);
	s->b = NULL;
	say_bytes(s, "recv", snt_recv(s->a, &byte, 1), &byte);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_peer_left_unread(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "never read", 10));
	SNT_TRY(await_bytes(s->b, 10));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_peer_sent_and_left_unread(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "never read", 10));
	SNT_TRY(await_bytes(s->b, 10));
	SNT_TRY(snt_sendall(s->b, "answer", 6));
	SNT_TRY(await_bytes(s->a, 6));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_half_closed_then_reset(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	snt_abort(s->b);
	s->b = NULL;
	say_code(s, "send, in the end", send_until_failure(s->a));
	say_recv(s, s->a);
	return 0;
}

static int recv_linger_zero(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_set_linger(s->b, true, 0));
	end(&s->b);
	say_recv(s, s->a);
	return 0;
}

/* The reader has room for the first bytes only. */
static int abort_unsent(struct stage *s)
{
	char bytes[4096];
	size_t all = 0;
	ptrdiff_t n;

	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	n = snt_recv(s->b, bytes, sizeof bytes);
	snt_abort(s->a);
	s->a = NULL;
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	for (; n > 0; n = snt_recv(s->b, bytes, sizeof bytes))
		all += (size_t)n;
	say_code(s, "recv", n);
	say(s, "%s", all < MUCH ? "not all received" : "all received");
	return 0;
}

static int abort_never_connected(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	snt_abort(s->a);
	s->a = NULL;
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	say_code(s, "bind again", snt_bind(s->b, &s->addr));
	return 0;
}

static int abort_leaves_no_time_wait(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->server);
	snt_abort(s->b);
	s->b = NULL;
	say_recv(s, s->a);
	end(&s->a);
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	say_code(s, "bind again", snt_bind(s->c, &s->addr));
	return 0;
}

static int send_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_send(s, s->a, "hello");
	say_send(s, s->a, "hello");
	say_recv(s, s->a);
	return 0;
}

static int send_reset_after_recv(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int sendall_reset_while_waiting(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	snt_abort(s->b);
	s->b = NULL;
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	return 0;
}

static int both_wait_for_a_reset(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_wait_readable, s->a));
	SNT_TRY(stuff(s->a));
	SNT_TRY(start(s, 1, do_wait_writable, s->a));
	snt_abort(s->b);
	s->b = NULL;
	SNT_TRY(finish(s));
	say_code(s, "wait_readable", s->calls[0].result);
	say_code(s, "wait_writable", s->calls[1].result);
	return 0;
}

static int names_after_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_recv(s, s->a);
	say_peername(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

static int error_after_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_error(s, s->a);
	say_error(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int shutdown_after_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_code(s, "SHUT_WR", snt_shutdown(s->a, SHUT_WR));
	say_code(s, "SHUT_RD", snt_shutdown(s->a, SHUT_RD));
	say_recv(s, s->a);
	return 0;
}

static int connect_after_reset(struct stage *s)
{
	SNT_TRY(reset_pair(s));
	say_recv(s, s->a);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int peek_after_reset(struct stage *s)
{
	char byte;

	SNT_TRY(reset_pair(s));
	say_code(s, "peek", snt_peek(s->a, &byte, 1));
	say_recv(s, s->a);
	return 0;
}

static int exact_reset_inside(struct stage *s)
{
	char bytes[10];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "half", 4));
	SNT_TRY(await_bytes(s->a, 4));
	snt_abort(s->b);
	s->b = NULL;
	say_done(s, "recv_exact", snt_recv_exact(s->a, bytes, 10));
	return 0;
}

static int until_reset_inside(struct stage *s)
{
	char bytes[10];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "half", 4));
	SNT_TRY(await_bytes(s->a, 4));
	snt_abort(s->b);
	s->b = NULL;
	say_done(s, "recv_until", snt_recv_until(s->a, ";", 1, bytes, 10));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recv", "peer aborted", recv_reset },
	{ "recv", "peer aborted, IPv6", recv_reset_v6 },
	{ "recv", "peer aborts while it waits", recv_reset_while_waiting },
	{ "recv", "peer aborted, bytes unread, send tried first",
	  recv_unread_then_reset },
	{ "recv", "peer aborted, bytes unread", recv_unread_then_reset_recv },
	{ "recv", "peer closed with bytes unread", recv_peer_left_unread },
	{ "recv", "peer sent, then closed with bytes unread",
	  recv_peer_sent_and_left_unread },
	{ "recv", "peer half-closed, then aborted",
	  recv_half_closed_then_reset },
	{ "recv", "peer closed with a linger of 0", recv_linger_zero },
	{ "abort", "while a sendall waits", abort_unsent },
	{ "abort", "never connected", abort_never_connected },
	{ "abort", "of a server's connection, its port after that",
	  abort_leaves_no_time_wait },
	{ "send", "peer aborted", send_reset },
	{ "send", "peer aborted, recv told", send_reset_after_recv },
	{ "sendall", "peer aborts while it waits",
	  sendall_reset_while_waiting },
	{ "wait_readable, wait_writable", "peer aborts while they wait",
	  both_wait_for_a_reset },
	{ "getpeername", "peer aborted", names_after_reset },
	{ "getsockopt SO_ERROR", "peer aborted", error_after_reset },
	{ "shutdown", "peer aborted", shutdown_after_reset },
	{ "connect", "peer aborted", connect_after_reset },
	{ "peek", "peer aborted", peek_after_reset },
	{ "recv_exact", "peer aborts inside", exact_reset_inside },
	{ "recv_until", "peer aborts inside", until_reset_inside },
};

FIDELITY_SUBJECT(reset, rows);
