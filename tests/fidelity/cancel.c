/* SPDX-License-Identifier: MIT */
/* Calls that are told to stop: by a close, a cancel, a deadline, each other. */
#include "fidelity.h"

#include <sennit/options.h>

static int recv_closed(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	end(&s->a);
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	say_recv(s, s->b);
	return 0;
}

static int sendall_closed(struct stage *s)
{
	char bytes[4096];
	ptrdiff_t n;

	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	end(&s->a);
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	while ((n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		;
	say_code(s, "recv, in the end", n);
	return 0;
}

static int recvfrom_closed(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	SNT_TRY(start(s, 0, do_recvfrom, s->a));
	end(&s->a);
	SNT_TRY(finish(s));
	say_code(s, "recvfrom", s->calls[0].result);
	return 0;
}

static int wait_closed(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(stuff(s->a));
	SNT_TRY(start(s, 0, do_wait_readable, s->a));
	SNT_TRY(start(s, 1, do_wait_writable, s->a));
	end(&s->a);
	SNT_TRY(finish(s));
	say_code(s, "wait_readable", s->calls[0].result);
	say_code(s, "wait_writable", s->calls[1].result);
	return 0;
}

static int recv_canceled(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	snt_group_cancel(s->group);
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(finish(s));
	say_code(s, "recv", s->calls[0].result);
	say_recv(s, s->a);
	return 0;
}

static int accept_canceled(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	snt_group_cancel(s->group);
	SNT_TRY(finish(s));
	say_code(s, "accept", s->calls[0].result);
	SNT_TRY(connect_to(s, &s->a));
	say_code(s, "accept", snt_accept(s->server, &s->b));
	return 0;
}

static int sendall_canceled(struct stage *s)
{
	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_sendall, s->a));
	snt_group_cancel(s->group);
	SNT_TRY(finish(s));
	say_code(s, "sendall", s->calls[0].result);
	say_bytes(s, "first byte", snt_recv(s->b, s->calls[0].bytes, 1),
		  s->calls[0].bytes);
	return 0;
}

static int recv_in_a_scope(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	{
		snt_timeout_scope(limit, 20 * SNT_MILLISECOND);
		say_recv(s, s->a);
		say_recv(s, s->a);
		say(s, "%s",
		    snt_scope_expired(&limit) ? "expired" : "not expired");
	}
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	say_recv(s, s->a);
	return 0;
}

static int bytes_there_but_late(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(await_bytes(s->a, 5));
	snt_timeout_scope(limit, SNT_MILLISECOND);
	say_code(s, "sleep", snt_sleep(SNT_SECOND));
	say_recv(s, s->a);
	return 0;
}

static int two_readers(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	say_recv(s, s->a);
	say_code(s, "wait_readable", snt_wait_readable(s->a));
	say_send(s, s->a, "the other way");
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	SNT_TRY(finish(s));
	say_bytes(s, "the first", s->calls[0].result, s->calls[0].bytes);
	return 0;
}

static int reader_and_writer(struct stage *s)
{
	char bytes[4096];
	ptrdiff_t n;
	size_t all = 0;

	SNT_TRY(small_pair(s));
	SNT_TRY(start(s, 0, do_recv, s->a));
	SNT_TRY(start(s, 1, do_sendall, s->a));
	SNT_TRY(snt_sendall(s->b, "hello", 5));
	while (all < MUCH && (n = snt_recv(s->b, bytes, sizeof bytes)) > 0)
		all += (size_t)n;
	SNT_TRY(finish(s));
	say_bytes(s, "recv", s->calls[0].result, s->calls[0].bytes);
	say_code(s, "sendall", s->calls[1].result);
	say(s, "%s", all == MUCH ? "all received" : "not all received");
	return 0;
}

static int two_accepts(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(start(s, 0, do_accept, s->server));
	say_code(s, "accept", snt_accept(s->server, &s->b));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(finish(s));
	say_code(s, "the first", s->calls[0].result);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "recv", "closed while it waits", recv_closed },
	{ "sendall", "closed while it waits", sendall_closed },
	{ "recvfrom", "closed while it waits", recvfrom_closed },
	{ "wait_readable, wait_writable", "closed while they wait",
	  wait_closed },
	{ "recv", "canceled while it waits", recv_canceled },
	{ "accept", "canceled while it waits", accept_canceled },
	{ "sendall", "canceled while it waits", sendall_canceled },
	{ "recv", "the scope's time runs out", recv_in_a_scope },
	{ "recv", "bytes are there, the scope's time is over",
	  bytes_there_but_late },
	{ "recv", "another recv waits", two_readers },
	{ "recv", "a sendall waits", reader_and_writer },
	{ "accept", "another accept waits", two_accepts },
};

FIDELITY_SUBJECT(cancel, rows);
