/* SPDX-License-Identifier: MIT */
/*
 * A hearer is bound to the group and not to every address: so what else comes
 * to the port is another's, and nobody's answer goes astray. What it sends
 * leaves from the interface's own address all the same.
 */
#include "group.h"

#include <string.h>

/* A group of one link says which; known is only what the interface is called. */
static int find_zone(const struct snt_socket *socket,
		     const struct address *address, struct snt_addr *group)
{
	int index;

	if (group->sa.any.sa_family != AF_INET6 ||
	    group->sa.in6.sin6_scope_id != 0 || address->interface == NULL)
		return 0;
	SNT_TRY(snt_getsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
			       sizeof index));
	group->sa.in6.sin6_scope_id = (uint32_t)index;
	return 0;
}

static int open_socket(struct snt_socket **socket,
		       const struct address *address, struct snt_addr *group)
{
	*group = address->group;
	SNT_TRY(snt_socket(socket, group->sa.any.sa_family, SOCK_DGRAM, 0));
	if (address->interface != NULL)
		SNT_TRY(snt_set_multicast_if(*socket, address->interface));
	return find_zone(*socket, address, group);
}

static int join(struct snt_socket *socket, const struct address *address)
{
	if (address->has_source)
		return snt_join_source_group(socket, &address->group,
					     &address->source,
					     address->interface);
	return snt_join_group(socket, &address->group, address->interface);
}

int group_hear(struct snt_socket **socket, const struct address *address)
{
	snt_auto(socket) made = NULL;
	struct snt_addr group;

	SNT_TRY(open_socket(&made, address, &group));
	SNT_TRY(snt_set_reuseaddr(made, true));
	SNT_TRY(join(made, address));
	SNT_TRY(snt_bind(made, &group));
	*socket = made;
	made = NULL;
	return 0;
}

int group_ask(struct snt_socket **socket, const struct address *address,
	      const struct options *options, struct snt_addr *to)
{
	snt_auto(socket) made = NULL;

	SNT_TRY(open_socket(&made, address, to));
	if (options->datagram.ttl >= 0)
		SNT_TRY(snt_set_multicast_ttl(made, options->datagram.ttl));
	if (options->datagram.no_loop)
		SNT_TRY(snt_set_multicast_loop(made, false));
	*socket = made;
	made = NULL;
	return 0;
}

/* IPv6 has none such, so of a name's addresses the IPv4 one is meant. */
static int look_up(const struct address *address, struct snt_addr *to)
{
	const struct snt_getaddrinfo_opts opts = { .family = AF_INET,
						   .type = SOCK_DGRAM };
	const char *colon = strrchr(address->text, ':');
	char host[ADDRESS_HOST];

	if (snt_addr_parse(to, address->text) == 0)
		return 0;
	address_host(host, address);
	if (colon == NULL || host[0] == '\0')
		return snt_fail(-EINVAL,
				"address \"%s\": --broadcast needs a host and "
				"a port, such as 192.0.2.255:7000",
				address->text);
	SNT_TRY(snt_getaddrinfo(host, colon + 1, to, 1, &opts));
	return 0;
}

int broadcast_ask(struct snt_socket **socket, const struct address *address,
		  struct snt_addr *to)
{
	snt_auto(socket) made = NULL;

	SNT_TRY(look_up(address, to));
	SNT_TRY(snt_socket(&made, to->sa.any.sa_family, SOCK_DGRAM, 0));
	SNT_TRY(snt_set_broadcast(made, true));
	*socket = made;
	made = NULL;
	return 0;
}
