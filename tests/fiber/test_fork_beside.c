/* SPDX-License-Identifier: MIT */
/* A process with threads, or with signals that it waits for, forks. */
#include "works.h"

#include "../forked.h"
#include "../threads.h"
#include "base/alloc.h"
#include "fiber/waiters.h"

#include <pthread.h>
#include <sennit/signal.h>
#include <sennit/workers.h>
#include <signal.h>
#include <stdatomic.h>

static void *fork_first_use_later(void *arg)
{
	pid_t child = forked();

	(void)arg;
	if (child == 0) {
		check_everything_works();
		_exit(0);
	}
	child_succeeds(child);
	return NULL;
}

static void a_thread_that_never_used_sennit_may_fork(void)
{
	struct snt_group *group = group_with(NULL);
	pthread_t thread;

	start(group, sleep_until_cancelled, NULL);
	let_others_run();
	assert_int_equal(
		pthread_create(&thread, NULL, fork_first_use_later, NULL), 0);
	pthread_join(thread, NULL);
	OK(snt_group_end(group));
}

static void *use_everything(void *arg)
{
	(void)arg;
	check_everything_works();
	return NULL;
}

static void another_thread_of_the_child_has_a_loop_of_its_own(void)
{
	struct snt_group *group = group_with(NULL);
	pid_t child;

	start(group, sleep_until_cancelled, NULL);
	let_others_run();
	child = forked();
	if (child == 0) {
		pthread_t thread;

		assert_int_equal(
			pthread_create(&thread, NULL, use_everything, NULL), 0);
		pthread_join(thread, NULL);
		FAILS(snt_yield(), -SNT_EFORK);
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_group_end(group));
}

static atomic_bool enough;

static void *keep_busy(void *arg)
{
	(void)arg;
	while (!enough)
		check_everything_works();
	return NULL;
}

static void forks_while_other_threads_are_at_work(void)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, keep_busy, NULL), 0);
	for (int i = 0; i < 50; i++) {
		pid_t child = forked();

		if (child == 0) {
			check_everything_works();
			_exit(0);
		}
		child_succeeds(child);
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static struct snt_signals *catch (int number)
{
	struct snt_signals *signals;

	OK(snt_signals_open(&signals, &number, 1));
	return signals;
}

/* Whether the child dies of a signal says who got it. */
static void signals_waited_for_are_the_parents(void)
{
	struct snt_signals *signals = catch (SIGTERM);
	int status;
	pid_t child = forked();

	if (child == 0) {
		for (;;)
			pause();
	}
	kill(child, SIGTERM);
	status = status_of(child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	kill(getpid(), SIGTERM);
	assert_int_equal(snt_signals_wait(signals), SIGTERM);
	snt_signals_close(signals);
}

static void to_wait_for_the_parents_signals_is_refused(void)
{
	struct snt_signals *signals = catch (SIGTERM);
	pid_t child = forked();

	if (child == 0) {
		FAILS(snt_signals_wait(signals), -SNT_EFORK);
		snt_signals_close(signals);
		_exit(0);
	}
	child_succeeds(child);
	snt_signals_close(signals);
}

static void a_child_may_catch_what_its_parent_does(void)
{
	struct snt_signals *signals = catch (SIGTERM), *own;
	pid_t child = forked();

	if (child == 0) {
		own = catch (SIGTERM);
		/* Not the child's own. */
		snt_signals_close(signals);
		kill(getpid(), SIGTERM);
		assert_int_equal(snt_signals_wait(own), SIGTERM);
		snt_signals_close(own);
		_exit(0);
	}
	child_succeeds(child);
	kill(getpid(), SIGTERM);
	assert_int_equal(snt_signals_wait(signals), SIGTERM);
	snt_signals_close(signals);
}

static void a_fork_leaves_the_signal_mask_as_it_was(void)
{
	sigset_t only, now;
	pid_t child;

	check_everything_works();
	sigemptyset(&only);
	sigaddset(&only, SIGUSR2);
	pthread_sigmask(SIG_SETMASK, &only, NULL);
	child = forked();
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	assert_true(sigismember(&now, SIGUSR2));
	assert_false(sigismember(&now, SIGTERM));
	if (child == 0)
		_exit(0);
	child_succeeds(child);
}

static int sleep_on(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_FOREVER);
}

static void workers_stay_with_the_parent(void)
{
	struct snt_workers *workers;
	pid_t child;

	OK(snt_workers_open(&workers,
			    &(struct snt_workers_opts){ .count = 2 }));
	OK(snt_workers_spawn(workers, sleep_on, NULL, NULL));
	child = forked();
	if (child == 0) {
		FAILS(snt_workers_spawn(workers, sleep_on, NULL, NULL),
		      -SNT_EFORK);
		FAILS(snt_workers_spawn_each(workers, sleep_on, NULL, NULL),
		      -SNT_EFORK);
		FAILS(snt_workers_wait(workers), -SNT_EFORK);
		snt_workers_cancel(workers);
		FAILS(snt_workers_end(workers), -SNT_EFORK);
		_exit(0);
	}
	child_succeeds(child);
	assert_int_equal(snt_workers_count(workers), 1);
	OK(snt_workers_end(workers));
}

static struct snt_group *shared_group;

static void *cancel_it(void *arg)
{
	(void)arg;
	snt_group_cancel(shared_group);
	return NULL;
}

/* By the child, or by a letter that the parent has not opened yet. */
static void a_cancelled_group_without_fibers_ends_in_the_child(void)
{
	for (int before = 0; before < 2; before++) {
		struct snt_group *group = group_with(NULL);
		pthread_t thread;
		pid_t child;

		shared_group = group;
		if (before) {
			assert_int_equal(
				pthread_create(&thread, NULL, cancel_it, NULL),
				0);
			pthread_join(thread, NULL);
		}
		child = forked();
		if (child == 0) {
			snt_group_cancel(group);
			FAILS(snt_spawn(group, sleep_on, NULL, NULL),
			      -ECANCELED);
			OK(snt_group_end(group));
			check_everything_works();
			_exit(0);
		}
		child_succeeds(child);
		OK(snt_group_end(group));
	}
}

static pid_t stranded;
static atomic_bool forked_there;

static int fork_and_return(void *arg)
{
	snt__alloc_fails = NULL;
	stranded = forked();
	if (stranded != 0) {
		atomic_store(&forked_there, true);
		return 0;
	}
	close(STDERR_FILENO);
	return *(const int *)arg;
}

static int no_memory(void)
{
	return 1;
}

static int lose_memory_and_sleep(void *arg)
{
	snt__alloc_fails = no_memory;
	return sleep_on(arg);
}

/* On a stack of its own, and on the worker's. */
static void returning_from_a_fiber_of_a_worker_ends_its_child(void)
{
	static const int results[] = { 0, -EPROTO };

	for (int i = 0; i < 4; i++) {
		int result = results[i % 2], status;
		struct snt_workers *workers;

		OK(snt_workers_open(&workers,
				    &(struct snt_workers_opts){
					    .count = 1, .keep_going = true }));
		for (int n = 0; i >= 2 && n < 63; n++)
			OK(snt_workers_spawn(workers, sleep_on, NULL, NULL));
		if (i >= 2)
			OK(snt_workers_spawn(workers, lose_memory_and_sleep,
					     NULL, NULL));
		atomic_store(&forked_there, false);
		OK(snt_workers_spawn(workers, fork_and_return, &result, NULL));
		while (!atomic_load(&forked_there))
			OK(snt_sleep(MS));
		status = status_of(stranded);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), result < 0);
		OK(snt_workers_end(workers));
	}
}

static struct snt_channel *channel;
static struct snt_mutex *mutex;
static struct snt_semaphore *semaphore;
static struct snt_event *event;

/* Until it is told to go on. */
static void *hold_locks(void *arg)
{
	/* Each of them begins with it. */
	struct snt__shared *all[] = { (void *)channel, (void *)mutex,
				      (void *)semaphore, (void *)event };

	for (int i = 0; i < 4; i++)
		snt__lock(all[i]);
	atomic_store((atomic_int *)arg, 1);
	while (atomic_load((atomic_int *)arg) == 1)
		sched_yield();
	for (int i = 0; i < 4; i++)
		snt__unlock(all[i]);
	return NULL;
}

static void open_all(void)
{
	OK(snt_channel_open(&channel, sizeof(int), 1));
	OK(snt_mutex_open(&mutex));
	OK(snt_semaphore_open(&semaphore, 0));
	OK(snt_event_open(&event));
}

static void close_all(void)
{
	snt_channel_close(channel);
	snt_mutex_close(mutex);
	snt_semaphore_close(semaphore);
	snt_event_close(event);
}

static void use_all(void)
{
	int item = 7;

	OK(snt_channel_send(channel, &item));
	OK(snt_channel_recv(channel, &item));
	OK(snt_mutex_lock(mutex));
	OK(snt_mutex_unlock(mutex));
	snt_semaphore_release(semaphore);
	OK(snt_semaphore_acquire(semaphore));
	snt_event_set(event);
	OK(snt_event_wait(event));
}

static void what_another_thread_is_busy_with_is_free_in_the_child(void)
{
	atomic_int stage = 0;
	pthread_t thread;
	pid_t child;

	open_all();
	assert_int_equal(pthread_create(&thread, NULL, hold_locks, &stage), 0);
	while (atomic_load(&stage) == 0)
		sched_yield();
	child = forked();
	if (child == 0) {
		use_all();
		close_all();
		_exit(0);
	}
	child_succeeds(child);
	atomic_store(&stage, 2);
	pthread_join(thread, NULL);
	close_all();
}

static int take_one(void *arg)
{
	int item = 0;

	(void)arg;
	assert_int_equal(snt_channel_recv(channel, &item), 1);
	assert_int_equal(item, 9);
	return snt_semaphore_acquire(semaphore);
}

static void who_waits_on_another_thread_takes_nothing_in_the_child(void)
{
	int item = 9;
	struct part part;
	pid_t child;

	open_all();
	part_start(&part, IN_FIBER, take_one, NULL);
	part_wait_asleep(&part);
	child = forked();
	if (child == 0) {
		use_all();
		close_all();
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_channel_send(channel, &item));
	snt_semaphore_release(semaphore);
	OK(part_join(&part));
	close_all();
}

static const struct test_case cases[] = {
	TEST(a_thread_that_never_used_sennit_may_fork),
	TEST(another_thread_of_the_child_has_a_loop_of_its_own),
	TEST_SLOW(forks_while_other_threads_are_at_work, 60),
	TEST(what_another_thread_is_busy_with_is_free_in_the_child),
	TEST(who_waits_on_another_thread_takes_nothing_in_the_child),
	TEST(workers_stay_with_the_parent),
	TEST(a_cancelled_group_without_fibers_ends_in_the_child),
	TEST(returning_from_a_fiber_of_a_worker_ends_its_child),
	TEST(signals_waited_for_are_the_parents),
	TEST(to_wait_for_the_parents_signals_is_refused),
	TEST(a_child_may_catch_what_its_parent_does),
	TEST(a_fork_leaves_the_signal_mask_as_it_was),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
