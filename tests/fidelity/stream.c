/* SPDX-License-Identifier: MIT */
/* Receiving from a stream: bytes, the end, half-closes. */
#include "fidelity.h"

static int recv_bytes(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	say_recv(s, s->a);
	say_recv_now(s, s->a);
	return 0;
}

static int recv_bytes_v6(struct stage *s)
{
	SNT_TRY(tcp_pair_on(s, "[::1]:0"));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	say_recv(s, s->a);
	end(&s->b);
	say_recv(s, s->a);
	return 0;
}

static int recv_nothing_now(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_recv_now(s, s->a);
	return 0;
}

static int recv_nothing_for_a_while(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	snt_settimeout(s->a, 20 * SNT_MILLISECOND);
	say_recv(s, s->a);
	SNT_TRY(snt_sendall(s->b, "late", 4));
	snt_settimeout(s->a, 0);
	say_recv(s, s->a);
	return 0;
}

static int recv_waits(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(finish(s));
	say_bytes(s, "recv", s->calls[0].result, s->calls[0].bytes);
	return 0;
}

static int recv_no_room(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	say_code(s, "recv of none", snt_recv(s->a, s->answer, 0));
	say_recv(s, s->a);
	return 0;
}

static int recv_no_room_nothing(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "recv of none", snt_recv(s->a, s->answer, 0));
	return 0;
}

static int recv_no_room_end(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	SNT_TRY(snt_wait_readable(s->a));
	say_code(s, "recv of none", snt_recv(s->a, s->answer, 0));
	say_recv(s, s->a);
	return 0;
}

static int recv_little_room(struct stage *s)
{
	char bytes[3];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	say_bytes(s, "recv", snt_recv(s->a, bytes, sizeof bytes), bytes);
	say_recv(s, s->a);
	return 0;
}

static int recv_two_sends(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello ", 6));
	SNT_TRY(snt_sendall(s->b, "world", 5));
	SNT_TRY(await_bytes(s->a, 11));
	say_recv(s, s->a);
	return 0;
}

static int recv_end(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_bytes_then_end(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "bye", 3));
	end(&s->b);
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "bye", 3));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "and you");
	say_recv(s, s->b);
	return 0;
}

static int recv_both_half_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->a, "from a", 6));
	SNT_TRY(snt_sendall(s->b, "from b", 6));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_recv(s, s->a);
	say_recv(s, s->a);
	say_recv(s, s->b);
	say_recv(s, s->b);
	return 0;
}

static int recv_much_after_half_close(struct stage *s)
{
	char bytes[4096];
	ptrdiff_t n;
	size_t all = 0;

	SNT_TRY(small_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->b);
	SNT_TRY(start(s, 0, do_sendall, s->b));
	while (all < MUCH && (n = snt_recv(s->a, bytes, sizeof bytes)) > 0)
		all += (size_t)n;
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	say(s, "%s", all == MUCH ? "all received" : "not all received");
	return 0;
}

static int recv_reading_shut(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "shutdown", snt_shutdown(s->a, SHUT_RD));
	say_recv(s, s->a);
	say_send(s, s->a, "still");
	say_recv(s, s->b);
	return 0;
}

static int recv_reading_shut_unread(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_reading_shut_then_sent(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	say_recv(s, s->a);
	say_send(s, s->b, "hello");
	SNT_TRY(await_bytes(s->a, 5));
	say_recv(s, s->a);
	say_recv(s, s->a);
	return 0;
}

static int recv_shut_while_waiting(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	SNT_TRY(snt_shutdown(s->a, SHUT_RD));
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	return 0;
}

static int recv_never_connected(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_recv(s, s->a);
	return 0;
}

static int recv_of_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_recv(s, s->server);
	return 0;
}

static int exact_in_pieces(struct stage *s)
{
	char bytes[6];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hel", 3));
	SNT_TRY(await_bytes(s->a, 3));
	SNT_TRY(snt_sendall(s->b, "lo more", 7));
	say_bytes(s, "recv_exact", snt_recv_exact(s->a, bytes, 5), bytes);
	say_recv(s, s->a);
	return 0;
}

static int exact_end_inside(struct stage *s)
{
	char bytes[5];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hel", 3));
	end(&s->b);
	say_done(s, "recv_exact", snt_recv_exact(s->a, bytes, 5));
	return 0;
}

static int exact_end_before(struct stage *s)
{
	char bytes[5];

	SNT_TRY(tcp_pair(s));
	end(&s->b);
	say_done(s, "recv_exact", snt_recv_exact(s->a, bytes, 5));
	return 0;
}

static int exact_too_late(struct stage *s)
{
	char bytes[5];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hel", 3));
	SNT_TRY(await_bytes(s->a, 3));
	snt_settimeout(s->a, 20 * SNT_MILLISECOND);
	say_done(s, "recv_exact", snt_recv_exact(s->a, bytes, 5));
	SNT_TRY(snt_sendall(s->b, "lo", 2));
	snt_settimeout(s->a, 0);
	say_recv(s, s->a);
	return 0;
}

static int until_there(struct stage *s)
{
	char bytes[16];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "one;two;", 8));
	say_bytes(s, "recv_until",
		  snt_recv_until(s->a, ";", 1, bytes, sizeof bytes), bytes);
	say_recv(s, s->a);
	return 0;
}

static int until_end(struct stage *s)
{
	char bytes[16];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "one", 3));
	end(&s->b);
	say_done(s, "recv_until",
		 snt_recv_until(s->a, ";", 1, bytes, sizeof bytes));
	say_done(s, "recv_until",
		 snt_recv_until(s->a, ";", 1, bytes, sizeof bytes));
	return 0;
}

static int until_full(struct stage *s)
{
	char bytes[4];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello;", 6));
	SNT_TRY(await_bytes(s->a, 6));
	say_done(s, "recv_until",
		 snt_recv_until(s->a, ";", 1, bytes, sizeof bytes));
	say_recv(s, s->a);
	return 0;
}

static int peek_bytes(struct stage *s)
{
	char bytes[3];

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	say_bytes(s, "peek", snt_peek(s->a, bytes, 3), bytes);
	say_bytes(s, "peek", snt_peek(s->a, bytes, 3), bytes);
	say_recv(s, s->a);
	return 0;
}

static int peek_nothing(struct stage *s)
{
	char byte;

	SNT_TRY(tcp_pair(s));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "peek", snt_peek(s->a, &byte, 1));
	return 0;
}

static int peek_end(struct stage *s)
{
	char byte;

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_shutdown(s->b, SHUT_WR));
	say_code(s, "peek", snt_peek(s->a, &byte, 1));
	say_recv(s, s->a);
	return 0;
}

static int recvfrom_of_stream(struct stage *s)
{
	struct snt_addr from = { .size = 0 };

	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	say_recvfrom(s, s->a, &from);
	say(s, "address of %d bytes", (int)from.size);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recv", "bytes are there", recv_bytes },
	{ "recv", "bytes are there, IPv6", recv_bytes_v6 },
	{ "recv", "nothing is there, not to wait", recv_nothing_now },
	{ "recv", "nothing comes in time", recv_nothing_for_a_while },
	{ "recv", "bytes come while it waits", recv_waits },
	{ "recv of 0 bytes", "bytes are there", recv_no_room },
	{ "recv of 0 bytes", "nothing is there", recv_no_room_nothing },
	{ "recv of 0 bytes", "peer closed", recv_no_room_end },
	{ "recv", "less room than bytes", recv_little_room },
	{ "recv", "two sends are there", recv_two_sends },
	{ "recv", "peer closed", recv_end },
	{ "recv", "peer sent, then closed", recv_bytes_then_end },
	{ "recv", "peer half-closed", recv_half_closed },
	{ "recv", "both half-closed", recv_both_half_closed },
	{ "recv", "half-closed itself, peer sends much",
	  recv_much_after_half_close },
	{ "recv", "shut down for reading", recv_reading_shut },
	{ "recv", "shut down for reading with bytes unread",
	  recv_reading_shut_unread },
	{ "recv", "shut down for reading, then peer sent",
	  recv_reading_shut_then_sent },
	{ "recv", "shut down for reading while it waits",
	  recv_shut_while_waiting },
	{ "recv", "never connected", recv_never_connected },
	{ "recv", "on a listener", recv_of_listener },
	{ "recv_exact", "bytes come in pieces", exact_in_pieces },
	{ "recv_exact", "stream ends inside", exact_end_inside },
	{ "recv_exact", "stream ends before", exact_end_before },
	{ "recv_exact", "time runs out inside", exact_too_late },
	{ "recv_until", "delimiter is there, and more", until_there },
	{ "recv_until", "stream ends before the delimiter", until_end },
	{ "recv_until", "more than fits before the delimiter", until_full },
	{ "peek", "bytes are there", peek_bytes },
	{ "peek", "nothing is there, not to wait", peek_nothing },
	{ "peek", "peer half-closed", peek_end },
	{ "recvfrom", "on a connected stream", recvfrom_of_stream },
};

FIDELITY_SUBJECT(stream, rows);
