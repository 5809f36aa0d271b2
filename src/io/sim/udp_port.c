/* SPDX-License-Identifier: MIT */
/*
 * The UDP ports of a host: who may bind to which, and who hears a datagram.
 * Sockets stand in buckets by their port, the latest last; among equals it is
 * the latest that hears, as on Linux, or one of those that share the port
 * (SO_REUSEPORT), told by the sender's address. Built for one or a few sockets a
 * port; a search for a free port asks each in turn.
 */
#include "io/sim/options.h"
#include "io/sim/udp_group.h"

#include <string.h>

static struct snt__link *bucket(const struct snt__sim_host *host, uint16_t port)
{
	return &host->udp->ports[port % SNT__SIM_UDP_BUCKETS];
}

static struct snt__sim_udp *in_bucket(struct snt__link *link)
{
	return SNT__CONTAINER(link, struct snt__sim_udp, in_ports);
}

/* SO_BINDTODEVICE; 0: any. */
static int device_of(const struct snt__sim_udp *udp)
{
	return (int)udp->file.options.other[SNT__SIM_DEVICE];
}

static bool takes4(const struct snt__sim_udp *udp)
{
	return udp->file.family == AF_INET || !udp->file.options.v6only;
}

/* Whether a socket at ip would hear some of what comes to `other`. */
static bool covers(const struct snt__sim_udp *udp, const struct snt__sim_ip *ip,
		   const struct snt__sim_ip *other)
{
	if (!snt__sim_ip_any(ip))
		return snt__sim_ip_equal(ip, other);
	if (snt__sim_ip_is4(ip))
		return snt__sim_ip_is4(other);
	return !snt__sim_ip_is4(other) || takes4(udp);
}

static bool in_the_way(const struct snt__sim_udp *udp,
		       const struct snt__sim_ip *ip,
		       const struct snt__sim_udp *there)
{
	const struct snt__sim_options *mine = &udp->file.options;
	const struct snt__sim_options *theirs = &there->file.options;

	if (mine->reuseaddr && theirs->reuseaddr)
		return false;
	if (mine->reuseport && theirs->reuseport)
		return false;
	if (device_of(udp) != 0 && device_of(there) != 0 &&
	    device_of(udp) != device_of(there))
		return false;
	return covers(udp, ip, &there->local.ip) ||
	       covers(there, &there->local.ip, ip);
}

static bool is_free(const struct snt__sim_udp *udp,
		    const struct snt__sim_ip *ip, uint16_t port)
{
	struct snt__link *list = bucket(udp->file.host, port);

	for (struct snt__link *at = list->next; at != list; at = at->next) {
		const struct snt__sim_udp *there = in_bucket(at);

		if (there->local.port == port && in_the_way(udp, ip, there))
			return false;
	}
	return true;
}

/* 0: none is free. */
static uint16_t find_free(const struct snt__sim_udp *udp,
			  const struct snt__sim_ip *ip)
{
	struct snt__sim_host *host = udp->file.host;
	uint32_t first = host->limits.port_first;
	uint32_t count = host->limits.port_last - first + 1u;
	uint32_t begin = (uint32_t)snt__sim_below(&host->ports, count);

	for (uint32_t i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(first + (begin + i) % count);

		if (is_free(udp, ip, port))
			return port;
	}
	return 0;
}

int snt__sim_udp_take_port(struct snt__sim_udp *udp,
			   const struct snt__sim_point *point)
{
	uint16_t port = point->port;

	if (port == 0)
		port = find_free(udp, &point->ip);
	else if (!is_free(udp, &point->ip, port))
		port = 0;
	if (port == 0)
		return -EADDRINUSE;
	udp->local.ip = point->ip;
	udp->local.port = port;
	snt__list_append(bucket(udp->file.host, port), &udp->in_ports);
	return 0;
}

void snt__sim_udp_leave_port(struct snt__sim_udp *udp)
{
	udp->local.port = 0;
	snt__list_remove(&udp->in_ports);
}

int snt__sim_udp_need_port(struct snt__sim_udp *udp)
{
	struct snt__sim_point point = { .ip = udp->local.ip };

	if (udp->local.port != 0)
		return 0;
	return snt__sim_udp_take_port(udp, &point) < 0 ? -EAGAIN : 0;
}

/* Whether its connection, if it has one, is with that peer. */
static bool has_peer(const struct snt__sim_udp *udp,
		     const struct snt__sim_point *from)
{
	if (!udp->connected)
		return true;
	return snt__sim_ip_equal(&udp->remote.ip, &from->ip) &&
	       (udp->remote.port == 0 || udp->remote.port == from->port);
}

/* How well it fits, as Linux counts; 0: not at all. */
static int score(const struct snt__sim_udp *udp,
		 const struct snt__sim_point *to,
		 const struct snt__sim_point *from)
{
	int points = udp->file.family == AF_INET ? 2 : 1;

	if (udp->local.port != to->port ||
	    !covers(udp, &udp->local.ip, &to->ip) || !has_peer(udp, from))
		return 0;
	if (device_of(udp) != 0) {
		if (device_of(udp) != snt__sim_udp_between(&from->ip, &to->ip))
			return 0;
		points += 4;
	}
	if (!snt__sim_ip_any(&udp->local.ip))
		points += 4;
	if (udp->connected)
		points += udp->remote.port != 0 ? 8 : 4;
	return points;
}

static uint32_t hash(const struct snt__sim_point *to,
		     const struct snt__sim_point *from)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < sizeof from->ip.bytes; i++) {
		sum = (sum ^ from->ip.bytes[i]) * 16777619u;
		sum = (sum ^ to->ip.bytes[i]) * 16777619u;
	}
	sum = (sum ^ from->port) * 16777619u;
	sum = (sum ^ to->port) * 16777619u;
	return sum ^ sum >> 15;
}

/* A datagram, and who hears it best. */
struct match {
	const struct snt__sim_point *to, *from;
	int points;
};

/* Connected ones are not among them: their score is another. */
static bool shares(const struct snt__sim_udp *udp, const struct match *match)
{
	return udp->file.options.reuseport &&
	       score(udp, match->to, match->from) == match->points;
}

static struct snt__sim_udp *share(struct snt__link *list,
				  struct snt__sim_udp *best,
				  const struct match *match)
{
	uint32_t count = 0, chosen;

	for (struct snt__link *at = list->next; at != list; at = at->next)
		count += shares(in_bucket(at), match);
	if (count < 2)
		return best;
	chosen = hash(match->to, match->from) % count;
	for (struct snt__link *at = list->next; at != list; at = at->next)
		if (shares(in_bucket(at), match) && chosen-- == 0)
			return in_bucket(at);
	return best;
}

struct snt__sim_udp *snt__sim_udp_find(struct snt__sim_host *host,
				       const struct snt__sim_point *to,
				       const struct snt__sim_point *from)
{
	struct snt__link *list = bucket(host, to->port);
	struct match match = { to, from, 0 };
	struct snt__sim_udp *best = NULL;

	for (struct snt__link *at = list->prev; at != list; at = at->prev) {
		int points = score(in_bucket(at), to, from);

		if (points > match.points) {
			match.points = points;
			best = in_bucket(at);
		}
	}
	if (best != NULL && best->file.options.reuseport && !best->connected)
		return share(list, best, &match);
	return best;
}

bool snt__sim_udp_hears(const struct snt__sim_udp *udp,
			const struct snt__sim_packet *packet)
{
	return score(udp, &packet->to, &packet->from) != 0 &&
	       snt__sim_udp_joined(udp, packet);
}
