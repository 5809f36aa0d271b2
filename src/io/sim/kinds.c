/* SPDX-License-Identifier: MIT */
/*
 * The kinds of sockets that there are, and what Linux says of those that are
 * not. Of what a superuser may have there, raw sockets and packet sockets are
 * not here.
 */
#include "io/sim/calls.h"

#include <netinet/in.h>

/* Of Linux: the first number that is none. */
#define FAMILIES 46
#define TYPES (SOCK_PACKET + 1)
#define PROTOCOLS 263

#define TYPE_MASK 0xf

/* A number that no kind of socket has, wherever it is. */
static int check(int family, int *type)
{
	if (*type & ~(TYPE_MASK | SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	*type &= TYPE_MASK;
	if (family < 0 || family >= FAMILIES)
		return -EAFNOSUPPORT;
	return *type < TYPES ? 0 : -EINVAL;
}

/* The one protocol of its type, by its number or by none. */
static int check_protocol(int protocol, int only)
{
	if (protocol < 0 || protocol >= PROTOCOLS)
		return -EINVAL;
	return protocol == 0 || protocol == only ? 0 : -EPROTONOSUPPORT;
}

static int make_inet(struct snt__sim_file **made, int family, int type,
		     int protocol)
{
	int code = check_protocol(protocol, type == SOCK_STREAM ? IPPROTO_TCP
								: IPPROTO_UDP);

	if (code == -EINVAL)
		return code;
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (code < 0)
		return code;
	return type == SOCK_STREAM ? snt__sim_tcp_socket(made, family)
				   : snt__sim_udp_socket(made, family);
}

int snt__sim_make(struct snt__sim_file **made, int family, int type,
		  int protocol)
{
	int code = check(family, &type);

	if (code < 0)
		return code;
	switch (family) {
	case AF_UNIX:
		return protocol == 0 || protocol == PF_UNIX
			       ? snt__sim_unix_socket(made, type)
			       : -EPROTONOSUPPORT;
	case AF_INET:
	case AF_INET6:
		return make_inet(made, family, type, protocol);
	default:
		return -EAFNOSUPPORT;
	}
}

int snt__sim_make_pair(struct snt__sim_file *made[2], int type)
{
	int code = check(AF_UNIX, &type);

	return code < 0 ? code : snt__sim_unix_pair(type, made);
}
