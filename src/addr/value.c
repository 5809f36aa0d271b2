/* SPDX-License-Identifier: MIT */
/*
 * The address as a value: its family, port and equality. Nothing here knows
 * the text forms. Every function takes any bytes in the struct and reads none
 * outside it.
 */
#include "addr/value.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <string.h>

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

int snt__addr_family(const struct snt_addr *addr)
{
	if (addr->size < PATH_OFFSET)
		return AF_UNSPEC;
	return addr->sa.any.sa_family;
}

bool snt__addr_is(const struct snt_addr *addr, int family)
{
	if (snt__addr_family(addr) != family)
		return false;
	switch (family) {
	case AF_INET:
		return addr->size >= sizeof addr->sa.in;
	case AF_INET6:
		return addr->size >= sizeof addr->sa.in6;
	default:
		return true;
	}
}

size_t snt__addr_unix_name(const struct snt_addr *addr, const char **name)
{
	size_t room = addr->size - PATH_OFFSET;

	/* The kernel reports 111 bytes for a path of 108, which has no NUL. */
	if (room > sizeof addr->sa.un.sun_path)
		room = sizeof addr->sa.un.sun_path;
	*name = addr->sa.un.sun_path;
	if (room > 0 && addr->sa.un.sun_path[0] != '\0')
		return strnlen(addr->sa.un.sun_path, room);
	return room;
}

uint16_t snt_addr_port(const struct snt_addr *addr)
{
	if (snt__addr_is(addr, AF_INET))
		return ntohs(addr->sa.in.sin_port);
	if (snt__addr_is(addr, AF_INET6))
		return ntohs(addr->sa.in6.sin6_port);
	return 0;
}

int snt_addr_set_port(struct snt_addr *addr, uint16_t port)
{
	if (snt__addr_is(addr, AF_INET)) {
		addr->sa.in.sin_port = htons(port);
		return 0;
	}
	if (snt__addr_is(addr, AF_INET6)) {
		addr->sa.in6.sin6_port = htons(port);
		return 0;
	}
	return snt__fail(-EAFNOSUPPORT, "set port of an address of family %d",
			 snt__addr_family(addr));
}

static bool same_unix_name(const struct snt_addr *a, const struct snt_addr *b)
{
	const char *a_name, *b_name;
	size_t length = snt__addr_unix_name(a, &a_name);

	return snt__addr_unix_name(b, &b_name) == length &&
	       memcmp(a_name, b_name, length) == 0;
}

/* Families we do not know, and addresses cut short. */
static bool same_bytes(const struct snt_addr *a, const struct snt_addr *b)
{
	size_t size = a->size;

	if (size > sizeof a->sa)
		size = sizeof a->sa;
	return a->size == b->size && memcmp(&a->sa, &b->sa, size) == 0;
}

bool snt_addr_equal(const struct snt_addr *a, const struct snt_addr *b)
{
	int family = snt__addr_family(a);

	if (snt__addr_family(b) != family)
		return false;
	if (!snt__addr_is(a, family) || !snt__addr_is(b, family))
		return same_bytes(a, b);
	switch (family) {
	case AF_UNSPEC:
		return true;
	case AF_INET:
		return a->sa.in.sin_port == b->sa.in.sin_port &&
		       a->sa.in.sin_addr.s_addr == b->sa.in.sin_addr.s_addr;
	case AF_INET6:
		return a->sa.in6.sin6_port == b->sa.in6.sin6_port &&
		       a->sa.in6.sin6_scope_id == b->sa.in6.sin6_scope_id &&
		       memcmp(&a->sa.in6.sin6_addr, &b->sa.in6.sin6_addr,
			      sizeof a->sa.in6.sin6_addr) == 0;
	case AF_UNIX:
		return same_unix_name(a, b);
	default:
		return same_bytes(a, b);
	}
}
