/* SPDX-License-Identifier: MIT */
/* A case as the program of a host in a simulated world. */
#include "runner_child.h"

#include <sennit/sim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Weak: only who asks for worlds links them. */
#pragma weak snt_backend
#pragma weak snt_errmsg
#pragma weak snt_sim_add
#pragma weak snt_sim_join
#pragma weak snt_sim_start

static void check_backend(const char *when)
{
	if (strcmp(snt_backend(), "sim") == 0)
		return;
	fprintf(stderr, "%s the test the backend is %s, not sim\n", when,
		snt_backend());
	fflush(NULL);
	_exit(1);
}

static int run_program(void *arg)
{
	const struct test_case *test = arg;

	check_backend("before");
	test->run();
	check_backend("after");
	return 0;
}

static int direct_world(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_host_opts limits = { .descriptors = 20000 };
	struct snt_sim_host *host;

	SNT_TRY(snt_sim_add(sim, &host, "test", &limits));
	SNT_TRY(snt_sim_start(host, run_program, arg));
	return snt_sim_join(host, NULL);
}

/* Fibers run in the order they became ready, as on every backend. */
void test_run_in_world(const struct test_case *test)
{
	const struct snt_sim_opts opts = { .in_order = true };

	if (test_world(direct_world, (void *)(uintptr_t)test, &opts, NULL) == 0)
		return;
	fprintf(stderr, "%s\n", snt_errmsg());
	fflush(NULL);
	_exit(1);
}
