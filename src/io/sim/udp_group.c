/* SPDX-License-Identifier: MIT */
/*
 * Groups (multicast): who has joined which, on which interface, from whom. As
 * on Linux a socket hears of a group that another of its host has joined,
 * unless it says otherwise (IP_MULTICAST_ALL). Built for a few memberships a
 * host: they are walked. There are no IGMP packets: all hosts share one wire,
 * and the network asks each.
 */
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

/* net.ipv4.igmp_max_memberships, igmp_max_msf. */
#define GROUPS_MAX 20
#define SOURCES_MAX 10

struct group {
	struct snt__link in_socket, in_host;
	struct snt__sim_ip ip;
	int interface;
	bool only; /* these sources; else all but these */
	size_t source_count;
	struct snt__sim_ip sources[SOURCES_MAX];
};

int snt__sim_udp_between(const struct snt__sim_ip *from,
			 const struct snt__sim_ip *to)
{
	return snt__sim_ip_loopback(from) || snt__sim_ip_loopback(to)
		       ? SNT__SIM_LO
		       : SNT__SIM_ETH;
}

int snt__sim_udp_interface(const struct snt__sim_packet *packet)
{
	return snt__sim_udp_between(&packet->from.ip, &packet->to.ip);
}

bool snt__sim_udp_to_all(const struct snt__sim_ip *ip)
{
	static const uint8_t all[] = { 127, 255, 255, 255 };

	return snt__sim_ip_broadcast(ip) ||
	       (snt__sim_ip_is4(ip) && memcmp(ip->bytes + 12, all, 4) == 0);
}

int snt__sim_udp_interface_of(const struct snt__sim_host *host,
			      const struct snt__sim_ip *ip)
{
	if (snt__sim_ip_loopback(ip))
		return SNT__SIM_LO;
	for (size_t i = 0; i < 2; i++)
		if (host->has[i] && snt__sim_ip_equal(&host->ips[i], ip))
			return SNT__SIM_ETH;
	return 0;
}

/* 224.0.0.1, ff01::1 and ff02::1, which everybody is in. */
static bool is_everybody(const struct snt__sim_ip *ip)
{
	static const uint8_t all4[] = { 224, 0, 0, 1 };
	static const uint8_t all6[14] = { [13] = 1 };

	if (snt__sim_ip_is4(ip))
		return memcmp(ip->bytes + 12, all4, sizeof all4) == 0;
	return ip->bytes[0] == 0xff &&
	       (ip->bytes[1] == 1 || ip->bytes[1] == 2) &&
	       memcmp(ip->bytes + 2, all6, sizeof all6) == 0;
}

static struct snt__sim_ip *find_source(struct group *group,
				       const struct snt__sim_ip *source)
{
	for (size_t i = 0; i < group->source_count; i++)
		if (snt__sim_ip_equal(&group->sources[i], source))
			return &group->sources[i];
	return NULL;
}

static bool is_for(const struct group *group,
		   const struct snt__sim_packet *packet)
{
	return group->interface == snt__sim_udp_interface(packet) &&
	       snt__sim_ip_equal(&group->ip, &packet->to.ip);
}

static bool lets_in(struct group *group, const struct snt__sim_packet *packet)
{
	return group->only == (find_source(group, &packet->from.ip) != NULL);
}

bool snt__sim_udp_wants(const struct snt__sim_host *host,
			const struct snt__sim_packet *packet)
{
	struct snt__link *list = &host->udp->groups;
	bool on_lo = snt__sim_udp_interface(packet) == SNT__SIM_LO;

	/* What goes out by the loopback comes in by it, whatever is asked. */
	if (packet->from_host != host && (on_lo || packet->hops == 0))
		return false;
	if (packet->from_host == host && !on_lo &&
	    (packet->flags & SNT__SIM_NO_LOOP))
		return false;
	if (!snt__sim_ip_multicast(&packet->to.ip) ||
	    is_everybody(&packet->to.ip))
		return true;
	for (struct snt__link *at = list->next; at != list; at = at->next) {
		struct group *group = SNT__CONTAINER(at, struct group, in_host);

		if (is_for(group, packet) && lets_in(group, packet))
			return true;
	}
	return false;
}

bool snt__sim_udp_joined(const struct snt__sim_udp *udp,
			 const struct snt__sim_packet *packet)
{
	const struct snt__link *list = &udp->groups;

	if (!snt__sim_ip_multicast(&packet->to.ip))
		return true;
	for (struct snt__link *at = list->next; at != list; at = at->next) {
		struct group *group =
			SNT__CONTAINER(at, struct group, in_socket);

		if (is_for(group, packet))
			return lets_in(group, packet);
	}
	return udp->families[!snt__sim_ip_is4(&packet->to.ip)].group_all;
}

/* The latest of those that fit; of IPv6, no interface is any. */
static struct group *find(const struct snt__sim_udp *udp,
			  const struct snt__sim_udp_wish *wish)
{
	const struct snt__link *list = &udp->groups;
	struct group *found = NULL;

	for (struct snt__link *at = list->next; at != list; at = at->next) {
		struct group *group =
			SNT__CONTAINER(at, struct group, in_socket);

		if ((wish->anywhere || group->interface == wish->interface) &&
		    snt__sim_ip_equal(&group->ip, &wish->ip))
			found = group;
	}
	return found;
}

static int join(struct snt__sim_udp *udp, const struct snt__sim_udp_wish *wish)
{
	struct group *group = find(udp, wish);

	if (group != NULL)
		return -EADDRINUSE;
	if (udp->group_count == GROUPS_MAX)
		return -ENOBUFS;
	group = snt__sim_alloc(sizeof *group);
	group->ip = wish->ip;
	group->interface = wish->interface;
	if (wish->has_source) {
		group->only = true;
		group->sources[group->source_count++] = wish->source;
	}
	udp->group_count++;
	snt__list_append(&udp->groups, &group->in_socket);
	snt__list_append(&udp->file.host->udp->groups, &group->in_host);
	return 0;
}

static void leave(struct snt__sim_udp *udp, struct group *group)
{
	snt__list_remove(&group->in_socket);
	snt__list_remove(&group->in_host);
	udp->group_count--;
	snt__sim_free(group);
}

void snt__sim_udp_leave_groups(struct snt__sim_udp *udp)
{
	struct snt__link *link;

	while ((link = snt__list_first(&udp->groups)) != NULL)
		leave(udp, SNT__CONTAINER(link, struct group, in_socket));
}

/* One more source, in a list of that kind; a list of the other kind that is
 * empty becomes one of this. */
static int add_source(struct group *group, const struct snt__sim_udp_wish *wish,
		      bool only)
{
	if (group->only != only && group->source_count > 0)
		return -EINVAL;
	if (find_source(group, &wish->source) != NULL)
		return -EADDRNOTAVAIL;
	if (group->source_count == SOURCES_MAX)
		return -ENOBUFS;
	group->only = only;
	group->sources[group->source_count++] = wish->source;
	return 0;
}

static int remove_source(struct snt__sim_udp *udp, struct group *group,
			 const struct snt__sim_udp_wish *wish, bool only)
{
	struct snt__sim_ip *source;

	if (group->only != only)
		return -EINVAL;
	source = find_source(group, &wish->source);
	if (source == NULL)
		return -EADDRNOTAVAIL;
	if (only && group->source_count == 1)
		leave(udp, group);
	else
		*source = group->sources[--group->source_count];
	return 0;
}

int snt__sim_udp_change(struct snt__sim_udp *udp, int name,
			const struct snt__sim_udp_wish *wish)
{
	struct group *group = find(udp, wish);

	if (name == MCAST_JOIN_GROUP ||
	    (name == MCAST_JOIN_SOURCE_GROUP && group == NULL))
		return join(udp, wish);
	if (name == MCAST_LEAVE_GROUP && group == NULL)
		return -EADDRNOTAVAIL;
	if (group == NULL)
		return -EINVAL;
	switch (name) {
	case MCAST_LEAVE_GROUP:
		leave(udp, group);
		return 0;
	case MCAST_JOIN_SOURCE_GROUP:
		return add_source(group, wish, true);
	case MCAST_LEAVE_SOURCE_GROUP:
		return remove_source(udp, group, wish, true);
	case MCAST_BLOCK_SOURCE:
		return add_source(group, wish, false);
	default:
		return remove_source(udp, group, wish, false);
	}
}
