/* SPDX-License-Identifier: MIT */
/*
 * The interfaces that every simulated host has: lo, and one to the wire that
 * all hosts share, on which those of the usual addresses are 10.0.0.0/16 and
 * fd00::/64.
 */
#include "io/interface.h"
#include "io/sim/calls.h"
#include "io/sim/net.h"

#include <string.h>

static const char *const interfaces_here[] = {
	[SNT__SIM_LO] = "lo", [SNT__SIM_ETH] = "eth0"
};

int snt__sim_if_nametoindex(const char *name)
{
	for (int i = SNT__SIM_LO; i <= SNT__SIM_ETH; i++)
		if (strcmp(interfaces_here[i], name) == 0)
			return i;
	return -ENODEV;
}

int snt__sim_if_indextoname(unsigned index, char name[16])
{
	if (index < SNT__SIM_LO || index > SNT__SIM_ETH)
		return -ENXIO;
	memcpy(name, interfaces_here[index],
	       strlen(interfaces_here[index]) + 1);
	return 0;
}

int snt__sim_if_nameindex(struct snt_interface *interfaces, size_t capacity)
{
	int code = snt__sim_begin("if_nameindex");

	if (code < 0)
		return code;
	for (unsigned i = SNT__SIM_LO; i <= SNT__SIM_ETH; i++) {
		struct snt_interface *here;

		if (i - SNT__SIM_LO >= capacity)
			break;
		here = &interfaces[i - SNT__SIM_LO];
		here->index = i;
		(void)!snt__sim_if_indextoname(i, here->name);
	}
	return SNT__SIM_ETH;
}

static void set_addr(struct snt_interface_addr *addr,
		     const struct snt__sim_ip *ip)
{
	const struct snt__sim_point point = { .ip = *ip };

	snt__sim_addr_of(&addr->addr, &point,
			 snt__sim_ip_is4(ip) ? AF_INET : AF_INET6);
}

static void set_prefix(struct snt_interface_addr *addr,
		       const struct snt__sim_ip *ip)
{
	bool own = ip->bytes[12] == 10 && ip->bytes[13] == 0;

	if (!snt__sim_ip_is4(ip)) {
		addr->prefix = 64;
		return;
	}
	addr->prefix = own ? 16 : 32;
	if (!own)
		return;
	addr->broadcast = addr->addr;
	addr->broadcast.sa.in.sin_addr.s_addr = htonl(0x0a00ffff);
}

static void set_lo(struct snt_interface_info *info,
		   struct snt_interface_addr *addrs)
{
	static const struct snt__sim_ip here[] = {
		{ { [10] = 0xff, 0xff, 127, 0, 0, 1 } }, { { [15] = 1 } }
	};

	info->loopback = true;
	info->mtu = 65536;
	info->addrs = addrs;
	info->addr_count = 2;
	for (size_t i = 0; i < 2; i++)
		set_addr(&addrs[i], &here[i]);
	addrs[0].prefix = 8;
	addrs[1].prefix = 128;
}

static void set_eth(struct snt_interface_info *info,
		    struct snt_interface_addr *addrs,
		    const struct snt__sim_host *host)
{
	const uint8_t hardware[] = { 2,
				     0,
				     (uint8_t)(host->number >> 24),
				     (uint8_t)(host->number >> 16),
				     (uint8_t)(host->number >> 8),
				     (uint8_t)host->number };

	info->broadcast = true;
	info->multicast = true;
	info->mtu = 1500;
	memcpy(info->hardware, hardware, sizeof hardware);
	info->hardware_size = sizeof hardware;
	info->addrs = addrs;
	for (size_t i = 0; i < 2; i++)
		if (host->has[i]) {
			set_addr(addrs, &host->ips[i]);
			set_prefix(addrs++, &host->ips[i]);
			info->addr_count++;
		}
}

int snt__sim_interfaces(struct snt_interface_list **list)
{
	int code = snt__sim_begin("interfaces");
	struct snt__interface_block *block;

	if (code < 0)
		return code;
	block = snt__interface_block_make(SNT__SIM_ETH, 4);
	if (block == NULL)
		return -ENOMEM;
	for (unsigned i = SNT__SIM_LO; i <= SNT__SIM_ETH; i++) {
		struct snt_interface_info *info =
			&block->interfaces[block->list.count++];

		info->index = i;
		(void)!snt__sim_if_indextoname(i, info->name);
		info->up = info->running = true;
	}
	set_lo(&block->interfaces[0], block->addrs);
	set_eth(&block->interfaces[1], block->addrs + 2, snt__sim_host_now());
	*list = &block->list;
	return 0;
}
