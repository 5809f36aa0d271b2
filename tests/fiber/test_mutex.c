/* SPDX-License-Identifier: MIT */
/* Mutexes held across waits. */
#include "fibers.h"

static struct snt_mutex *mutex;

static int lock_and_mark(void *arg)
{
	int code = snt_mutex_lock(mutex);

	leave_mark(code == 0            ? *(const char *)arg
		   : code == -EBADF     ? 'B'
		   : code == -ECANCELED ? 'C'
					: '?');
	if (code < 0)
		return 0;
	SNT_TRY(snt_sleep(MS));
	return snt_mutex_unlock(mutex);
}

static char marks[] = "abc";

static int inside;

static int enter_alone(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++) {
		SNT_TRY(snt_mutex_lock(mutex));
		assert_int_equal(inside++, 0);
		SNT_TRY(snt_yield());
		inside--;
		SNT_TRY(snt_mutex_unlock(mutex));
	}
	return 0;
}

static void one_fiber_holds_it_at_a_time(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	for (int i = 0; i < 5; i++)
		start(group, enter_alone, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_mutex_close(mutex);
}

static void waiters_are_served_in_order(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	for (int i = 0; i < 3; i++)
		start(group, lock_and_mark, &marks[i]);
	let_others_run();
	assert_string_equal(trail, "");
	OK(snt_mutex_unlock(mutex));
	OK(snt_group_wait(group));
	assert_string_equal(trail, "abc");
	OK(snt_group_end(group));
	snt_mutex_close(mutex);
}

static void locking_twice_is_refused(void)
{
	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	FAILS(snt_mutex_lock(mutex), -EDEADLK);
	OK(snt_mutex_unlock(mutex));
	OK(snt_mutex_lock(mutex));
	OK(snt_mutex_unlock(mutex));
	snt_mutex_close(mutex);
}

static int lock_in_vain(void *arg)
{
	(void)arg;
	FAILS(snt_mutex_lock(mutex), -EBADF);
	return 0;
}

static void closing_after_a_hand_off_turns_the_new_owner_away(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	start(group, lock_in_vain, NULL);
	let_others_run();
	OK(snt_mutex_unlock(mutex));
	snt_mutex_close(mutex);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int unlock_only(void *arg)
{
	(void)arg;
	FAILS(snt_mutex_unlock(mutex), -EPERM);
	assert_non_null(strstr(snt_errmsg(), "does not hold it"));
	return 0;
}

static void only_the_holder_can_unlock(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	FAILS(snt_mutex_unlock(mutex), -EPERM);
	OK(snt_mutex_lock(mutex));
	start(group, unlock_only, NULL);
	OK(snt_group_end(group));
	OK(snt_mutex_unlock(mutex));
	snt_mutex_close(mutex);
}

static void an_unlocked_mutex_belongs_to_the_next_waiter_at_once(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	start(group, lock_and_mark, &marks[0]);
	let_others_run();
	OK(snt_mutex_unlock(mutex));
	FAILS(snt_mutex_unlock(mutex), -EPERM);
	OK(snt_mutex_lock(mutex)); /* after a */
	assert_string_equal(trail, "a");
	OK(snt_mutex_unlock(mutex));
	OK(snt_group_end(group));
	snt_mutex_close(mutex);
}

static void a_cancelled_waiter_does_not_get_it(void)
{
	struct snt_group *group = group_with(NULL), *other = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	start(group, lock_and_mark, &marks[0]);
	start(other, lock_and_mark, &marks[1]);
	let_others_run();
	snt_group_cancel(group);
	OK(snt_mutex_unlock(mutex));
	OK(snt_group_wait(other));
	assert_string_equal(trail, "Cb");
	OK(snt_group_end(group));
	OK(snt_group_end(other));
	snt_mutex_close(mutex);
}

static int hold_until_set(void *event)
{
	SNT_TRY(snt_mutex_lock(mutex));
	SNT_TRY(snt_event_wait(event));
	return snt_mutex_unlock(mutex);
}

static void a_deadline_ends_the_wait(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_event *event;

	OK(snt_mutex_open(&mutex));
	OK(snt_event_open(&event));
	start(group, hold_until_set, event);
	OK(snt_yield());
	{
		snt_timeout_scope(limit, MS / 4);
		FAILS(snt_mutex_lock(mutex), -ETIMEDOUT);
	}
	snt_event_set(event);
	OK(snt_group_wait(group));
	OK(snt_mutex_lock(mutex));
	OK(snt_mutex_unlock(mutex));
	OK(snt_group_end(group));
	snt_event_close(event);
	snt_mutex_close(mutex);
}

static void closing_wakes_with_ebadf(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	start(group, lock_and_mark, &marks[0]);
	let_others_run();
	snt_mutex_close(mutex);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "B");
	OK(snt_group_end(group));
	snt_mutex_close(NULL);
}

static int lock_and_end(void *arg)
{
	(void)arg;
	return snt_mutex_lock(mutex);
}

/* On the same stack. */
static int be_no_owner(void *arg)
{
	(void)arg;
	FAILS(snt_mutex_unlock(mutex), -EPERM);
	snt_timeout_scope(limit, MS);
	FAILS(snt_mutex_lock(mutex), -ETIMEDOUT);
	return 0;
}

static void who_ends_holding_it_leaves_it_to_nobody(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_mutex_open(&mutex));
	start(group, lock_and_end, NULL);
	OK(snt_group_wait(group));
	start(group, be_no_owner, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_mutex_close(mutex);
}

static const struct test_case cases[] = {
	TEST(one_fiber_holds_it_at_a_time),
	TEST(waiters_are_served_in_order),
	TEST(locking_twice_is_refused),
	TEST(only_the_holder_can_unlock),
	TEST(closing_after_a_hand_off_turns_the_new_owner_away),
	TEST(an_unlocked_mutex_belongs_to_the_next_waiter_at_once),
	TEST(a_cancelled_waiter_does_not_get_it),
	TEST(a_deadline_ends_the_wait),
	TEST(closing_wakes_with_ebadf),
	TEST(who_ends_holding_it_leaves_it_to_nobody),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
