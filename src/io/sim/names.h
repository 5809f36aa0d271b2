/* SPDX-License-Identifier: MIT */
/*
 * Names of a simulated world and who is looked up by them, and the interfaces
 * that every host has. As the seam's functions, see io.h; the look-ups wait.
 */
#ifndef SNT_IO_SIM_NAMES_H
#define SNT_IO_SIM_NAMES_H

#include "io/io.h"
#include "io/sim/host.h"

void snt__sim_names_begin(struct snt__sim_world *world);
void snt__sim_names_end(struct snt__sim_world *world);

/* As snt_sim_set_name, for the world that runs: these come before names of
 * hosts. -EINVAL: no name that can be looked up, or no addresses; worded. */
int snt__sim_names_set(const char *name, const char *addrs);

int snt__sim_getaddrinfo(const struct snt__lookup *lookup,
			 struct snt_addr *addrs, size_t capacity,
			 const char **reason);
int snt__sim_getnameinfo(const struct snt_addr *addr, struct snt_nameinfo *info,
			 const struct snt_getnameinfo_opts *opts,
			 const char **reason);

int snt__sim_if_nametoindex(const char *name);
int snt__sim_if_indextoname(unsigned index, char name[16]);
int snt__sim_if_nameindex(struct snt_interface *interfaces, size_t capacity);
int snt__sim_interfaces(struct snt_interface_list **list);

/* What a name server knows, for lookup.c. */
#define SNT__SIM_IPS 32

struct snt__sim_ips {
	size_t count;
	struct snt__sim_ip ip[SNT__SIM_IPS];
};

/* The host's addresses in the order in which to try them from here. */
void snt__sim_names_list(const struct snt__sim_host *host,
			 struct snt__sim_ips *found);
/* Addresses in that order, or as they were set. False: no such name. */
bool snt__sim_names_find(const char *name, struct snt__sim_ips *found);
bool snt__sim_names_same(const char *a, const char *b);
/* A name that leads there; NULL: none. */
const char *snt__sim_names_of(const struct snt__sim_ip *ip);
/* The row of chance of that host's look-ups. */
struct snt__sim_dice *snt__sim_names_dice(const struct snt__sim_host *host);

/* The port of a service by UDP or by TCP; -1: there is none. */
int snt__sim_service_port(const char *service, bool datagram);
/* NULL: none. */
const char *snt__sim_service_name(int port, bool datagram);

#endif
