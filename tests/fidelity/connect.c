/* SPDX-License-Identifier: MIT */
/* Connections begun: where nobody is, twice, to oneself, across families. */
#include "fidelity.h"

#include <sennit/options.h>
#include <stdio.h>

static int no_listener(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	return 0;
}

static int no_listener_v6(struct stage *s)
{
	SNT_TRY(nobody_at(s, "[::1]:0"));
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int other_address(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	s->addr.sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int refused_then_taken(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	if (say_code(s, "connect", snt_connect(s->a, &s->addr)) < 0)
		return 0;
	SNT_TRY(snt_accept(s->server, &s->b));
	say_send(s, s->a, "hello");
	say_recv(s, s->b);
	return 0;
}

static int after_refused(struct stage *s)
{
	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_error(s, s->a);
	say_recv(s, s->a);
	say_send(s, s->a, "hello");
	say_peername(s, s->a);
	return 0;
}

static int twice(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_send(s, s->a, "still connected");
	say_recv(s, s->b);
	return 0;
}

static int accepted(struct stage *s)
{
	SNT_TRY(tcp_pair(s));
	say_code(s, "connect", snt_connect(s->b, &s->addr));
	return 0;
}

static int listening(struct stage *s)
{
	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	say_code(s, "connect", snt_connect(s->server, &s->addr));
	return 0;
}

static int oneself(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.1:0", &s->addr));
	if (say_code(s, "connect", snt_connect(s->a, &s->addr)) < 0)
		return 0;
	say_send(s, s->a, "echo");
	say_recv(s, s->a);
	SNT_TRY(snt_shutdown(s->a, SHUT_WR));
	say_recv(s, s->a);
	return 0;
}

static int port_zero(struct stage *s)
{
	s->addr = literal("127.0.0.1:0");
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int any_address(struct stage *s)
{
	SNT_TRY(listen_on(s, "0.0.0.0:0", 0));
	say_code(s, "connect", connect_to(s, &s->a));
	say_peername(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

static int any_address_v6(struct stage *s)
{
	SNT_TRY(listen_on(s, "[::]:0", 0));
	say_code(s, "connect", connect_to(s, &s->a));
	say_peername(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

static int wrong_family(struct stage *s)
{
	struct snt_addr v6 = literal("[::1]:1"), name = unix_abstract();
	struct snt_addr v4 = literal("127.0.0.1:1");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "IPv6 by IPv4", snt_connect(s->a, &v6));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "IPv4 by IPv6", snt_connect(s->b, &v4));
	SNT_TRY(snt_socket(&s->c, AF_UNIX, SOCK_STREAM, 0));
	say_code(s, "IPv4 by Unix", snt_connect(s->c, &v4));
	say_code(s, "Unix by IPv4", snt_connect(s->a, &name));
	return 0;
}

static int mapped(struct stage *s)
{
	struct snt_addr addr = literal("[::ffff:127.0.0.1]:0");

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &addr));
	say_peername(s, s->a);
	SNT_TRY(snt_accept(s->server, &s->b));
	say_peername(s, s->b);
	return 0;
}

static int mapped_v6only(struct stage *s)
{
	struct snt_addr addr = literal("[::ffff:127.0.0.1]:0");

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_set_v6only(s->a, true));
	say_code(s, "connect", snt_connect(s->a, &addr));
	return 0;
}

static int dual_stack(struct stage *s)
{
	struct snt_addr addr = literal("127.0.0.1:0");

	SNT_TRY(listen_on(s, "[::]:0", 0));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &addr));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_peername(s, s->b);
	say_sockname(s, s->b);
	return 0;
}

static int v6only_listener(struct stage *s)
{
	const struct snt_addr any = literal("[::]:0");
	struct snt_addr addr = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->server, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_set_v6only(s->server, true));
	SNT_TRY(snt_bind(s->server, &any));
	SNT_TRY(snt_listen(s->server, 0));
	SNT_TRY(snt_getsockname(s->server, &s->addr));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &addr));
	return 0;
}

static int bound(struct stage *s)
{
	struct snt_addr mine;

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(bound_to(&s->a, SOCK_STREAM, "127.0.0.2:0", &mine));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	SNT_TRY(snt_accept(s->server, &s->b));
	say_sockname(s, s->a);
	say_peername(s, s->b);
	return 0;
}

/* Two of one name, to one server. */
static int bound_twice(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");
	struct snt_addr mine;

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->a, true));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, &mine));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_STREAM, 0));
	SNT_TRY(snt_set_reuseaddr(s->b, true));
	SNT_TRY(snt_bind(s->b, &mine));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_code(s, "the same pair", snt_connect(s->b, &s->addr));
	return 0;
}

static int no_route(struct stage *s)
{
	const struct snt_addr far = literal("192.0.2.1:7");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &far));
	say_code(s, "connect", snt_connect(s->a, &far));
	return 0;
}

static int multicast_address(struct stage *s)
{
	s->addr = literal("224.0.0.1:7");
	say_code(s, "connect", connect_to(s, &s->a));
	return 0;
}

static int dissolve(struct stage *s)
{
	struct snt_addr none = { .size = sizeof none.sa.in };

	SNT_TRY(tcp_pair(s));
	say_code(s, "connect to AF_UNSPEC", snt_connect(s->a, &none));
	say_recv(s, s->b);
	say_send(s, s->a, "hello");
	return 0;
}

/* The name of this host, with the address's port. */
static void name_localhost(char *text, size_t size, const struct snt_addr *addr)
{
	snprintf(text, size, "localhost:%u", (unsigned)snt_addr_port(addr));
}

static int by_name(struct stage *s)
{
	char text[64];

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	name_localhost(text, sizeof text, &s->addr);
	/* ::1 comes first, and nobody is there. */
	say_code(s, "create_connection",
		 snt_create_connection(&s->a, text, NULL));
	say_peername(s, s->a);
	return 0;
}

static int by_name_refused(struct stage *s)
{
	char text[64];

	SNT_TRY(nobody_at(s, "127.0.0.1:0"));
	name_localhost(text, sizeof text, &s->addr);
	say_code(s, "create_connection",
		 snt_create_connection(&s->a, text, NULL));
	return 0;
}

static int server_on_both(struct stage *s)
{
	struct snt_addr addrs[4];
	int count;

	SNT_TRY(snt_create_server(&s->server, "localhost:0", NULL));
	SNT_TRY(count = snt_getsocknames(s->server, addrs, 4));
	say(s, "%d addresses", count);
	for (int i = 0; i < count; i++) {
		s->addr = addrs[i];
		say_code(s, "connect", connect_to(s, &s->a));
		SNT_TRY(snt_accept(s->server, &s->b));
		say_peername(s, s->b);
		end(&s->a);
		end(&s->b);
	}
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "connect", "nobody listens", no_listener },
	{ "connect", "nobody listens, IPv6", no_listener_v6 },
	{ "connect", "listener is on another address", other_address },
	{ "connect", "refused before", refused_then_taken },
	{ "recv, send", "connect was refused", after_refused },
	{ "connect", "connected", twice },
	{ "connect", "accepted", accepted },
	{ "connect", "listening", listening },
	{ "connect", "to its own address", oneself },
	{ "connect", "to port 0", port_zero },
	{ "connect", "to 0.0.0.0", any_address },
	{ "connect", "to ::", any_address_v6 },
	{ "connect", "to another family", wrong_family },
	{ "connect", "to IPv4 as IPv6", mapped },
	{ "connect", "to IPv4 as IPv6, IPV6_V6ONLY", mapped_v6only },
	{ "connect", "IPv4 to a listener for both families", dual_stack },
	{ "connect", "IPv4 to a listener for IPv6 only", v6only_listener },
	{ "connect", "bound to an address", bound },
	{ "connect", "two bound to one address, to one server", bound_twice },
	{ "connect", "no route", no_route },
	{ "connect", "to a multicast address", multicast_address },
	{ "connect", "connected, to AF_UNSPEC", dissolve },
	{ "create_connection", "first address refuses", by_name },
	{ "create_connection", "every address refuses", by_name_refused },
	{ "create_server", "a name with two addresses", server_on_both },
};

FIDELITY_SUBJECT(connect, rows);
