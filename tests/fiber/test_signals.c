/* SPDX-License-Identifier: MIT */
/* Signals that fibers wait for. */
#include "../threads.h"
#include "fibers.h"

#include <sennit/signal.h>
#include <signal.h>

static struct snt_signals *open_signals(int number)
{
	struct snt_signals *signals;

	OK(snt_signals_open(&signals, &number, 1));
	return signals;
}

/* By whoever may: here the program itself. */
static void send_signal(int number)
{
	if (simulated())
		snt_sim_signal(snt_sim_here(), number);
	else
		kill(getpid(), number);
}

static void a_signal_that_came_before_the_wait_is_kept(void)
{
	struct snt_signals *signals = open_signals(SIGUSR1);

	send_signal(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	snt_signals_close(signals);
}

static int send_later(void *arg)
{
	SNT_TRY(snt_sleep(5 * MS));
	send_signal(*(int *)arg);
	return 0;
}

static void waiting_ends_when_it_comes(void)
{
	struct snt_signals *signals = open_signals(SIGUSR1);
	struct snt_group *group = group_with(NULL);
	int number = SIGUSR1;

	start(group, send_later, &number);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	OK(snt_group_end(group));
	snt_signals_close(signals);
}

static void each_of_several_is_told(void)
{
	int numbers[] = { SIGUSR1, SIGUSR2, SIGHUP }, seen = 0;
	struct snt_signals *signals;

	OK(snt_signals_open(&signals, numbers, 3));
	send_signal(SIGHUP);
	send_signal(SIGUSR2);
	for (int i = 0; i < 2; i++) {
		int number = snt_signals_wait(signals);

		OK(number);
		seen |= 1 << number;
	}
	assert_int_equal(seen, 1 << SIGHUP | 1 << SIGUSR2);
	snt_signals_close(signals);
}

static void those_of_a_kind_count_once(void)
{
	struct snt_signals *signals = open_signals(SIGUSR1);

	for (int i = 0; i < 3; i++)
		send_signal(SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	{
		snt_timeout_scope(limit, 5 * MS);
		FAILS(snt_signals_wait(signals), -ETIMEDOUT);
	}
	snt_signals_close(signals);
}

static int many_came;

static int wait_for_hundred(void *arg)
{
	while (many_came < 100) {
		SNT_TRY(snt_signals_wait(arg));
		many_came++;
	}
	return 0;
}

/* None is lost between two waits. */
static void a_hundred_in_turn_all_arrive(void)
{
	struct snt_signals *signals = open_signals(SIGUSR1);
	struct snt_group *group = group_with(NULL);

	start(group, wait_for_hundred, signals);
	for (int i = 0; i < 100; i++) {
		send_signal(SIGUSR1);
		while (many_came <= i)
			OK(snt_sleep(10 * SNT_MICROSECOND));
	}
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_signals_close(signals);
}

static volatile sig_atomic_t before_ran;

static void handler_before(int number)
{
	(void)number;
	before_ran = 1;
}

static void closing_restores_the_handler_before(void)
{
	struct snt_signals *signals;

	signal(SIGUSR1, handler_before);
	signals = open_signals(SIGUSR1);
	kill(getpid(), SIGUSR1);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	assert_false(before_ran);
	snt_signals_close(signals);
	kill(getpid(), SIGUSR1);
	assert_true(before_ran);
}

static void a_signal_has_one_handle(void)
{
	struct snt_signals *first = open_signals(SIGUSR1), *second = NULL;
	int numbers[] = { SIGUSR2, SIGUSR1 };

	FAILS(snt_signals_open(&second, numbers, 2), -EBUSY);
	assert_null(second);
	/* What was caught on the way was given back. */
	second = open_signals(SIGUSR2);
	snt_signals_close(second);
	snt_signals_close(first);
}

static void what_cannot_be_caught_is_refused(void)
{
	int bad[] = { SIGKILL, SIGSTOP, 0, -1, 1000 };
	struct snt_signals *signals = NULL;

	for (size_t i = 0; i < 5; i++)
		FAILS(snt_signals_open(&signals, &bad[i], 1), -EINVAL);
	assert_string_equal(snt_errmsg(), "signal 1000: there is none of that "
					  "number, or it cannot be caught");
	FAILS(snt_signals_open(&signals, bad, 0), -EINVAL);
	assert_null(signals);
}

static struct snt_signals *shared;

static int wait_and_mark(void *arg)
{
	int code = snt_signals_wait(shared);

	(void)arg;
	leave_mark(code == -EBADF       ? 'b'
		   : code == -ECANCELED ? 'c'
		   : code == -EBUSY     ? 'u'
					: '?');
	return 0;
}

static void closing_wakes_with_ebadf(void)
{
	struct snt_group *group = group_with(NULL);

	shared = open_signals(SIGUSR1);
	start(group, wait_and_mark, NULL);
	let_others_run();
	snt_signals_close(shared);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "b");
	OK(snt_group_end(group));
}

static void cancel_ends_the_wait(void)
{
	struct snt_group *group = group_with(NULL);

	shared = open_signals(SIGUSR1);
	start(group, wait_and_mark, NULL);
	let_others_run();
	OK(snt_group_end(group));
	assert_string_equal(trail, "c");
	snt_signals_close(shared);
}

static void a_second_waiter_is_refused(void)
{
	struct snt_group *group = group_with(NULL);

	shared = open_signals(SIGUSR1);
	start(group, wait_and_mark, NULL);
	start(group, wait_and_mark, NULL);
	let_others_run();
	assert_string_equal(trail, "u");
	OK(snt_group_end(group));
	snt_signals_close(shared);
}

/* The only thread that does not block the signal. */
static void *send_from_thread(void *only)
{
	pthread_sigmask(SIG_UNBLOCK, only, NULL);
	kill(getpid(), SIGUSR1);
	return NULL;
}

static void a_signal_may_land_on_any_thread(void)
{
	struct snt_signals *signals = open_signals(SIGUSR1);
	pthread_t thread;
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &only, NULL);
	pthread_create(&thread, NULL, send_from_thread, &only);
	assert_int_equal(snt_signals_wait(signals), SIGUSR1);
	pthread_join(thread, NULL);
	snt_signals_close(signals);
}

static void sixteen_signals_fit_and_no_more(void)
{
	int numbers[SNT_SIGNALS_MAX + 1];
	struct snt_signals *signals;

	for (int i = 0; i <= SNT_SIGNALS_MAX; i++)
		numbers[i] = SIGRTMIN + i;
	OK(snt_signals_open(&signals, numbers, SNT_SIGNALS_MAX));
	snt_signals_close(signals);
	FAILS(snt_signals_open(&signals, numbers, SNT_SIGNALS_MAX + 1),
	      -EINVAL);
	snt_signals_close(NULL);
}

static int wait_in_vain(void *arg)
{
	FAILS(snt_signals_wait(arg), -EBADF);
	return 0;
}

static void another_thread_may_close_under_who_waits(void)
{
	EACH_WAY(way)
	{
		struct snt_signals *signals = open_signals(SIGUSR1);
		struct part part;

		part_start(&part, way, wait_in_vain, signals);
		part_wait_asleep(&part);
		snt_signals_close(signals);
		OK(part_join(&part));
	}
}

static const struct test_case cases[] = {
	TEST(a_signal_that_came_before_the_wait_is_kept),
	TEST(waiting_ends_when_it_comes),
	TEST(each_of_several_is_told),
	TEST(those_of_a_kind_count_once),
	TEST(a_hundred_in_turn_all_arrive),
	/* A simulated host's signals have no handlers and no masks. */
	TEST_KERNEL(closing_restores_the_handler_before),
	TEST(a_signal_has_one_handle),
	TEST(what_cannot_be_caught_is_refused),
	TEST(closing_wakes_with_ebadf),
	TEST(cancel_ends_the_wait),
	TEST(a_second_waiter_is_refused),
	TEST_KERNEL(a_signal_may_land_on_any_thread),
	TEST(sixteen_signals_fit_and_no_more),
	TEST(another_thread_may_close_under_who_waits),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
