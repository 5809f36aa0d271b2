/* SPDX-License-Identifier: MIT */
/* Addresses of simulated hosts, and whose they are. */
#include "io/sim/net.h"
#include "io/sim/options.h"

#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool snt__sim_ip_is4(const struct snt__sim_ip *ip)
{
	return memcmp(ip->bytes, mapped, sizeof mapped) == 0;
}

bool snt__sim_ip_equal(const struct snt__sim_ip *a, const struct snt__sim_ip *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool snt__sim_ip_any(const struct snt__sim_ip *ip)
{
	static const struct snt__sim_ip zero;

	return memcmp(snt__sim_ip_is4(ip) ? ip->bytes + 12 : ip->bytes,
		      zero.bytes, snt__sim_ip_is4(ip) ? 4 : 16) == 0;
}

bool snt__sim_ip_loopback(const struct snt__sim_ip *ip)
{
	static const struct snt__sim_ip one = { { [15] = 1 } };

	return snt__sim_ip_is4(ip) ? ip->bytes[12] == 127
				   : snt__sim_ip_equal(ip, &one);
}

bool snt__sim_ip_multicast(const struct snt__sim_ip *ip)
{
	return snt__sim_ip_is4(ip) ? (ip->bytes[12] & 0xf0) == 0xe0
				   : ip->bytes[0] == 0xff;
}

/* The limited one, and that of the hosts' own network, 10.0.0.0/16. */
bool snt__sim_ip_broadcast(const struct snt__sim_ip *ip)
{
	static const uint8_t limited[4] = { 255, 255, 255, 255 };
	static const uint8_t own[4] = { 10, 0, 255, 255 };

	return snt__sim_ip_is4(ip) &&
	       (memcmp(ip->bytes + 12, limited, 4) == 0 ||
		memcmp(ip->bytes + 12, own, 4) == 0);
}

bool snt__sim_ip_mine(const struct snt__sim_host *host,
		      const struct snt__sim_ip *ip)
{
	if (snt__sim_ip_any(ip) || snt__sim_ip_loopback(ip))
		return true;
	return (host->has[0] && snt__sim_ip_equal(&host->ips[0], ip)) ||
	       (host->has[1] && snt__sim_ip_equal(&host->ips[1], ip));
}

int snt__sim_source(const struct snt__sim_host *host,
		    const struct snt__sim_ip *to, struct snt__sim_ip *from)
{
	static const uint8_t here4[] = { 127, 0, 0, 1 };
	bool is4 = snt__sim_ip_is4(to);

	/* All of 127.0.0.0/8 is here, and one of it is what packets leave from.
	 */
	if (snt__sim_ip_loopback(to)) {
		*from = *to;
		if (is4)
			memcpy(from->bytes + 12, here4, sizeof here4);
		return 0;
	}
	if (!host->has[is4 ? 0 : 1])
		return -ENETUNREACH;
	*from = host->ips[is4 ? 0 : 1];
	return 0;
}

int snt__sim_point_of(struct snt__sim_point *point, const struct snt_addr *addr,
		      int family)
{
	int given = addr->sa.any.sa_family;

	if (given == AF_INET && addr->size >= sizeof addr->sa.in &&
	    family == AF_INET) {
		memcpy(point->ip.bytes, mapped, sizeof mapped);
		memcpy(point->ip.bytes + 12, &addr->sa.in.sin_addr, 4);
		point->port = ntohs(addr->sa.in.sin_port);
		return 0;
	}
	if (given == AF_INET6 && family == AF_INET6) {
		if (addr->size < sizeof addr->sa.in6)
			return -EINVAL;
		memcpy(point->ip.bytes, &addr->sa.in6.sin6_addr, 16);
		point->port = ntohs(addr->sa.in6.sin6_port);
		return 0;
	}
	if (given == AF_INET && family == AF_INET)
		return -EINVAL;
	return family == AF_INET6 && addr->size < sizeof addr->sa.in6
		       ? -EINVAL
		       : -EAFNOSUPPORT;
}

bool snt__sim_needs_interface(const struct snt__sim_file *file,
			      const struct snt_addr *addr)
{
	const uint8_t *bytes = addr->sa.in6.sin6_addr.s6_addr;
	bool link = (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
		    (bytes[0] == 0xff &&
		     ((bytes[1] & 0xf) == 1 || (bytes[1] & 0xf) == 2));

	return addr->sa.any.sa_family == AF_INET6 && link &&
	       addr->sa.in6.sin6_scope_id == 0 &&
	       file->options.other[SNT__SIM_DEVICE] == 0;
}

void snt__sim_addr_of(struct snt_addr *addr, const struct snt__sim_point *point,
		      int family)
{
	memset(addr, 0, sizeof *addr);
	if (family == AF_INET) {
		addr->size = sizeof addr->sa.in;
		addr->sa.in.sin_family = AF_INET;
		addr->sa.in.sin_port = htons(point->port);
		memcpy(&addr->sa.in.sin_addr, point->ip.bytes + 12, 4);
	} else {
		addr->size = sizeof addr->sa.in6;
		addr->sa.in6.sin6_family = AF_INET6;
		addr->sa.in6.sin6_port = htons(point->port);
		memcpy(&addr->sa.in6.sin6_addr, point->ip.bytes, 16);
	}
}
