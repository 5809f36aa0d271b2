/* SPDX-License-Identifier: MIT */
/*
 * The wire: packets on their way between hosts, over links with delay, loss
 * and all the rest. Who sends gives the packet away.
 */
#ifndef SNT_IO_SIM_NET_H
#define SNT_IO_SIM_NET_H

#include "io/sim/host.h"

/* An address and port, the port in host order. */
struct snt__sim_point {
	struct snt__sim_ip ip;
	uint16_t port;
};

/* Of snt__sim_packet.flags. */
#define SNT__SIM_FIN 1
#define SNT__SIM_SYN 2
#define SNT__SIM_RST 4
#define SNT__SIM_ACK 16

struct snt__sim_packet {
	struct snt__sim_event event;
	struct snt__sim_host *from_host, *to_host;
	struct snt__sim_point from, to;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP */
	uint8_t hops, tos;
	/* TCP. Sequence numbers do not wrap: a connection's begin at some
	 * multiple of SNT__SIM_ROUND. */
	uint8_t flags;
	uint16_t mss; /* with SYN */
	uint64_t sequence, ack;
	uint32_t window;
	/* ICMP: what became of a packet of that kind from `to` to `about`: an
	 * errno, and with EMSGSIZE the way's mtu. */
	uint8_t about_protocol;
	int error;
	size_t mtu;
	struct snt__sim_point about;
	uint64_t about_sequence;
	size_t size; /* of bytes, without any header */
	uint8_t bytes[];
};

#define SNT__SIM_ROUND UINT64_C(1000000000000)

/* The headers that a packet has on a link, for its mtu and bandwidth. */
size_t snt__sim_headers(const struct snt__sim_packet *packet);

struct snt__sim_packet *snt__sim_packet(uint8_t protocol, size_t size);

static inline void snt__sim_packet_free(struct snt__sim_packet *packet)
{
	snt__sim_free(packet);
}

/* TCP: the number behind the last that the packet takes up. */
static inline uint64_t snt__sim_behind(const struct snt__sim_packet *packet)
{
	return packet->sequence + packet->size +
	       ((packet->flags & SNT__SIM_SYN) != 0) +
	       ((packet->flags & SNT__SIM_FIN) != 0);
}

/*
 * Sends the packet, from and to set, from that host; it is gone whatever
 * happens. To 127.0.0.0/8, ::1 and the host's own addresses it stays there. One
 * to a multicast or broadcast address goes to each host that may want it.
 * -ENETUNREACH: no way (also: no network).
 */
int snt__sim_send(struct snt__sim_host *host, struct snt__sim_packet *packet);

/* The address that packets to this one leave from. -ENETUNREACH. */
int snt__sim_source(const struct snt__sim_host *host,
		    const struct snt__sim_ip *to, struct snt__sim_ip *from);
/* The largest packet that the link's beginning takes, headers included. */
size_t snt__sim_mtu(struct snt__sim_host *host, const struct snt__sim_ip *to);

/* Arrivals. They lend the packet. */
void snt__sim_tcp_arrive(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet);
void snt__sim_udp_arrive(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet);
/* An ICMP packet about one that this host had sent. */
void snt__sim_tcp_told(struct snt__sim_host *host,
		       const struct snt__sim_packet *packet);
void snt__sim_udp_told(struct snt__sim_host *host,
		       const struct snt__sim_packet *packet);

/* Addresses. */
bool snt__sim_ip_is4(const struct snt__sim_ip *ip);
bool snt__sim_ip_equal(const struct snt__sim_ip *a,
		       const struct snt__sim_ip *b);
bool snt__sim_ip_any(const struct snt__sim_ip *ip);
bool snt__sim_ip_loopback(const struct snt__sim_ip *ip);
bool snt__sim_ip_multicast(const struct snt__sim_ip *ip);
bool snt__sim_ip_broadcast(const struct snt__sim_ip *ip);
/* An address of this host, loopback and any included. */
bool snt__sim_ip_mine(const struct snt__sim_host *host,
		      const struct snt__sim_ip *ip);
/* Whose it is; NULL: nobody's. */
struct snt__sim_host *snt__sim_ip_host(const struct snt__sim_ip *ip);

/* -EAFNOSUPPORT, -EINVAL: an address that a socket of that family takes. */
int snt__sim_point_of(struct snt__sim_point *point, const struct snt_addr *addr,
		      int family);
/* An IPv6 address of one link, and neither it nor the socket names which. */
bool snt__sim_needs_interface(const struct snt__sim_file *file,
			      const struct snt_addr *addr);
/* For a socket of that family: IPv4 as such, or mapped. */
void snt__sim_addr_of(struct snt_addr *addr, const struct snt__sim_point *point,
		      int family);

#endif
