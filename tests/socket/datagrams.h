/* SPDX-License-Identifier: MIT */
/* What the tests of datagrams share. */
#ifndef TESTS_SOCKET_DATAGRAMS_H
#define TESTS_SOCKET_DATAGRAMS_H

#include "net.h"

#include <sennit/datagram.h>

/* From whom, and to whom. */
static const struct {
	const char *from, *to;
} ways[] = {
	{ "127.0.0.1:0", "127.0.0.1:0" },
	{ "[::1]:0", "[::1]:0" },
	/* IPv4 on a socket for both. */
	{ "127.0.0.1:0", ":0" },
	{ ":0", "127.0.0.1:0" },
};

#define EACH_WAY(way) for (size_t way = 0; way < COUNT(ways); way++)

MAYBE static struct snt_socket *udp_on(const char *text)
{
	struct snt_server_opts opts = { .type = SOCK_DGRAM };
	struct snt_socket *socket;

	OK(snt_create_server(&socket, text, &opts));
	return socket;
}

/* How one that is bound to every address is reached over IPv4. */
MAYBE static struct snt_addr reach(const struct snt_socket *socket, int family)
{
	struct snt_addr addr = name_of(socket), here;

	if (addr.sa.any.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_UNSPECIFIED(&addr.sa.in6.sin6_addr))
		return addr;
	here = parsed(family == AF_INET ? "127.0.0.1:0" : "[::1]:0");
	OK(snt_addr_set_port(&here, snt_addr_port(&addr)));
	return here;
}

/* Both ends of a way, and where the second is. */
struct ends {
	struct snt_socket *from, *to;
	struct snt_addr addr;
};

MAYBE static struct ends ends_of(size_t way)
{
	struct ends ends = { .from = udp_on(ways[way].from),
			     .to = udp_on(ways[way].to) };

	ends.addr = reach(ends.to, AF_INET);
	return ends;
}

MAYBE static void ends_close(struct ends *ends)
{
	snt_close(ends->from);
	snt_close(ends->to);
}

MAYBE static struct snt_socket *unix_on(struct snt_addr *name)
{
	struct snt_addr automatic = { .size = sizeof(sa_family_t) };
	struct snt_socket *socket;

	automatic.sa.any.sa_family = AF_UNIX;
	OK(snt_socket(&socket, AF_UNIX, SOCK_DGRAM, 0));
	OK(snt_bind(socket, &automatic));
	*name = name_of(socket);
	return socket;
}

#endif
