/* SPDX-License-Identifier: MIT */
/*
 * Datagrams that arrive: who hears them, the queue they wait in, and what a
 * program is told of them. A queue holds what SO_RCVBUF has room for, counted as
 * Linux counts; the first datagram always fits, and what does not fit is lost
 * without a word to anybody but the trace.
 */
#include "io/sim/cost.h"
#include "io/sim/options.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

struct datagram {
	struct snt__link in_queue;
	struct snt__sim_point from, to;
	uint8_t hops, tos, interface;
	int64_t came;
	size_t cost, size;
	uint8_t bytes[];
};

/* Room for link, IP and UDP headers, the smallest block, the largest. */
#define COST_HEADERS 60
#define COST_SMALLEST 576
#define COST_LARGEST 65536

static size_t cost_of(size_t size)
{
	size_t block = COST_HEADERS + size + SNT__SIM_COST_TAIL;

	if (block <= COST_SMALLEST)
		return SNT__SIM_COST_HEAD + COST_SMALLEST;
	block = snt__sim_cost_block(block, 1024);
	return SNT__SIM_COST_HEAD +
	       (block < COST_LARGEST ? block : COST_LARGEST);
}

/* How much of a refused datagram is sent back with the refusal. */
#define QUOTED4 520
#define QUOTED6 1184

static void refuse(struct snt__sim_host *host,
		   const struct snt__sim_packet *packet)
{
	size_t most = snt__sim_ip_is4(&packet->to.ip) ? QUOTED4 : QUOTED6;
	size_t size = packet->size < most ? packet->size : most;
	struct snt__sim_packet *answer = snt__sim_packet(IPPROTO_ICMP, size);

	answer->from = packet->to;
	answer->to = packet->from;
	answer->hops = 64;
	answer->about_protocol = IPPROTO_UDP;
	answer->about = packet->to;
	answer->error = ECONNREFUSED;
	memcpy(answer->bytes, packet->bytes, size);
	snt__sim_send(host, answer);
}

static void enqueue(struct snt__sim_udp *udp,
		    const struct snt__sim_packet *packet)
{
	size_t cost = cost_of(packet->size);
	struct datagram *datagram;

	if (udp->queued > 0 &&
	    udp->queued + cost > (size_t)udp->file.options.rcvbuf) {
		snt__sim_trace(udp->file.host, "udp-full", udp->local.port,
			       (int64_t)packet->size,
			       "port %u: no room for %zu bytes",
			       (unsigned)udp->local.port, packet->size);
		return;
	}
	datagram = snt__sim_alloc(sizeof *datagram + packet->size);
	datagram->from = packet->from;
	datagram->to = packet->to;
	datagram->hops = packet->hops;
	datagram->tos = packet->tos;
	datagram->interface = (uint8_t)snt__sim_udp_interface(packet);
	datagram->came = snt__sim_world->now;
	datagram->cost = cost;
	datagram->size = packet->size;
	memcpy(datagram->bytes, packet->bytes, packet->size);
	snt__list_append(&udp->queue, &datagram->in_queue);
	udp->queued += cost;
	snt__sim_file_stir(&udp->file, SNT__READ);
}

/* Nobody answers what is for a group, or for all. */
static void spread(struct snt__sim_host *host,
		   const struct snt__sim_packet *packet)
{
	struct snt__link *list =
		&host->udp->ports[packet->to.port % SNT__SIM_UDP_BUCKETS];

	if (!snt__sim_udp_wants(host, packet))
		return;
	for (struct snt__link *at = list->next; at != list; at = at->next) {
		struct snt__sim_udp *udp =
			SNT__CONTAINER(at, struct snt__sim_udp, in_ports);

		if (snt__sim_udp_hears(udp, packet))
			enqueue(udp, packet);
	}
}

void snt__sim_udp_arrive(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet)
{
	struct snt__sim_udp *udp;

	if (snt__sim_ip_multicast(&packet->to.ip) ||
	    snt__sim_udp_to_all(&packet->to.ip)) {
		spread(host, packet);
		return;
	}
	udp = snt__sim_udp_find(host, &packet->to, &packet->from);
	if (udp != NULL)
		enqueue(udp, packet);
	else
		refuse(host, packet);
}

static void drop(struct snt__sim_udp *udp, struct datagram *datagram)
{
	snt__list_remove(&datagram->in_queue);
	udp->queued -= datagram->cost;
	snt__sim_free(datagram);
}

void snt__sim_udp_drop_queue(struct snt__sim_udp *udp)
{
	struct snt__link *link;

	while ((link = snt__list_first(&udp->queue)) != NULL)
		drop(udp, SNT__CONTAINER(link, struct datagram, in_queue));
}

static void tell_int(struct snt__sim_told *told, int level, int type, int value)
{
	snt__sim_tell(told, level, type, &value, sizeof value);
}

/* Where it was sent to. */
static void tell_addr(struct snt__sim_told *told, int level, int type,
		      const struct datagram *datagram, int family)
{
	struct snt_addr addr;

	snt__sim_addr_of(&addr, &datagram->to, family);
	snt__sim_tell(told, level, type, &addr.sa, addr.size);
}

/* The address that an answer would come from: the host's own. */
static const struct snt__sim_ip *own(const struct snt__sim_udp *udp,
				     const struct datagram *datagram)
{
	static const struct snt__sim_ip here = {
		.bytes = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
	};

	if (!snt__sim_ip_multicast(&datagram->to.ip) &&
	    !snt__sim_udp_to_all(&datagram->to.ip))
		return &datagram->to.ip;
	return datagram->interface == SNT__SIM_LO ? &here
						  : &udp->file.host->ips[0];
}

static void tell4(const struct snt__sim_udp *udp, struct snt__sim_told *told,
		  const struct datagram *datagram)
{
	struct in_pktinfo info = { .ipi_ifindex = datagram->interface };

	memcpy(&info.ipi_spec_dst, own(udp, datagram)->bytes + 12, 4);
	memcpy(&info.ipi_addr, datagram->to.ip.bytes + 12, 4);
	if (udp->tells & SNT__SIM_TELL_INFO4)
		snt__sim_tell(told, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	if (udp->tells & SNT__SIM_TELL_TTL4)
		tell_int(told, IPPROTO_IP, IP_TTL, datagram->hops);
	if (udp->tells & SNT__SIM_TELL_TOS4)
		snt__sim_tell(told, IPPROTO_IP, IP_TOS, &datagram->tos, 1);
	if (snt__sim_option(&udp->file, IPPROTO_IP, IP_RECVORIGDSTADDR) != 0)
		tell_addr(told, IPPROTO_IP, IP_ORIGDSTADDR, datagram, AF_INET);
}

static void tell(const struct snt__sim_udp *udp, struct snt__sim_told *told,
		 const struct datagram *datagram)
{
	struct in6_pktinfo info = { .ipi6_ifindex = datagram->interface };

	/* Of an IPv4 datagram too, on an IPv6 socket. */
	memcpy(&info.ipi6_addr, &datagram->to.ip, sizeof info.ipi6_addr);
	if (udp->tells & SNT__SIM_TELL_INFO6)
		snt__sim_tell(told, IPPROTO_IPV6, IPV6_PKTINFO, &info,
			      sizeof info);
	if (snt__sim_ip_is4(&datagram->to.ip)) {
		tell4(udp, told, datagram);
		return;
	}
	if (udp->tells & SNT__SIM_TELL_HOPS6)
		tell_int(told, IPPROTO_IPV6, IPV6_HOPLIMIT, datagram->hops);
	if (udp->tells & SNT__SIM_TELL_CLASS6)
		tell_int(told, IPPROTO_IPV6, IPV6_TCLASS, datagram->tos);
	if (snt__sim_option(&udp->file, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR) !=
	    0)
		tell_addr(told, IPPROTO_IPV6, IPV6_ORIGDSTADDR, datagram,
			  AF_INET6);
}

/* By the world's clock, for which 1970 is when it began. */
static void tell_time(const struct snt__sim_udp *udp,
		      struct snt__sim_told *told,
		      const struct datagram *datagram)
{
	int name = (int)udp->file.options.other[SNT__SIM_STAMP];
	int64_t time[2] = { datagram->came / SNT_SECOND,
			    datagram->came % SNT_SECOND };

	if (name == SO_TIMESTAMP || name == SNT__SIM_TIMESTAMP_NEW)
		time[1] /= SNT_MICROSECOND;
	snt__sim_tell(told, SOL_SOCKET, name, time, sizeof time);
}

static void tell_all(struct snt__sim_udp *udp, struct msghdr *message,
		     const struct datagram *datagram)
{
	struct snt__sim_told told = snt__sim_told(message);
	struct snt_addr from;

	if (message->msg_name != NULL) {
		snt__sim_addr_of(&from, &datagram->from, udp->file.family);
		snt__sim_tell_name(message, &from.sa, from.size);
	}
	if (udp->file.options.other[SNT__SIM_STAMP] != 0)
		tell_time(udp, &told, datagram);
	if (udp->tells != 0 || udp->file.options.other[SNT__SIM_FLAGS] != 0)
		tell(udp, &told, datagram);
	snt__sim_told_end(&told);
}

ptrdiff_t snt__sim_udp_recv(struct snt__sim_file *file, struct msghdr *message,
			    int flags)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);
	struct snt__link *link;
	struct datagram *datagram;
	size_t size, copied;
	int code;

	if (flags & MSG_ERRQUEUE)
		return snt__sim_udp_recv_error(udp, message);
	code = snt__sim_udp_error(udp);
	if (code < 0)
		return code;
	/* After a shutdown too, to whom does not wait in the call. */
	link = snt__list_first(&udp->queue);
	if (link == NULL)
		return -EAGAIN;
	datagram = SNT__CONTAINER(link, struct datagram, in_queue);
	size = datagram->size;
	copied = snt__sim_scatter(message, 0, datagram->bytes, size);
	message->msg_flags = copied < size ? MSG_TRUNC : 0;
	tell_all(udp, message, datagram);
	if (!(flags & MSG_PEEK))
		drop(udp, datagram);
	return (ptrdiff_t)(flags & MSG_TRUNC ? size : copied);
}
