/* SPDX-License-Identifier: MIT */
/* A world may be run wherever sennit runs. */
#include "worlds.h"

static int a_little(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", sleep_a_second, arg), NULL);
}

static uint64_t digest_of_a_little(void)
{
	return goes_well(a_little, NULL, 1).digest;
}

static void a_world_runs_on_a_thread_with_this_backend(void)
{
	assert_int_equal(digest_of_a_little(), digest_of_a_little());
}

static int run_world(void *arg)
{
	*(uint64_t *)arg = digest_of_a_little();
	return 0;
}

static void a_world_runs_inside_a_fiber(void)
{
	snt_auto(group) group = NULL;
	uint64_t digests[2] = { 0 };

	OK(snt_group_open(&group, NULL));
	for (int i = 0; i < 2; i++)
		OK(snt_spawn(group, run_world, &digests[i], NULL));
	OK(snt_group_wait(group));
	assert_int_equal(digests[0], digest_of_a_little());
	assert_int_equal(digests[1], digest_of_a_little());
}

static int run_and_count(void *arg)
{
	int *count = arg;

	for (int i = 0; i < 20; i++) {
		digest_of_a_little();
		(*count)++;
		SNT_TRY(snt_yield());
	}
	return 0;
}

static void fibers_may_wait_between_their_worlds(void)
{
	snt_auto(group) group = NULL;
	int count = 0;

	OK(snt_group_open(&group, NULL));
	for (int i = 0; i < 3; i++)
		OK(snt_spawn(group, run_and_count, &count, NULL));
	OK(snt_sleep(MS));
	OK(snt_group_wait(group));
	assert_int_equal(count, 60);
}

static const struct test_case cases[] = {
	TEST(a_world_runs_on_a_thread_with_this_backend),
	TEST(a_world_runs_inside_a_fiber),
	TEST(fibers_may_wait_between_their_worlds),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
