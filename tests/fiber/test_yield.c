/* SPDX-License-Identifier: MIT */
/* Turns: who runs when, and that nobody keeps the thread for himself. */
#include "fibers.h"

#include <sennit/socket.h>

static int mark_thrice(void *arg)
{
	for (int i = 0; i < 3; i++) {
		leave_mark(*(const char *)arg);
		SNT_TRY(snt_yield());
	}
	return 0;
}

static void fibers_take_turns_in_order(void)
{
	struct snt_group *group = group_with(NULL);
	char marks[] = "abc";

	for (int i = 0; i < 3; i++)
		start(group, mark_thrice, &marks[i]);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "abcabcabc");
	OK(snt_group_end(group));
}

static void a_yield_lets_each_ready_fiber_run_once(void)
{
	struct snt_group *group = group_with(NULL);
	char marks[] = "ab";

	start(group, mark_thrice, &marks[0]);
	start(group, mark_thrice, &marks[1]);
	OK(snt_yield());
	assert_string_equal(trail, "ab");
	OK(snt_yield());
	assert_string_equal(trail, "abab");
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static void alone_a_yield_returns_at_once(void)
{
	for (int i = 0; i < 1000; i++)
		OK(snt_yield());
}

static bool other_ran;

static int note_that_it_ran(void *arg)
{
	(void)arg;
	other_ran = true;
	return 0;
}

/* Runs call(arg) over and over; it never has to wait. Others get a turn. */
static void assert_others_run(int (*call)(void *arg), void *arg)
{
	struct snt_group *group = group_with(NULL);

	start(group, note_that_it_ran, NULL);
	for (int i = 0; i < 10000 && !other_ran; i++)
		OK(call(arg));
	assert_true(other_ran);
	OK(snt_group_end(group));
}

static int send_and_recv(void *arg)
{
	struct snt_socket **pair = arg;
	char byte = 'x';

	SNT_TRY(snt_send(pair[0], &byte, 1));
	SNT_TRY(snt_recv(pair[1], &byte, 1));
	return 0;
}

static void a_fiber_with_fast_sockets_lets_others_run(void)
{
	struct snt_socket *pair[2];

	OK(snt_socketpair(&pair[0], &pair[1], SOCK_STREAM));
	assert_others_run(send_and_recv, pair);
	snt_close(pair[0]);
	snt_close(pair[1]);
}

static int wait_for_set_event(void *arg)
{
	return snt_event_wait(arg);
}

static void a_fiber_with_a_set_event_lets_others_run(void)
{
	struct snt_event *event;

	OK(snt_event_open(&event));
	snt_event_set(event);
	assert_others_run(wait_for_set_event, event);
	snt_event_close(event);
}

static int acquire_and_release(void *arg)
{
	SNT_TRY(snt_semaphore_acquire(arg));
	snt_semaphore_release(arg);
	return 0;
}

static void a_fiber_with_a_free_semaphore_lets_others_run(void)
{
	struct snt_semaphore *semaphore;

	OK(snt_semaphore_open(&semaphore, 1));
	assert_others_run(acquire_and_release, semaphore);
	snt_semaphore_close(semaphore);
}

static int lock_and_unlock(void *arg)
{
	SNT_TRY(snt_mutex_lock(arg));
	return snt_mutex_unlock(arg);
}

static void a_fiber_with_a_free_mutex_lets_others_run(void)
{
	struct snt_mutex *mutex;

	OK(snt_mutex_open(&mutex));
	assert_others_run(lock_and_unlock, mutex);
	snt_mutex_close(mutex);
}

static int fill_and_drain(void *arg)
{
	int item = 0;

	SNT_TRY(snt_channel_send(arg, &item));
	return snt_channel_recv(arg, &item) == 1 ? 0 : -EIO;
}

static void a_fiber_with_a_buffered_channel_lets_others_run(void)
{
	struct snt_channel *channel;

	OK(snt_channel_open(&channel, sizeof(int), 1));
	assert_others_run(fill_and_drain, channel);
	snt_channel_close(channel);
}

/* Timers are looked at even while somebody is always ready. */
static int yield_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		SNT_TRY(snt_yield());
}

static void yielding_fibers_hold_up_no_timer(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, yield_for_ever, NULL);
	start(group, yield_for_ever, NULL);
	OK(snt_sleep(5 * MS));
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST(fibers_take_turns_in_order),
	TEST(a_yield_lets_each_ready_fiber_run_once),
	TEST(alone_a_yield_returns_at_once),
	TEST(a_fiber_with_fast_sockets_lets_others_run),
	TEST(a_fiber_with_a_set_event_lets_others_run),
	TEST(a_fiber_with_a_free_semaphore_lets_others_run),
	TEST(a_fiber_with_a_free_mutex_lets_others_run),
	TEST(a_fiber_with_a_buffered_channel_lets_others_run),
	TEST(yielding_fibers_hold_up_no_timer),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
