/* SPDX-License-Identifier: MIT */
/*
 * Groups: what is asked is looked at here first, since the kernel has one
 * EINVAL for many mistakes, and what it says nevertheless is put into words.
 * Joins are rare, so that lists of interfaces are asked for each time anew.
 */
#include "socket/interface.h"
#include "socket/option.h"

#include <sennit/multicast.h>
#include <stdio.h>
#include <string.h>

/* What the headers of some C libraries lack. */
#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

#define WHAT_MAX 160

struct wish {
	int option; /* MCAST_JOIN_GROUP ... */
	struct snt_addr group, source;
	bool has_source;
	const char *interface;
	int index;
	char what[WHAT_MAX]; /* "join 239.1.1.1 from 192.0.2.1" */
};

static bool joins(const struct wish *wish)
{
	return wish->option == MCAST_JOIN_GROUP ||
	       wish->option == MCAST_JOIN_SOURCE_GROUP;
}

static int level_of(const struct wish *wish)
{
	return wish->group.sa.any.sa_family == AF_INET ? IPPROTO_IP
						       : IPPROTO_IPV6;
}

/* An IPv6 address that stands for an IPv4 one, as that one. */
static struct snt_addr plain(const struct snt_addr *addr)
{
	struct snt_addr v4 = { .size = sizeof v4.sa.in };

	if (addr->sa.any.sa_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&addr->sa.in6.sin6_addr))
		return *addr;
	v4.sa.in.sin_family = AF_INET;
	memcpy(&v4.sa.in.sin_addr, addr->sa.in6.sin6_addr.s6_addr + 12,
	       sizeof v4.sa.in.sin_addr);
	return v4;
}

/* Without its port, which does not count. */
static void add_text(struct wish *wish, const char *before,
		     const struct snt_addr *addr)
{
	char text[SNT_ADDR_TEXT], *begin = text;
	size_t at = strlen(wish->what), length;
	struct snt_addr bare = *addr;

	if (snt_addr_set_port(&bare, 0) < 0)
		bare = (struct snt_addr){ .size = 0 };
	length = snt_addr_format(&bare, text, sizeof text);
	if (length > 2 && strcmp(text + length - 2, ":0") == 0)
		text[length -= 2] = '\0';
	if (begin[0] == '[') {
		text[length - 1] = '\0';
		begin++;
	}
	snprintf(wish->what + at, sizeof wish->what - at, "%s %s", before,
		 begin);
}

static bool is_group(const struct snt_addr *addr)
{
	if (addr->sa.any.sa_family == AF_INET)
		return IN_MULTICAST(ntohl(addr->sa.in.sin_addr.s_addr));
	return addr->sa.any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_MULTICAST(&addr->sa.in6.sin6_addr);
}

static bool is_any(const struct snt_addr *addr)
{
	if (addr->sa.any.sa_family == AF_INET)
		return addr->sa.in.sin_addr.s_addr == INADDR_ANY;
	return IN6_IS_ADDR_UNSPECIFIED(&addr->sa.in6.sin6_addr);
}

static int check_addrs(const struct wish *wish)
{
	const struct snt_addr *source = &wish->source;

	if (!is_group(&wish->group))
		return snt__fail_text(-EINVAL,
				      "%s: not a group: those are 224.0.0.0 to "
				      "239.255.255.255, and ff00::/8",
				      wish->what);
	if (!wish->has_source)
		return 0;
	if (source->sa.any.sa_family != wish->group.sa.any.sa_family)
		return snt__fail_text(
			-EINVAL, "%s: group and source are of two families",
			wish->what);
	if (is_group(source) || is_any(source))
		return snt__fail_text(-EINVAL,
				      "%s: nothing can come from that source",
				      wish->what);
	return 0;
}

/* Where no interface is named the group's zone is it. */
static int find_interface(struct wish *wish)
{
	int index = snt__interface_index(wish->interface, wish->what);
	uint32_t zone = 0;

	if (index < 0)
		return index;
	if (wish->group.sa.any.sa_family == AF_INET6)
		zone = wish->group.sa.in6.sin6_scope_id;
	if (index != 0 && zone != 0 && zone != (uint32_t)index)
		return snt__fail_text(-EINVAL,
				      "%s: its zone is another interface than "
				      "\"%s\"",
				      wish->what, wish->interface);
	wish->index = index != 0 ? index : (int)zone;
	return 0;
}

static bool carries_ipv4(const struct snt_socket *part)
{
	int v6only = 1;
	socklen_t size = sizeof v6only;

	return part->family == AF_INET ||
	       (part->family == AF_INET6 &&
		snt__io->getsockopt(part->handle.fd, IPPROTO_IPV6, IPV6_V6ONLY,
				    &v6only, &size) == 0 &&
		v6only == 0);
}

static int no_part(const struct snt_socket *socket, const struct wish *wish)
{
	bool v4 = wish->group.sa.any.sa_family == AF_INET;

	if (socket->family != AF_INET && socket->family != AF_INET6)
		return snt__fail_text(-EAFNOSUPPORT,
				      "%s: not a socket of IPv4 or IPv6",
				      wish->what);
	if (socket->kind != SNT__DATAGRAM)
		return snt__fail_text(-EOPNOTSUPP,
				      "%s: groups are for datagrams",
				      wish->what);
	return snt__fail_text(-EAFNOSUPPORT,
			      "%s: a socket of %s alone cannot hear a group of "
			      "%s",
			      wish->what, v4 ? "IPv6" : "IPv4",
			      v4 ? "IPv4" : "IPv6");
}

/* The part that can hear the group: of its family, or else for both. NULL:
 * none. */
static struct snt_socket *find_part(struct snt_socket *socket,
				    const struct wish *wish)
{
	int family = wish->group.sa.any.sa_family;
	struct snt_socket *part, *second = NULL;

	if (socket->kind != SNT__DATAGRAM)
		return NULL;
	for (size_t n = 0; (part = snt__socket_part(socket, n)) != NULL; n++) {
		if (part->family == family)
			return part;
		if (second == NULL && family == AF_INET && carries_ipv4(part))
			second = part;
	}
	return second;
}

static int join_failed(const struct wish *wish, int code)
{
	switch (code) {
	case -EADDRNOTAVAIL: /* a source that is in the list */
	case -EADDRINUSE:
		return snt__fail_text(-EADDRINUSE, "%s: already joined",
				      wish->what);
	case -EINVAL:
		return snt__fail_text(
			code,
			"%s: already joined from all but for some sources "
			"(MCAST_BLOCK_SOURCE); leave it first",
			wish->what);
	case -ENOBUFS:
		return snt__fail_text(
			code,
			"%s: more than the system allows a socket (see "
			"net.ipv4.igmp_max_memberships, igmp_max_msf, "
			"net.ipv6.mld_max_msf)",
			wish->what);
	default:
		return snt__fail(code, "%s", wish->what);
	}
}

static int failed(const struct wish *wish, int code)
{
	if (code == -ENODEV && wish->index == 0)
		return snt__fail_text(code,
				      "%s: no route tells by which interface; "
				      "name one",
				      wish->what);
	if (code == -ENODEV)
		return snt__fail(code, "%s: interface %d", wish->what,
				 wish->index);
	if (joins(wish))
		return join_failed(wish, code);
	if (code == -EADDRNOTAVAIL || code == -EINVAL)
		return snt__fail_text(-EADDRNOTAVAIL, "%s: not joined%s",
				      wish->what,
				      wish->index != 0 ? " there" : "");
	return snt__fail(code, "%s", wish->what);
}

/* Else a socket at the port hears every group that any of its host is in. */
static int hear_own_only(const struct snt_socket *part, int level)
{
	const int off = 0;
	int code = snt__io->setsockopt(part->handle.fd, level,
				       level == IPPROTO_IP ? IP_MULTICAST_ALL
							   : IPV6_MULTICAST_ALL,
				       &off, sizeof off);

	/* Of IPv6 it came with Linux 4.20. */
	return code == -ENOPROTOOPT ? 0 : code;
}

static int ask(const struct snt_socket *part, const struct wish *wish)
{
	struct group_source_req both = { .gsr_interface =
						 (uint32_t)wish->index };
	struct group_req one = { .gr_interface = (uint32_t)wish->index };

	memcpy(&one.gr_group, &wish->group.sa, wish->group.size);
	memcpy(&both.gsr_group, &wish->group.sa, wish->group.size);
	memcpy(&both.gsr_source, &wish->source.sa, wish->source.size);
	if (wish->has_source)
		return snt__io->setsockopt(part->handle.fd, level_of(wish),
					   wish->option, &both, sizeof both);
	return snt__io->setsockopt(part->handle.fd, level_of(wish),
				   wish->option, &one, sizeof one);
}

static int change(struct snt_socket *socket, int option,
		  const struct snt_addr *group, const struct snt_addr *source,
		  const char *interface)
{
	struct wish wish = { .option = option,
			     .group = plain(group),
			     .has_source = source != NULL,
			     .interface = interface };
	struct snt_socket *part;
	int code;

	add_text(&wish, joins(&wish) ? "join" : "leave", group);
	if (source != NULL) {
		wish.source = plain(source);
		add_text(&wish, " from", source);
	}
	SNT_TRY(check_addrs(&wish));
	part = find_part(socket, &wish);
	if (part == NULL)
		return no_part(socket, &wish);
	SNT_TRY(find_interface(&wish));
	code = joins(&wish) ? hear_own_only(part, level_of(&wish)) : 0;
	if (code < 0)
		return snt__fail(code, "%s", wish.what);
	code = ask(part, &wish);
	return code < 0 ? failed(&wish, code) : 0;
}

int snt_join_group(struct snt_socket *socket, const struct snt_addr *group,
		   const char *interface)
{
	return change(socket, MCAST_JOIN_GROUP, group, NULL, interface);
}

int snt_leave_group(struct snt_socket *socket, const struct snt_addr *group,
		    const char *interface)
{
	return change(socket, MCAST_LEAVE_GROUP, group, NULL, interface);
}

int snt_join_source_group(struct snt_socket *socket,
			  const struct snt_addr *group,
			  const struct snt_addr *source, const char *interface)
{
	return change(socket, MCAST_JOIN_SOURCE_GROUP, group, source,
		      interface);
}

int snt_leave_source_group(struct snt_socket *socket,
			   const struct snt_addr *group,
			   const struct snt_addr *source, const char *interface)
{
	return change(socket, MCAST_LEAVE_SOURCE_GROUP, group, source,
		      interface);
}

/* For IPv4 and, on an IPv6 socket, for IPv6 too. */
static int set_each(struct snt_socket *socket, int v4, const void *value4,
		    socklen_t size4, int v6, int value6)
{
	struct snt_socket *part;
	int code = 0;

	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++) {
		code = snt__io->setsockopt(part->handle.fd, IPPROTO_IP, v4,
					   value4, size4);
		if (code == 0 && part->family == AF_INET6)
			code = snt__io->setsockopt(part->handle.fd,
						   IPPROTO_IPV6, v6, &value6,
						   sizeof value6);
	}
	return code;
}

int snt_set_multicast_if(struct snt_socket *socket, const char *interface)
{
	static const char what[] = "way out for groups";
	struct ip_mreqn out = { .imr_ifindex = 0 };
	int index = snt__interface_index(interface, what), code;

	if (index < 0)
		return index;
	out.imr_ifindex = index;
	code = set_each(socket, IP_MULTICAST_IF, &out, sizeof out,
			IPV6_MULTICAST_IF, index);
	/* Of an index that nobody has each family says something else. */
	if (code == -EADDRNOTAVAIL)
		code = -ENODEV;
	return code < 0 ? snt__fail(code, "%s: %s", what,
				    interface != NULL ? interface : "any")
			: 0;
}

int snt_set_multicast_ttl(struct snt_socket *socket, int hops)
{
	int code;

	if (hops < 0 || hops > 255)
		return snt__fail_text(-EINVAL,
				      "ttl for groups: 0 (this host) to 255");
	code = set_each(socket, IP_MULTICAST_TTL, &hops, sizeof hops,
			IPV6_MULTICAST_HOPS, hops);
	return code < 0 ? snt__fail(code, "ttl for groups") : 0;
}

int snt_get_multicast_ttl(const struct snt_socket *socket, int *hops)
{
	bool v6 = socket->family == AF_INET6;

	return snt__option_get_int(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				   v6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL,
				   hops, "ttl for groups");
}

int snt_set_multicast_loop(struct snt_socket *socket, bool on)
{
	const int value = on;
	int code = set_each(socket, IP_MULTICAST_LOOP, &value, sizeof value,
			    IPV6_MULTICAST_LOOP, value);

	return code < 0 ? snt__fail(code, "loop for groups") : 0;
}

int snt_get_multicast_loop(const struct snt_socket *socket, bool *on)
{
	bool v6 = socket->family == AF_INET6;

	return snt__option_get_bool(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				    v6 ? IPV6_MULTICAST_LOOP
				       : IP_MULTICAST_LOOP,
				    on, "loop for groups");
}
