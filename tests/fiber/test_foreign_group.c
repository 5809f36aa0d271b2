/* SPDX-License-Identifier: MIT */
/* What another thread may do to a group: cancel it. */
#include "../threads.h"
#include "fibers.h"

static struct snt_group *group;
static atomic_int ready, cancelled;

static int sleep_and_count(void *unused)
{
	int code;

	(void)unused;
	code = snt_sleep(SNT_FOREVER);
	if (code == -ECANCELED)
		atomic_fetch_add(&cancelled, 1);
	return code;
}

/* Fibers that sleep until somebody else cancels them. */
static int keep_a_group(void *unused)
{
	(void)unused;
	OK(snt_group_open(&group, NULL));
	for (int i = 0; i < 5; i++)
		start(group, sleep_and_count, NULL);
	atomic_store(&ready, 1);
	OK(snt_group_wait(group));
	return snt_group_end(group);
}

static int cancel_it(void *unused)
{
	(void)unused;
	snt_group_cancel(group);
	return 0;
}

static void another_thread_can_cancel_a_group(void)
{
	EACH_WAY(way)
	EACH_WAY(other)
	{
		struct part keeper, canceller;

		atomic_store(&ready, 0);
		atomic_store(&cancelled, 0);
		part_start(&keeper, way, keep_a_group, NULL);
		while (atomic_load(&ready) == 0)
			yield_thread();
		part_wait_asleep(&keeper);
		part_start(&canceller, other, cancel_it, NULL);
		OK(part_join(&canceller));
		OK(part_join(&keeper));
		assert_int_equal(cancelled, 5);
	}
}

static struct snt_event *go, *done;

/* Ends its group only when the others have let go of it. */
static int cancel_and_wait_for_others(void *arg)
{
	const int *others = arg;

	OK(snt_group_open(&group, NULL));
	for (int i = 0; i < *others % 3; i++)
		start(group, sleep_and_count, NULL);
	snt_event_set(go);
	if (*others % 2)
		snt_group_cancel(group);
	OK(snt_event_wait(done));
	return snt_group_end(group);
}

static atomic_int left;

static int cancel_then_let_go(void *unused)
{
	(void)unused;
	OK(snt_event_wait(go));
	snt_group_cancel(group);
	if (atomic_fetch_sub(&left, 1) == 1)
		snt_event_set(done);
	return 0;
}

static void several_may_cancel_while_its_own_thread_ends_it(void)
{
	for (int round = 0; round < 100; round++) {
		struct part keeper, others[3];

		OK(snt_event_open(&go));
		OK(snt_event_open(&done));
		atomic_store(&left, 3);
		for (int i = 0; i < 3; i++)
			part_start(&others[i], i % 2, cancel_then_let_go, NULL);
		part_start(&keeper, LONE, cancel_and_wait_for_others, &round);
		for (int i = 0; i < 3; i++)
			OK(part_join(&others[i]));
		OK(part_join(&keeper));
		snt_event_close(go);
		snt_event_close(done);
	}
}

/* The fiber that is cancelled is the end of what its canceller does. */
static int end_at_once(void *unused)
{
	(void)unused;
	OK(snt_group_open(&group, NULL));
	start(group, sleep_and_count, NULL);
	atomic_store(&ready, 1);
	OK(snt_group_wait(group));
	snt_group_end(group);
	atomic_store(&ready, 0);
	return 0;
}

static void the_group_may_end_before_the_cancel_returns(void)
{
	struct part keeper;

	for (int round = 0; round < 300; round++) {
		part_start(&keeper, LONE, end_at_once, NULL);
		while (atomic_load(&ready) == 0)
			yield_thread();
		snt_group_cancel(group);
		OK(part_join(&keeper));
	}
}

static int cancel_when_told(void *unused)
{
	(void)unused;
	while (atomic_load(&ready) < 1)
		yield_thread();
	snt_group_cancel(group);
	atomic_store(&ready, 2);
	return 0;
}

/* It has come, but not been read when the group ends; the next group may well
 * lie where that one lay. */
static void a_cancel_on_its_way_is_for_that_group_only(void)
{
	struct part canceller;

	OK(snt_group_open(&group, NULL));
	part_start(&canceller, LONE, cancel_when_told, NULL);
	atomic_store(&ready, 1);
	while (atomic_load(&ready) < 2)
		yield_thread();
	OK(snt_group_end(group));
	OK(snt_group_open(&group, NULL));
	OK(snt_sleep(MS));
	start(group, return_at_once, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	OK(part_join(&canceller));
}

static int fill_the_group(void *unused)
{
	(void)unused;
	OK(snt_group_open(&group, &(struct snt_group_opts){ .limit = 1 }));
	start(group, sleep_and_count, NULL);
	atomic_store(&ready, 1);
	FAILS(snt_spawn(group, sleep_and_count, NULL, NULL), -ECANCELED);
	return snt_group_end(group);
}

static void a_spawn_that_waits_for_a_place_is_told(void)
{
	struct part keeper;

	part_start(&keeper, LONE, fill_the_group, NULL);
	while (atomic_load(&ready) == 0)
		yield_thread();
	part_wait_asleep(&keeper);
	snt_group_cancel(group);
	OK(part_join(&keeper));
}

static int misuse(void *unused)
{
	(void)unused;
	FAILS(snt_spawn(group, return_at_once, NULL, NULL), -SNT_ETHREAD);
	assert_string_equal(snt_errmsg(),
			    "spawn: the group belongs to another thread");
	FAILS(snt_group_wait(group), -SNT_ETHREAD);
	FAILS(snt_group_end(group), -SNT_ETHREAD);
	return 0;
}

static void nothing_else_is_for_another_thread(void)
{
	EACH_WAY(way)
	{
		struct part part;

		OK(snt_group_open(&group, NULL));
		part_start(&part, way, misuse, NULL);
		OK(part_join(&part));
		start(group, return_at_once, NULL);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
	}
}

static const struct test_case cases[] = {
	TEST(another_thread_can_cancel_a_group),
	TEST_SLOW(several_may_cancel_while_its_own_thread_ends_it, 30),
	TEST_SLOW(the_group_may_end_before_the_cancel_returns, 30),
	TEST(a_cancel_on_its_way_is_for_that_group_only),
	TEST(a_spawn_that_waits_for_a_place_is_told),
	TEST(nothing_else_is_for_another_thread),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
