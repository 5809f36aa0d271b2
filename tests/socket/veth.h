/* SPDX-License-Identifier: MIT */
/*
 * A network of the test's own with an interface that can do all that Ethernet
 * does: v0, whose other end is v1. A simulated host has eth0 for it.
 */
#ifndef TESTS_SOCKET_VETH_H
#define TESTS_SOCKET_VETH_H

#include "world.h"

/* ip(8), in the test's name space. */
MAYBE static void ip(const char *words)
{
	char command[256];

	snprintf(command, sizeof command, "ip %s", words);
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* That an interface is up is told at once; the ways by it come a little later,
 * when the kernel has looked at its carrier. */
MAYBE static void wait_for_ways(const char *interface)
{
	struct snt_addr group = parsed("[ff15::1]:9");
	snt_auto(socket) socket = NULL;
	int code;

	OK(snt_socket(&socket, AF_INET6, SOCK_DGRAM, 0));
	OK(snt_set_multicast_if(socket, interface));
	while ((code = snt_connect(socket, &group)) == -ENETUNREACH)
		OK(snt_sleep(SNT_MILLISECOND));
	OK(code);
}

MAYBE static void add_veth(void)
{
	ip("link add v0 address 02:00:00:00:00:01 mtu 1400 type veth peer "
	   "name v1");
	/* Addresses that come by themselves come late. */
	ip("link set v0 addrgenmode none");
	ip("link set v1 addrgenmode none");
	ip("addr add 192.0.2.1/24 brd + dev v0");
	ip("addr add 2001:db8::1/64 nodad dev v0");
	ip("link set v0 up");
	ip("link set v1 up");
	wait_for_ways("v0");
}

MAYBE static const char *own_veth(void)
{
	if (simulated())
		return "eth0";
	own_network();
	add_veth();
	return "v0";
}

/* An address of that interface, with a port of 0. */
MAYBE static struct snt_addr addr_on(const char *interface, int family)
{
	snt_auto(interface_list) list = NULL;
	struct snt_addr addr = { .size = 0 };

	OK(snt_interfaces(&list));
	for (size_t i = 0; i < list->count; i++) {
		const struct snt_interface_info *info = &list->interfaces[i];

		for (size_t j = 0; j < info->addr_count; j++)
			if (strcmp(info->name, interface) == 0 &&
			    info->addrs[j].addr.sa.any.sa_family == family)
				addr = info->addrs[j].addr;
	}
	assert_int_not_equal(addr.size, 0);
	return addr;
}

#endif
