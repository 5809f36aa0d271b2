/* SPDX-License-Identifier: MIT */
/*
 * Options that join and leave groups, in the five shapes that Linux has for
 * them: ip(7), ipv6(7), RFC 3678. Each is read into one wish, which
 * udp_group.c carries out.
 */
#include "io/sim/udp_group.h"

#include <string.h>

static void map(struct snt__sim_ip *ip, const struct in_addr *addr)
{
	*ip = (struct snt__sim_ip){ .bytes = { [10] = 0xff, 0xff } };
	memcpy(ip->bytes + 12, addr, sizeof *addr);
}

/* The interface that has that address; any: the one to the network. */
static int interface_with(const struct snt__sim_udp *udp,
			  const struct in_addr *addr)
{
	struct snt__sim_ip ip;
	int interface;

	if (addr->s_addr == htonl(INADDR_ANY))
		return 0;
	map(&ip, addr);
	interface = snt__sim_udp_interface_of(udp->file.host, &ip);
	return interface != 0 ? interface : -ENODEV;
}

static int wish4(const struct snt__sim_udp *udp, struct snt__sim_udp_wish *wish,
		 const void *value, size_t size)
{
	struct ip_mreqn mreq = { .imr_ifindex = 0 };

	if (size < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(&mreq, value,
	       size < sizeof mreq ? sizeof(struct ip_mreq) : sizeof mreq);
	map(&wish->ip, &mreq.imr_multiaddr);
	wish->interface = mreq.imr_ifindex != 0
				  ? mreq.imr_ifindex
				  : interface_with(udp, &mreq.imr_address);
	return 0;
}

static int wish4_source(const struct snt__sim_udp *udp,
			struct snt__sim_udp_wish *wish, const void *value,
			size_t size)
{
	struct ip_mreq_source mreq;

	if (size != sizeof mreq)
		return -EINVAL;
	memcpy(&mreq, value, sizeof mreq);
	map(&wish->ip, &mreq.imr_multiaddr);
	map(&wish->source, &mreq.imr_sourceaddr);
	wish->has_source = true;
	wish->interface = interface_with(udp, &mreq.imr_interface);
	return 0;
}

static int wish6(struct snt__sim_udp_wish *wish, const void *value, size_t size)
{
	struct ipv6_mreq mreq;

	if (size < sizeof mreq)
		return -EINVAL;
	memcpy(&mreq, value, sizeof mreq);
	memcpy(&wish->ip, &mreq.ipv6mr_multiaddr, sizeof wish->ip);
	wish->interface = (int)mreq.ipv6mr_interface;
	return 0;
}

static int take_ip(struct snt__sim_ip *ip, int level,
		   const struct sockaddr_storage *from)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (from->ss_family != (level == IPPROTO_IP ? AF_INET : AF_INET6))
		return level == IPPROTO_IP ? -EINVAL : -EADDRNOTAVAIL;
	memcpy(&in, from, sizeof in);
	memcpy(&in6, from, sizeof in6);
	if (level == IPPROTO_IP)
		map(ip, &in.sin_addr);
	else
		memcpy(ip, &in6.sin6_addr, sizeof *ip);
	return 0;
}

static int wish_any(struct snt__sim_udp_wish *wish, int level,
		    const void *value, size_t size)
{
	struct group_source_req request;
	int code;

	if (size <
	    (wish->has_source ? sizeof request : sizeof(struct group_req)))
		return -EINVAL;
	memset(&request, 0, sizeof request);
	memcpy(&request, value,
	       wish->has_source ? sizeof request : sizeof(struct group_req));
	wish->interface = (int)request.gsr_interface;
	code = take_ip(&wish->ip, level, &request.gsr_group);
	if (code == 0 && wish->has_source)
		code = take_ip(&wish->source, level, &request.gsr_source);
	return code;
}

/* Names of one level as those that both have; 0: no such option. */
static int general_name(int level, int name)
{
	if (name >= MCAST_JOIN_GROUP && name <= MCAST_LEAVE_SOURCE_GROUP)
		return name;
	if (level == IPPROTO_IPV6)
		return name == IPV6_JOIN_GROUP    ? MCAST_JOIN_GROUP
		       : name == IPV6_LEAVE_GROUP ? MCAST_LEAVE_GROUP
						  : 0;
	switch (name) {
	case IP_ADD_MEMBERSHIP:
		return MCAST_JOIN_GROUP;
	case IP_DROP_MEMBERSHIP:
		return MCAST_LEAVE_GROUP;
	case IP_ADD_SOURCE_MEMBERSHIP:
		return MCAST_JOIN_SOURCE_GROUP;
	case IP_DROP_SOURCE_MEMBERSHIP:
		return MCAST_LEAVE_SOURCE_GROUP;
	case IP_BLOCK_SOURCE:
		return MCAST_BLOCK_SOURCE;
	case IP_UNBLOCK_SOURCE:
		return MCAST_UNBLOCK_SOURCE;
	default:
		return 0;
	}
}

int snt__sim_udp_set_group(struct snt__sim_udp *udp, int level, int name,
			   const void *value, size_t size)
{
	const struct snt__sim_host *host = udp->file.host;
	int general = general_name(level, name), code;
	struct snt__sim_udp_wish wish = {
		.has_source = general == MCAST_BLOCK_SOURCE ||
			      general == MCAST_UNBLOCK_SOURCE ||
			      general == MCAST_JOIN_SOURCE_GROUP ||
			      general == MCAST_LEAVE_SOURCE_GROUP
	};

	if (general == 0)
		return -ENOPROTOOPT;
	if (general == name)
		code = wish_any(&wish, level, value, size);
	else if (level == IPPROTO_IPV6)
		code = wish6(&wish, value, size);
	else if (wish.has_source)
		code = wish4_source(udp, &wish, value, size);
	else
		code = wish4(udp, &wish, value, size);
	if (code < 0)
		return code;
	if (!snt__sim_ip_multicast(&wish.ip) ||
	    snt__sim_ip_is4(&wish.ip) != (level == IPPROTO_IP))
		return -EINVAL;
	wish.anywhere = wish.interface == 0 && level == IPPROTO_IPV6;
	if (wish.interface == 0)
		wish.interface = host->has[level == IPPROTO_IPV6] ? SNT__SIM_ETH
								  : -ENODEV;
	/* One that went away may be left. */
	if (general != MCAST_LEAVE_GROUP &&
	    (wish.interface < SNT__SIM_LO || wish.interface > SNT__SIM_ETH))
		return -ENODEV;
	return snt__sim_udp_change(udp, general, &wish);
}
