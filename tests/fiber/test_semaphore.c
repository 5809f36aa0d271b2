/* SPDX-License-Identifier: MIT */
/* Semaphores: permits are never lost and go to whoever waited longest. */
#include "fibers.h"

static struct snt_semaphore *semaphore;

static int acquire_in_vain(void *arg)
{
	(void)arg;
	FAILS(snt_semaphore_acquire(semaphore), -EBADF);
	return 0;
}

static void closing_after_a_hand_off_turns_the_taker_away(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_in_vain, NULL);
	let_others_run();
	snt_semaphore_release(semaphore);
	snt_semaphore_close(semaphore);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int acquire_and_mark(void *arg)
{
	int code = snt_semaphore_acquire(semaphore);

	leave_mark(code == 0            ? *(const char *)arg
		   : code == -EBADF     ? 'B'
		   : code == -ECANCELED ? 'C'
					: '?');
	return 0;
}

static char marks[] = "abc";

static void permits_are_counted(void)
{
	OK(snt_semaphore_open(&semaphore, 2));
	OK(snt_semaphore_acquire(semaphore));
	OK(snt_semaphore_acquire(semaphore));
	assert_int_equal(snt_semaphore_value(semaphore), 0);
	snt_semaphore_release(semaphore);
	assert_int_equal(snt_semaphore_value(semaphore), 1);
	snt_semaphore_close(semaphore);
}

static void without_a_permit_acquire_waits(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_and_mark, &marks[0]);
	let_others_run();
	assert_string_equal(trail, "");
	snt_semaphore_release(semaphore);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "a");
	assert_int_equal(snt_semaphore_value(semaphore), 0);
	OK(snt_group_end(group));
	snt_semaphore_close(semaphore);
}

static void waiters_are_served_in_order(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	for (int i = 0; i < 3; i++)
		start(group, acquire_and_mark, &marks[i]);
	let_others_run();
	for (int i = 0; i < 3; i++)
		snt_semaphore_release(semaphore);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "abc");
	OK(snt_group_end(group));
	snt_semaphore_close(semaphore);
}

static void a_released_permit_cannot_be_snatched(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_and_mark, &marks[0]);
	let_others_run();
	snt_semaphore_release(semaphore);
	{
		snt_timeout_scope(limit, 5 * MS);
		FAILS(snt_semaphore_acquire(semaphore), -ETIMEDOUT);
	}
	OK(snt_group_wait(group));
	assert_string_equal(trail, "a");
	OK(snt_group_end(group));
	snt_semaphore_close(semaphore);
}

/* The waiter was told to stop before the permit came: it goes to the next. */
static void a_cancelled_waiter_takes_no_permit(void)
{
	struct snt_group *group = group_with(NULL), *other = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_and_mark, &marks[0]);
	start(other, acquire_and_mark, &marks[1]);
	let_others_run();
	snt_group_cancel(group);
	snt_semaphore_release(semaphore);
	let_others_run();
	assert_string_equal(trail, "Cb");
	OK(snt_group_end(group));
	OK(snt_group_end(other));
	snt_semaphore_close(semaphore);
}

/* The permit came before the cancel: then it was taken. */
static void a_permit_given_before_the_cancel_is_kept(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_and_mark, &marks[0]);
	let_others_run();
	snt_semaphore_release(semaphore);
	snt_group_cancel(group);
	OK(snt_group_end(group));
	assert_string_equal(trail, "a");
	assert_int_equal(snt_semaphore_value(semaphore), 0);
	snt_semaphore_close(semaphore);
}

static void a_deadline_takes_no_permit(void)
{
	OK(snt_semaphore_open(&semaphore, 0));
	{
		snt_timeout_scope(limit, 2 * MS);
		FAILS(snt_semaphore_acquire(semaphore), -ETIMEDOUT);
	}
	snt_semaphore_release(semaphore);
	assert_int_equal(snt_semaphore_value(semaphore), 1);
	snt_semaphore_close(semaphore);
}

static void closing_wakes_with_ebadf(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_semaphore_open(&semaphore, 0));
	start(group, acquire_and_mark, &marks[0]);
	let_others_run();
	snt_semaphore_close(semaphore);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "B");
	OK(snt_group_end(group));
	snt_semaphore_close(NULL);
}

static const struct test_case cases[] = {
	TEST(permits_are_counted),
	TEST(without_a_permit_acquire_waits),
	TEST(waiters_are_served_in_order),
	TEST(a_released_permit_cannot_be_snatched),
	TEST(a_cancelled_waiter_takes_no_permit),
	TEST(a_permit_given_before_the_cancel_is_kept),
	TEST(a_deadline_takes_no_permit),
	TEST(closing_wakes_with_ebadf),
	TEST(closing_after_a_hand_off_turns_the_taker_away),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
