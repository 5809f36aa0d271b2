/* SPDX-License-Identifier: MIT */
/*
 * The ways packets go. Built for a few hosts that talk and many that may not:
 * what is known of a way from one host to another is made when the first packet
 * goes there, and looks through the rules given for links only when they have
 * changed since.
 *
 * On the same host a packet arrives before anything else is done there
 * (snt__sim_settle), as over a kernel's loopback.
 */
#include "io/sim/net.h"

#include "io/sim/links.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

/* An address that nobody answers for is asked for so long. */
#define NOBODY (3 * SNT_SECOND)

struct way {
	struct snt_sim_link link;
	struct snt__sim_dice dice;
	unsigned version; /* of the rules that link was taken from */
	int64_t free;     /* when the last packet has left */
};

struct row {
	struct way **ways; /* by the number of the host they lead to */
	size_t room;
};

struct snt__sim_net {
	struct snt__sim_links links;
	struct row *rows; /* by the number of the host they lead from */
	size_t room;
	struct snt__sim_host **owners; /* by a hash of their addresses */
	size_t owner_room, owner_count;
};

void snt__sim_net_begin(void)
{
	struct snt__sim_net *net = snt__sim_alloc(sizeof *net);

	net->owner_room = 64;
	net->owners = snt__sim_alloc(net->owner_room * sizeof *net->owners);
	snt__sim_links_begin(&net->links);
	snt__sim_world->net = net;
}

void snt__sim_net_end(void)
{
	struct snt__sim_net *net = snt__sim_world->net;

	for (size_t from = 0; from < net->room; from++) {
		for (size_t to = 0; to < net->rows[from].room; to++)
			snt__sim_free(net->rows[from].ways[to]);
		snt__sim_free(net->rows[from].ways);
	}
	snt__sim_links_end(&net->links);
	snt__sim_free(net->rows);
	snt__sim_free(net->owners);
	snt__sim_free(net);
}

struct snt__sim_links *snt__sim_links(void)
{
	return &snt__sim_world->net->links;
}

/* Whether that host has the address. */
static bool owns(const struct snt__sim_host *host, const struct snt__sim_ip *ip)
{
	return (host->has[0] && snt__sim_ip_equal(&host->ips[0], ip)) ||
	       (host->has[1] && snt__sim_ip_equal(&host->ips[1], ip));
}

static size_t hash_of(const struct snt__sim_ip *ip)
{
	uint64_t hash = snt__sim_hash(ip->bytes, sizeof ip->bytes);

	return (size_t)(hash ^ hash >> 32);
}

struct snt__sim_host *snt__sim_ip_host(const struct snt__sim_ip *ip)
{
	const struct snt__sim_net *net = snt__sim_world->net;
	size_t at = hash_of(ip) & (net->owner_room - 1);

	while (net->owners[at] != NULL && !owns(net->owners[at], ip))
		at = (at + 1) & (net->owner_room - 1);
	return net->owners[at];
}

static void place_owner(struct snt__sim_net *net, struct snt__sim_host *host,
			const struct snt__sim_ip *ip)
{
	size_t at = hash_of(ip) & (net->owner_room - 1);

	while (net->owners[at] != NULL)
		at = (at + 1) & (net->owner_room - 1);
	net->owners[at] = host;
}

void snt__sim_net_add(struct snt__sim_host *host)
{
	struct snt__sim_net *net = snt__sim_world->net;

	net->owner_count += 2;
	if (2 * net->owner_count > net->owner_room) {
		snt__sim_free(net->owners);
		net->owner_room *= 2;
		net->owners =
			snt__sim_alloc(net->owner_room * sizeof *net->owners);
		for (struct snt__link *link = snt__sim_world->hosts.next;
		     link != &snt__sim_world->hosts; link = link->next) {
			struct snt__sim_host *other = SNT__CONTAINER(
				link, struct snt__sim_host, in_world);

			for (int i = 0; i < 2 && other != host; i++)
				if (other->has[i])
					place_owner(net, other, &other->ips[i]);
		}
	}
	for (int i = 0; i < 2; i++)
		if (host->has[i])
			place_owner(net, host, &host->ips[i]);
}

static struct way *way_between(uint32_t from, uint32_t to)
{
	struct snt__sim_net *net = snt__sim_world->net;
	struct row *row;
	struct way *way;

	net->rows = snt__sim_grow(net->rows, net->room, &net->room, from + 1U,
				  sizeof *net->rows);
	row = &net->rows[from];
	row->ways = snt__sim_grow(row->ways, row->room, &row->room, to + 1U,
				  sizeof(struct way *));
	way = row->ways[to];
	if (way == NULL) {
		way = row->ways[to] = snt__sim_alloc(sizeof *way);
		way->dice = snt__sim_dice("way", from << 16 | to);
	}
	if (way->version != net->links.version) {
		way->version = net->links.version;
		way->link = *snt__sim_links_find(&net->links, from, to);
	}
	return way;
}

struct snt__sim_packet *snt__sim_packet(uint8_t protocol, size_t size)
{
	struct snt__sim_packet *packet = snt__sim_alloc(sizeof *packet + size);

	packet->protocol = protocol;
	packet->size = size;
	packet->hops = 64;
	return packet;
}

size_t snt__sim_headers(const struct snt__sim_packet *packet)
{
	size_t ip = snt__sim_ip_is4(&packet->to.ip) ? 20 : 40;

	return ip + (packet->protocol == IPPROTO_TCP ? 20 : 8);
}

static const char *protocol_of(const struct snt__sim_packet *packet)
{
	return packet->protocol == IPPROTO_TCP   ? "tcp"
	       : packet->protocol == IPPROTO_UDP ? "udp"
						 : "icmp";
}

static void trace(const struct snt__sim_host *host, const char *word,
		  const struct snt__sim_packet *packet)
{
	const struct snt__sim_host *other =
		host == packet->from_host ? packet->to_host : packet->from_host;

	snt__sim_trace(
		host, word,
		(int64_t)((packet->sequence * 64 + packet->flags) ^
			  packet->ack << 32),
		(int64_t)((uint64_t)packet->size << 32 |
			  (uint32_t)packet->to.port << 16 | packet->from.port),
		"%s %s %s%s%s%s%s port %u > %u seq %llu ack %llu win %u size "
		"%zu",
		protocol_of(packet), other != NULL ? other->name : "nobody",
		packet->flags & SNT__SIM_SYN ? "S" : "",
		packet->flags & SNT__SIM_FIN ? "F" : "",
		packet->flags & SNT__SIM_RST ? "R" : "",
		packet->flags & SNT__SIM_ACK ? "." : "",
		packet->protocol == IPPROTO_ICMP ? snt_strerror(-packet->error)
						 : "",
		packet->from.port, packet->to.port,
		(unsigned long long)(packet->sequence % SNT__SIM_ROUND),
		(unsigned long long)(packet->ack % SNT__SIM_ROUND),
		packet->window, packet->size);
}

static void arrive(struct snt__sim_event *event)
{
	struct snt__sim_packet *packet =
		SNT__CONTAINER(event, struct snt__sim_packet, event);
	struct snt__sim_host *host = packet->to_host;

	if (host->up) {
		trace(host, "gets", packet);
		if (packet->protocol == IPPROTO_TCP)
			snt__sim_tcp_arrive(host, packet);
		else if (packet->protocol == IPPROTO_UDP)
			snt__sim_udp_arrive(host, packet);
		else if (packet->about_protocol == IPPROTO_TCP)
			snt__sim_tcp_told(host, packet);
		else
			snt__sim_udp_told(host, packet);
	}
	snt__sim_packet_free(packet);
}

void snt__sim_net_drop(struct snt__sim_event *event)
{
	if (event->happen == arrive)
		snt__sim_packet_free(
			SNT__CONTAINER(event, struct snt__sim_packet, event));
}

static struct snt__sim_packet *copy_of(const struct snt__sim_packet *packet)
{
	struct snt__sim_packet *copy =
		snt__sim_packet(packet->protocol, packet->size);

	memcpy(copy, packet, sizeof *packet + packet->size);
	memset(&copy->event, 0, sizeof copy->event);
	return copy;
}

/* To who sent the packet, from where it could go no further. */
static void send_back(const struct snt__sim_packet *packet, int error,
		      int64_t delay)
{
	struct snt__sim_packet *answer = snt__sim_packet(IPPROTO_ICMP, 0);

	if (packet->protocol == IPPROTO_ICMP) {
		snt__sim_packet_free(answer);
		return;
	}
	answer->to_host = packet->from_host;
	answer->from = packet->to;
	answer->to = packet->from;
	answer->about = packet->to;
	answer->about_protocol = packet->protocol;
	answer->about_sequence = packet->sequence;
	answer->error = error;
	snt__sim_at(&answer->event, snt__sim_world->now + delay, arrive);
}

/* A box on the way resets the connection: each side believes the other did. */
static void reset_both(const struct snt__sim_packet *packet, int64_t delay)
{
	struct snt__sim_packet *on = copy_of(packet);
	struct snt__sim_packet *back = snt__sim_packet(IPPROTO_TCP, 0);

	on->size = 0;
	on->flags = SNT__SIM_RST | SNT__SIM_ACK;
	back->from_host = packet->to_host;
	back->to_host = packet->from_host;
	back->from = packet->to;
	back->to = packet->from;
	back->flags = SNT__SIM_RST | SNT__SIM_ACK;
	back->sequence = packet->ack;
	back->ack = snt__sim_behind(packet);
	snt__sim_at(&on->event, snt__sim_world->now + delay, arrive);
	snt__sim_at(&back->event, snt__sim_world->now + delay, arrive);
}

static bool is_lost(const struct way *way, const struct snt__sim_packet *packet,
		    uint32_t site, size_t size)
{
	size_t pieces = packet->protocol == IPPROTO_UDP
				? (size + way->link.mtu - 1) / way->link.mtu
				: 1;

	for (size_t i = 0; i < pieces; i++)
		if (snt__sim_fault("loss", site, way->link.loss))
			return true;
	return false;
}

static int64_t delay_on(struct way *way, uint32_t site, size_t size)
{
	const struct snt_sim_link *link = &way->link;
	int64_t now = snt__sim_world->now, delay = link->latency;

	if (link->bandwidth > 0) {
		if (way->free < now)
			way->free = now;
		way->free += (int64_t)(size * (uint64_t)SNT_SECOND /
				       link->bandwidth);
		delay += way->free - now;
	}
	if (link->jitter > 0)
		delay += (int64_t)snt__sim_below(&way->dice,
						 (uint64_t)link->jitter + 1);
	if (snt__sim_fault("reorder", site, link->reorder))
		delay += link->latency + link->jitter + SNT_MILLISECOND;
	if (snt__sim_fault("stall", site, link->stall))
		delay += SNT_SECOND +
			 (int64_t)snt__sim_below(&way->dice,
						 (uint64_t)(19 * SNT_SECOND));
	return delay;
}

static void go(struct snt__sim_packet *packet)
{
	struct snt__sim_host *from = packet->from_host, *to = packet->to_host;
	uint32_t site = from->number << 16 | to->number;
	struct way *way = way_between(from->number, to->number);
	size_t size = packet->size + snt__sim_headers(packet);
	int64_t delay;

	snt__sim_world->packet_count++;
	trace(from, "sends", packet);
	if (way->link.unreachable)
		send_back(packet, EHOSTUNREACH, way->link.latency);
	if (way->link.silent || way->link.unreachable ||
	    snt__sim_links_parted(&snt__sim_world->net->links, from->number,
				  to->number) ||
	    is_lost(way, packet, site, size)) {
		snt__sim_packet_free(packet);
		return;
	}
	delay = delay_on(way, site, size);
	if (packet->protocol == IPPROTO_TCP &&
	    snt__sim_fault("reset", site, way->link.reset)) {
		reset_both(packet, delay);
		snt__sim_packet_free(packet);
		return;
	}
	if (snt__sim_fault("duplicate", site, way->link.duplicate))
		snt__sim_at(&copy_of(packet)->event,
			    snt__sim_world->now + delay_on(way, site, size),
			    arrive);
	snt__sim_at(&packet->event, snt__sim_world->now + delay, arrive);
}

static void go_to(struct snt__sim_packet *packet, struct snt__sim_host *to)
{
	packet->to_host = to;
	if (to == packet->from_host)
		snt__sim_at(&packet->event, snt__sim_world->now, arrive);
	else
		go(packet);
}

/* To each that has joined; a network that watches who has. */
static void go_to_all(struct snt__sim_packet *packet)
{
	const struct snt__sim_host *from = packet->from_host;
	int which = snt__sim_ip_is4(&packet->to.ip) ? 0 : 1;

	for (struct snt__link *link = snt__sim_world->hosts.next;
	     link != &snt__sim_world->hosts; link = link->next) {
		struct snt__sim_host *host =
			SNT__CONTAINER(link, struct snt__sim_host, in_world);

		if ((host == from || host->has[which]) &&
		    snt__sim_udp_wants(host, packet))
			go_to(copy_of(packet), host);
	}
	snt__sim_packet_free(packet);
}

int snt__sim_send(struct snt__sim_host *host, struct snt__sim_packet *packet)
{
	const struct snt__sim_ip *to = &packet->to.ip;
	struct snt__sim_host *target;
	bool from_here = snt__sim_ip_loopback(&packet->from.ip);
	bool here = snt__sim_ip_mine(host, to);

	packet->from_host = host;
	if (!host->up ||
	    (!here && !from_here && !host->has[snt__sim_ip_is4(to) ? 0 : 1])) {
		snt__sim_packet_free(packet);
		return -ENETUNREACH;
	}
	target = here ? host : snt__sim_ip_host(to);
	if (snt__sim_ip_multicast(to) || snt__sim_ip_broadcast(to)) {
		go_to_all(packet);
	} else if (from_here && !here) {
		/* A martian: every host would drop it. */
		snt__sim_packet_free(packet);
	} else if (target == NULL) {
		snt__sim_world->packet_count++;
		trace(host, "sends", packet);
		send_back(packet, EHOSTUNREACH, NOBODY);
		snt__sim_packet_free(packet);
	} else {
		go_to(packet, target);
	}
	return 0;
}

size_t snt__sim_mtu(struct snt__sim_host *host, const struct snt__sim_ip *to)
{
	const struct snt__sim_host *target = snt__sim_ip_host(to);

	if (snt__sim_ip_mine(host, to))
		return 65536;
	return way_between(host->number, target != NULL ? target->number : 0)
		->link.mtu;
}

void snt__sim_settle(void)
{
	struct snt__sim_world *world = snt__sim_world;
	struct snt__heap_node *node;

	while ((node = snt__heap_first(&world->events)) != NULL &&
	       node->key <= world->now) {
		struct snt__sim_event *event =
			SNT__CONTAINER(node, struct snt__sim_event, node);

		world->event_count++;
		snt__sim_not(event);
		event->happen(event);
	}
}
