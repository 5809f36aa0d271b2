/* SPDX-License-Identifier: MIT */
/* Whose turn it is: fibers in a world, and worlds beside each other. */
#include "worlds.h"

#include <pthread.h>

static int write_word(void *arg)
{
	for (int i = 0; i < 3; i++) {
		char *trail = arg;

		trail[strlen(trail)] = snt_fiber_name()[0];
		SNT_TRY(snt_yield());
	}
	return 0;
}

static int two_fibers(void *arg)
{
	const struct snt_spawn_opts a = { .name = "a" }, b = { .name = "b" };
	snt_auto(group) group = NULL;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, write_word, arg, &a));
	SNT_TRY(snt_spawn(group, write_word, arg, &b));
	return snt_group_wait(group);
}

static int one_host(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "x", two_fibers, arg), NULL);
}

static void ready_fibers_run_in_any_order(void)
{
	char seen[20][8] = { "" };
	size_t count = 0;

	/* Six turns, three of each: 20 ways. */
	for (uint64_t seed = 1; seed <= 500; seed++) {
		char trail[8] = "";
		size_t i = 0;

		goes_well(one_host, trail, seed);
		while (i < count && strcmp(seen[i], trail) != 0)
			i++;
		if (i == count)
			strcpy(seen[count++], trail);
	}
	assert_int_equal(count, 20);
}

static void or_in_the_order_in_which_they_became_ready(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		char trail[8] = "";

		OK(snt_sim_run(one_host, trail,
			       &(struct snt_sim_opts){ .seed = seed,
						       .in_order = true },
			       NULL));
		assert_string_equal(trail, "ababab");
	}
}

struct names {
	char trail[8];
	int64_t pause;
};

static int write_name(void *arg)
{
	for (int i = 0; i < 3; i++) {
		struct names *names = arg;

		names->trail[strlen(names->trail)] =
			snt_sim_name(snt_sim_here())[0];
		SNT_TRY(snt_sleep(names->pause));
	}
	return 0;
}

static int two_hosts(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *x = host_with(sim, "x", write_name, arg);
	struct snt_sim_host *y = host_with(sim, "y", write_name, arg);

	SNT_TRY(snt_sim_join(x, NULL));
	return snt_sim_join(y, NULL);
}

static void hosts_take_turns_in_any_order(void)
{
	char seen[20][8] = { "" };
	size_t count = 0;

	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct names names = { .pause = 0 };
		size_t i = 0;

		goes_well(two_hosts, &names, seed);
		while (i < count && strcmp(seen[i], names.trail) != 0)
			i++;
		if (i == count)
			strcpy(seen[count++], names.trail);
	}
	assert_int_equal(count, 20);
}

static void hosts_take_turns_in_order_if_asked(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct names names = { .pause = MS };

		OK(snt_sim_run(two_hosts, &names,
			       &(struct snt_sim_opts){ .seed = seed,
						       .in_order = true },
			       NULL));
		assert_string_equal(names.trail, "xyxyxy");
	}
}

static void *run_worlds(void *arg)
{
	uint64_t *digests = arg;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct snt_sim_report report;
		char trail[8] = "";

		if (snt_sim_run(one_host, trail,
				&(struct snt_sim_opts){ .seed = seed },
				&report) < 0)
			return strdup(snt_errmsg());
		digests[seed - 1] = report.digest;
		snt_sim_report_release(&report);
	}
	return NULL;
}

static void worlds_run_on_several_threads_at_once(void)
{
	static uint64_t digests[2][200];
	pthread_t threads[2];
	void *failure;

	for (int i = 0; i < 2; i++)
		OK(pthread_create(&threads[i], NULL, run_worlds, digests[i]));
	for (int i = 0; i < 2; i++) {
		OK(pthread_join(threads[i], &failure));
		if (failure != NULL)
			fail_msg("%s", (char *)failure);
	}
	assert_memory_equal(digests[0], digests[1], sizeof digests[0]);
}

static const struct test_case cases[] = {
	TEST(ready_fibers_run_in_any_order),
	TEST(or_in_the_order_in_which_they_became_ready),
	TEST(hosts_take_turns_in_any_order),
	TEST(hosts_take_turns_in_order_if_asked),
	TEST(worlds_run_on_several_threads_at_once),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
