/* SPDX-License-Identifier: MIT */
/* Channel, semaphore, mutex and event between threads. */
#include "../threads.h"
#include "fibers.h"

#include "fiber/thread.h"

#include <poll.h>

static struct snt_channel *there, *back;
static struct snt_semaphore *semaphore;
static struct snt_mutex *mutex;
static struct snt_event *event;

#define ROUNDS 300

/* Both directions of the test's two threads, without and with a buffer. */
static const size_t capacities[] = { 0, 1, 7 };

static int return_each(void *unused)
{
	int item, code;

	(void)unused;
	while ((code = snt_channel_recv(there, &item)) == 1) {
		item++;
		SNT_TRY(snt_channel_send(back, &item));
	}
	return code;
}

static int send_and_receive(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int item = 2 * i;

		SNT_TRY(snt_channel_send(there, &item));
		FAILS(snt_channel_recv(back, &item), 1);
		assert_int_equal(item, 2 * i + 1);
	}
	snt_channel_shutdown(there);
	return 0;
}

static void items_go_from_thread_to_thread_and_back(void)
{
	for (size_t i = 0; i < 3; i++)
		EACH_WAY(here)
	EACH_WAY(other)
	{
		struct part part;

		OK(snt_channel_open(&there, sizeof(int), capacities[i]));
		OK(snt_channel_open(&back, sizeof(int), capacities[i]));
		part_start(&part, other, return_each, NULL);
		OK(run_way(here, send_and_receive, NULL));
		OK(part_join(&part));
		snt_channel_close(there);
		snt_channel_close(back);
	}
}

static int acquire_some(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++)
		SNT_TRY(snt_semaphore_acquire(semaphore));
	return 0;
}

static void permits_wake_other_threads(void)
{
	EACH_WAY(way)
	{
		struct part part;

		OK(snt_semaphore_open(&semaphore, 0));
		part_start(&part, way, acquire_some, NULL);
		for (int i = 0; i < ROUNDS; i++) {
			snt_semaphore_release(semaphore);
			if (i % 3 == 0)
				yield_thread();
		}
		OK(part_join(&part));
		assert_int_equal(snt_semaphore_value(semaphore), 0);
		snt_semaphore_close(semaphore);
	}
}

static int counted; /* under mutex */

static int count_up(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int seen;

		SNT_TRY(snt_mutex_lock(mutex));
		seen = counted;
		if (i % 10 == 0)
			SNT_TRY(snt_yield());
		counted = seen + 1;
		SNT_TRY(snt_mutex_unlock(mutex));
	}
	return 0;
}

static void a_mutex_keeps_other_threads_out(void)
{
	EACH_WAY(way)
	{
		struct part parts[6];

		counted = 0;
		OK(snt_mutex_open(&mutex));
		for (int i = 0; i < 6; i++)
			part_start(&parts[i], way, count_up, NULL);
		for (int i = 0; i < 6; i++)
			OK(part_join(&parts[i]));
		assert_int_equal(counted, 6 * ROUNDS);
		snt_mutex_close(mutex);
	}
}

static int unlock_in_vain(void *unused)
{
	(void)unused;
	FAILS(snt_mutex_unlock(mutex), -EPERM);
	return 0;
}

static void a_thread_cannot_unlock_anothers_mutex(void)
{
	struct part part;

	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	part_start(&part, LONE, unlock_in_vain, NULL);
	OK(part_join(&part));
	OK(snt_mutex_unlock(mutex));
	snt_mutex_close(mutex);
}

static int wait_for_event(void *unused)
{
	(void)unused;
	return snt_event_wait(event);
}

static void an_event_wakes_waiters_of_all_threads(void)
{
	struct part parts[8];

	OK(snt_event_open(&event));
	for (int i = 0; i < 8; i++)
		part_start(&parts[i], i % 2 ? LONE : IN_FIBER, wait_for_event,
			   NULL);
	for (int i = 0; i < 8; i++)
		part_wait_asleep(&parts[i]);
	assert_false(snt_event_is_set(event));
	snt_event_set(event);
	for (int i = 0; i < 8; i++)
		OK(part_join(&parts[i]));
	snt_event_close(event);
}

static int receive_in_vain(void *unused)
{
	int item;

	(void)unused;
	FAILS(snt_channel_recv(there, &item), -EBADF);
	return 0;
}

static int send_in_vain(void *unused)
{
	int item = 1;

	(void)unused;
	FAILS(snt_channel_send(back, &item), -EBADF);
	return 0;
}

static int acquire_in_vain(void *unused)
{
	(void)unused;
	FAILS(snt_semaphore_acquire(semaphore), -EBADF);
	return 0;
}

static int lock_in_vain(void *unused)
{
	(void)unused;
	FAILS(snt_mutex_lock(mutex), -EBADF);
	return 0;
}

static int wait_in_vain(void *unused)
{
	(void)unused;
	FAILS(snt_event_wait(event), -EBADF);
	return 0;
}

static void closing_turns_away_the_waiters_of_other_threads(void)
{
	static int (*const fns[])(void *) = { receive_in_vain, send_in_vain,
					      acquire_in_vain, lock_in_vain,
					      wait_in_vain };
	struct part parts[5];

	EACH_WAY(way)
	{
		OK(snt_channel_open(&there, sizeof(int), 0));
		OK(snt_channel_open(&back, sizeof(int), 0));
		OK(snt_semaphore_open(&semaphore, 0));
		OK(snt_mutex_open(&mutex));
		OK(snt_mutex_lock(mutex));
		OK(snt_event_open(&event));
		for (int i = 0; i < 5; i++)
			part_start(&parts[i], way, fns[i], NULL);
		for (int i = 0; i < 5; i++)
			part_wait_asleep(&parts[i]);
		snt_channel_close(there);
		snt_channel_close(back);
		snt_semaphore_close(semaphore);
		snt_mutex_close(mutex);
		snt_event_close(event);
		for (int i = 0; i < 5; i++)
			OK(part_join(&parts[i]));
	}
}

/* A made-up world in which there are no notifiers. */
static int no_notifier(void)
{
	return -EMFILE;
}

static int wait_without_notifier(void *unused)
{
	struct snt__io table = *real_io();
	int item;

	(void)unused;
	table.notifier = no_notifier;
	snt__io = &table;
	FAILS(snt_event_wait(event), -EMFILE);
	FAILS(snt_channel_recv(there, &item), -EMFILE);
	assert_non_null(strstr(snt_errmsg(), "receive from channel: no descr"));
	FAILS(snt_semaphore_acquire(semaphore), -EMFILE);
	/* What need not wait needs none. */
	snt_event_set(event);
	OK(snt_event_wait(event));
	snt__io = real_io();
	OK(snt_semaphore_acquire(semaphore));
	return 0;
}

static void a_thread_that_cannot_be_told_is_not_put_to_sleep(void)
{
	struct part part;

	OK(snt_event_open(&event));
	OK(snt_semaphore_open(&semaphore, 0));
	OK(snt_channel_open(&there, sizeof(int), 0));
	part_start(&part, LONE, wait_without_notifier, NULL);
	while (!snt_event_is_set(event))
		yield_thread();
	snt_semaphore_release(semaphore);
	OK(part_join(&part));
	snt_event_close(event);
	snt_semaphore_close(semaphore);
	snt_channel_close(there);
}

static int use_without_waiting(void *unused)
{
	const char *backend = snt_backend(); /* opens its own by this */
	unsigned before = descriptor_count();
	int item = 1;

	(void)unused;
	OK(snt_channel_send(there, &item));
	FAILS(snt_channel_recv(there, &item), 1);
	OK(snt_mutex_lock(mutex));
	OK(snt_mutex_unlock(mutex));
	OK(snt_sleep(MS));
	assert_int_equal(descriptor_count(), before);
	assert_string_equal(snt_backend(), backend);
	return 0;
}

static void a_thread_that_never_waits_for_another_has_no_eventfd(void)
{
	struct part part;

	OK(snt_channel_open(&there, sizeof(int), 1));
	OK(snt_mutex_open(&mutex));
	part_start(&part, LONE, use_without_waiting, NULL);
	OK(part_join(&part));
	snt_channel_close(there);
	snt_mutex_close(mutex);
}

static int wait_twice(void *unused)
{
	struct pollfd slot = { .events = POLLIN };

	(void)unused;
	OK(snt_semaphore_acquire(semaphore));
	slot.fd = snt__self->mailbox.handle.fd;
	/* On epoll an edge is over by itself. */
	if (snt__self->poller.ops->levels)
		assert_int_equal(poll(&slot, 1, 0), 0);
	return 0;
}

static void whoever_was_woken_can_sleep_again(void)
{
	EACH_WAY(way)
	{
		struct part part;

		OK(snt_semaphore_open(&semaphore, 0));
		part_start(&part, way, wait_twice, NULL);
		part_wait_asleep(&part);
		snt_semaphore_release(semaphore);
		OK(part_join(&part));
		snt_semaphore_close(semaphore);
	}
}

static const struct test_case cases[] = {
	TEST(items_go_from_thread_to_thread_and_back),
	TEST(permits_wake_other_threads),
	TEST(a_mutex_keeps_other_threads_out),
	TEST(a_thread_cannot_unlock_anothers_mutex),
	TEST(an_event_wakes_waiters_of_all_threads),
	TEST(closing_turns_away_the_waiters_of_other_threads),
	TEST(a_thread_that_cannot_be_told_is_not_put_to_sleep),
	TEST(whoever_was_woken_can_sleep_again),
	TEST(a_thread_that_never_waits_for_another_has_no_eventfd),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
