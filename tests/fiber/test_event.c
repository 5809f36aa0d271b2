/* SPDX-License-Identifier: MIT */
/* Events. */
#include "fibers.h"

static struct snt_event *event;

static int wait_and_mark(void *arg)
{
	int code = snt_event_wait(event);

	(void)arg;
	leave_mark(code == 0            ? 'w'
		   : code == -EBADF     ? 'b'
		   : code == -ECANCELED ? 'c'
		   : code == -ETIMEDOUT ? 't'
					: '?');
	return 0;
}

static void an_event_is_born_clear(void)
{
	OK(snt_event_open(&event));
	assert_false(snt_event_is_set(event));
	snt_event_close(event);
}

static void waiting_for_a_set_event_returns_at_once(void)
{
	OK(snt_event_open(&event));
	snt_event_set(event);
	OK(snt_event_wait(event));
	OK(snt_event_wait(event));
	assert_true(snt_event_is_set(event));
	snt_event_close(event);
}

static void setting_wakes_all_who_wait(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_event_open(&event));
	for (int i = 0; i < 3; i++)
		start(group, wait_and_mark, NULL);
	let_others_run();
	assert_string_equal(trail, "");
	snt_event_set(event);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "www");
	snt_event_close(event);
	OK(snt_group_end(group));
}

/* Set and cleared again before the waiter ran: it was woken all the same. */
static void a_wake_up_survives_a_clear(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_event_open(&event));
	start(group, wait_and_mark, NULL);
	let_others_run();
	snt_event_set(event);
	snt_event_clear(event);
	let_others_run();
	assert_string_equal(trail, "w");
	start(group, wait_and_mark, NULL);
	let_others_run();
	assert_string_equal(trail, "w");
	OK(snt_group_end(group));
	snt_event_close(event);
}

static void closing_wakes_with_ebadf(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_event_open(&event));
	start(group, wait_and_mark, NULL);
	start(group, wait_and_mark, NULL);
	let_others_run();
	snt_event_close(event);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "bb");
	OK(snt_group_end(group));
}

static void a_cancelled_waiter_leaves_the_queue(void)
{
	struct snt_group *group = group_with(NULL), *other = group_with(NULL);

	OK(snt_event_open(&event));
	start(group, wait_and_mark, NULL);
	start(other, wait_and_mark, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
	snt_event_set(event);
	OK(snt_group_wait(other));
	assert_string_equal(trail, "cw");
	OK(snt_group_end(other));
	snt_event_close(event);
}

/* Cancelled, not run yet, and then the event is gone. */
static void closing_after_a_cancel_is_safe(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_event_open(&event));
	start(group, wait_and_mark, NULL);
	let_others_run();
	snt_group_cancel(group);
	snt_event_close(event);
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
}

static void a_deadline_ends_the_wait(void)
{
	OK(snt_event_open(&event));
	{
		snt_timeout_scope(limit, 2 * MS);
		FAILS(snt_event_wait(event), -ETIMEDOUT);
		assert_string_equal(snt_errmsg(), "wait for event: timed out");
	}
	snt_event_close(event);
}

static void closing_nothing_is_fine(void)
{
	snt_event_close(NULL);
	{
		snt_auto(event) none = NULL;
		(void)none;
	}
}

static const struct test_case cases[] = {
	TEST(an_event_is_born_clear),
	TEST(waiting_for_a_set_event_returns_at_once),
	TEST(setting_wakes_all_who_wait),
	TEST(a_wake_up_survives_a_clear),
	TEST(closing_wakes_with_ebadf),
	TEST(a_cancelled_waiter_leaves_the_queue),
	TEST(closing_after_a_cancel_is_safe),
	TEST(a_deadline_ends_the_wait),
	TEST(closing_nothing_is_fine),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
