/* SPDX-License-Identifier: MIT */
/* Sending on a stream, and ending one's own half. */
#include "fidelity.h"

static int send_bytes(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int send_nothing(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_send(s, s->a, "");
	say_send(s, s->a, "after it");
	say_recv(s, s->b);
	return 0;
}

static int send_nothing_full(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(stuff(s->a));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_send(s, s->a, "");
	return 0;
}

static int send_full_now(struct stage *s)
{
	ptrdiff_t taken;

	SNT_TRY(small_pair(s));
	SNT_TRY(taken = stuff(s->a));
	snt_settimeout(s->a, SNT_NOWAIT);
	say(s, "%s taken", taken > 0 ? "some" : "nothing");
	say_recv(s, s->a);
	return 0;
}

static int send_never_connected(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_send(s, s->a, "hello");
	say_send(s, s->a, "hello");
	return 0;
}

static int send_on_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_send(s, s->server, "hello");
	return 0;
}

static int send_writing_shut(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_send(s, s->a, "hello");
	say_send(s, s->a, "");
	say_send(s, s->b, "the other way");
	say_recv(s, s->a);
	return 0;
}

static int send_reading_shut(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int send_peer_reading_shut(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_RD));
	say_send(s, s->a, "hello");
	say_send(s, s->a, "again");
	SNT_TRY(await_bytes(s->b, 10));
	say_recv(s, s->b);
	return 0;
}

static int send_peer_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	say_send(s, s->a, " again");
	SNT_TRY(await_bytes(s->b, 11));
	say_recv(s, s->b);
	return 0;
}

static int send_peer_closed_first(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	return 0;
}

static int send_peer_closed_later(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	say_code(s, "send, in the end", send_until_failure(s->a));
	say_send(s, s->a, "hello");
	say_recv(s, s->a);
	return 0;
}

static int sendall_reader(struct stage *s)
{
	char bytes[4096];
	size_t all = 0;
	ptrdiff_t n;

	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	while (all < MUCH && (n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		all += (size_t)n;
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	say(s, "%s", all == MUCH ? "all received" : "not all received");
	return 0;
}

static int sendall_nothing(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "sendall", snt_sendall(s->a, "", 0));
	say_recv_now(s, s->b);
	return 0;
}

static int sendall_too_late(struct stage *s)
{
	SNT_TRY(small_pair(s));
	snt_settimeout(s->a, 20 * SNT_MILLISECOND);
	s->calls[0].socket = s->a;
	say_code(s, "sendall", do_sendall(&s->calls[0]));
	say(s, "%s done",
	    snt_done() == 0     ? "nothing"
	    : snt_done() < MUCH ? "a part"
				: "all");
	return 0;
}

static int sendall_shut_while_waiting(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	return 0;
}

static int sendall_peer_closed_while_waiting(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	end(&s->b);
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	return 0;
}

static int sendall_after_shut(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_done(s, "sendall", snt_sendall(s->a, "hello", 5));
	return 0;
}

static int close_unsent(struct stage *s)
{
	char bytes[4096];
	ptrdiff_t taken, n;

	SNT_TRY(small_pair(s));
	SNT_TRY(taken = stuff(s->a));
	end(&s->a);
	while ((n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		taken -= n;
	say_code(s, "recv", n);
	say(s, "%s", taken == 0 ? "all received" : "not all received");
	return 0;
}

static int shutdown_twice(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_WR));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->b);
	return 0;
}

static int shutdown_never_connected(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "SHUT_RD", snt_shutdown(s->a, SHUT_RD));
	say_code(s, "SHUT_WR", snt_shutdown(s->a, SHUT_WR));
	say_code(s, "SHUT_RDWR", snt_shutdown(s->a, SHUT_RDWR));
	return 0;
}

static int shutdown_bad_word(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "shutdown 3", snt_shutdown(s->a, 3));
	say_code(s, "shutdown -1", snt_shutdown(s->a, -1));
	say_send(s, s->a, "still here");
	return 0;
}

static int shutdown_both_ways(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_RDWR));
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int shutdown_peer_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_code(s, "SHUT_RD", snt_shutdown(s->a, SHUT_RD));
	say_code(s, "SHUT_WR", snt_shutdown(s->a, SHUT_WR));
	return 0;
}

static int shutdown_both_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_recv(s, s->b);
	say_send(s, s->a, "hello");
	say_peername(s, s->a);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "send", "peer reads", send_bytes },
	{ "send of 0 bytes", "connected", send_nothing },
	{ "send of 0 bytes", "buffers are full", send_nothing_full },
	{ "send", "buffers are full, not to wait", send_full_now },
	{ "send", "never connected", send_never_connected },
	{ "send", "on a listener", send_on_listener },
	{ "send", "shut down for writing", send_writing_shut },
	{ "send", "shut down for reading", send_reading_shut },
	{ "send", "peer shut down for reading", send_peer_reading_shut },
	{ "send", "peer half-closed", send_peer_half_closed },
	{ "send", "peer closed, first", send_peer_closed_first },
	{ "send", "peer closed, later ones", send_peer_closed_later },
	{ "sendall", "more than the buffers hold, peer reads", sendall_reader },
	{ "sendall of 0 bytes", "connected", sendall_nothing },
	{ "sendall", "time runs out, peer does not read", sendall_too_late },
	{ "sendall", "shut down for writing while it waits",
	  sendall_shut_while_waiting },
	{ "sendall", "peer closes while it waits",
	  sendall_peer_closed_while_waiting },
	{ "sendall", "shut down for writing", sendall_after_shut },
	{ "close", "bytes are still to be sent", close_unsent },
	{ "shutdown", "twice", shutdown_twice },
	{ "shutdown", "never connected", shutdown_never_connected },
	{ "shutdown", "of a direction that is none", shutdown_bad_word },
	{ "shutdown", "both ways with bytes unread", shutdown_both_ways },
	{ "shutdown", "peer closed", shutdown_peer_closed },
	{ "shutdown", "both half-closed", shutdown_both_half_closed },
};

FIDELITY_SUBJECT(send, rows);
