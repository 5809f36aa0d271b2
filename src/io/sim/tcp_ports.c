/* SPDX-License-Identifier: MIT */
/*
 * Who uses which port of a host, and who may, by the rules of Linux: two share
 * a port when their addresses differ, or both set SO_REUSEADDR and the earlier
 * does not listen, or both set SO_REUSEPORT. Connections that were given a free
 * port share it with others of the kind as long as their peers differ.
 *
 * Connections are found by hash, and so are ports; only a bind looks at all who
 * use its port. Who a port belongs to is not asked: every program is the root
 * of its host.
 */
#include "io/sim/tcp_parts.h"

#include <string.h>

/* How strict a bind is: to that very port, or looking for a free one. */
enum manner {
	THAT_PORT,
	ANY_PORT
};

static uint32_t mix(uint64_t a, uint64_t b)
{
	uint64_t word = (a ^ (b << 17) ^ (b >> 13)) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(word >> 32);
}

static uint32_t flow_hash(const struct snt__sim_point *local,
			  const struct snt__sim_point *remote)
{
	uint64_t halves[2];

	memcpy(halves, remote->ip.bytes, sizeof halves);
	return mix(halves[0] * 31 + halves[1],
		   (uint64_t)local->port << 16 | remote->port);
}

static bool point_equal(const struct snt__sim_point *a,
			const struct snt__sim_point *b)
{
	return a->port == b->port && snt__sim_ip_equal(&a->ip, &b->ip);
}

struct snt__sim_flow *snt__sim_flow_find(const struct snt__sim_host *host,
					 const struct snt__sim_point *local,
					 const struct snt__sim_point *remote)
{
	struct snt__sim_hashed *at = snt__sim_table_find(
		&host->tcp->flows, flow_hash(local, remote));
	struct snt__sim_flow *flow;

	for (; at != NULL; at = snt__sim_table_next(at)) {
		flow = SNT__CONTAINER(at, struct snt__sim_flow, hashed);
		if (point_equal(&flow->local, local) &&
		    point_equal(&flow->remote, remote))
			return flow;
	}
	return NULL;
}

void snt__sim_flow_add(struct snt__sim_host *host, struct snt__sim_flow *flow)
{
	snt__sim_table_add(&host->tcp->flows, &flow->hashed,
			   flow_hash(&flow->local, &flow->remote));
	flow->known = true;
}

void snt__sim_flow_remove(struct snt__sim_host *host,
			  struct snt__sim_flow *flow)
{
	if (flow->known)
		snt__sim_table_remove(&host->tcp->flows, &flow->hashed);
	flow->known = false;
}

static struct snt__sim_port *port_find(const struct snt__sim_host *host,
				       uint16_t number)
{
	struct snt__sim_hashed *at =
		snt__sim_table_find(&host->tcp->ports, number);

	return at != NULL ? SNT__CONTAINER(at, struct snt__sim_port, hashed)
			  : NULL;
}

static void join(struct snt__sim_host *host, struct snt__sim_use *use,
		 uint16_t number)
{
	struct snt__sim_port *port = port_find(host, number);

	if (port == NULL) {
		port = snt__sim_alloc(sizeof *port);
		port->number = number;
		snt__list_init(&port->uses);
		snt__list_init(&port->listeners);
		snt__sim_table_add(&host->tcp->ports, &port->hashed, number);
	}
	use->port = port;
	snt__list_append(&port->uses, &use->in_port);
	port->held += !use->outgoing;
}

void snt__sim_port_share(struct snt__sim_host *host, struct snt__sim_use *use,
			 const struct snt__sim_use *with)
{
	if (with->port != NULL)
		join(host, use, with->port->number);
}

void snt__sim_port_leave(struct snt__sim_host *host, struct snt__sim_use *use)
{
	struct snt__sim_port *port = use->port;

	if (port == NULL)
		return;
	snt__list_remove(&use->in_port);
	port->held -= !use->outgoing;
	use->port = NULL;
	if (!snt__list_empty(&port->uses))
		return;
	snt__sim_table_remove(&host->tcp->ports, &port->hashed);
	snt__sim_free(port);
}

/* Whether some packet could be for both. */
static bool overlap(const struct snt__sim_tcp *tcp,
		    const struct snt__sim_use *use)
{
	const struct snt__sim_ip *a = &tcp->flow.local.ip, *b = &use->ip;
	bool a4 = snt__sim_ip_is4(a), b4 = snt__sim_ip_is4(b);

	if (a4 == b4)
		return snt__sim_ip_any(a) || snt__sim_ip_any(b) ||
		       snt__sim_ip_equal(a, b);
	if (b4)
		return snt__sim_ip_any(a) && !tcp->file.options.v6only;
	return snt__sim_ip_any(b) &&
	       (use->socket == NULL || !use->socket->file.options.v6only);
}

static bool disturbs(const struct snt__sim_tcp *tcp,
		     const struct snt__sim_use *use, enum manner manner)
{
	const struct snt__sim_tcp *other = use->socket;
	bool reuseaddr = use->reuseaddr, reuseport = use->reuseport;

	if (other != NULL) {
		reuseaddr = other->file.options.reuseaddr != 0;
		reuseport = other->file.options.reuseport != 0;
	}
	if (other == tcp || !overlap(tcp, use))
		return false;
	if (manner == ANY_PORT)
		return true;
	if (tcp->file.options.reuseaddr && reuseaddr &&
	    (other == NULL || other->state != TCP_LISTEN))
		return false;
	return !(tcp->file.options.reuseport && reuseport);
}

static bool taken(const struct snt__sim_tcp *tcp, uint16_t number,
		  enum manner manner)
{
	struct snt__sim_port *port = port_find(tcp->file.host, number);
	struct snt__link *at;

	if (port == NULL)
		return false;
	for (at = port->uses.next; at != &port->uses; at = at->next)
		if (disturbs(tcp,
			     SNT__CONTAINER(at, struct snt__sim_use, in_port),
			     manner))
			return true;
	return false;
}

/* Connections beside which another may leave from the same port. */
static bool taken_to_connect(const struct snt__sim_tcp *tcp, uint16_t number)
{
	const struct snt__sim_port *port = port_find(tcp->file.host, number);
	struct snt__sim_point local = { tcp->flow.local.ip, number };

	return port != NULL && (port->held > 0 ||
				snt__sim_flow_find(tcp->file.host, &local,
						   &tcp->flow.remote) != NULL);
}

/* A free port, or 0. Where the search begins is the host's chance. */
static uint16_t search(struct snt__sim_tcp *tcp, bool to_connect)
{
	struct snt__sim_host *host = tcp->file.host;
	unsigned first = host->limits.port_first, number;
	unsigned count = host->limits.port_last - first + 1u;
	unsigned start = (unsigned)snt__sim_below(&host->ports, count);

	for (unsigned i = 0; i < count; i++) {
		number = first + (start + i) % count;
		if (to_connect ? !taken_to_connect(tcp, (uint16_t)number)
			       : !taken(tcp, (uint16_t)number, ANY_PORT))
			return (uint16_t)number;
	}
	return 0;
}

static void use_port(struct snt__sim_tcp *tcp, uint16_t number, bool outgoing)
{
	tcp->use.ip = tcp->flow.local.ip;
	tcp->use.outgoing = outgoing;
	tcp->flow.local.port = number;
	join(tcp->file.host, &tcp->use, number);
}

int snt__sim_port_bind(struct snt__sim_tcp *tcp, uint16_t number)
{
	if (number == 0)
		number = search(tcp, false);
	else if (taken(tcp, number, THAT_PORT))
		number = 0;
	if (number == 0)
		return -EADDRINUSE;
	use_port(tcp, number, false);
	return 0;
}

int snt__sim_port_listen(struct snt__sim_tcp *tcp)
{
	int code = 0;

	if (tcp->use.port == NULL)
		code = snt__sim_port_bind(tcp, 0);
	else if (taken(tcp, tcp->use.port->number, THAT_PORT))
		code = -EADDRINUSE;
	if (code == 0)
		snt__list_append(&tcp->use.port->listeners,
				 &tcp->listening.in_port);
	return code;
}

int snt__sim_port_connect(struct snt__sim_tcp *tcp)
{
	struct snt__sim_host *host = tcp->file.host;
	struct snt__sim_flow *before;
	uint16_t number;

	if (tcp->use.port == NULL) {
		number = search(tcp, true);
		if (number == 0)
			return -EADDRNOTAVAIL;
		use_port(tcp, number, true);
	} else {
		before = snt__sim_flow_find(host, &tcp->flow.local,
					    &tcp->flow.remote);
		if (before != NULL && !before->waiting)
			return -EADDRNOTAVAIL;
		/* As Linux does, since the numbers of the new one are
		 * larger: who bound to the port meant it. */
		if (before != NULL)
			snt__sim_tcp_wait_end(before);
	}
	tcp->use.ip = tcp->flow.local.ip;
	snt__sim_flow_add(host, &tcp->flow);
	return 0;
}

/* How well a listener suits a connection to that address; 0: not at all. */
static int suits(const struct snt__sim_tcp *listener,
		 const struct snt__sim_ip *to)
{
	const struct snt__sim_ip *ip = &listener->flow.local.ip;
	bool is4 = snt__sim_ip_is4(to);
	int own = is4 && listener->file.family == AF_INET;

	if (snt__sim_ip_equal(ip, to))
		return 3 + own;
	if (!snt__sim_ip_any(ip))
		return 0;
	if (snt__sim_ip_is4(ip) ? is4 : !(is4 && listener->file.options.v6only))
		return 1 + own;
	return 0;
}

/* The n-th of those that suit so well, from the one that listened first. */
static struct snt__sim_tcp *pick(const struct snt__sim_port *port,
				 const struct snt__sim_ip *to, int best,
				 uint32_t n)
{
	struct snt__sim_tcp *listener;
	struct snt__link *at;

	for (at = port->listeners.next; at != &port->listeners; at = at->next) {
		listener = SNT__CONTAINER(at, struct snt__sim_tcp,
					  listening.in_port);
		if (suits(listener, to) == best && n-- == 0)
			return listener;
	}
	return NULL;
}

struct snt__sim_tcp *snt__sim_port_listener(const struct snt__sim_host *host,
					    const struct snt__sim_point *local,
					    const struct snt__sim_point *remote)
{
	const struct snt__sim_port *port = port_find(host, local->port);
	struct snt__link *at;
	uint32_t count = 0;
	int best = 1, fit;

	if (port == NULL)
		return NULL;
	for (at = port->listeners.next; at != &port->listeners; at = at->next) {
		fit = suits(SNT__CONTAINER(at, struct snt__sim_tcp,
					   listening.in_port),
			    &local->ip);
		if (fit > best)
			count = 0;
		if (fit >= best) {
			best = fit;
			count++;
		}
	}
	if (count == 0)
		return NULL;
	return pick(port, &local->ip, best,
		    count > 1 ? flow_hash(local, remote) % count : 0);
}
