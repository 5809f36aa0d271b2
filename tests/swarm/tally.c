/* SPDX-License-Identifier: MIT */
/* What many worlds add up to. Order does not matter to it: worlds end as the
 * processes that run them please. */
#include "swarm.h"

#include <inttypes.h>

#define FAILURES 16
#define KINDS 64
#define SCENARIOS 32

struct numbers {
	uint32_t *all;
	size_t count, room;
};

struct kind {
	char name[16];
	uint64_t count, worlds;
};

struct tally {
	uint64_t worlds, failures, events, packets;
	double time; /* seconds of theirs */
	uint64_t of[SCENARIOS], failures_of[SCENARIOS];
	struct numbers packets_of[SCENARIOS], events_of[SCENARIOS];
	struct kind kinds[KINDS];
	size_t kind_count;
	uint64_t without; /* worlds in which nothing went wrong */
	struct outcome failed[FAILURES]; /* those with the least index */
	size_t failed_count;
};

struct tally *tally_new(void)
{
	struct tally *tally = calloc(1, sizeof *tally);

	if (tally == NULL || scenario_count > SCENARIOS)
		abort();
	return tally;
}

static void add_number(struct numbers *numbers, uint64_t number)
{
	if (numbers->count == numbers->room) {
		numbers->room = 2 * numbers->room + 64;
		numbers->all = realloc(numbers->all,
				       numbers->room * sizeof *numbers->all);
		if (numbers->all == NULL)
			abort();
	}
	numbers->all[numbers->count++] =
		(uint32_t)MINIMUM(number, (uint64_t)UINT32_MAX);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint32_t median(struct numbers *numbers)
{
	if (numbers->count == 0)
		return 0;
	qsort(numbers->all, numbers->count, sizeof *numbers->all, by_number);
	return numbers->all[numbers->count / 2];
}

static struct kind *kind_of(struct tally *tally, const char *name)
{
	size_t i = 0;

	while (i < tally->kind_count && strcmp(tally->kinds[i].name, name) != 0)
		i++;
	if (i == KINDS)
		abort();
	if (i == tally->kind_count) {
		tally->kind_count++;
		snprintf(tally->kinds[i].name, sizeof tally->kinds[i].name,
			 "%s", name);
	}
	return &tally->kinds[i];
}

/* Kinds that are no call of a program's. */
static bool is_call(const char *name)
{
	static const char *const others[] = {
		"loss",     "duplicate", "reorder",   "reset",
		"stall",    "kill",      "partition", "pause",
		"dns-fail", "dns-wrong", "memory",
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (strcmp(others[i], name) == 0)
			return false;
	return true;
}

static void add_faults(struct tally *tally, const struct snt_sim_report *report)
{
	uint64_t calls = 0;

	if (report->faults[0].count == 0)
		tally->without++;
	for (size_t i = 0; i < SNT_SIM_KINDS; i++) {
		const struct snt_sim_count *fault = &report->faults[i];
		struct kind *kind;

		if (fault->count == 0)
			break;
		kind = kind_of(tally, fault->kind);
		kind->count += fault->count;
		kind->worlds++;
		if (is_call(fault->kind))
			calls += fault->count;
	}
	if (calls > 0) {
		struct kind *kind = kind_of(tally, "any call");

		kind->count += calls;
		kind->worlds++;
	}
}

static void keep_failure(struct tally *tally, const struct outcome *outcome)
{
	size_t at = tally->failed_count;

	tally->failures++;
	tally->failures_of[outcome->scenario]++;
	while (at > 0 && tally->failed[at - 1].index > outcome->index)
		at--;
	if (at == FAILURES)
		return;
	if (tally->failed_count < FAILURES)
		tally->failed_count++;
	memmove(&tally->failed[at + 1], &tally->failed[at],
		(tally->failed_count - at - 1) * sizeof *outcome);
	tally->failed[at] = *outcome;
}

void tally_add(struct tally *tally, const struct outcome *outcome)
{
	const struct snt_sim_report *report = &outcome->report;

	tally->worlds++;
	tally->of[outcome->scenario]++;
	tally->events += report->events;
	tally->packets += report->packets;
	tally->time += (double)report->time / (double)SNT_SECOND;
	add_number(&tally->packets_of[outcome->scenario], report->packets);
	add_number(&tally->events_of[outcome->scenario], report->events);
	add_faults(tally, report);
	if (report->code < 0)
		keep_failure(tally, outcome);
}

uint64_t tally_worlds(const struct tally *tally)
{
	return tally->worlds;
}

uint64_t tally_failures(const struct tally *tally)
{
	return tally->failures;
}

const struct outcome *tally_first(const struct tally *tally)
{
	return tally->failed_count > 0 ? &tally->failed[0] : NULL;
}

static void print_scenarios(struct tally *tally)
{
	printf("%-12s %9s %9s %9s %9s\n", "scenario", "worlds", "packets",
	       "events", "failures");
	for (size_t i = 0; i < scenario_count; i++)
		if (tally->of[i] > 0)
			printf("%-12s %9" PRIu64 " %9" PRIu32 " %9" PRIu32
			       " %9" PRIu64 "\n",
			       scenarios[i]->name, tally->of[i],
			       median(&tally->packets_of[i]),
			       median(&tally->events_of[i]),
			       tally->failures_of[i]);
	printf("(packets and events: the median of a world)\n");
}

static int by_worlds(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;

	if (x->worlds != y->worlds)
		return x->worlds < y->worlds ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void print_faults(struct tally *tally)
{
	printf("%-12s %9s %9s\n", "fault", "times", "worlds");
	qsort(tally->kinds, tally->kind_count, sizeof tally->kinds[0],
	      by_worlds);
	for (size_t i = 0; i < tally->kind_count; i++)
		printf("%-12s %9" PRIu64 " %8.1f%%\n", tally->kinds[i].name,
		       tally->kinds[i].count,
		       100 * (double)tally->kinds[i].worlds /
			       (double)tally->worlds);
	printf("%-12s %9s %8.1f%%\n", "none", "",
	       100 * (double)tally->without / (double)tally->worlds);
}

void tally_print(const struct tally *tally, const char *program, double seconds)
{
	/* Medians and the order of kinds are found in place. */
	struct tally *mine = (struct tally *)tally;

	if (tally->worlds == 0) {
		printf("no world has run\n");
		return;
	}
	printf("%" PRIu64 " worlds in %.1f s, %.0f a second; %.1f hours of "
	       "theirs, %" PRIu64 " events, %" PRIu64 " packets\n\n",
	       tally->worlds, seconds, (double)tally->worlds / seconds,
	       tally->time / 3600, tally->events, tally->packets);
	print_scenarios(mine);
	printf("\n");
	print_faults(mine);
	if (tally->failures > 0)
		printf("\n%" PRIu64 " worlds have failed\n", tally->failures);
	for (size_t i = 0; i < tally->failed_count; i++) {
		const struct outcome *failed = &tally->failed[i];

		printf("%s: %s: %s\n    %s --scenario %s --seed %#" PRIx64
		       " --trace trace\n",
		       scenarios[failed->scenario]->name, failed->report.what,
		       failed->report.why, program,
		       scenarios[failed->scenario]->name, failed->report.seed);
	}
}

void tally_verdict(const struct tally *tally, unsigned *good, unsigned *bad)
{
	for (size_t i = 0; i < scenario_count; i++) {
		if (tally->failures_of[i] > 0)
			++*bad;
		else if (tally->of[i] > 0)
			++*good;
	}
}

void tally_free(struct tally *tally)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		free(tally->packets_of[i].all);
		free(tally->events_of[i].all);
	}
	free(tally);
}
