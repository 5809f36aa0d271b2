/* SPDX-License-Identifier: MIT */
/*
 * The traps of polls on a ring: they hold the file, complete some twenty at a
 * time, end by themselves when there is no room, and may be waking up while
 * they are forgotten.
 */
#include "rings.h"

#include "base/alloc.h"

#include <sys/resource.h>

#define MANY 600

static struct snt__handle handles[MANY];
static int fds[MANY][2];

/* So many pipes, the reading ends armed. */
static void arm_pipes(size_t count)
{
	const struct rlimit enough = { 2 * MANY + 100, 2 * MANY + 100 };

	setrlimit(RLIMIT_NOFILE, &enough);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(pipe(fds[i]), 0);
		snt__handle_init(&handles[i], fds[i][0]);
		arm(&handles[i], SNT__READ);
	}
}

static void fill_pipes(size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(write(fds[i][1], "x", 1), 1);
}

static void close_pipes(size_t count)
{
	for (size_t i = 0; i < count; i++)
		close_pair(&handles[i], fds[i]);
}

static void wait_for_all(size_t count)
{
	forget_told();
	while (told_handles < count)
		assert_int_equal(poller.ops->wait(&poller, SNT_FOREVER, fire),
				 0);
}

static void more_than_one_enter_completes_is_each_reported_once(void)
{
	open_as("uring");
	arm_pipes(MANY);
	look(NULL);
	fill_pipes(MANY);
	wait_for_all(MANY);
	assert_int_equal(poller.ops->wait(&poller, 0, fire), 0);
	assert_int_equal(told_count, MANY);
	close_pipes(MANY);
	close_poller();
}

/* Where completions find no room the poll ends; the next wait arms it anew. */
static void more_than_there_is_room_for_is_reported_again_and_again(void)
{
	char byte;

	kernel.completions = 4;
	open_as("uring");
	arm_pipes(100);
	look(NULL);
	for (int round = 0; round < 5; round++) {
		fill_pipes(100);
		wait_for_all(100);
		for (size_t i = 0; i < 100; i++) {
			assert_int_equal(read(fds[i][0], &byte, 1), 1);
			arm(&handles[i], SNT__READ);
		}
	}
	close_pipes(100);
	close_poller();
}

static void polls_go_in_with_the_wait(void)
{
	int before;

	open_as("uring");
	before = kernel.enters;
	arm_pipes(20);
	assert_int_equal(kernel.enters, before);
	look(NULL);
	assert_int_equal(kernel.enters, before + 1);
	close_pipes(20);
	close_poller();
}

/* That is what makes looking, and spinning, cheap. */
static void looking_where_nothing_stirs_asks_the_kernel_nothing(void)
{
	struct snt__handle handle;
	int pair[2], before;

	open_as("uring");
	armed_pair(&handle, pair);
	before = kernel.enters;
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&handle), 0);
	assert_int_equal(kernel.enters, before);
	put(pair[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	assert_int_equal(kernel.enters, before + 1);
	close_pair(&handle, pair);
	close_poller();
}

static void forgetting_costs_one_call_for_both_directions(void)
{
	struct snt__handle handle;
	int pair[2], before;

	open_as("uring");
	armed_pair(&handle, pair);
	arm(&handle, SNT__WRITE);
	look(&handle);
	before = kernel.enters;
	forget(&handle);
	assert_int_equal(kernel.enters, before + 1);
	close(pair[0]);
	close(pair[1]);
	close_poller();
}

static void forgetting_what_the_kernel_never_saw_costs_nothing(void)
{
	struct snt__handle handle;
	int pair[2], before;

	open_as("uring");
	tcp_pair(pair);
	snt__handle_init(&handle, pair[0]);
	before = kernel.enters;
	forget(&handle);
	arm(&handle, SNT__READ | SNT__WRITE);
	forget(&handle);
	assert_int_equal(kernel.enters, before);
	put(pair[1], "x");
	look(&handle);
	assert_int_equal(told_count, 0);
	close(pair[0]);
	close(pair[1]);
	close_poller();
}

/* What the request was queued for may be another file by now. */
static void a_forgotten_request_is_not_sent_for_the_next_file(void)
{
	struct snt__handle handle;
	int pair[2], other[2];

	open_as("uring");
	tcp_pair(pair);
	tcp_pair(other);
	put(other[1], "x");
	snt__handle_init(&handle, pair[0]);
	arm(&handle, SNT__READ);
	forget(&handle);
	assert_int_equal(dup2(other[0], pair[0]), pair[0]);
	look(&handle);
	assert_int_equal(told_count, 0);
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(other[i]);
	}
	close_poller();
}

/* The peer sees the end at once, though nobody waits any more. */
static void assert_end_is_seen(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
}

static void close_after_forget_sends_the_end_at_once(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	armed_pair(&handle, pair);
	arm(&handle, SNT__WRITE);
	look(&handle);
	forget(&handle);
	close(pair[0]);
	assert_end_is_seen(pair[1]);
	close(pair[1]);
	close_poller();
}

static void a_closed_poller_holds_no_file(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	armed_pair(&handle, pair);
	close_poller();
	close(pair[0]);
	assert_end_is_seen(pair[1]);
	close(pair[1]);
}

static void a_handle_can_be_freed_while_its_wake_up_is_under_way(void)
{
	open_as("uring");
	for (int late = 0; late < 3; late++) {
		struct snt__handle *handle = malloc(sizeof *handle);
		int pair[2];

		assert_non_null(handle);
		armed_pair(handle, pair);
		arm(handle, SNT__WRITE);
		look(handle);
		put(pair[1], "x");
		kernel.enter_late = late;
		forget(handle);
		memset(handle, 0xff, sizeof *handle);
		free(handle);
		kernel.enter_late = 0;
		close(pair[0]);
		look(NULL);
		assert_int_equal(told_count, 0);
		close(pair[1]);
	}
	close_poller();
}

static void a_handle_is_forgotten_behind_hundreds_of_wake_ups(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	arm_pipes(MANY);
	armed_pair(&handle, pair);
	fill_pipes(MANY);
	forget(&handle);
	close(pair[0]);
	assert_end_is_seen(pair[1]);
	/* And none of those was lost. */
	wait_for_all(MANY);
	assert_int_equal(told_count, MANY);
	close(pair[1]);
	close_pipes(MANY);
	close_poller();
}

static void what_a_forget_meets_is_reported_later(void)
{
	open_as("uring");
	arm_pipes(4);
	look(NULL);
	fill_pipes(4);
	forget(&handles[0]);
	forget(&handles[1]); /* its own event has been met by the first */
	forget_told();
	assert_int_equal(poller.ops->wait(&poller, SNT_FOREVER, fire), 0);
	assert_int_equal(told_handles, 2);
	assert_true(told[0].handle == &handles[2]);
	assert_true(told[1].handle == &handles[3]);
	assert_int_equal(told_count, 2);
	close_pipes(4);
	close_poller();
}

static const int failures[] = { -EAGAIN, -EBUSY, -EINTR, -ENOMEM };

static void forgetting_tries_again_where_the_kernel_is_short(void)
{
	open_as("uring");
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		struct snt__handle handle;
		int pair[2];

		armed_pair(&handle, pair);
		kernel.enter_code = failures[i];
		kernel.enter_fails = 10;
		forget(&handle);
		assert_int_equal(kernel.enter_fails, 0);
		close(pair[0]);
		assert_end_is_seen(pair[1]);
		close(pair[1]);
	}
	close_poller();
}

/* Nor does it lose its request where the queue was full just then. */
static void forgetting_asks_again_where_the_queue_is_full(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	armed_pair(&handle, pair);
	arm_pipes(128);
	kernel.enter_code = -EAGAIN;
	kernel.enter_fails = 10;
	forget(&handle);
	close(pair[0]);
	assert_end_is_seen(pair[1]);
	close(pair[1]);
	close_pipes(128);
	close_poller();
}

/* Then the end goes out late, but nobody hangs. */
static void forgetting_gives_up_where_the_kernel_stays_short(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	armed_pair(&handle, pair);
	kernel.enter_code = -EAGAIN;
	kernel.enter_fails = INT32_MAX;
	forget(&handle);
	close(pair[0]);
	kernel.enter_fails = 0;
	look(&handle);
	assert_int_equal(told_count, 0);
	assert_end_is_seen(pair[1]);
	close(pair[1]);
	close_poller();
}

static void slots_are_used_again(void)
{
	open_as("uring");
	for (int i = 0; i < 3000; i++) {
		struct snt__handle handle;
		int pipes[2];

		assert_int_equal(pipe(pipes), 0);
		snt__handle_init(&handle, pipes[0]);
		arm(&handle, SNT__READ);
		look(&handle);
		assert_true(handle.polls[0] < 16);
		close_pair(&handle, pipes);
	}
	close_poller();
}

static int no_memory(void)
{
	return 1;
}

static void memory_that_is_short_is_told_by_arm(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	tcp_pair(pair);
	snt__handle_init(&handle, pair[0]);
	snt__alloc_fails = no_memory;
	assert_int_equal(poller.ops->arm(&poller, &handle, SNT__READ), -ENOMEM);
	snt__alloc_fails = NULL;
	arm(&handle, SNT__READ);
	put(pair[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	close_pair(&handle, pair);
	close_poller();
}

/* The kernel's wake-up says "urgent" of any data; that is not to be believed. */
static void plain_data_are_not_urgent(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	settled_pair(&handle, pair);
	for (int i = 0; i < 3; i++) {
		put(pair[1], "x");
		assert_int_equal(look(&handle) & ALL, SNT__READ);
		assert_int_equal(handle.odd, 0);
	}
	close_pair(&handle, pair);
	close_poller();
}

static void urgent_data_after_arming_make_a_handle_odd(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	settled_pair(&handle, pair);
	assert_int_equal(send(pair[1], "abc!", 4, MSG_OOB), 4);
	assert_true(look(&handle) & SNT__ODD);
	close_pair(&handle, pair);
	close_poller();
}

/* Each alone may have been of urgent data. */
static void two_reports_without_a_try_between_leave_a_doubt(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	settled_pair(&handle, pair);
	put(pair[1], "x");
	look(&handle);
	assert_int_equal(handle.odd, 0);
	handle.ready |= SNT__READ; /* as the scheduler marks it */
	put(pair[1], "x");
	look(&handle);
	assert_int_equal(handle.odd, SNT__DOUBT);
	close_pair(&handle, pair);
	close_poller();
}

static void count_enters(struct snt__handle *handle, int enters)
{
	int before = kernel.enters;

	forget(handle);
	assert_int_equal(kernel.enters - before, enters);
}

/* Used once and closed, a connection has nothing to cancel. */
static void the_first_two_waits_leave_no_poll_behind(void)
{
	struct snt__handle handle;
	int pair[2];

	open_as("uring");
	armed_pair(&handle, pair);
	put(pair[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	take_and_arm(&handle);
	shutdown(pair[1], SHUT_WR);
	assert_true(look(&handle) & SNT__ODD);
	count_enters(&handle, 0);
	close(pair[0]);
	close(pair[1]);
	settled_pair(&handle, pair);
	put(pair[1], "x");
	assert_int_equal(look(&handle) & ALL, SNT__READ);
	count_enters(&handle, 1);
	close(pair[0]);
	close(pair[1]);
	close_poller();
}

/* All that there is to see of polls on a ring where it allows none. */
static void where_this_kernel_allows_no_ring_epoll_is_opened(void)
{
	open_as("epoll");
	close_poller();
}

static const struct test_case without_rings[] = {
	TEST(where_this_kernel_allows_no_ring_epoll_is_opened),
};

static const struct test_case cases[] = {
	TEST(more_than_one_enter_completes_is_each_reported_once),
	TEST(more_than_there_is_room_for_is_reported_again_and_again),
	TEST(polls_go_in_with_the_wait),
	TEST(looking_where_nothing_stirs_asks_the_kernel_nothing),
	TEST(forgetting_costs_one_call_for_both_directions),
	TEST(forgetting_what_the_kernel_never_saw_costs_nothing),
	TEST(a_forgotten_request_is_not_sent_for_the_next_file),
	TEST(close_after_forget_sends_the_end_at_once),
	TEST(a_closed_poller_holds_no_file),
	TEST(a_handle_can_be_freed_while_its_wake_up_is_under_way),
	TEST(a_handle_is_forgotten_behind_hundreds_of_wake_ups),
	TEST(what_a_forget_meets_is_reported_later),
	TEST(forgetting_tries_again_where_the_kernel_is_short),
	TEST(forgetting_asks_again_where_the_queue_is_full),
	TEST(forgetting_gives_up_where_the_kernel_stays_short),
	TEST(slots_are_used_again),
	TEST(memory_that_is_short_is_told_by_arm),
	TEST(the_first_two_waits_leave_no_poll_behind),
	TEST(plain_data_are_not_urgent),
	TEST(urgent_data_after_arming_make_a_handle_odd),
	TEST(two_reports_without_a_try_between_leave_a_doubt),
};

int main(int argc, char **argv)
{
	return test_ring_works() ? RUN_TESTS_ONCE(cases)
				 : RUN_TESTS_ONCE(without_rings);
}
