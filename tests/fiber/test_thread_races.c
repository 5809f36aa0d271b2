/* SPDX-License-Identifier: MIT */
/* Deadlines, cancels and closes that meet what another thread hands over:
 * nothing is lost, nothing comes twice. */
#include "../threads.h"
#include "fibers.h"

#include <sched.h>
#include <stdlib.h>

#define SENDERS 3
#define RECEIVERS 3
#define EACH 400

static struct snt_channel *channel;
static struct snt_semaphore *semaphore;
static struct snt_mutex *mutex;
static atomic_uchar received[SENDERS * EACH];
static bool sent[SENDERS * EACH];
static atomic_int granted;

/* From nothing to about as long as a hand-over takes. */
static int64_t some_time(unsigned *seed)
{
	return rand_r(seed) % 64 * 2 * SNT_MICROSECOND + 1;
}

/* Each of its numbers until it was taken, under deadlines that pass at any
 * moment. */
static int send_numbers(void *arg)
{
	int number = (int)(intptr_t)arg * EACH, end = number + EACH;
	unsigned seed = (unsigned)number + 1;

	while (number < end) {
		snt_timeout_scope(limit, some_time(&seed));
		int code = snt_channel_send(channel, &number);

		if (code == 0) {
			assert_false(snt_scope_expired(&limit));
			sent[number++] = true;
		} else if (code != -ETIMEDOUT) {
			return code;
		}
	}
	return 0;
}

static int receive_numbers(void *arg)
{
	unsigned seed = (unsigned)(intptr_t)arg + 77;

	for (;;) {
		snt_timeout_scope(limit, some_time(&seed));
		int number, code = snt_channel_recv(channel, &number);

		if (code == 0)
			return 0;
		if (code == 1)
			atomic_fetch_add(&received[number], 1);
		else if (code != -ETIMEDOUT)
			return code;
		else
			assert_true(snt_scope_expired(&limit));
	}
}

static void deadlines_lose_no_item_between_threads(void)
{
	EACH_WAY(way)
	{
		struct part senders[SENDERS], receivers[RECEIVERS];

		memset(received, 0, sizeof received);
		OK(snt_channel_open(&channel, sizeof(int), (size_t)way * 2));
		for (intptr_t i = 0; i < RECEIVERS; i++)
			part_start(&receivers[i], way, receive_numbers,
				   (void *)i);
		for (intptr_t i = 0; i < SENDERS; i++)
			part_start(&senders[i], way, send_numbers, (void *)i);
		for (int i = 0; i < SENDERS; i++)
			OK(part_join(&senders[i]));
		snt_channel_shutdown(channel);
		for (int i = 0; i < RECEIVERS; i++)
			OK(part_join(&receivers[i]));
		for (int i = 0; i < SENDERS * EACH; i++)
			assert_int_equal(received[i], 1);
		snt_channel_close(channel);
	}
}

static atomic_int sum_sent, sum_received;

static int send_one(void *arg)
{
	int number = (int)(intptr_t)arg, code;

	code = snt_channel_send(channel, &number);
	if (code == 0)
		atomic_fetch_add(&sum_sent, number);
	return code;
}

static int receive_one(void *arg)
{
	int number, code = snt_channel_recv(channel, &number);

	(void)arg;
	if (code == 1)
		atomic_fetch_add(&sum_received, number);
	return code < 0 ? code : 0;
}

/* Groups of fibers that are cancelled while they wait for one another. */
static int cancel_rounds(void *arg)
{
	int (*const fn)(void *) = arg == NULL ? receive_one : send_one;
	unsigned seed = arg == NULL ? 5 : 9;

	for (int round = 0; round < 300; round++) {
		struct snt_group *group =
			group_with(&(struct snt_group_opts){ .keep_going = 1 });

		for (intptr_t i = 1; i <= 4; i++)
			start(group, fn, (void *)i);
		OK(snt_sleep(some_time(&seed)));
		snt_group_cancel(group);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
	}
	return 0;
}

static void cancels_lose_no_item_between_threads(void)
{
	struct part sender, receiver;

	OK(snt_channel_open(&channel, sizeof(int), 0));
	part_start(&sender, LONE, cancel_rounds, &channel);
	part_start(&receiver, LONE, cancel_rounds, NULL);
	OK(part_join(&sender));
	OK(part_join(&receiver));
	assert_int_equal(sum_sent, sum_received);
	snt_channel_close(channel);
}

static int acquire_under_deadlines(void *arg)
{
	unsigned seed = (unsigned)(intptr_t)arg;
	int have = 0;

	while (have < EACH) {
		snt_timeout_scope(limit, some_time(&seed));
		int code = snt_semaphore_acquire(semaphore);

		if (code == 0)
			have++;
		else if (code != -ETIMEDOUT)
			return code;
	}
	atomic_fetch_add(&granted, have);
	return 0;
}

static void deadlines_lose_no_permit_between_threads(void)
{
	EACH_WAY(way)
	{
		struct part parts[4];

		atomic_store(&granted, 0);
		OK(snt_semaphore_open(&semaphore, 0));
		for (intptr_t i = 0; i < 4; i++)
			part_start(&parts[i], way, acquire_under_deadlines,
				   (void *)(i + 1));
		for (int i = 0; i < 4 * EACH; i++) {
			snt_semaphore_release(semaphore);
			if (i % 8 == 0)
				OK(snt_sleep(10 * SNT_MICROSECOND));
		}
		for (int i = 0; i < 4; i++)
			OK(part_join(&parts[i]));
		assert_int_equal(granted, 4 * EACH);
		assert_int_equal(snt_semaphore_value(semaphore), 0);
		snt_semaphore_close(semaphore);
	}
}

static int inside; /* under mutex */

static int lock_under_deadlines(void *arg)
{
	unsigned seed = (unsigned)(intptr_t)arg;

	for (int i = 0; i < EACH; i++) {
		snt_timeout_scope(limit, some_time(&seed));
		int code = snt_mutex_lock(mutex);

		if (code == -ETIMEDOUT)
			continue;
		SNT_TRY(code);
		assert_int_equal(inside++, 0);
		if (i % 16 == 0)
			yield_thread();
		inside--;
		SNT_TRY(snt_mutex_unlock(mutex));
	}
	return 0;
}

static void deadlines_leave_a_mutex_held_by_one_or_nobody(void)
{
	EACH_WAY(way)
	{
		struct part parts[5];

		OK(snt_mutex_open(&mutex));
		for (intptr_t i = 0; i < 5; i++)
			part_start(&parts[i], way, lock_under_deadlines,
				   (void *)(i + 1));
		for (int i = 0; i < 5; i++)
			OK(part_join(&parts[i]));
		OK(snt_mutex_lock(mutex));
		OK(snt_mutex_unlock(mutex));
		snt_mutex_close(mutex);
	}
}

static int wait_until_closed(void *arg)
{
	int code = snt_event_wait(arg);

	return code == -EBADF ? 0 : code;
}

/* Set and closed at once, while the other threads have not all seen the
 * first: whoever waits leaves with one or the other. */
static void closing_right_after_waking_harms_nobody(void)
{
	for (int round = 0; round < 100; round++) {
		struct part parts[4];
		struct snt_event *event;

		OK(snt_event_open(&event));
		for (int i = 0; i < 4; i++)
			part_start(&parts[i], i % 2, wait_until_closed, event);
		for (int i = 0; i < 4; i++)
			part_wait_asleep(&parts[i]);
		if (round % 2)
			snt_event_set(event);
		snt_event_close(event);
		for (int i = 0; i < 4; i++)
			OK(part_join(&parts[i]));
	}
}

/* For about as long as the test takes to see it sleep. */
static int receive_until_closed(void *arg)
{
	snt_timeout_scope(limit, 200 * SNT_MICROSECOND);
	int item, code = snt_channel_recv(arg, &item);

	return code == -EBADF || code == -ETIMEDOUT ? 0 : -EPROTO;
}

static void a_close_meets_deadlines_of_other_threads(void)
{
	for (int round = 0; round < 300; round++) {
		struct snt_channel *closed;
		struct part part;

		OK(snt_channel_open(&closed, sizeof(int), 1));
		part_start(&part, round % 2, receive_until_closed, closed);
		part_wait_asleep(&part);
		snt_channel_close(closed);
		OK(part_join(&part));
	}
}

/* The answer's receiver closes what the other has just used. */
static int answer(void *arg)
{
	int one = 1;

	return snt_channel_send(arg, &one);
}

static void whoever_is_woken_may_close_at_once(void)
{
	for (int round = 0; round < 300; round++) {
		struct snt_channel *reply;
		struct part part;
		int item;

		OK(snt_channel_open(&reply, sizeof(int), (size_t)round % 2));
		part_start(&part, round % 4 / 2, answer, reply);
		FAILS(snt_channel_recv(reply, &item), 1);
		if (round % 2 == 0)
			snt_channel_close(reply);
		OK(part_join(&part));
		if (round % 2 == 1)
			snt_channel_close(reply);
	}
}

static atomic_int step;

static int send_when_told(void *unused)
{
	int one = 1;

	(void)unused;
	while (atomic_load(&step) < 1)
		yield_thread();
	OK(snt_channel_send(channel, &one));
	atomic_store(&step, 2);
	return 0;
}

static int receive_in_time(void *unused)
{
	snt_timeout_scope(limit, 3 * MS);
	int item;

	(void)unused;
	FAILS(snt_channel_recv(channel, &item), 1);
	assert_false(snt_scope_expired(&limit));
	FAILS(snt_yield(), -ETIMEDOUT);
	assert_true(snt_scope_expired(&limit));
	return 0;
}

static int let_it_be_sent(void *unused)
{
	(void)unused;
	OK(snt_sleep(2 * MS));
	atomic_store(&step, 1);
	while (atomic_load(&step) < 2)
		yield_thread();
	return 0;
}

/* Both limits pass at once; what runs first has the other's item sent, while
 * that one has been woken by its limit but has not run. */
static void an_item_that_comes_before_the_deadline_is_seen_counts(void)
{
	struct snt_group *group = group_with(NULL);
	struct part part;
	int64_t since;

	OK(snt_channel_open(&channel, sizeof(int), 0));
	part_start(&part, LONE, send_when_told, NULL);
	start(group, let_it_be_sent, NULL);
	start(group, receive_in_time, NULL);
	OK(snt_yield());
	since = snt_now();
	while (snt_now() - since < 10 * MS)
		;
	OK(snt_group_wait(group));
	OK(part_join(&part));
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static const struct test_case cases[] = {
	TEST_SLOW(deadlines_lose_no_item_between_threads, 60),
	TEST_SLOW(cancels_lose_no_item_between_threads, 60),
	TEST_SLOW(deadlines_lose_no_permit_between_threads, 60),
	TEST_SLOW(deadlines_leave_a_mutex_held_by_one_or_nobody, 60),
	TEST_SLOW(closing_right_after_waking_harms_nobody, 60),
	TEST_SLOW(a_close_meets_deadlines_of_other_threads, 60),
	TEST_SLOW(whoever_is_woken_may_close_at_once, 60),
	TEST(an_item_that_comes_before_the_deadline_is_seen_counts),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
