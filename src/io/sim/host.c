/* SPDX-License-Identifier: MIT */
/* A host's beginning and end. */
#include "io/sim/fail.h"
#include "io/sim/file.h"
#include "io/sim/links.h"
#include "io/sim/net.h"

#include <stdio.h>
#include <string.h>

#define CORES 2
#define DESCRIPTORS 1024
#define BACKLOG 4096
#define PORT_FIRST 32768
#define PORT_LAST 60999
#define RCVBUF 131072
#define SNDBUF 16384

static void settle_limits(struct snt_sim_host_opts *limits)
{
	if (limits->cores < 1)
		limits->cores = CORES;
	if (limits->descriptors < 1)
		limits->descriptors = DESCRIPTORS;
	if (limits->descriptors > SNT__SIM_FDS)
		limits->descriptors = SNT__SIM_FDS;
	if (limits->backlog < 1)
		limits->backlog = BACKLOG;
	if (limits->port_first == 0)
		limits->port_first = PORT_FIRST;
	if (limits->port_last < limits->port_first)
		limits->port_last = PORT_LAST;
	if (limits->rcvbuf == 0)
		limits->rcvbuf = RCVBUF;
	if (limits->sndbuf == 0)
		limits->sndbuf = SNDBUF;
}

/* 10.0.x.y and fd00::n, for the n-th. */
static void usual_address(struct snt__sim_host *host, int which)
{
	struct snt__sim_ip *ip = &host->ips[which];

	if (which == 0) {
		ip->bytes[10] = ip->bytes[11] = 0xff;
		ip->bytes[12] = 10;
	} else {
		ip->bytes[0] = 0xfd;
	}
	ip->bytes[14] = (uint8_t)(host->number >> 8);
	ip->bytes[15] = (uint8_t)host->number;
	host->has[which] = true;
}

static int read_address(struct snt__sim_host *host, int which, const char *text)
{
	int family = which == 0 ? AF_INET : AF_INET6;
	struct snt__sim_point point;
	struct snt_addr addr;
	char with_port[64];
	int code;

	if (text == NULL) {
		usual_address(host, which);
		return 0;
	}
	if (text[0] == '\0')
		return 0;
	snprintf(with_port, sizeof with_port, which == 0 ? "%s:0" : "[%s]:0",
		 text);
	code = snt_addr_parse(&addr, with_port);
	if (code == 0)
		code = snt__sim_point_of(&point, &addr, family);
	if (code < 0 || snt__sim_ip_any(&point.ip) ||
	    snt__sim_ip_loopback(&point.ip) || snt__sim_ip_multicast(&point.ip))
		return -EINVAL;
	host->ips[which] = point.ip;
	host->has[which] = true;
	return 0;
}

static bool is_taken(const struct snt__sim_host *host)
{
	for (struct snt__link *link = snt__sim_world->hosts.next;
	     link != &snt__sim_world->hosts; link = link->next) {
		const struct snt__sim_host *other =
			SNT__CONTAINER(link, struct snt__sim_host, in_world);

		if (strcmp(other->name, host->name) == 0)
			return true;
	}
	return (host->has[0] && snt__sim_ip_host(&host->ips[0]) != NULL) ||
	       (host->has[1] && snt__sim_ip_host(&host->ips[1]) != NULL);
}

int snt__sim_host_begin(struct snt__sim_host *host, const char *name,
			const struct snt_sim_host_opts *opts)
{
	static const struct snt_sim_host_opts defaults;
	int code = 0;

	if (opts == NULL)
		opts = &defaults;
	/* Faults are named by it. */
	if (name[0] == '\0' || strlen(name) >= sizeof host->name ||
	    name[strcspn(name, " :>")] != '\0' ||
	    snt__sim_world->host_count > UINT16_MAX)
		return -EINVAL;
	host->number = snt__sim_world->host_count;
	snprintf(host->name, sizeof host->name, "%s", name);
	host->limits = *opts;
	settle_limits(&host->limits);
	for (int i = 0; i < 2 && code == 0 && host->number > 0; i++)
		code = read_address(host, i, i == 0 ? opts->ipv4 : opts->ipv6);
	if (code == 0 && is_taken(host))
		code = -EINVAL;
	if (code < 0)
		return code;
	host->resolver = snt__sim_world->resolver;
	host->up = host->number > 0;
	host->ports = snt__sim_dice("ports", host->number);
	host->dice = snt__sim_dice("random", host->number);
	snt__sim_world->host_count++;
	snt__list_append(&snt__sim_world->hosts, &host->in_world);
	snt__sim_net_add(host);
	snt__sim_failures_begin(host);
	snt__sim_tcp_begin(host);
	snt__sim_udp_begin(host);
	snt__sim_unix_begin(host);
	snt__sim_jobs_begin(host);
	snt__sim_signals_begin(host);
	snt__sim_console_begin(host);
	return 0;
}

void snt__sim_host_kill(struct snt__sim_host *host)
{
	host->up = false;
	host->dying = true;
	snt__sim_trace(host, "killed", 0, 0, " ");
	snt__sim_tcp_kill(host);
	snt__sim_udp_kill(host);
	snt__sim_unix_kill(host);
	snt__sim_jobs_leave(host);
	snt__sim_fd_kill_all(host);
}

void snt__sim_host_crash(struct snt__sim_host *host)
{
	host->dying = true;
	snt__sim_trace(host, "crashed", 0, 0, " ");
	snt__sim_jobs_leave(host);
	snt__sim_fd_kill_all(host);
}

void snt__sim_host_end(struct snt__sim_host *host)
{
	snt__sim_fd_close_all(host);
	snt__sim_console_end(host);
	snt__sim_signals_end(host);
	snt__sim_jobs_end(host);
	snt__sim_unix_end(host);
	snt__sim_udp_end(host);
	snt__sim_tcp_end(host);
	snt__sim_failures_end(host);
	snt__sim_free(host->files);
	snt__list_remove(&host->in_world);
}
