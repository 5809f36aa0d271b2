/* SPDX-License-Identifier: MIT */
/* Few rules and fewer partitions: the last that fits is looked for from the
 * end. */
#include "io/sim/links.h"

#include <string.h>

#define MTU 1500
#define MTU_LEAST 576

struct snt__sim_rule {
	uint32_t from, to;
	struct snt_sim_link link;
};

struct snt__sim_partition {
	struct snt__link link;
	size_t count;
	uint32_t numbers[];
};

void snt__sim_links_begin(struct snt__sim_links *links)
{
	const struct snt_sim_link usual = { .latency = 100 * SNT_MICROSECOND };

	snt__list_init(&links->partitions);
	snt__sim_links_set(links, SNT__SIM_ANY, SNT__SIM_ANY, &usual);
}

void snt__sim_links_end(struct snt__sim_links *links)
{
	snt__sim_links_heal(links);
	snt__sim_free(links->rules);
}

static bool covers(uint32_t said, uint32_t number)
{
	return said == SNT__SIM_ANY || said == number;
}

/* Rules that can never be the last to fit any more. */
static void drop_covered(struct snt__sim_links *links, uint32_t from,
			 uint32_t to)
{
	size_t kept = 0;

	for (size_t i = 0; i < links->count; i++) {
		const struct snt__sim_rule *rule = &links->rules[i];

		if (!covers(from, rule->from) || !covers(to, rule->to))
			links->rules[kept++] = *rule;
	}
	links->count = kept;
}

void snt__sim_links_set(struct snt__sim_links *links, uint32_t from,
			uint32_t to, const struct snt_sim_link *link)
{
	struct snt__sim_rule *rule;

	drop_covered(links, from, to);
	links->rules = snt__sim_grow(links->rules, links->count, &links->room,
				     links->count + 1, sizeof *rule);
	rule = &links->rules[links->count++];
	rule->from = from;
	rule->to = to;
	rule->link = *link;
	if (rule->link.mtu == 0)
		rule->link.mtu = MTU;
	if (rule->link.mtu < MTU_LEAST)
		rule->link.mtu = MTU_LEAST;
	if (rule->link.latency < 0)
		rule->link.latency = 0;
	if (rule->link.jitter < 0)
		rule->link.jitter = 0;
	links->version++;
}

const struct snt_sim_link *
snt__sim_links_find(const struct snt__sim_links *links, uint32_t from,
		    uint32_t to)
{
	size_t i = links->count - 1;

	/* The first covers everything. */
	while (i > 0 && (!covers(links->rules[i].from, from) ||
			 !covers(links->rules[i].to, to)))
		i--;
	return &links->rules[i].link;
}

void snt__sim_links_part(struct snt__sim_links *links, const uint32_t *numbers,
			 size_t count)
{
	struct snt__sim_partition *made =
		snt__sim_alloc(sizeof *made + count * sizeof made->numbers[0]);

	made->count = count;
	if (count > 0)
		memcpy(made->numbers, numbers, count * sizeof numbers[0]);
	snt__list_append(&links->partitions, &made->link);
}

void snt__sim_links_heal(struct snt__sim_links *links)
{
	struct snt__link *link;

	while ((link = snt__list_first(&links->partitions)) != NULL) {
		snt__list_remove(link);
		snt__sim_free(
			SNT__CONTAINER(link, struct snt__sim_partition, link));
	}
}

static bool is_in(const struct snt__sim_partition *partition, uint32_t number)
{
	for (size_t i = 0; i < partition->count; i++)
		if (partition->numbers[i] == number)
			return true;
	return false;
}

bool snt__sim_links_parted(const struct snt__sim_links *links, uint32_t a,
			   uint32_t b)
{
	for (const struct snt__link *link = links->partitions.next;
	     link != &links->partitions; link = link->next) {
		const struct snt__sim_partition *partition = SNT__CONTAINER(
			link, const struct snt__sim_partition, link);

		if (is_in(partition, a) != is_in(partition, b))
			return true;
	}
	return false;
}
