/* SPDX-License-Identifier: MIT */
/*
 * Where a UDP socket's datagrams may go, and which address they leave from. To
 * a group or to all they go by an interface; else the network knows.
 */
#include "io/sim/options.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

static void settle(struct snt__sim_ip *to)
{
	static const uint8_t here[] = { 127, 0, 0, 1 };

	if (!snt__sim_ip_any(to))
		return;
	if (snt__sim_ip_is4(to))
		memcpy(to->bytes + 12, here, sizeof here);
	else
		to->bytes[15] = 1;
}

/* An IPv6 socket takes an IPv4 address, too. */
int snt__sim_udp_point(const struct snt__sim_udp *udp,
		       struct snt__sim_point *point,
		       const struct snt_addr *addr)
{
	int family = udp->file.family, code;

	if (family == AF_INET6 && addr->size >= sizeof addr->sa.in &&
	    addr->sa.any.sa_family == AF_INET)
		family = AF_INET;
	code = snt__sim_point_of(point, addr, family);
	if (code == 0)
		settle(&point->ip);
	return code;
}

/* To a group, or to all: by an interface, not by a way. */
static int route_out(const struct snt__sim_udp *udp,
		     const struct snt__sim_ip *to, int interface,
		     struct snt__sim_ip *from)
{
	const struct snt__sim_host *host = udp->file.host;
	bool is6 = !snt__sim_ip_is4(to);

	if (snt__sim_udp_to_all(to))
		interface =
			snt__sim_ip_loopback(to) ? SNT__SIM_LO : SNT__SIM_ETH;
	if (interface == 0)
		interface = udp->families[is6].group_interface;
	if (interface == 0)
		interface = (int)udp->file.options.other[SNT__SIM_DEVICE];
	if (interface == SNT__SIM_LO) {
		/* As on Linux, where lo has no way to ff00::/8. */
		if (is6)
			return -ENETUNREACH;
		*from = (struct snt__sim_ip){ .bytes = { [10] = 0xff, 0xff } };
		settle(from);
		return 0;
	}
	if (!host->has[is6])
		return -ENETUNREACH;
	*from = host->ips[is6];
	return 0;
}

/* What a dual-stack socket that has an address may send to. */
static int check_family(const struct snt__sim_udp *udp,
			const struct snt__sim_ip *to)
{
	const struct snt__sim_ip *local = &udp->local.ip;
	bool is4 = snt__sim_ip_is4(to);

	if (udp->file.family == AF_INET)
		return 0;
	if (is4 && udp->file.options.v6only)
		return -ENETUNREACH;
	if (is4 && !snt__sim_ip_any(local) && !snt__sim_ip_is4(local))
		return -ENETUNREACH;
	if (!is4 && snt__sim_ip_is4(local))
		return -EAFNOSUPPORT;
	return 0;
}

int snt__sim_udp_route(const struct snt__sim_udp *udp,
		       const struct snt__sim_ip *to, int interface,
		       struct snt__sim_ip *from)
{
	const struct snt__sim_ip *local = &udp->local.ip;
	bool to_all = snt__sim_udp_to_all(to);
	int code = check_family(udp, to);

	if (code == 0 && (to_all || snt__sim_ip_multicast(to)))
		code = route_out(udp, to, interface, from);
	else if (code == 0)
		code = snt__sim_source(udp->file.host, to, from);
	if (code < 0)
		return code;
	if (to_all && !udp->file.options.broadcast)
		return -EACCES;
	if (snt__sim_ip_any(local) || snt__sim_ip_multicast(local) ||
	    snt__sim_udp_to_all(local))
		return 0;
	/* Of IPv6, only the network finds that it cannot be. */
	if (snt__sim_ip_is4(local) && snt__sim_ip_loopback(local) &&
	    !snt__sim_ip_loopback(to) && !snt__sim_ip_mine(udp->file.host, to))
		return -EINVAL;
	*from = *local;
	return 0;
}
