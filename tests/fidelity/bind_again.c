/* SPDX-License-Identifier: MIT */
/* Names that more than one may have: SO_REUSEADDR, SO_REUSEPORT, TIME_WAIT. */
#include "fidelity.h"

#include <sennit/options.h>

static int reuse(struct stage *s, int type, bool first, bool second)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, type, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, first));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->b, AF_INET, type, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, second));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	return 0;
}

static int reuse_both(struct stage *s)
{
	return reuse(s, SOCK_STREAM, true, true);
}

static int reuse_second(struct stage *s)
{
	return reuse(s, SOCK_STREAM, false, true);
}

static int reuse_first(struct stage *s)
{
	return reuse(s, SOCK_STREAM, true, false);
}

static int reuse_datagrams(struct stage *s)
{
	return reuse(s, SOCK_DGRAM, true, true);
}

static int reuse_listener(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->server, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->server, true));
	SNT_TRY(snt_bind(s->server, &any));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_getsockname(s->server, &s->addr));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	return 0;
}

static int share_port(struct stage *s, bool first, bool second)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseport(s->a, first));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_listen(s->a, 0));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseport(s->b, second));
	if (say_code(s, "bind", snt_bind(s->b, &s->addr)) == 0)
		say_code(s, "listen", snt_listen(s->b, 0));
	return 0;
}

static int share_both(struct stage *s)
{
	return share_port(s, true, true);
}

static int share_second(struct stage *s)
{
	return share_port(s, false, true);
}

static int share_first(struct stage *s)
{
	return share_port(s, true, false);
}

/* The server's end closes first, so its port is the one that waits. */
static int time_wait(struct stage *s, bool before, bool after)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->server, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->server, before));
	SNT_TRY(snt_bind(s->server, &any));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_getsockname(s->server, &s->addr));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_accept(s->server, &s->b));
	end(&s->server);
	end(&s->b);
	say_recv(s, s->a);
	end(&s->a);
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->c, after));
	if (say_code(s, "bind", snt_bind(s->c, &s->addr)) == 0)
		say_code(s, "listen", snt_listen(s->c, 0));
	return 0;
}

static int time_wait_plain(struct stage *s)
{
	return time_wait(s, false, false);
}

static int time_wait_reuse(struct stage *s)
{
	return time_wait(s, true, true);
}

static int time_wait_reuse_after(struct stage *s)
{
	return time_wait(s, false, true);
}

/* The client's end closes first; the server's port is free. */
static int client_time_wait(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	end(&s->server);
	end(&s->a);
	say_recv(s, s->b);
	end(&s->b);
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->c, &s->addr));
	return 0;
}

static int server_time_wait(struct stage *s)
{
	char text[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&s->server, "127.0.0.1:0", NULL));
	SNT_TRY(snt_getsockname(s->server, &s->addr));
	SNT_TRY(snt_getsockname_text(s->server, text, sizeof text));
	SNT_TRY(connect_to(s, &s->a));
	SNT_TRY(snt_accept(s->server, &s->b));
	end(&s->server);
	end(&s->b);
	say_recv(s, s->a);
	say_code(s, "create_server", snt_create_server(&s->server, text, NULL));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "bind", "SO_REUSEADDR on both, nobody listens", reuse_both },
	{ "bind", "SO_REUSEADDR on the second only", reuse_second },
	{ "bind", "SO_REUSEADDR on the first only", reuse_first },
	{ "bind", "SO_REUSEADDR on both, the first listens", reuse_listener },
	{ "bind", "datagrams, SO_REUSEADDR on both", reuse_datagrams },
	{ "bind", "SO_REUSEPORT on both", share_both },
	{ "bind", "SO_REUSEPORT on the second only", share_second },
	{ "bind", "SO_REUSEPORT on the first only", share_first },
	{ "bind", "port in TIME_WAIT", time_wait_plain },
	{ "bind", "port in TIME_WAIT, SO_REUSEADDR", time_wait_reuse },
	{ "bind", "port in TIME_WAIT, SO_REUSEADDR on the second only",
	  time_wait_reuse_after },
	{ "bind", "client's port in TIME_WAIT", client_time_wait },
	{ "create_server", "port in TIME_WAIT", server_time_wait },
};

FIDELITY_SUBJECT(bind_again, rows);
