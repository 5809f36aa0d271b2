/* SPDX-License-Identifier: MIT */
/* Small worlds: a few hosts, of which "client" runs a program. */
#ifndef TESTS_SIM_SMALL_H
#define TESTS_SIM_SMALL_H

#include "../fiber/fibers.h"

#include <sennit/sim_net.h>
#include <stdio.h>
#include <string.h>

struct small {
	/* Before the program starts. NULL: nothing. */
	void (*prepare)(struct snt_sim *sim);
	int (*program)(void *arg);
	/* While it runs. NULL: only waits for its end. */
	int (*meanwhile)(struct snt_sim *sim);
};

/* At 10.0.0.1 and fd00::1, 10.0.0.2 and fd00::2, 10.0.0.3, fd00::4. */
static struct snt_sim_host *client, *server, *four, *six;

static int direct_small(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_host_opts no_six = { .ipv6 = "" };
	const struct snt_sim_host_opts no_four = { .ipv4 = "" };
	const struct small *small = arg;

	SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_add(sim, &four, "four", &no_six));
	SNT_TRY(snt_sim_add(sim, &six, "six", &no_four));
	if (small->prepare != NULL)
		small->prepare(sim);
	SNT_TRY(snt_sim_start(client, small->program, NULL));
	if (small->meanwhile != NULL)
		SNT_TRY(small->meanwhile(sim));
	return snt_sim_join(client, NULL);
}

/* Runs it; whoever wants to know more gives a report, and releases it. */
static void run_small(const struct small *small, uint64_t seed,
		      struct snt_sim_report *report)
{
	const struct snt_sim_opts opts = { .seed = seed };
	int code = snt_sim_run(direct_small, (void *)(uintptr_t)small, &opts,
			       report);

	if (code < 0)
		print_message("%s\n", snt_errmsg());
	assert_int_equal(code, 0);
}

/* With whatever seed. */
__attribute__((unused)) static void in_world(int (*program)(void *arg))
{
	run_small(&(struct small){ .program = program }, 0, NULL);
}

__attribute__((unused)) static void
in_prepared_world(void (*prepare)(struct snt_sim *sim),
		  int (*program)(void *arg))
{
	run_small(&(struct small){ .prepare = prepare, .program = program }, 0,
		  NULL);
}

__attribute__((unused)) static uint64_t
faults_of(const struct snt_sim_report *report, const char *kind)
{
	for (size_t i = 0; i < SNT_SIM_KINDS; i++)
		if (strcmp(report->faults[i].kind, kind) == 0)
			return report->faults[i].count;
	return 0;
}

#endif
