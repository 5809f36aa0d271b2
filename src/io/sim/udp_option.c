/* SPDX-License-Identifier: MIT */
/*
 * Options that UDP sockets have of their own: what to be told with a datagram,
 * what to send it with, groups. Those of every socket stand in options.c.
 */
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

#define HOPS 64
/* IP_PMTUDISC_OMIT, the last of them. */
#define DISCOVER_LAST 5

/* 0: none of these. */
static unsigned bit_of(int level, int name)
{
	if (level == IPPROTO_IP)
		return name == IP_PKTINFO   ? SNT__SIM_TELL_INFO4
		       : name == IP_RECVTTL ? SNT__SIM_TELL_TTL4
		       : name == IP_RECVTOS ? SNT__SIM_TELL_TOS4
		       : name == IP_RECVERR ? SNT__SIM_TELL_ERRORS4
					    : 0;
	return name == IPV6_RECVPKTINFO    ? SNT__SIM_TELL_INFO6
	       : name == IPV6_RECVHOPLIMIT ? SNT__SIM_TELL_HOPS6
	       : name == IPV6_RECVTCLASS   ? SNT__SIM_TELL_CLASS6
	       : name == IPV6_RECVERR      ? SNT__SIM_TELL_ERRORS6
					   : 0;
}

/* Options of IPPROTO_IP may be one byte, too. */
static int take_number(int level, const void *value, size_t size, int *number)
{
	if (size >= sizeof *number)
		memcpy(number, value, sizeof *number);
	else if (level == IPPROTO_IP && size >= 1)
		*number = *(const uint8_t *)value;
	else if (level == IPPROTO_IP)
		*number = 0;
	else
		return -EINVAL;
	return 0;
}

static int set_bounded(int *option, int number, int least, int most)
{
	if (number < least || number > most)
		return -EINVAL;
	*option = number;
	return 0;
}

static int set_flag(bool *option, int number)
{
	if (number != 0 && number != 1)
		return -EINVAL;
	*option = number;
	return 0;
}

static int set_group_hops(struct snt__sim_udp_family *family, int number)
{
	return set_bounded(&family->group_hops, number == -1 ? 1 : number, 0,
			   255);
}

static int set4(struct snt__sim_udp *udp, int name, int number)
{
	struct snt__sim_udp_family *family = &udp->families[0];

	switch (name) {
	case IP_TTL:
		return number == -1
			       ? set_bounded(&family->hops, -1, -1, -1)
			       : set_bounded(&family->hops, number, 1, 255);
	case IP_TOS:
		family->tos = number & 255;
		return 0;
	case IP_MULTICAST_TTL:
		return set_group_hops(family, number);
	case IP_MULTICAST_LOOP:
		family->group_loop = number != 0;
		return 0;
	case IP_MULTICAST_ALL:
		return set_flag(&family->group_all, number);
	case IP_MTU_DISCOVER:
		return set_bounded(&family->discover, number, 0, DISCOVER_LAST);
	default:
		return -ENOPROTOOPT;
	}
}

static int set6(struct snt__sim_udp *udp, int name, int number)
{
	struct snt__sim_udp_family *family = &udp->families[1];

	switch (name) {
	case IPV6_UNICAST_HOPS:
		return set_bounded(&family->hops, number, -1, 255);
	case IPV6_TCLASS:
		return set_bounded(&family->tos, number == -1 ? 0 : number, 0,
				   255);
	case IPV6_MULTICAST_HOPS:
		return set_group_hops(family, number);
	case IPV6_MULTICAST_LOOP:
		return set_flag(&family->group_loop, number);
	case IPV6_MULTICAST_ALL:
		return set_flag(&family->group_all, number);
	case IPV6_MULTICAST_IF:
		if (number < 0 || number > SNT__SIM_ETH)
			return -ENODEV;
		family->group_interface = number;
		return 0;
	case IPV6_MTU_DISCOVER:
		return set_bounded(&family->discover, number, 0, DISCOVER_LAST);
	default:
		return -ENOPROTOOPT;
	}
}

/* Given as an address, or as one in a struct ip_mreqn. */
static int set_group_interface(struct snt__sim_udp *udp, const void *value,
			       size_t size)
{
	struct snt__sim_ip ip = { .bytes = { [10] = 0xff, 0xff } };
	struct ip_mreqn mreq = { .imr_ifindex = 0 };
	int *interface = &udp->families[0].group_interface;

	if (size < sizeof(struct in_addr))
		return -EINVAL;
	if (size >= sizeof(struct ip_mreq))
		memcpy(&mreq, value,
		       size < sizeof mreq ? sizeof(struct ip_mreq)
					  : sizeof mreq);
	else
		memcpy(&mreq.imr_address, value, sizeof mreq.imr_address);
	if (mreq.imr_ifindex < 0 || mreq.imr_ifindex > SNT__SIM_ETH)
		return -EADDRNOTAVAIL;
	if (mreq.imr_ifindex == 0 &&
	    mreq.imr_address.s_addr != htonl(INADDR_ANY)) {
		memcpy(ip.bytes + 12, &mreq.imr_address, 4);
		mreq.imr_ifindex =
			snt__sim_udp_interface_of(udp->file.host, &ip);
		if (mreq.imr_ifindex == 0)
			return -EADDRNOTAVAIL;
	}
	*interface = mreq.imr_ifindex;
	return 0;
}

static int get_mtu(const struct snt__sim_udp *udp, bool is6, int *number)
{
	if (!udp->connected || snt__sim_ip_is4(&udp->remote.ip) == is6)
		return -ENOTCONN;
	*number = (int)snt__sim_mtu(udp->file.host, &udp->remote.ip);
	if (!is6 && *number > UINT16_MAX)
		*number = UINT16_MAX;
	return 0;
}

static int get4(const struct snt__sim_udp *udp, int name, int *number)
{
	const struct snt__sim_udp_family *family = &udp->families[0];

	switch (name) {
	case IP_TTL:
		*number = family->hops < 0 ? HOPS : family->hops;
		return 0;
	case IP_TOS:
		*number = family->tos;
		return 0;
	case IP_MULTICAST_TTL:
		*number = family->group_hops;
		return 0;
	case IP_MULTICAST_LOOP:
		*number = family->group_loop;
		return 0;
	case IP_MULTICAST_ALL:
		*number = family->group_all;
		return 0;
	case IP_MTU_DISCOVER:
		*number = family->discover;
		return 0;
	case IP_MTU:
		return get_mtu(udp, false, number);
	default:
		return -ENOPROTOOPT;
	}
}

static int get6(const struct snt__sim_udp *udp, int name, int *number)
{
	const struct snt__sim_udp_family *family = &udp->families[1];

	switch (name) {
	case IPV6_UNICAST_HOPS:
		*number = family->hops < 0 ? HOPS : family->hops;
		return 0;
	case IPV6_TCLASS:
		*number = family->tos;
		return 0;
	case IPV6_MULTICAST_HOPS:
		*number = family->group_hops;
		return 0;
	case IPV6_MULTICAST_LOOP:
		*number = family->group_loop;
		return 0;
	case IPV6_MULTICAST_ALL:
		*number = family->group_all;
		return 0;
	case IPV6_MULTICAST_IF:
		*number = family->group_interface;
		return 0;
	case IPV6_MTU_DISCOVER:
		*number = family->discover;
		return 0;
	case IPV6_MTU:
		return get_mtu(udp, true, number);
	default:
		return -ENOPROTOOPT;
	}
}

/* UDP's own level. What was held back goes when UDP_CORK ends. */
static int set_udp(struct snt__sim_udp *udp, int name, const void *value,
		   size_t size)
{
	int number;

	if (name != UDP_CORK && name != UDP_SEGMENT && name != UDP_GRO)
		return -ENOPROTOOPT;
	if (size < sizeof number)
		return -EINVAL;
	memcpy(&number, value, sizeof number);
	if (name == UDP_SEGMENT) {
		if (number < 0 || number > UINT16_MAX)
			return -EINVAL;
		udp->segment = (uint16_t)number;
	} else if (name == UDP_GRO) {
		udp->merges = number != 0;
	} else {
		udp->corked = number != 0;
		if (!udp->corked)
			snt__sim_udp_push(udp);
	}
	return 0;
}

static int get_udp(const struct snt__sim_udp *udp, int name, int *number)
{
	switch (name) {
	case UDP_CORK:
		*number = udp->corked;
		return 0;
	case UDP_SEGMENT:
		*number = udp->segment;
		return 0;
	case UDP_GRO:
		*number = udp->merges;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int snt__sim_udp_setsockopt(struct snt__sim_file *file, int level, int name,
			    const void *value, socklen_t size)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);
	int number, code;
	unsigned bit;

	if (level == IPPROTO_UDP)
		return set_udp(udp, name, value, size);
	if (level != IPPROTO_IP &&
	    (level != IPPROTO_IPV6 || file->family != AF_INET6))
		return -ENOPROTOOPT;
	code = snt__sim_udp_set_group(udp, level, name, value, size);
	if (code != -ENOPROTOOPT)
		return code;
	if (level == IPPROTO_IP && name == IP_MULTICAST_IF)
		return set_group_interface(udp, value, size);
	code = take_number(level, value, size, &number);
	if (size == 0 && (name == IP_MULTICAST_TTL || name == IP_TTL ||
			  name == IP_MULTICAST_LOOP))
		code = -EINVAL;
	bit = bit_of(level, name);
	if (bit == 0 && code == 0)
		return level == IPPROTO_IP ? set4(udp, name, number)
					   : set6(udp, name, number);
	if (code < 0)
		return bit != 0 || level == IPPROTO_IP ||
				       get6(udp, name, &number) != -ENOPROTOOPT
			       ? code
			       : -ENOPROTOOPT;
	udp->tells = number != 0 ? udp->tells | bit : udp->tells & ~bit;
	if (number == 0 &&
	    (bit & (SNT__SIM_TELL_ERRORS4 | SNT__SIM_TELL_ERRORS6)))
		snt__sim_udp_drop_errors(udp);
	return 0;
}

static void get_group_interface(const struct snt__sim_udp *udp, int *addr)
{
	static const uint8_t here[] = { 127, 0, 0, 1 };
	int interface = udp->families[0].group_interface;

	*addr = 0;
	if (interface == SNT__SIM_LO)
		memcpy(addr, here, sizeof here);
	else if (interface == SNT__SIM_ETH)
		memcpy(addr, udp->file.host->ips[0].bytes + 12, 4);
}

int snt__sim_udp_getsockopt(struct snt__sim_file *file, int level, int name,
			    void *value, socklen_t *size)
{
	const struct snt__sim_udp *udp = snt__sim_udp_of(file);
	int number = 0, code = 0;
	unsigned bit;

	if (level != IPPROTO_IP && level != IPPROTO_UDP &&
	    (level != IPPROTO_IPV6 || file->family != AF_INET6))
		return -ENOPROTOOPT;
	bit = level != IPPROTO_UDP ? bit_of(level, name) : 0;
	if (level == IPPROTO_UDP)
		code = get_udp(udp, name, &number);
	else if (bit != 0)
		number = (udp->tells & bit) != 0;
	else if (level == IPPROTO_IP && name == IP_MULTICAST_IF)
		get_group_interface(udp, &number);
	else
		code = level == IPPROTO_IP ? get4(udp, name, &number)
					   : get6(udp, name, &number);
	if (code < 0)
		return code;
	if (*size > sizeof number)
		*size = sizeof number;
	/* One byte is enough for a small number, of IPPROTO_IP. */
	if (level == IPPROTO_IP && *size > 0 && *size < sizeof number &&
	    number >= 0 && number <= 255) {
		*size = 1;
		*(uint8_t *)value = (uint8_t)number;
		return 0;
	}
	memcpy(value, &number, *size);
	return 0;
}
