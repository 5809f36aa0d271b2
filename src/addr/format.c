/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text, for people and logs, and such that reading the text gives
 * the same address again. Excepted, since no text form names them: AF_UNSPEC,
 * families we do not know, unnamed Unix sockets, an abstract name that is
 * empty, and a path that fills sun_path to its last byte.
 *
 * IPv6 is written here and not by inet_ntop(3), whose libcs differ: glibc
 * writes ::1:2 as ::0.1.0.2 and musl shortens a single zero group, both
 * against RFC 5952. A zone is a number: its name may change or vanish.
 */
#include "addr/text.h"
#include "addr/value.h"

#include <arpa/inet.h>

#define GROUPS 8

static void put_ipv4(struct snt__text *text, const unsigned char bytes[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			snt__text_char(text, '.');
		snt__text_number(text, bytes[i], 10);
	}
}

/* The longest run of at least two zero groups, the first of equals; returns
 * its length, or 0 and a start that no group has. */
static int zero_run(const uint16_t groups[GROUPS], int *start)
{
	int longest = 1;

	*start = GROUPS;
	for (int i = 0; i < GROUPS; i++) {
		int end = i;

		while (end < GROUPS && groups[end] == 0)
			end++;
		if (end - i > longest) {
			longest = end - i;
			*start = i;
		}
		if (end > i)
			i = end;
	}
	return *start < GROUPS ? longest : 0;
}

static void put_groups(struct snt__text *text, const uint16_t groups[GROUPS])
{
	int start, run = zero_run(groups, &start);

	for (int i = 0; i < GROUPS; i++) {
		if (i == start) {
			snt__text_string(text, "::");
			i += run - 1;
			continue;
		}
		if (i > 0 && i != start + run)
			snt__text_char(text, ':');
		snt__text_number(text, groups[i], 16);
	}
}

static void put_ipv6(struct snt__text *text, const struct in6_addr *addr)
{
	const unsigned char *bytes = addr->s6_addr;
	uint16_t groups[GROUPS];

	if (IN6_IS_ADDR_V4MAPPED(addr)) {
		snt__text_string(text, "::ffff:");
		put_ipv4(text, bytes + 12);
		return;
	}
	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	put_groups(text, groups);
}

static void put_in(struct snt__text *text, const struct sockaddr_in *in)
{
	put_ipv4(text, (const unsigned char *)&in->sin_addr);
	snt__text_char(text, ':');
	snt__text_number(text, ntohs(in->sin_port), 10);
}

static void put_in6(struct snt__text *text, const struct sockaddr_in6 *in6)
{
	snt__text_char(text, '[');
	put_ipv6(text, &in6->sin6_addr);
	if (in6->sin6_scope_id != 0) {
		snt__text_char(text, '%');
		snt__text_number(text, in6->sin6_scope_id, 10);
	}
	snt__text_string(text, "]:");
	snt__text_number(text, ntohs(in6->sin6_port), 10);
}

static void put_unix(struct snt__text *text, const struct snt_addr *addr)
{
	const char *name;
	size_t length = snt__addr_unix_name(addr, &name), i = 0;

	snt__text_string(text, "unix:");
	if (length == 0)
		return;
	if (name[0] == '\0') {
		snt__text_char(text, '@');
		i++;
	} else if (name[0] == '@') {
		/* A file whose name starts so is no abstract socket. */
		snt__text_escape(text, '@');
		i++;
	}
	for (; i < length; i++) {
		/* A backslash that would read as the start of an escape. */
		if (snt__text_unescape(name + i, length - i) >= 0)
			snt__text_escape(text, '\\');
		else
			snt__text_byte(text, (unsigned char)name[i]);
	}
}

size_t snt_addr_format(const struct snt_addr *addr, char *text, size_t size)
{
	struct snt__text out = { .bytes = text, .size = size };
	int family = snt__addr_family(addr);

	if (family == AF_UNSPEC) {
		snt__text_char(&out, '-');
	} else if (snt__addr_is(addr, AF_INET)) {
		put_in(&out, &addr->sa.in);
	} else if (snt__addr_is(addr, AF_INET6)) {
		put_in6(&out, &addr->sa.in6);
	} else if (snt__addr_is(addr, AF_UNIX)) {
		put_unix(&out, addr);
	} else {
		snt__text_string(&out, "family ");
		snt__text_number(&out, (uint32_t)family, 10);
		if (family == AF_INET || family == AF_INET6)
			snt__text_string(&out, ", cut short");
	}
	return snt__text_end(&out);
}
