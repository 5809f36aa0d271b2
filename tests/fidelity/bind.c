/* SPDX-License-Identifier: MIT */
/* Names taken: who may have an address that somebody has, or had. */
#include "fidelity.h"

#include <sennit/options.h>

/* A second socket of that kind, bound to text with the port of s->addr. */
static int bind_beside(struct stage *s, int type, const char *text)
{
	struct snt_addr addr = literal(text);

	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	end(&s->b);
	SNT_TRY(snt_socket(&s->b, addr.sa.any.sa_family, type, 0));
	return say_code(s, "bind", snt_bind(s->b, &addr)) < 0 ? 0 : 1;
}

static int beside(struct stage *s, int type, const char *first,
		  const char *second)
{
	SNT_TRY(bound_to(&s->a, type, first, &s->addr));
	return bind_beside(s, type, second);
}

static int taken(struct stage *s)
{
	return beside(s, SOCK_STREAM, "127.0.0.1:0", "127.0.0.1:0");
}

static int taken_by_listener(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	return bind_beside(s, SOCK_STREAM, "127.0.0.1:0");
}

static int taken_by_connection(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	end(&s->server);
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->c, &s->addr));
	return 0;
}

static int taken_by_wildcard(struct stage *s)
{
	return beside(s, SOCK_STREAM, "0.0.0.0:0", "127.0.0.1:0");
}

static int wildcard_over_taken(struct stage *s)
{
	return beside(s, SOCK_STREAM, "127.0.0.1:0", "0.0.0.0:0");
}

static int other_address(struct stage *s)
{
	return beside(s, SOCK_STREAM, "127.0.0.1:0", "127.0.0.2:0");
}

static int other_family(struct stage *s)
{
	return beside(s, SOCK_STREAM, "127.0.0.1:0", "[::1]:0");
}

static int v6_wildcard_over_v4(struct stage *s)
{
	return beside(s, SOCK_STREAM, "127.0.0.1:0", "[::]:0");
}

static int v4_beside_v6_wildcard(struct stage *s)
{
	return beside(s, SOCK_STREAM, "[::]:0", "0.0.0.0:0");
}

static int v4_beside_v6only_wildcard(struct stage *s)
{
	const struct snt_addr any = literal("[::]:0");

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_set_v6only(s->a, true));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	return bind_beside(s, SOCK_STREAM, "0.0.0.0:0");
}

static int other_protocol(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	return bind_beside(s, SOCK_DGRAM, "127.0.0.1:0");
}

static int taken_datagram(struct stage *s)
{
	return beside(s, SOCK_DGRAM, "127.0.0.1:0", "127.0.0.1:0");
}

static int taken_datagram_wildcard(struct stage *s)
{
	return beside(s, SOCK_DGRAM, "0.0.0.0:0", "127.0.0.1:0");
}

static int twice(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	say_code(s, "same again", snt_bind(s->a, &s->addr));
	say_code(s, "another", snt_bind(s->a, &any));
	return 0;
}

static int twice_datagram(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(bound_to(&s->a, SOCK_DGRAM, "127.0.0.1:0", &s->addr));
	say_code(s, "another", snt_bind(s->a, &any));
	return 0;
}

static int connected(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(tcp_pair(s));
	say_code(s, "bind", snt_bind(s->a, &any));
	return 0;
}

static int foreign(struct stage *s)
{
	const struct snt_addr other = literal("192.0.2.1:0");
	const struct snt_addr other6 = literal("[2001:db8::1]:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "IPv4", snt_bind(s->a, &other));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "IPv6", snt_bind(s->b, &other6));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_code(s, "datagrams", snt_bind(s->c, &other));
	return 0;
}

static int wrong_family(struct stage *s)
{
	const struct snt_addr v4 = literal("127.0.0.1:0");
	const struct snt_addr v6 = literal("[::1]:0");
	const struct snt_addr name = unix_abstract();

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "IPv6 on IPv4", snt_bind(s->a, &v6));
	say_code(s, "Unix on IPv4", snt_bind(s->a, &name));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "IPv4 on IPv6", snt_bind(s->b, &v4));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "IPv4 on Unix", snt_bind(s->c, &v4));
	return 0;
}

static int mapped(struct stage *s)
{
	const struct snt_addr v4 = literal("[::ffff:127.0.0.1]:0");

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "bind", snt_bind(s->a, &v4));
	say_sockname(s, s->a);
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_set_v6only(s->b, true));
	say_code(s, "with IPV6_V6ONLY", snt_bind(s->b, &v4));
	return 0;
}

static int broadcast_address(struct stage *s)
{
	const struct snt_addr all = literal("127.255.255.255:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	say_code(s, "datagrams", snt_bind(s->a, &all));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	say_code(s, "stream", snt_bind(s->b, &all));
	return 0;
}

static int too_short(struct stage *s)
{
	struct snt_addr addr = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	addr.size = 4;
	say_code(s, "bind", snt_bind(s->a, &addr));
	return 0;
}

static int closed(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	end(&s->a);
	return bind_beside(s, SOCK_STREAM, "127.0.0.1:0");
}

static int any_port(struct stage *s)
{
	struct snt_addr other;

	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	SNT_TRY(bound_to(&s->b, SOCK_STREAM, "127.0.0.1:0", &other));
	say_sockname(s, s->a);
	say(s, "%s",
	    snt_addr_equal(&s->addr, &other) ? "one port for both"
					     : "a port each");
	return 0;
}

static int server_taken(struct stage *s)
{
	char text[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&s->server, "127.0.0.1:0", NULL));
	SNT_TRY(snt_getsockname_text(s->server, text, sizeof text));
	say_code(s, "create_server", snt_create_server(&s->a, text, NULL));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "bind", "port 0", any_port },
	{ "bind", "taken by a bound socket", taken },
	{ "bind", "taken by a listener", taken_by_listener },
	{ "bind", "taken by a connection", taken_by_connection },
	{ "bind", "taken by a wildcard", taken_by_wildcard },
	{ "bind", "wildcard over a taken address", wildcard_over_taken },
	{ "bind", "port taken on another address", other_address },
	{ "bind", "port taken in the other family", other_family },
	{ "bind", "IPv6 wildcard over a taken IPv4 address",
	  v6_wildcard_over_v4 },
	{ "bind", "IPv4 wildcard beside the IPv6 one", v4_beside_v6_wildcard },
	{ "bind", "IPv4 wildcard beside one for IPv6 only",
	  v4_beside_v6only_wildcard },
	{ "bind", "port taken by the other protocol", other_protocol },
	{ "bind", "datagrams, taken", taken_datagram },
	{ "bind", "datagrams, taken by a wildcard", taken_datagram_wildcard },
	{ "bind", "bound already", twice },
	{ "bind", "datagrams, bound already", twice_datagram },
	{ "bind", "connected", connected },
	{ "bind", "address of nobody here", foreign },
	{ "bind", "address of another family", wrong_family },
	{ "bind", "IPv4 address as an IPv6 one", mapped },
	{ "bind", "broadcast address", broadcast_address },
	{ "bind", "address too short", too_short },
	{ "bind", "closed before", closed },
	{ "create_server", "taken by a server", server_taken },
};

FIDELITY_SUBJECT(bind, rows);
