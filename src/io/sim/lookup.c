/* SPDX-License-Identifier: MIT */
/*
 * Look-ups of simulated hosts, as getaddrinfo(3) and getnameinfo(3) make them
 * with a hosts file and one name server. "localhost" and the host's own name
 * stand in the file; all else takes its time, and may fail or be wrong.
 *
 * A look-up waits on its thread. One that is under way when its host is killed,
 * or has no network in the first place, gets no answer.
 */
#include "io/sim/calls.h"
#include "io/sim/net.h"

#include "addr/endpoint.h"
#include "addr/scan.h"
#include "addr/value.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the C library has no codes for these. */
#ifndef EAI_NODATA
#define EAI_NODATA EAI_NONAME
#endif
#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY EAI_NONAME
#endif

static const struct snt__sim_ip any[2] = {
	{ { [10] = 0xff, [11] = 0xff } },
	{ { 0 } },
};
static const struct snt__sim_ip loopback[2] = {
	{ { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } },
	{ { [15] = 1 } },
};

static bool has_network(const struct snt__sim_host *host)
{
	return !host->dying && (host->has[0] || host->has[1]);
}

/* How long until an answer comes, and the waiting for it. */
static int ask_server(const char *what)
{
	const struct snt__sim_host *host = snt__sim_host_now();
	const struct snt_sim_resolver *resolver = &host->resolver;
	struct snt__sim_dice *dice = snt__sim_names_dice(host);
	int64_t takes = resolver->latency, until;

	if (!has_network(host))
		return EAI_AGAIN;
	if (resolver->jitter > 0 && takes < SNT_FOREVER - resolver->jitter)
		takes += (int64_t)snt__sim_below(
			dice, (uint64_t)resolver->jitter + 1);
	until = takes < SNT_FOREVER - snt__sim_world->now
			? snt__sim_world->now + takes
			: SNT_FOREVER;
	snt__sim_trace(host, "look-up", takes, 0, "%s", what);
	while (snt__sim_world->now < until && !snt__sim_jobs_leaving(host))
		snt__sim_world->driver->wait(until);
	if (!has_network(host) || snt__sim_jobs_leaving(host))
		return EAI_AGAIN;
	if (snt__sim_fault("dns-fail", host->number, resolver->fail))
		return snt__sim_below(dice, 2) == 0 ? EAI_FAIL : EAI_AGAIN;
	return 0;
}

/* Somebody's address of the same family; or, one time in as many, nobody's. */
static void make_wrong(struct snt__sim_ip *ip, struct snt__sim_dice *dice)
{
	const struct snt__link *hosts = &snt__sim_world->hosts;
	bool is4 = snt__sim_ip_is4(ip);
	uint64_t skip = snt__sim_below(dice, snt__sim_world->host_count + 1);

	for (const struct snt__link *link = hosts->next; link != hosts;
	     link = link->next) {
		const struct snt__sim_host *host =
			SNT__CONTAINER(link, struct snt__sim_host, in_world);

		if (skip-- == 0 && host->has[is4 ? 0 : 1] &&
		    !snt__sim_ip_equal(&host->ips[is4 ? 0 : 1], ip)) {
			*ip = host->ips[is4 ? 0 : 1];
			return;
		}
	}
	/* 10.254.x.y and fd00::feed:xy are no host's but by intent. */
	*ip = any[is4 ? 0 : 1];
	ip->bytes[0] = is4 ? 0 : 0xfd;
	ip->bytes[12] = is4 ? 10 : 0xfe;
	ip->bytes[13] = is4 ? 254 : 0xed;
	ip->bytes[14] = (uint8_t)snt__sim_below(dice, 256);
	ip->bytes[15] = (uint8_t)(1 + snt__sim_below(dice, 254));
}

/* In the hosts file. */
static bool is_local(const char *host)
{
	return snt__sim_names_same(host, "localhost") ||
	       snt__sim_names_same(host, snt__sim_host_now()->name);
}

static void find_local(const char *host, struct snt__sim_ips *found)
{
	if (snt__sim_names_same(host, "localhost"))
		*found = (struct snt__sim_ips){
			.count = 2, .ip = { loopback[1], loopback[0] }
		};
	else
		snt__sim_names_list(snt__sim_host_now(), found);
}

static int find_name(const char *name, struct snt__sim_ips *found)
{
	const struct snt__sim_host *host = snt__sim_host_now();
	int eai;

	if (is_local(name)) {
		find_local(name, found);
		return found->count > 0 ? 0 : EAI_NODATA;
	}
	eai = ask_server(name);
	if (eai != 0)
		return eai;
	if (!snt__sim_names_find(name, found))
		return EAI_NONAME;
	if (found->count > 0 &&
	    snt__sim_fault("dns-wrong", host->number, host->resolver.wrong))
		for (size_t i = 0; i < found->count; i++)
			make_wrong(&found->ip[i], snt__sim_names_dice(host));
	return found->count > 0 ? 0 : EAI_NODATA;
}

/* A literal: 0 and the address; EAI_NONAME: it is none. */
static int find_literal(const char *host, struct snt_addr *addr)
{
	struct snt__word word = { host, host, host + strlen(host) };
	struct snt__endpoint endpoint;
	char text[sizeof endpoint.host + 8];

	memset(addr, 0, sizeof *addr);
	if (strchr(host, ':') != NULL) {
		snprintf(text, sizeof text, "[%s]:0", host);
		if (snt__endpoint_parse(&endpoint, text,
					snt__sim_if_nametoindex) < 0)
			return EAI_NONAME;
		*addr = endpoint.addr;
		return 0;
	}
	if (host[strspn(host, "0123456789.")] != '\0')
		return EAI_NONAME;
	addr->size = sizeof addr->sa.in;
	addr->sa.in.sin_family = AF_INET;
	return snt__scan_ipv4((unsigned char *)&addr->sa.in.sin_addr, word) == 0
		       ? 0
		       : EAI_NONAME;
}

/* What is looked for, and where the answer goes. */
struct answer {
	int family;
	uint16_t port;
	struct snt_addr *addrs;
	size_t capacity;
	size_t count;
	size_t matching; /* of that family, listed or not */
};

static void add(struct answer *answer, const struct snt_addr *addr)
{
	if (answer->family != 0 && addr->sa.any.sa_family != answer->family)
		return;
	answer->matching++;
	for (size_t i = 0; i < answer->count; i++)
		if (snt_addr_equal(&answer->addrs[i], addr))
			return;
	if (answer->count < answer->capacity)
		answer->addrs[answer->count++] = *addr;
}

static void add_ip(struct answer *answer, const struct snt__sim_ip *ip)
{
	struct snt__sim_point point = { .ip = *ip, .port = answer->port };
	struct snt_addr addr;

	snt__sim_addr_of(&addr, &point,
			 snt__sim_ip_is4(ip) ? AF_INET : AF_INET6);
	add(answer, &addr);
}

static int look_up(const struct snt__lookup *lookup, struct answer *answer)
{
	struct snt__sim_ips found;
	struct snt_addr literal;
	int eai;

	if (lookup->host == NULL) {
		/* In the C library's order. */
		for (int i = 0; i < 2; i++)
			add_ip(answer,
			       lookup->passive ? &any[i] : &loopback[1 - i]);
		return 0;
	}
	if (find_literal(lookup->host, &literal) == 0) {
		(void)!snt_addr_set_port(&literal, answer->port);
		add(answer, &literal);
		return answer->matching > 0 ? 0 : EAI_ADDRFAMILY;
	}
	eai = find_name(lookup->host, &found);
	if (eai != 0)
		return eai;
	for (size_t i = 0; i < found.count; i++)
		add_ip(answer, &found.ip[i]);
	return answer->matching > 0 ? 0 : EAI_NODATA;
}

static int find_port(const struct snt__lookup *lookup, uint16_t *port)
{
	const char *service = lookup->service;
	int number = 0;

	if (service == NULL)
		number = 0;
	else if (service[strspn(service, "0123456789")] == '\0')
		number = (int)(strtoul(service, NULL, 10) & 0xffff);
	else if (lookup->type != 0 && lookup->type != SOCK_STREAM &&
		 lookup->type != SOCK_DGRAM)
		return EAI_SERVICE;
	else
		number = snt__sim_service_port(service,
					       lookup->type == SOCK_DGRAM);
	if (number < 0)
		return EAI_SERVICE;
	*port = (uint16_t)number;
	return 0;
}

static bool is_family(int family)
{
	return family == 0 || family == AF_INET || family == AF_INET6;
}

int snt__sim_getaddrinfo(const struct snt__lookup *lookup,
			 struct snt_addr *addrs, size_t capacity,
			 const char **reason)
{
	struct answer answer = { .family = lookup->family,
				 .addrs = addrs,
				 .capacity = capacity };
	int eai = 0, code = snt__sim_begin("getaddrinfo");

	if (code < 0)
		return code;
	if (lookup->host == NULL && lookup->service == NULL)
		eai = EAI_NONAME;
	else if (!is_family(lookup->family))
		eai = EAI_FAMILY;
	else if (lookup->type < 0 || lookup->type > SOCK_SEQPACKET)
		eai = EAI_SOCKTYPE;
	if (eai == 0)
		eai = find_port(lookup, &answer.port);
	if (eai == 0)
		eai = look_up(lookup, &answer);
	code = eai != 0 ? snt__lookup_code(eai, reason) : (int)answer.count;
	return (int)snt__sim_traced("getaddrinfo", 0, code);
}

/* The address alone, with its zone. */
static void print_host(const struct snt_addr *addr, char *text, size_t size)
{
	struct snt_addr plain = *addr;
	char whole[SNT_ADDR_TEXT], name[16];
	bool v6 = addr->sa.any.sa_family == AF_INET6;
	unsigned zone = v6 ? addr->sa.in6.sin6_scope_id : 0;

	if (v6)
		plain.sa.in6.sin6_scope_id = 0;
	snt_addr_format(&plain, whole, sizeof whole);
	*strrchr(whole, ':') = '\0';
	if (v6)
		whole[strlen(whole) - 1] = '\0';
	if (zone == 0)
		snprintf(text, size, "%s", whole + v6);
	else if (IN6_IS_ADDR_LINKLOCAL(&addr->sa.in6.sin6_addr) &&
		 snt__sim_if_indextoname(zone, name) == 0)
		snprintf(text, size, "%s%%%s", whole + v6, name);
	else
		snprintf(text, size, "%s%%%u", whole + v6, zone);
}

static int find_reverse(const struct snt_addr *addr, const char **name)
{
	const struct snt__sim_host *here = snt__sim_host_now();
	struct snt__sim_point point;
	char text[INET6_ADDRSTRLEN + 32];
	int eai;

	*name = NULL;
	if (snt__sim_point_of(&point, addr, addr->sa.any.sa_family) < 0)
		return EAI_FAMILY;
	if (snt__sim_ip_equal(&point.ip, &loopback[0]) ||
	    snt__sim_ip_equal(&point.ip, &loopback[1])) {
		*name = "localhost";
		return 0;
	}
	if (snt__sim_ip_host(&point.ip) == here) {
		*name = here->name;
		return 0;
	}
	print_host(addr, text, sizeof text);
	eai = ask_server(text);
	/* One that has no name for it, or fails, leaves it a number. */
	if (eai == 0)
		*name = snt__sim_names_of(&point.ip);
	return eai == EAI_AGAIN ? eai : 0;
}

static int name_unix(const struct snt_addr *addr, struct snt_nameinfo *info,
		     bool numeric)
{
	size_t room = sizeof info->service - 1;
	size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t length = strnlen(addr->sa.un.sun_path,
				addr->size > head ? addr->size - head : 0);

	if (length > room)
		return EAI_OVERFLOW;
	snprintf(info->host, sizeof info->host, "%s",
		 numeric ? "localhost" : snt__sim_host_now()->name);
	memcpy(info->service, addr->sa.un.sun_path, length);
	info->service[length] = '\0';
	return 0;
}

static int name_inet(const struct snt_addr *addr, struct snt_nameinfo *info,
		     const struct snt_getnameinfo_opts *opts)
{
	const char *name = NULL, *service = NULL;
	uint16_t port = snt_addr_port(addr);
	int eai = 0;

	if (!opts->numeric) {
		eai = find_reverse(addr, &name);
		service = snt__sim_service_name(port, opts->datagram);
	}
	if (eai != 0)
		return eai;
	if (name != NULL)
		snprintf(info->host, sizeof info->host, "%s", name);
	else
		print_host(addr, info->host, sizeof info->host);
	if (service != NULL)
		snprintf(info->service, sizeof info->service, "%s", service);
	else
		snprintf(info->service, sizeof info->service, "%u", port);
	return 0;
}

int snt__sim_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
			 const struct snt_getnameinfo_opts *opts,
			 const char **reason)
{
	struct snt_nameinfo found;
	int eai = EAI_FAMILY, code = snt__sim_begin("getnameinfo");

	if (code < 0)
		return code;
	if (snt__addr_is(addr, AF_UNIX))
		eai = name_unix(addr, &found, opts->numeric);
	else if (snt__addr_is(addr, AF_INET) || snt__addr_is(addr, AF_INET6))
		eai = name_inet(addr, &found, opts);
	if (eai != 0)
		code = snt__lookup_code(eai, reason);
	else
		*info = found;
	return (int)snt__sim_traced("getnameinfo", 0, code);
}
