/* SPDX-License-Identifier: MIT */
/* Unix sockets: paths, names without one, and who is let in by them. */
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

static int connect_no_path(struct stage *s)
{
	s->addr = unix_path(s, "nothing");
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int connect_no_folder(struct stage *s)
{
	s->addr = unix_path(s, "nowhere/nothing");
	say_code(s, "connect", connect_to(s, &s->a));
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	return 0;
}

static int connect_no_name(struct stage *s)
{
	s->addr = unix_abstract();
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int connect_left_path(struct stage *s)
{
	SNT_TRY(pair_at(s, unix_path(s, "left")));
	end(&s->server);
	say_code(s, "connect", connect_to(s, &s->c));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int connect_not_listening(struct stage *s)
{
	s->addr = unix_path(s, "bound");
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->b, &s->addr));
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int connect_other_type(struct stage *s)
{
	s->addr = unix_path(s, "datagrams");
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->b, &s->addr));
	say_code(s, "stream to datagrams", connect_to(s, &s->a));
	return 0;
}

static int connect_refused_then_taken(struct stage *s)
{
	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int bind_path_taken(struct stage *s)
{
	s->addr = unix_path(s, "taken");
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->a, &s->addr));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	end(&s->a);
	say_code(s, "bind after close", snt_bind(s->b, &s->addr));
	return 0;
}

static int bind_name_taken(struct stage *s)
{
	s->addr = unix_abstract();
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_socket(&s->b, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->a, &s->addr));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	end(&s->a);
	say_code(s, "bind after close", snt_bind(s->b, &s->addr));
	return 0;
}

static int bind_twice(struct stage *s)
{
	const struct snt_addr other = unix_path(s, "other");

	s->addr = unix_path(s, "first");
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->a, &s->addr));
	say_code(s, "same again", snt_bind(s->a, &s->addr));
	say_code(s, "another", snt_bind(s->a, &other));
	say_sockname(s, s->a);
	return 0;
}

static int bind_any_name(struct stage *s)
{
	struct snt_addr any = { .size = sizeof(sa_family_t) };

	any.sa.any.sa_family = AF_UNIX;
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	say(s, "a name of %d bytes",
	    (int)s->addr.size - (int)sizeof(sa_family_t));
	SNT_TRY(snt_listen(s->a, 0));
	say_code(s, "connect", connect_to(s, &s->b));
	return 0;
}

static int server_replaces_left_path(struct stage *s)
{
	char text[SNT_ADDR_TEXT];

	SNT_TRY(pair_at(s, unix_path(s, "left")));
	snt_addr_format(&s->addr, text, sizeof text);
	say_code(s, "create_server", snt_create_server(&s->c, text, NULL));
	end(&s->server);
	say_code(s, "after its close", snt_create_server(&s->c, text, NULL));
	say_code(s, "connect", connect_to(s, &s->d));
	return 0;
}

static int server_removes_its_path(struct stage *s)
{
	char text[SNT_ADDR_TEXT];

	s->addr = unix_path(s, "mine");
	snt_addr_format(&s->addr, text, sizeof text);
	say_code(s, "create_server", snt_create_server(&s->server, text, NULL));
	end(&s->server);
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int listen_not_bound(struct stage *s)
{
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "listen", snt_listen(s->a, 0));
	return 0;
}

static int names(struct stage *s)
{
	SNT_TRY(pair_at(s, unix_path(s, "named")));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	say_sockname(s, s->b);
	say_peername(s, s->b);
	return 0;
}

static int names_abstract(struct stage *s)
{
	SNT_TRY(pair_at(s, unix_abstract()));
	say_peername(s, s->a);
	say_sockname(s, s->b);
	return 0;
}

static int names_of_pair(struct stage *s)
{
	SNT_TRY(pair(s));
	say_sockname(s, s->a);
	say_peername(s, s->a);
	end(&s->b);
	say_peername(s, s->a);
	return 0;
}

static int names_bound_client(struct stage *s)
{
	const struct snt_addr mine = unix_path(s, "client");

	s->addr = unix_path(s, "server");
	SNT_TRY(snt_socket(&s->server, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->server, &s->addr));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_socket(&s->a, AF_UNIX, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->a, &mine));
	SNT_TRY(snt_connect(s->a, &s->addr));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_peername(s, s->b);
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "connect", "Unix, no such path", connect_no_path },
	{ "connect", "Unix, no such folder", connect_no_folder },
	{ "connect", "Unix, no such abstract name", connect_no_name },
	{ "connect", "Unix, path left behind", connect_left_path },
	{ "connect", "Unix, bound, not listening", connect_not_listening },
	{ "connect", "Unix, another type's path", connect_other_type },
	{ "connect", "Unix, refused before", connect_refused_then_taken },
	{ "bind", "Unix, path taken", bind_path_taken },
	{ "bind", "Unix, abstract name taken", bind_name_taken },
	{ "bind", "Unix, bound already", bind_twice },
	{ "bind", "Unix, any name", bind_any_name },
	{ "create_server", "Unix, path left behind",
	  server_replaces_left_path },
	{ "close", "Unix, of a server with a path", server_removes_its_path },
	{ "listen", "Unix, not bound", listen_not_bound },
	{ "getsockname", "Unix, by path", names },
	{ "getsockname", "Unix, abstract", names_abstract },
	{ "getsockname", "Unix, a pair", names_of_pair },
	{ "getpeername", "Unix, client is bound", names_bound_client },
};

FIDELITY_SUBJECT(unix_names, rows);
