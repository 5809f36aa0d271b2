/* SPDX-License-Identifier: MIT */
/* A group's limit: back-pressure on whoever spawns. */
#include "fibers.h"

static struct snt_group *limited(size_t limit)
{
	return group_with(&(struct snt_group_opts){ .limit = limit });
}

static int alive, most;

static int work_a_while(void *arg)
{
	(void)arg;
	alive++;
	most = alive > most ? alive : most;
	SNT_TRY(snt_sleep(2 * MS));
	alive--;
	return 0;
}

static void no_more_than_the_limit_are_alive_at_a_time(void)
{
	struct snt_group *group = limited(3);

	for (int i = 0; i < 10; i++)
		start(group, work_a_while, NULL);
	OK(snt_group_wait(group));
	assert_int_equal(most, 3);
	OK(snt_group_end(group));
}

static void spawn_waits_at_the_limit_until_one_ends(void)
{
	struct snt_group *group = limited(1);
	int64_t began = snt_now();

	start(group, work_a_while, NULL);
	start(group, work_a_while, NULL);
	ASSERT_LASTED(began, 2 * MS);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static void spawn_at_the_limit_heeds_the_deadline(void)
{
	struct snt_group *group = limited(1);
	struct snt_scope scope;

	start(group, sleep_until_cancelled, NULL);
	snt_timeout_begin(&scope, 5 * MS);
	FAILS(snt_spawn(group, work_a_while, NULL, NULL), -ETIMEDOUT);
	assert_true(snt_scope_expired(&scope));
	assert_string_equal(snt_errmsg(),
			    "spawn: group is at its limit: timed out");
	snt_scope_end(&scope);
	assert_int_equal(snt_group_count(group), 1);
	OK(snt_group_end(group));
	assert_int_equal(most, 0);
}

static int spawn_into(void *arg)
{
	int code = snt_spawn(arg, work_a_while, NULL, NULL);

	leave_mark(code == 0            ? 'k'
		   : code == -ECANCELED ? 'c'
		   : code == -EBADF     ? 'b'
					: '?');
	return 0;
}

static int say_goodbye_slowly(void *arg)
{
	(void)arg;
	assert_int_equal(snt_sleep(SNT_FOREVER), -ECANCELED);
	snt_cleanup_scope(SNT_MINUTE);
	SNT_TRY(snt_sleep(50 * MS));
	leave_mark('g');
	return 0;
}

/* At once, though the place is not free yet. */
static void cancelling_the_group_ends_a_spawn_that_waits(void)
{
	struct snt_group *group = limited(1), *spawners = group_with(NULL);

	start(group, say_goodbye_slowly, NULL);
	start(spawners, spawn_into, group);
	let_others_run();
	snt_group_cancel(group);
	OK(snt_group_wait(spawners));
	assert_string_equal(trail, "c");
	OK(snt_group_end(group));
	assert_string_equal(trail, "cg");
	OK(snt_group_end(spawners));
}

static void cancelling_the_spawner_ends_its_wait(void)
{
	struct snt_group *group = limited(1), *spawners = group_with(NULL);

	start(group, sleep_until_cancelled, NULL);
	start(spawners, spawn_into, group);
	let_others_run();
	OK(snt_group_end(spawners));
	assert_string_equal(trail, "c");
	assert_int_equal(snt_group_count(group), 1);
	OK(snt_group_end(group));
}

static void ending_the_group_turns_a_waiting_spawner_away(void)
{
	struct snt_group *group = limited(1), *spawners = group_with(NULL);

	start(group, sleep_until_cancelled, NULL);
	start(spawners, spawn_into, group);
	start(spawners, spawn_into, group);
	let_others_run();
	OK(snt_group_end(group));
	OK(snt_group_wait(spawners));
	/* -EBADF when it was gone before they ran, else -ECANCELED. */
	assert_int_equal(strspn(trail, "bc"), 2);
	OK(snt_group_end(spawners));
}

static int spawn_too_small(void *arg)
{
	FAILS(snt_spawn(arg, work_a_while, NULL,
			&(struct snt_spawn_opts){ .stack_size = 1 }),
	      -EINVAL);
	leave_mark('i');
	return 0;
}

/* A place that was offered to a spawner who failed must not stay empty while
 * others wait for one. */
static void a_spawner_that_fails_passes_its_place_on(void)
{
	struct snt_group *group = limited(1), *spawners = group_with(NULL);

	start(group, work_a_while, NULL);
	start(spawners, spawn_too_small, group);
	start(spawners, spawn_into, group);
	snt_timeout_scope(limit, SNT_MINUTE);
	OK(snt_group_wait(spawners));
	assert_string_equal(trail, "ik");
	OK(snt_group_end(group));
	OK(snt_group_end(spawners));
}

static const struct test_case cases[] = {
	TEST(no_more_than_the_limit_are_alive_at_a_time),
	TEST(spawn_waits_at_the_limit_until_one_ends),
	TEST(spawn_at_the_limit_heeds_the_deadline),
	TEST(cancelling_the_group_ends_a_spawn_that_waits),
	TEST(cancelling_the_spawner_ends_its_wait),
	TEST(ending_the_group_turns_a_waiting_spawner_away),
	TEST(a_spawner_that_fails_passes_its_place_on),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
