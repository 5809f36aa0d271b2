/* SPDX-License-Identifier: MIT */
/*
 * UDP sockets of simulated hosts: made, named, connected, shut down, closed.
 * Ports stand in udp_port.c, groups in udp_group.c, the ways of a datagram in
 * udp_send.c and udp_recv.c, errors in udp_error.c.
 *
 * Built for some tens of sockets a host and many datagrams. All calls answer as
 * Linux does, odd answers included: a shutdown of what is not connected says
 * -ENOTCONN and works, and what has no free port says -EAGAIN at a send.
 */
#include "io/sim/cost.h"
#include "io/sim/udp_group.h"

#include <netinet/in.h>
#include <string.h>

#define SHUT_BOTH 3u

static const uint8_t any4[16] = { [10] = 0xff, 0xff };

static void set_any(struct snt__sim_udp *udp)
{
	if (udp->file.family == AF_INET)
		memcpy(udp->local.ip.bytes, any4, sizeof any4);
	else
		memset(&udp->local.ip, 0, sizeof udp->local.ip);
}

static bool is_group_or_all(const struct snt__sim_ip *ip)
{
	return snt__sim_ip_multicast(ip) || snt__sim_udp_to_all(ip);
}

static int udp_bind(struct snt__sim_file *file, const struct snt_addr *addr)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);
	struct snt__sim_point point;
	int code = snt__sim_point_of(&point, addr, file->family);

	if (code < 0)
		return code;
	if (file->family == AF_INET6 && file->options.v6only &&
	    snt__sim_ip_is4(&point.ip))
		return -EINVAL;
	if (snt__sim_needs_interface(file, addr))
		return -EINVAL;
	if (!snt__sim_ip_any(&point.ip) && !is_group_or_all(&point.ip) &&
	    !snt__sim_ip_mine(file->host, &point.ip))
		return -EADDRNOTAVAIL;
	if (udp->local.port != 0)
		return -EINVAL;
	code = snt__sim_udp_take_port(udp, &point);
	if (code < 0)
		return code;
	udp->chose_ip = !snt__sim_ip_any(&point.ip);
	udp->chose_port = point.port != 0;
	return 0;
}

static int disconnect(struct snt__sim_udp *udp)
{
	udp->connected = false;
	udp->remote = (struct snt__sim_point){ .port = 0 };
	if (!udp->chose_ip)
		set_any(udp);
	if (!udp->chose_port)
		snt__sim_udp_leave_port(udp);
	return 0;
}

static int udp_connect(struct snt__sim_file *file, const struct snt_addr *addr)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);
	struct snt__sim_point point;
	struct snt__sim_ip from;
	int code;

	if (addr->size < sizeof addr->sa.any.sa_family)
		return -EINVAL;
	if (addr->sa.any.sa_family == AF_UNSPEC)
		return disconnect(udp);
	code = snt__sim_udp_need_port(udp);
	if (code == 0)
		code = snt__sim_udp_point(udp, &point, addr);
	if (code < 0)
		return code;
	if (snt__sim_needs_interface(file, addr))
		return -EINVAL;
	code = snt__sim_udp_route(udp, &point.ip, 0, &from);
	if (code < 0)
		return code;
	if (snt__sim_ip_any(&udp->local.ip))
		udp->local.ip = from;
	udp->remote = point;
	udp->connected = true;
	return 0;
}

static int udp_shutdown(struct snt__sim_file *file, int how)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	udp->shut |= (unsigned)how + 1;
	snt__sim_file_stir(file,
			   SNT__READ | SNT__ODD |
				   (udp->shut == SHUT_BOTH ? SNT__WRITE : 0));
	return udp->connected ? 0 : -ENOTCONN;
}

static int udp_getsockname(struct snt__sim_file *file, struct snt_addr *addr)
{
	snt__sim_addr_of(addr, &snt__sim_udp_of(file)->local, file->family);
	return 0;
}

static int udp_getpeername(struct snt__sim_file *file, struct snt_addr *addr)
{
	const struct snt__sim_udp *udp = snt__sim_udp_of(file);

	if (!udp->connected || udp->remote.port == 0)
		return -ENOTCONN;
	snt__sim_addr_of(addr, &udp->remote, file->family);
	return 0;
}

static unsigned udp_ready(const struct snt__sim_file *file)
{
	const struct snt__sim_udp *udp =
		SNT__CONTAINER(file, const struct snt__sim_udp, file);
	unsigned ready = SNT__WRITE;

	if (udp->dead || file->options.error != 0 ||
	    !snt__list_empty(&udp->errors))
		return SNT__READ | SNT__WRITE | SNT__ODD;
	if (!snt__list_empty(&udp->queue))
		ready |= SNT__READ;
	if (udp->shut & (SHUT_RD + 1))
		ready |= SNT__READ | SNT__ODD;
	return ready;
}

/* Nothing on the host knows of it any more. */
static void detach(struct snt__sim_udp *udp)
{
	snt__sim_udp_leave_groups(udp);
	snt__sim_udp_leave_port(udp);
	snt__list_remove(&udp->in_host);
	snt__sim_udp_drop_queue(udp);
	snt__sim_udp_drop_errors(udp);
	snt__sim_packet_free(udp->held);
	udp->held = NULL;
}

static void udp_close(struct snt__sim_file *file)
{
	struct snt__sim_udp *udp = snt__sim_udp_of(file);

	detach(udp);
	snt__sim_free(udp);
}

static const struct snt__sim_file_ops udp_ops = {
	.kind = "udp",
	.bind = udp_bind,
	.connect = udp_connect,
	.send = snt__sim_udp_send,
	.recv = snt__sim_udp_recv,
	.shutdown = udp_shutdown,
	.getsockname = udp_getsockname,
	.getpeername = udp_getpeername,
	.setsockopt = snt__sim_udp_setsockopt,
	.getsockopt = snt__sim_udp_getsockopt,
	.ready = udp_ready,
	.close = udp_close,
};

int snt__sim_udp_socket(struct snt__sim_file **made, int family)
{
	struct snt__sim_udp *udp = snt__sim_alloc(sizeof *udp);

	snt__sim_file_init(&udp->file, &udp_ops, family, SOCK_DGRAM,
			   IPPROTO_UDP);
	snt__sim_cost_buffers(&udp->file);
	set_any(udp);
	snt__list_init(&udp->in_ports);
	snt__list_init(&udp->queue);
	snt__list_init(&udp->errors);
	snt__list_init(&udp->groups);
	for (size_t i = 0; i < 2; i++)
		udp->families[i] = (struct snt__sim_udp_family){
			.hops = -1,
			.group_hops = 1,
			.group_loop = true,
			/* Not of IPv4 on an IPv6 socket, on Linux. */
			.group_all = i == 1 || family == AF_INET,
			.discover = IP_PMTUDISC_WANT,
		};
	snt__list_append(&udp->file.host->udp->sockets, &udp->in_host);
	*made = &udp->file;
	return 0;
}

void snt__sim_udp_begin(struct snt__sim_host *host)
{
	host->udp = snt__sim_alloc(sizeof *host->udp);
	snt__list_init(&host->udp->sockets);
	snt__list_init(&host->udp->groups);
	for (size_t i = 0; i < SNT__SIM_UDP_BUCKETS; i++)
		snt__list_init(&host->udp->ports[i]);
}

void snt__sim_udp_kill(struct snt__sim_host *host)
{
	struct snt__link *link;

	while ((link = snt__list_first(&host->udp->sockets)) != NULL) {
		struct snt__sim_udp *udp =
			SNT__CONTAINER(link, struct snt__sim_udp, in_host);

		detach(udp);
		udp->dead = true;
	}
}

void snt__sim_udp_end(struct snt__sim_host *host)
{
	snt__sim_udp_kill(host);
	snt__sim_free(host->udp);
	host->udp = NULL;
}
