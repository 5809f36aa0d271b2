/* SPDX-License-Identifier: MIT */
/* Hosts: their names and addresses, how many there may be, who starts them. */
#include "worlds.h"

static int tell_where(void *arg)
{
	struct snt_sim_host *host = snt_sim_here();

	assert_non_null(host);
	strcpy(arg, snt_sim_name(host));
	return 0;
}

static int ask_where(struct snt_sim *sim, void *arg)
{
	char name[2][8];
	struct snt_sim_host *a = host_with(sim, "anna", tell_where, name[0]);
	struct snt_sim_host *b = host_with(sim, "bert", tell_where, name[1]);

	(void)arg;
	SNT_TRY(snt_sim_join(a, NULL));
	SNT_TRY(snt_sim_join(b, NULL));
	assert_string_equal(name[0], "anna");
	assert_string_equal(name[1], "bert");
	assert_string_equal(snt_sim_name(a), "anna");
	assert_null(snt_sim_here());
	return 0;
}

static void a_program_can_tell_where_it_runs(void)
{
	goes_well(ask_where, NULL, 1);
}

static int add_badly(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_host_opts taken = { .ipv4 = "10.0.0.1" };
	const struct snt_sim_host_opts no_address = { .ipv4 = "10.0.0" };
	const struct snt_sim_host_opts wrong_kind = { .ipv4 = "fd00::1" };
	const struct snt_sim_host_opts loopback = { .ipv6 = "::1" };
	struct snt_sim_host *host, *none = NULL;

	(void)arg;
	OK(snt_sim_add(sim, &host, "a", NULL));
	FAILS(snt_sim_add(sim, &none, "a", NULL), -EINVAL);
	FAILS(snt_sim_add(sim, &none, "", NULL), -EINVAL);
	FAILS(snt_sim_add(sim, &none, "b", &taken), -EINVAL);
	FAILS(snt_sim_add(sim, &none, "c", &no_address), -EINVAL);
	FAILS(snt_sim_add(sim, &none, "d", &wrong_kind), -EINVAL);
	FAILS(snt_sim_add(sim, &none, "e", &loopback), -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "host \"e\""));
	assert_null(none);
	/* The refused ones left nothing behind. */
	OK(snt_sim_add(sim, &host, "b", NULL));
	return 0;
}

static void a_host_has_a_name_and_addresses_of_its_own(void)
{
	goes_well(add_badly, NULL, 1);
}

static int raise_it(void *arg)
{
	(*(int *)arg)++;
	return 0;
}

static int start_many(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *hosts[300];
	char name[8];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "n%d", i);
		hosts[i] = host_with(sim, name, raise_it, arg);
	}
	for (int i = 0; i < 300; i++)
		SNT_TRY(snt_sim_join(hosts[i], NULL));
	return 0;
}

static void there_may_be_hundreds_of_hosts(void)
{
	int ran = 0;

	goes_well(start_many, &ran, 1);
	assert_int_equal(ran, 300);
}

static int start_the_second(void *arg)
{
	struct snt_sim_host *host;
	int result = 0, three = 3;

	OK(snt_sim_add(arg, &host, "second", NULL));
	OK(snt_sim_start(host, return_at_once, &three));
	OK(snt_sim_join(host, &result));
	assert_int_equal(result, 3);
	return 0;
}

static int start_the_first(struct snt_sim *sim, void *arg)
{
	(void)arg;
	return snt_sim_join(host_with(sim, "first", start_the_second, sim),
			    NULL);
}

static void a_program_may_start_others(void)
{
	goes_well(start_the_first, NULL, 1);
}

static int add_workers(void *arg)
{
	const struct snt_workers_opts opts = { .count = 3 };
	snt_auto(workers) workers = NULL;

	SNT_TRY(snt_workers_open(&workers, &opts));
	for (int i = 0; i < 30; i++)
		SNT_TRY(snt_workers_spawn(workers, raise_it, arg, NULL));
	return snt_workers_wait(workers);
}

static int start_workers(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", add_workers, arg), NULL);
}

static void a_program_may_have_worker_threads(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		int ran = 0;

		goes_well(start_workers, &ran, seed);
		assert_int_equal(ran, 30);
	}
}

static const struct test_case cases[] = {
	TEST(a_program_can_tell_where_it_runs),
	TEST(a_host_has_a_name_and_addresses_of_its_own),
	TEST(there_may_be_hundreds_of_hosts),
	TEST(a_program_may_start_others),
	TEST(a_program_may_have_worker_threads),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
