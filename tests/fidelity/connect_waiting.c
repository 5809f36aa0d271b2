/* SPDX-License-Identifier: MIT */
/* Connections that are not made at once: full listeners, other calls meanwhile. */
#include "fidelity.h"

/* A listener that lets nobody in any more. */
static int full_listener(struct stage *s)
{
	int code = 0;

	SNT_TRY(listen_on(s, "127.0.0.1:0", 1));
	for (int i = 0; i < 8 && code == 0; i++) {
		struct snt_socket **one = i == 0   ? &s->b
					  : i == 1 ? &s->c
						   : &s->a;

		end(one);
		SNT_TRY(snt_socket(one, AF_INET, SOCK_STREAM, 0));
		snt_settimeout(*one, 500 * SNT_MILLISECOND);
		code = snt_connect(*one, &s->addr);
	}
	if (code != -ETIMEDOUT)
		return snt_fail(-EPROTO, "the queue does not fill");
	end(&s->a);
	return snt_socket(&s->a, AF_INET, SOCK_STREAM, 0);
}

static int closed_while_connecting(struct stage *s)
{
	SNT_TRY(full_listener(s));
	SNT_TRY(start(s, 0, do_connect, s->a));
	end(&s->a);
	SNT_TRY(finish(s));
	say_code(s, "connect", s->calls[0].result);
	return 0;
}

static int canceled_while_connecting(struct stage *s)
{
	SNT_TRY(full_listener(s));
	SNT_TRY(start(s, 0, do_connect, s->a));
	snt_group_cancel(s->group);
	SNT_TRY(finish(s));
	say_code(s, "connect", s->calls[0].result);
	say_peername(s, s->a);
	snt_settimeout(s->a, SNT_NOWAIT);
	say_send(s, s->a, "hello");
	say_recv(s, s->a);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int twice_while_connecting(struct stage *s)
{
	SNT_TRY(full_listener(s));
	SNT_TRY(start(s, 0, do_connect, s->a));
	say_code(s, "second connect", snt_connect(s->a, &s->addr));
	snt_group_cancel(s->group);
	return finish(s);
}

static int not_to_wait(struct stage *s)
{
	SNT_TRY(full_listener(s));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_error(s, s->a);
	return 0;
}

static int not_to_wait_then_done(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	snt_settimeout(s->a, 0);
	say_code(s, "wait_writable", snt_wait_writable(s->a));
	say_error(s, s->a);
	say_send(s, s->a, "hello");
	SNT_TRY(snt_accept(s->server, &s->b));
	say_recv(s, s->b);
	return 0;
}

static int not_to_wait_then_refused(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	snt_settimeout(s->a, SNT_NOWAIT);
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	snt_settimeout(s->a, 0);
	say_code(s, "wait_writable", snt_wait_writable(s->a));
	say_error(s, s->a);
	say_error(s, s->a);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "connect", "closed while it waits", closed_while_connecting },
	{ "connect", "canceled while it waits", canceled_while_connecting },
	{ "connect", "another connect waits", twice_while_connecting },
	{ "connect", "not to wait, listener is full", not_to_wait },
	{ "connect", "not to wait, then waited for", not_to_wait_then_done },
	{ "connect", "not to wait, then refused", not_to_wait_then_refused },
};

FIDELITY_SUBJECT(connect_waiting, rows);
