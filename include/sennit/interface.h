/* SPDX-License-Identifier: MIT */
/*
 * This machine's network interfaces: what they are, and the addresses they
 * have. Names and indexes alone: snt_if_nameindex in resolve.h. netdevice(7).
 */
#ifndef SENNIT_INTERFACE_H
#define SENNIT_INTERFACE_H

#include <sennit/addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Most bytes that a hardware address has (Ethernet: 6, InfiniBand: 20). */
#define SNT_HARDWARE_MAX 32

struct snt_interface_addr {
	struct snt_addr addr; /* without a port; a link-local has its zone */
	int prefix;           /* bits of it that are its network's */
	struct snt_addr broadcast; /* all zero: none, as always in IPv6 */
	struct snt_addr peer;      /* the other end; all zero: none */
};

struct snt_interface_info {
	unsigned index;
	char name[16];
	bool up;      /* switched on */
	bool running; /* and it has a carrier */
	bool loopback;
	bool point_to_point;
	bool broadcast;       /* can send to all of its network (IPv4) */
	bool multicast;       /* Linux's lo says no, though groups work on it */
	int mtu;              /* bytes; 0: it went away while it was asked */
	size_t hardware_size; /* bytes of hardware; 0: none, or all zero */
	uint8_t hardware[SNT_HARDWARE_MAX];
	size_t addr_count;
	const struct snt_interface_addr *addrs; /* lent by the list */
};

struct snt_interface_list {
	size_t count;
	const struct snt_interface_info *interfaces; /* lent by the list */
};

/*
 * All interfaces, as they are now; later changes are not seen. Gives the list:
 * the caller's until snt_interface_list_free. Any thread, does not wait.
 * -ENOMEM, -ENOBUFS, -EMFILE, -ENFILE.
 */
SNT_API SNT_MUST_CHECK int snt_interfaces(struct snt_interface_list **list);

/* Takes the list; NULL is fine. Any thread. */
SNT_API void snt_interface_list_free(struct snt_interface_list *list);
SNT_API void snt_auto_interface_list(struct snt_interface_list **list);

#ifdef __cplusplus
}
#endif
#endif
