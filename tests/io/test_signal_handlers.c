/* SPDX-License-Identifier: MIT */
/* Signals that a fiber waits for. */
#include "../runner.h"

#include <pthread.h>
#include <sched.h>
#include <sennit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct snt_signals *opened(int number)
{
	struct snt_signals *signals;

	if (snt_signals_open(&signals, &number, 1) != 0)
		fail_msg("%s", snt_errmsg());
	return signals;
}

static int wait_for(void *arg)
{
	return snt_signals_wait(arg);
}

static void a_signal_is_kept_until_it_is_waited_for(void)
{
	struct snt_signals *signals = opened(SIGUSR1);

	raise(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_signals_close(signals);
}

/* What the handler writes to may be any descriptor, also the first. */
static void a_signal_is_kept_where_standard_input_is_closed(void)
{
	struct snt_signals *signals;

	close(0);
	signals = opened(SIGUSR1);
	raise(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_signals_close(signals);
}

static void a_signal_wakes_the_fiber_that_waits(void)
{
	struct snt_signals *signals = opened(SIGTERM);
	struct snt_group *group;
	struct snt_fiber *fiber;
	int result;

	assert_int_equal(snt_group_open(&group, NULL), 0);
	assert_int_equal(snt_spawn(group, wait_for, signals,
				   &(struct snt_spawn_opts){ .fiber = &fiber }),
			 0);
	assert_int_equal(snt_yield(), 0);
	kill(getpid(), SIGTERM);
	assert_int_equal(snt_join(fiber, &result), 0);
	assert_int_equal(result, SIGTERM);
	assert_int_equal(snt_group_end(group), 0);
	snt_signals_close(signals);
}

/* Whether the process's first thread sleeps in the kernel (proc(5), stat). */
static bool main_sleeps(void)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S';
}

static void *send_to_sleeper(void *arg)
{
	(void)arg;
	while (!main_sleeps())
		sched_yield();
	kill(getpid(), SIGUSR1);
	return NULL;
}

static void a_lone_thread_is_woken_too(void)
{
	struct snt_signals *signals = opened(SIGUSR1);
	pthread_t thread;

	pthread_create(&thread, NULL, send_to_sleeper, NULL);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	pthread_join(thread, NULL);
	snt_signals_close(signals);
}

static void signals_of_a_kind_that_nobody_waited_for_count_once(void)
{
	struct snt_signals *signals = opened(SIGUSR1);
	struct snt_scope limit;

	for (int i = 0; i < 5; i++)
		raise(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_timeout_begin(&limit, 10 * SNT_MILLISECOND);
	assert_int_equal(snt_signals_wait(signals), -ETIMEDOUT);
	snt_scope_end(&limit);
	snt_signals_close(signals);
}

static void different_signals_are_each_told(void)
{
	static const int numbers[] = { SIGUSR1, SIGUSR2, SIGHUP };
	struct snt_signals *signals;
	int seen = 0;

	assert_int_equal(snt_signals_open(&signals, numbers, 3), 0);
	for (int i = 0; i < 3; i++)
		raise(numbers[i]);
	for (int i = 0; i < 3; i++) {
		int number = snt_signals_wait(signals);

		assert_true(number > 0);
		seen |= 1 << number;
	}
	assert_int_equal(seen, 1 << SIGUSR1 | 1 << SIGUSR2 | 1 << SIGHUP);
	snt_signals_close(signals);
}

static int calls;

static void count_call(int number)
{
	(void)number;
	calls++;
}

static void closing_restores_the_handler_there_was(void)
{
	struct snt_signals *signals;

	signal(SIGUSR1, count_call);
	signals = opened(SIGUSR1);
	raise(SIGUSR1);
	assert_int_equal(calls, 0);
	snt_signals_close(signals);
	raise(SIGUSR1);
	assert_int_equal(calls, 1);
}

static void nothing_is_installed_unasked(void)
{
	struct sigaction action;
	struct snt_socket *a, *b;
	char byte;

	assert_int_equal(snt_socketpair(&a, &b, SOCK_STREAM), 0);
	assert_int_equal(snt_sendall(a, "x", 1), 0);
	assert_int_equal(snt_recv(b, &byte, 1), 1);
	snt_close(a);
	assert_int_equal(snt_send(b, "x", 1), -EPIPE);
	snt_close(b);
	for (int number = 1; number < 32; number++) {
		if (number == SIGKILL || number == SIGSTOP)
			continue;
		assert_int_equal(sigaction(number, NULL, &action), 0);
		/* A sanitizer has handlers of its own. */
		if (test_slowness() == 1)
			assert_true(action.sa_handler == SIG_DFL);
	}
}

static void a_signal_has_one_handle(void)
{
	struct snt_signals *signals = opened(SIGUSR1), *second;
	const int number = SIGUSR1, twice[] = { SIGUSR2, SIGUSR2 };

	assert_int_equal(snt_signals_open(&second, &number, 1), -EBUSY);
	assert_int_equal(snt_signals_open(&second, twice, 2), -EBUSY);
	/* The first of the two was given back. */
	snt_signals_close(opened(SIGUSR2));
	raise(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_signals_close(signals);
}

static const int wrong[] = { 0, -1, 65, 12345, SIGKILL, SIGSTOP };

static void what_cannot_be_caught_is_refused(void)
{
	struct snt_signals *signals;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(snt_signals_open(&signals, &wrong[i], 1),
				 -EINVAL);
		assert_non_null(strstr(snt_errmsg(), "signal"));
	}
	assert_int_equal(snt_signals_open(&signals, wrong, 0), -EINVAL);
}

static void closing_ends_a_wait(void)
{
	struct snt_signals *signals = opened(SIGUSR1);
	struct snt_group *group;
	struct snt_fiber *fiber;
	int result;

	assert_int_equal(snt_group_open(&group, NULL), 0);
	assert_int_equal(snt_spawn(group, wait_for, signals,
				   &(struct snt_spawn_opts){ .fiber = &fiber }),
			 0);
	assert_int_equal(snt_yield(), 0);
	assert_int_equal(snt_signals_wait(signals), -EBUSY);
	snt_signals_close(signals);
	assert_int_equal(snt_join(fiber, &result), 0);
	assert_int_equal(result, -EBADF);
	snt_group_end(group);
	snt_signals_close(NULL);
}

static void a_cancelled_wait_loses_no_signal(void)
{
	struct snt_signals *signals = opened(SIGUSR1);
	struct snt_group *group;

	assert_int_equal(snt_group_open(&group, NULL), 0);
	assert_int_equal(snt_spawn(group, wait_for, signals, NULL), 0);
	assert_int_equal(snt_yield(), 0);
	raise(SIGUSR1);
	assert_int_equal(snt_group_end(group), 0);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_signals_close(signals);
}

static const struct test_case cases[] = {
	TEST(a_signal_is_kept_until_it_is_waited_for),
	TEST(a_signal_is_kept_where_standard_input_is_closed),
	TEST(a_signal_wakes_the_fiber_that_waits),
	TEST(a_lone_thread_is_woken_too),
	TEST(signals_of_a_kind_that_nobody_waited_for_count_once),
	TEST(different_signals_are_each_told),
	TEST(closing_restores_the_handler_there_was),
	TEST(nothing_is_installed_unasked),
	TEST(a_signal_has_one_handle),
	TEST(what_cannot_be_caught_is_refused),
	TEST(closing_ends_a_wait),
	TEST(a_cancelled_wait_loses_no_signal),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
