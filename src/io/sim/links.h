/* SPDX-License-Identifier: MIT */
/* What the director has said of links, and partitions. */
#ifndef SNT_IO_SIM_LINKS_H
#define SNT_IO_SIM_LINKS_H

#include "io/sim/world.h"

/* Any host. */
#define SNT__SIM_ANY UINT32_MAX

struct snt__sim_rule;
struct snt__sim_partition;

struct snt__sim_links {
	unsigned version; /* of the rules; not 0 */
	struct snt__sim_rule *rules;
	size_t room, count;
	struct snt__link partitions;
};

void snt__sim_links_begin(struct snt__sim_links *links);
void snt__sim_links_end(struct snt__sim_links *links);
/* This world's. */
struct snt__sim_links *snt__sim_links(void);

/* From now on, between those (SNT__SIM_ANY: all). */
void snt__sim_links_set(struct snt__sim_links *links, uint32_t from,
			uint32_t to, const struct snt_sim_link *link);
/* What was last said; lends it until the next is. */
const struct snt_sim_link *
snt__sim_links_find(const struct snt__sim_links *links, uint32_t from,
		    uint32_t to);

/* Parts these hosts, by number, from all others. */
void snt__sim_links_part(struct snt__sim_links *links, const uint32_t *numbers,
			 size_t count);
void snt__sim_links_heal(struct snt__sim_links *links);
bool snt__sim_links_parted(const struct snt__sim_links *links, uint32_t a,
			   uint32_t b);

/* The network's own beginning and end; a new host's addresses. */
void snt__sim_net_begin(void);
void snt__sim_net_end(void);
void snt__sim_net_add(struct snt__sim_host *host);

/* At the world's end: if the event is a packet on its way, it is gone. */
void snt__sim_net_drop(struct snt__sim_event *event);

/* Lets happen what is due now. */
void snt__sim_settle(void);

#endif
