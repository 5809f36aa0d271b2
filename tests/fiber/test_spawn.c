/* SPDX-License-Identifier: MIT */
/* Spawning: when a fiber runs, what it is given, and what is refused. */
#include "fibers.h"

#include "base/alloc.h"

#include <stdlib.h>

static int note_a(void *arg)
{
	(void)arg;
	leave_mark('a');
	return 0;
}

static int note_b(void *arg)
{
	(void)arg;
	leave_mark('b');
	return 0;
}

static void main_is_a_fiber_called_main(void)
{
	assert_string_equal(snt_fiber_name(), "main");
	assert_false(snt_cancelled());
}

static void a_fiber_runs_only_when_its_spawner_waits(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, note_a, NULL);
	assert_string_equal(trail, "");
	OK(snt_yield());
	assert_string_equal(trail, "a");
	OK(snt_group_end(group));
}

static void fibers_start_in_the_order_they_were_spawned(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, note_a, NULL);
	start(group, note_b, NULL);
	start(group, note_a, NULL);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "aba");
	OK(snt_group_end(group));
}

static int keep_number(void *arg)
{
	int *number = arg;

	*number += 1;
	return 0;
}

static void the_argument_reaches_the_fiber(void)
{
	struct snt_group *group = group_with(NULL);
	int number = 41;

	start(group, keep_number, &number);
	OK(snt_group_wait(group));
	assert_int_equal(number, 42);
	OK(snt_group_end(group));
}

static int free_argument(void *arg)
{
	int code = snt_sleep(SNT_FOREVER);

	leave_mark(code == -ECANCELED ? 'c' : '?');
	free(arg);
	return code;
}

/* So that a fiber can own its argument; ASan and valgrind would tell. */
static void a_fiber_starts_even_if_cancelled_before_it_ran(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, free_argument, malloc(100));
	snt_group_cancel(group);
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
}

static void spawning_into_a_cancelled_group_is_refused(void)
{
	struct snt_group *group = group_with(NULL);

	snt_group_cancel(group);
	FAILS(snt_spawn(group, note_a, NULL, NULL), -ECANCELED);
	assert_string_equal(snt_errmsg(), "spawn: cancelled");
	OK(snt_group_end(group));
	assert_string_equal(trail, "");
}

static int spawn_elsewhere(void *arg)
{
	struct snt_group *own = group_with(NULL);

	(void)arg;
	assert_int_equal(snt_sleep(SNT_FOREVER), -ECANCELED);
	FAILS(snt_spawn(own, note_a, NULL, NULL), -ECANCELED);
	OK(snt_group_end(own));
	leave_mark('x');
	return 0;
}

static void a_cancelled_fiber_cannot_spawn(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, spawn_elsewhere, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "x");
}

static void spawning_after_the_deadline_is_refused(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_scope scope;

	snt_timeout_begin(&scope, SNT_NOWAIT);
	FAILS(snt_spawn(group, note_a, NULL, NULL), -ETIMEDOUT);
	assert_true(snt_scope_expired(&scope));
	snt_scope_end(&scope);
	OK(snt_group_end(group));
}

static const char *seen_name;

static int tell_name(void *arg)
{
	(void)arg;
	seen_name = strdup(snt_fiber_name());
	return 0;
}

static void assert_named(const char *given, const char *seen)
{
	struct snt_group *group = group_with(NULL);
	char name[64] = "";

	if (given != NULL)
		strcpy(name, given);
	start_named(group, tell_name, NULL, given != NULL ? name : NULL);
	memset(name, '?', sizeof name - 1); /* it was copied */
	OK(snt_group_end(group));
	assert_string_equal(seen_name, seen);
	free((void *)(uintptr_t)seen_name);
}

static void a_fiber_without_a_name_is_called_fiber(void)
{
	assert_named(NULL, "fiber");
}

static void a_name_is_copied(void)
{
	assert_named("parse", "parse");
}

static void a_long_name_is_cut_to_15_bytes(void)
{
	assert_named("0123456789abcdefgh", "0123456789abcde");
}

static int spawn_child(void *arg)
{
	struct snt_group *group = arg;

	leave_mark('p');
	start(group, note_a, NULL);
	return 0;
}

static void a_fiber_can_spawn_into_its_own_group(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, spawn_child, group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "pa");
	OK(snt_group_end(group));
}

static int out_of_memory(void)
{
	return 1;
}

static void no_memory_for_a_group_is_told(void)
{
	struct snt_group *group = NULL;

	snt__alloc_fails = out_of_memory;
	FAILS(snt_group_open(&group, NULL), -ENOMEM);
	snt__alloc_fails = NULL;
	assert_null(group);
	assert_string_equal(snt_errmsg(), "out of memory");
}

static const struct test_case cases[] = {
	TEST(main_is_a_fiber_called_main),
	TEST(a_fiber_runs_only_when_its_spawner_waits),
	TEST(fibers_start_in_the_order_they_were_spawned),
	TEST(the_argument_reaches_the_fiber),
	TEST(a_fiber_starts_even_if_cancelled_before_it_ran),
	TEST(spawning_into_a_cancelled_group_is_refused),
	TEST(a_cancelled_fiber_cannot_spawn),
	TEST(spawning_after_the_deadline_is_refused),
	TEST(a_fiber_without_a_name_is_called_fiber),
	TEST(a_name_is_copied),
	TEST(a_long_name_is_cut_to_15_bytes),
	TEST(a_fiber_can_spawn_into_its_own_group),
	TEST(no_memory_for_a_group_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
