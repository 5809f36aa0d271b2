/* SPDX-License-Identifier: MIT */
/*
 * What a switch costs, in ns:
 *   bare   the stack switch itself, there and back (a pair), between two
 *          stacks that do nothing else; the layer's own header
 *   yield  two fibers that snt_yield to each other through the scheduler:
 *          one yield, which is at least a switch out and a switch in
 * The best of a few rounds: interruptions only ever add.
 */
#include <sennit.h>

#include "fiber/switch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define PAIRS 2000000
#define YIELDS 1000000

static void *here;
static void *there;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void bounce(void *arg)
{
	(void)arg;
	for (;;)
		snt__switch(&there, here);
}

static double bare(void)
{
	const size_t size = 65536;
	char *stack = aligned_alloc(4096, size);
	double best = 1e9;

	if (!stack)
		return -1;
	there = snt__switch_prepare(stack + size, bounce, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		double from = now();

		for (int i = 0; i < PAIRS; i++)
			snt__switch(&here, there);
		from = (now() - from) / PAIRS;
		best = from < best ? from : best;
	}
	free(stack);
	return best;
}

static int yielder(void *arg)
{
	(void)arg;
	for (int i = 0; i < YIELDS; i++)
		SNT_TRY(snt_yield());
	return 0;
}

static int yields(double *ns)
{
	*ns = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		snt_auto(group) group = NULL;
		double from = now();

		SNT_TRY(snt_group_open(&group, NULL));
		SNT_TRY(snt_spawn(group, yielder, NULL, NULL));
		SNT_TRY(snt_spawn(group, yielder, NULL, NULL));
		SNT_TRY(snt_group_wait(group));
		from = (now() - from) / (2.0 * YIELDS);
		*ns = from < *ns ? from : *ns;
	}
	return 0;
}

int main(void)
{
	double pair = bare();
	double yield = 0;
	int code = yields(&yield);

	if (pair < 0 || code < 0) {
		fprintf(stderr, "switch: %s\n", snt_errmsg());
		return 1;
	}
	printf("{\"bare_pair_ns\": %.2f, \"yield_ns\": %.2f}\n", pair, yield);
	return 0;
}
