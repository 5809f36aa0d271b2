/* SPDX-License-Identifier: MIT */
/* Workers when something is not to be had, or not to be asked for. */
#include "dealt.h"

#include "base/alloc.h"
#include "io/io.h"

#include <signal.h>
#include <stdlib.h>

static int poor_thread;

/* In a simulated world all threads ask the same. */
static int no_memory(void)
{
	return thread_number() == poor_thread;
}

static int lose_memory_and_stay(void *unused)
{
	poor_thread = thread_number();
	snt__alloc_fails = no_memory;
	return note_thread_and_stay(unused);
}

static int run_without_a_stack(void *arg)
{
	free(arg);
	assert_string_equal(snt_fiber_name(), "poor");
	snt__alloc_fails = NULL;
	note_thread(NULL);
	FAILS(snt_sleep(SNT_FOREVER), -ECANCELED);
	return snt_sleep(0);
}

/* Stacks come 64 at a time. */
static void without_a_stack_it_runs_on_the_workers_own(void)
{
	const struct snt_spawn_opts opts = { .name = "poor" };

	for (int late = 0; late < 2; late++) {
		atomic_store(&seen, 0);
		workers = workers_of(1, 0, false);
		for (int i = 0; i < 63; i++)
			deal(note_thread_and_stay, NULL);
		deal(lose_memory_and_stay, NULL);
		wait_until_seen(64);
		OK(snt_workers_spawn(workers, run_without_a_stack, malloc(1),
				     &opts));
		if (late) {
			wait_until_seen(65);
			/* It waits for the stack to be given back. */
			deal(note_thread, NULL);
			assert_int_equal(snt_workers_count(workers), 66);
		}
		snt_workers_cancel(workers);
		OK(snt_workers_wait(workers));
		assert_int_equal(seen, 65 + late);
		OK(snt_workers_end(workers));
	}
}

static void by_default_there_is_one_for_each_core(void)
{
	OK(snt_workers_open(&workers, NULL));
	assert_int_equal(snt_workers_size(workers), snt__io->cores());
	OK(snt_workers_end(workers));
}

static void what_is_impossible_is_refused(void)
{
	struct snt_workers *none = NULL;
	struct snt_fiber *fiber;

	FAILS(snt_workers_open(&none,
			       &(struct snt_workers_opts){ .count = -1 }),
	      -EINVAL);
	FAILS(snt_workers_open(&none,
			       &(struct snt_workers_opts){ .count = 1025 }),
	      -EINVAL);
	assert_null(none);
	workers = workers_of(1, SIZE_MAX, false);
	FAILS(snt_workers_spawn(workers, note_thread, NULL,
				&(struct snt_spawn_opts){ .fiber = &fiber }),
	      -EINVAL);
	assert_non_null(strstr(snt_errmsg(), ".fiber must be NULL"));
	FAILS(snt_workers_spawn(workers, note_thread, NULL,
				&(struct snt_spawn_opts){ .stack_size = 1 }),
	      -EINVAL);
	assert_non_null(strstr(snt_errmsg(), "under 16 KiB"));
	OK(snt_workers_end(workers));
	assert_int_equal(seen, 0);
}

static struct snt__io poor;
static int threads_left;

static int start_some(void **thread, void (*fn)(void *arg), void *arg)
{
	return threads_left-- > 0 ? real_io()->thread_start(thread, fn, arg)
				  : -EAGAIN;
}

static void without_threads_none_are_left_behind(void)
{
	struct snt_workers *none = NULL;

	poor = *real_io();
	poor.thread_start = start_some;
	snt__io = &poor;
	for (int i = 0; i < 3; i++) {
		threads_left = i;
		FAILS(snt_workers_open(
			      &none, &(struct snt_workers_opts){ .count = 3 }),
		      -EAGAIN);
		assert_non_null(strstr(snt_errmsg(), "of 3 workers: "));
	}
	snt__io = real_io();
	assert_null(none);
}

static atomic_int notifiers_left;

static int make_some(void)
{
	return atomic_fetch_sub(&notifiers_left, 1) > 0 ? real_io()->notifier()
							: -EMFILE;
}

static void without_descriptors_none_are_left_behind(void)
{
	struct snt_workers *none = NULL;

	poor = *real_io();
	poor.notifier = make_some;
	snt__io = &poor;
	for (int i = 0; i < 3; i++) {
		atomic_store(&notifiers_left, i);
		FAILS(snt_workers_open(
			      &none, &(struct snt_workers_opts){ .count = 3 }),
		      -EMFILE);
	}
	snt__io = real_io();
	assert_null(none);
}

static int look_at_signals(void *unused)
{
	sigset_t blocked;

	(void)unused;
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	assert_true(sigismember(&blocked, SIGINT));
	assert_true(sigismember(&blocked, SIGUSR1));
	assert_false(sigismember(&blocked, SIGSEGV));
	return 0;
}

static void signals_are_kept_from_them(void)
{
	workers = workers_of(1, 0, false);
	deal(look_at_signals, NULL);
	OK(snt_workers_wait(workers));
	OK(snt_workers_end(workers));
}

static const struct test_case cases[] = {
	TEST(without_a_stack_it_runs_on_the_workers_own),
	TEST(by_default_there_is_one_for_each_core),
	TEST(what_is_impossible_is_refused),
	TEST(without_threads_none_are_left_behind),
	TEST(without_descriptors_none_are_left_behind),
	/* A simulated thread has no mask of signals. */
	TEST_KERNEL(signals_are_kept_from_them),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
