/* SPDX-License-Identifier: MIT */
/* Addresses that few use: broadcast, multicast, with and without scopes. */
#include "fidelity.h"

#include <sennit/options.h>

/* What a socket of that type says of it. */
static void say_bind(struct stage *s, int type, const char *text)
{
	const struct snt_addr addr = literal(text);

	end(&s->d);
	if (snt_socket(&s->d, addr.sa.any.sa_family, type, 0) == 0)
		say_code(s, text, snt_bind(s->d, &addr));
}

static void say_connect(struct stage *s, int type, const char *text)
{
	const struct snt_addr addr = literal(text);

	end(&s->d);
	if (snt_socket(&s->d, addr.sa.any.sa_family, type, 0) == 0)
		say_code(s, text, snt_connect(s->d, &addr));
}

static int bind_datagrams(struct stage *s)
{
	say_bind(s, SOCK_DGRAM, "224.0.0.5:0");
	say_bind(s, SOCK_DGRAM, "255.255.255.255:0");
	say_bind(s, SOCK_DGRAM, "127.1.2.3:0");
	say_bind(s, SOCK_DGRAM, "[ff02::5%lo]:0");
	say_bind(s, SOCK_DGRAM, "[ff02::5]:0");
	say_bind(s, SOCK_DGRAM, "[fe80::1]:0");
	say_bind(s, SOCK_DGRAM, "[fe80::1%lo]:0");
	say_bind(s, SOCK_DGRAM, "[::ffff:0.0.0.0]:0");
	say_bind(s, SOCK_DGRAM, "[::ffff:192.0.2.1]:0");
	say_bind(s, SOCK_DGRAM, "0.0.0.1:0");
	return 0;
}

static int bind_streams(struct stage *s)
{
	say_bind(s, SOCK_STREAM, "224.0.0.5:0");
	say_bind(s, SOCK_STREAM, "255.255.255.255:0");
	say_bind(s, SOCK_STREAM, "127.1.2.3:0");
	say_bind(s, SOCK_STREAM, "[ff02::5%lo]:0");
	say_bind(s, SOCK_STREAM, "[fe80::1]:0");
	say_bind(s, SOCK_STREAM, "[fe80::1%lo]:0");
	say_bind(s, SOCK_STREAM, "[::ffff:0.0.0.0]:0");
	say_bind(s, SOCK_STREAM, "0.0.0.1:0");
	return 0;
}

static int connect_datagrams(struct stage *s)
{
	say_connect(s, SOCK_DGRAM, "255.255.255.255:9");
	say_connect(s, SOCK_DGRAM, "224.0.0.5:9");
	say_connect(s, SOCK_DGRAM, "[fe80::1]:9");
	say_connect(s, SOCK_DGRAM, "[fd00::77]:9");
	say_connect(s, SOCK_DGRAM, "0.0.0.0:9");
	say_connect(s, SOCK_DGRAM, "[::]:9");
	return 0;
}

static int connect_streams(struct stage *s)
{
	say_connect(s, SOCK_STREAM, "255.255.255.255:9");
	say_connect(s, SOCK_STREAM, "127.255.255.255:9");
	say_connect(s, SOCK_STREAM, "[ff02::5%lo]:9");
	say_connect(s, SOCK_STREAM, "[fe80::1]:9");
	say_connect(s, SOCK_STREAM, "[fd00::77]:9");
	say_connect(s, SOCK_STREAM, "[::ffff:192.0.2.1]:9");
	return 0;
}

static int any_mapped(struct stage *s)
{
	struct snt_addr addr = literal("[::ffff:0.0.0.0]:0");

	SNT_TRY(listen_on(s, "127.0.0.1:0", 0));
	SNT_TRY(snt_addr_set_port(&addr, snt_addr_port(&s->addr)));
	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_STREAM, 0));
	say_code(s, "connect", snt_connect(s->a, &addr));
	say_peername(s, s->a);
	say_sockname(s, s->a);
	return 0;
}

/* The families may be mixed, but an address that is one's own may not. */
static int bound_to_the_other(struct stage *s)
{
	const struct snt_addr six = literal("[::1]:0");
	const struct snt_addr mapped = literal("[::ffff:127.0.0.1]:0");
	const struct snt_addr four_at = literal("[::ffff:127.0.0.1]:9");
	const struct snt_addr six_at = literal("[::1]:9");

	SNT_TRY(snt_socket(&s->a, AF_INET6, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->a, &six));
	say_code(s, "IPv4 from ::1", snt_connect(s->a, &four_at));
	say_code(s, "sendto", snt_sendto(s->a, "x", 1, &four_at));
	SNT_TRY(snt_socket(&s->b, AF_INET6, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(s->b, &mapped));
	say_code(s, "IPv6 from mapped", snt_connect(s->b, &six_at));
	say_code(s, "sendto", snt_sendto(s->b, "x", 1, &six_at));
	SNT_TRY(snt_socket(&s->c, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->c, &mapped));
	say_code(s, "stream", snt_connect(s->c, &six_at));
	SNT_TRY(snt_socket(&s->d, AF_INET6, SOCK_STREAM, 0));
	SNT_TRY(snt_bind(s->d, &six));
	say_code(s, "stream, IPv4 from ::1", snt_connect(s->d, &four_at));
	return 0;
}

/* A server on the wildcard answers from the address it would choose itself. */
static int answered_from_another(struct stage *s)
{
	struct snt_addr from;

	SNT_TRY(bound_to(&s->b, SOCK_DGRAM, "0.0.0.0:0", &s->addr));
	s->addr.sa.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_connect(s->a, &s->addr));
	say_sockname(s, s->a);
	say_send(s, s->a, "question");
	say_recvfrom(s, s->b, &from);
	say_addr(s, "from", &from);
	say_sendto(s, s->b, "answer", &from);
	say_recvfrom_now(s, s->a);
	return 0;
}

static int own_datagrams(struct stage *s)
{
	SNT_TRY(bound_to(&s->a, SOCK_DGRAM, "127.0.0.1:0", &s->addr));
	say_code(s, "connect", snt_connect(s->a, &s->addr));
	say_send(s, s->a, "to me");
	say_recvfrom(s, s->a, NULL);
	end(&s->a);
	return 0;
}

static int shared_port(struct stage *s)
{
	const struct snt_addr any = literal("127.0.0.1:0");

	SNT_TRY(snt_socket(&s->a, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseport(s->a, true));
	SNT_TRY(snt_bind(s->a, &any));
	SNT_TRY(snt_getsockname(s->a, &s->addr));
	SNT_TRY(snt_socket(&s->b, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_reuseport(s->b, true));
	say_code(s, "bind", snt_bind(s->b, &s->addr));
	SNT_TRY(snt_socket(&s->c, AF_INET, SOCK_DGRAM, 0));
	say_sendto(s, s->c, "hello", &s->addr);
	end(&s->a);
	say_sendto(s, s->c, "after", &s->addr);
	SNT_TRY(snt_wait_readable(s->b));
	return 0;
}

static int device(struct stage *s)
{
	SNT_TRY(two_on(s, "127.0.0.1:0"));
	say_code(s, "none", snt_set_device(s->b, "nosuch0"));
	say_code(s, "lo", snt_set_device(s->b, "lo"));
	say_sendto(s, s->a, "hello", &s->addr);
	say_recvfrom(s, s->b, NULL);
	say_code(s, "any", snt_set_device(s->b, NULL));
	return 0;
}

static const struct fidelity_row rows[] = {
	{ "bind", "odd addresses, datagrams", bind_datagrams },
	{ "bind", "odd addresses, streams", bind_streams },
	{ "connect", "odd addresses, datagrams", connect_datagrams },
	{ "connect", "odd addresses, streams", connect_streams },
	{ "connect", "to 0.0.0.0 as IPv6", any_mapped },
	{ "connect", "bound to an address of the other family",
	  bound_to_the_other },
	{ "recv", "datagrams, answer comes from another address",
	  answered_from_another },
	{ "connect", "datagrams, to its own address", own_datagrams },
	{ "bind", "datagrams, SO_REUSEPORT on both", shared_port },
	{ "set_device", "datagrams", device },
};

FIDELITY_SUBJECT(odd_addresses, rows);
