/* SPDX-License-Identifier: MIT */
/*
 * Interfaces, as the C library lists them: each first as a link, then its
 * addresses, among those of all others. Built for some hundred addresses: of
 * each interface all are looked through.
 *
 * What comes or goes meanwhile is seen or not; one that went keeps what was
 * known of it.
 */
#include "io/interface.h"
#include "io/kernel.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int snt__kernel_if_nametoindex(const char *name)
{
	unsigned index = if_nametoindex(name);

	return index != 0 ? (int)index : -ENODEV;
}

int snt__kernel_if_indextoname(unsigned index, char name[16])
{
	return if_indextoname(index, name) != NULL ? 0 : -ENXIO;
}

int snt__kernel_if_nameindex(struct snt_interface *interfaces, size_t capacity)
{
	struct if_nameindex *all = if_nameindex();
	size_t count = 0;

	if (all == NULL)
		return errno != 0 ? -errno : -ENOMEM;
	for (; all[count].if_index != 0; count++) {
		if (count >= capacity)
			continue;
		interfaces[count].index = all[count].if_index;
		snprintf(interfaces[count].name, sizeof interfaces[count].name,
			 "%s", all[count].if_name);
	}
	if_freenameindex(all);
	return (int)count;
}

/* An IPv4 address may have a label of its own, "eth0:1". */
static size_t name_length(const struct ifaddrs *entry)
{
	const char *name = entry->ifa_name;
	size_t length = 0;

	while (name[length] != '\0' && name[length] != ':' &&
	       length < IF_NAMESIZE - 1)
		length++;
	return length;
}

static bool is_of(const struct ifaddrs *entry,
		  const struct snt_interface_info *info)
{
	size_t length = name_length(entry);

	return info->name[length] == '\0' &&
	       memcmp(info->name, entry->ifa_name, length) == 0;
}

static struct snt_interface_info *find(struct snt__interface_block *block,
				       const struct ifaddrs *entry)
{
	for (size_t i = 0; i < block->list.count; i++)
		if (is_of(entry, &block->interfaces[i]))
			return &block->interfaces[i];
	return NULL;
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void take_link(struct snt_interface_info *info,
		      const struct ifaddrs *entry)
{
	struct sockaddr_ll link;

	if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_PACKET)
		return;
	memcpy(&link, entry->ifa_addr, sizeof link);
	info->index = (unsigned)link.sll_ifindex;
	/* A longer one goes past the struct's end. */
	if (link.sll_halen > SNT_HARDWARE_MAX)
		return;
	memcpy(info->hardware,
	       (const char *)entry->ifa_addr +
		       offsetof(struct sockaddr_ll, sll_addr),
	       link.sll_halen);
	if (!all_zero(info->hardware, link.sll_halen))
		info->hardware_size = link.sll_halen;
}

static void add_interface(struct snt__interface_block *block,
			  const struct ifaddrs *entry, int asking)
{
	struct snt_interface_info *info =
		&block->interfaces[block->list.count++];
	struct ifreq request = { .ifr_flags = 0 };
	unsigned flags = entry->ifa_flags;

	memcpy(info->name, entry->ifa_name, name_length(entry));
	info->up = (flags & IFF_UP) != 0;
	info->running = (flags & IFF_RUNNING) != 0;
	info->loopback = (flags & IFF_LOOPBACK) != 0;
	info->point_to_point = (flags & IFF_POINTOPOINT) != 0;
	info->broadcast = (flags & IFF_BROADCAST) != 0;
	info->multicast = (flags & IFF_MULTICAST) != 0;
	take_link(info, entry);
	if (info->index == 0)
		info->index = if_nametoindex(info->name);
	memcpy(request.ifr_name, info->name, sizeof info->name);
	if (ioctl(asking, SIOCGIFMTU, &request) == 0)
		info->mtu = request.ifr_mtu;
}

/* False: of no family that has addresses here. */
static bool take_addr(struct snt_addr *addr, const struct sockaddr *from)
{
	sa_family_t family = from != NULL ? from->sa_family : AF_UNSPEC;

	if (family != AF_INET && family != AF_INET6)
		return false;
	addr->size =
		family == AF_INET ? sizeof addr->sa.in : sizeof addr->sa.in6;
	memcpy(&addr->sa, from, addr->size);
	return true;
}

static int prefix_of(const struct sockaddr *mask, int family)
{
	const unsigned char *bytes = (const unsigned char *)mask;
	int bits = 0;

	if (mask == NULL)
		return 0;
	bytes += family == AF_INET ? offsetof(struct sockaddr_in, sin_addr)
				   : offsetof(struct sockaddr_in6, sin6_addr);
	while (bits < (family == AF_INET ? 32 : 128) &&
	       (bytes[bits / 8] << (bits % 8) & 128))
		bits++;
	return bits;
}

static void add_addr(struct snt__interface_block *block,
		     struct snt_interface_info *info,
		     const struct ifaddrs *entry)
{
	struct snt_interface_addr *addr = &block->addrs[info->addr_count];
	struct snt_addr *other;

	if (!take_addr(&addr->addr, entry->ifa_addr))
		return;
	info->addr_count++;
	addr->prefix =
		prefix_of(entry->ifa_netmask, addr->addr.sa.any.sa_family);
	/* These two are one member, of which the flags tell what it is; where
	 * there is neither, it is the address once more. */
	other = info->broadcast        ? &addr->broadcast
		: info->point_to_point ? &addr->peer
				       : NULL;
	if (other != NULL && take_addr(other, entry->ifa_dstaddr) &&
	    snt_addr_equal(other, &addr->addr))
		*other = (struct snt_addr){ .size = 0 };
}

/* Those of an interface stand together, behind those of the one before. */
static void add_addrs(struct snt__interface_block *block,
		      const struct ifaddrs *entries)
{
	for (size_t i = 0; i < block->list.count; i++) {
		struct snt_interface_info *info = &block->interfaces[i];

		info->addrs = block->addrs;
		for (const struct ifaddrs *entry = entries; entry != NULL;
		     entry = entry->ifa_next)
			if (is_of(entry, info))
				add_addr(block, info, entry);
		block->addrs += info->addr_count;
	}
}

static int list_all(struct snt_interface_list **list,
		    const struct ifaddrs *entries, int asking)
{
	struct snt__interface_block *block;
	const struct ifaddrs *entry;
	size_t count = 0;

	for (entry = entries; entry != NULL; entry = entry->ifa_next)
		count++;
	/* Each entry is a link or an address, and a link may be missing. */
	block = snt__interface_block_make(count, count);
	if (block == NULL)
		return -ENOMEM;
	for (entry = entries; entry != NULL; entry = entry->ifa_next)
		if (find(block, entry) == NULL)
			add_interface(block, entry, asking);
	add_addrs(block, entries);
	*list = &block->list;
	return 0;
}

int snt__kernel_interfaces(struct snt_interface_list **list)
{
	/* Any socket will do, and this family is always there. */
	int asking = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifaddrs *entries;
	int code;

	if (asking < 0)
		return -errno;
	if (getifaddrs(&entries) < 0) {
		code = errno != 0 ? -errno : -ENOMEM;
	} else {
		code = list_all(list, entries, asking);
		freeifaddrs(entries);
	}
	close(asking);
	return code;
}
