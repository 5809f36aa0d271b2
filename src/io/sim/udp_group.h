/* SPDX-License-Identifier: MIT */
/* Groups: who is in which, and what a program asks of them. */
#ifndef SNT_IO_SIM_UDP_GROUP_H
#define SNT_IO_SIM_UDP_GROUP_H

#include "io/sim/udp.h"

#include <netinet/in.h>

/* The interface that a datagram between these two came in by. */
int snt__sim_udp_between(const struct snt__sim_ip *from,
			 const struct snt__sim_ip *to);
int snt__sim_udp_interface(const struct snt__sim_packet *packet);
/* One to all hosts of a network; 127.255.255.255 too. */
bool snt__sim_udp_to_all(const struct snt__sim_ip *ip);
/* The index of the interface with that address; 0: none. */
int snt__sim_udp_interface_of(const struct snt__sim_host *host,
			      const struct snt__sim_ip *ip);
/* Whether a host wants a packet to a group or to all: for net.c, and asked
 * again at its arrival. */
bool snt__sim_udp_wants(const struct snt__sim_host *host,
			const struct snt__sim_packet *packet);
bool snt__sim_udp_joined(const struct snt__sim_udp *udp,
			 const struct snt__sim_packet *packet);
int snt__sim_udp_set_group(struct snt__sim_udp *udp, int level, int name,
			   const void *value, size_t size);
void snt__sim_udp_leave_groups(struct snt__sim_udp *udp);

/* What a program asks for. */
struct snt__sim_udp_wish {
	struct snt__sim_ip ip, source;
	int interface;
	bool anywhere; /* it named no interface, and any will do */
	bool has_source;
};

/*
 * name: MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, and four more with a source.
 * -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL, -ENOBUFS: as setsockopt(2).
 */
int snt__sim_udp_change(struct snt__sim_udp *udp, int name,
			const struct snt__sim_udp_wish *wish);

#endif
