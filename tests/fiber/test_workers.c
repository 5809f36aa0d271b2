/* SPDX-License-Identifier: MIT */
/* Worker threads: who runs what, how it ends, and what becomes of arg. */
#include "dealt.h"

#include <stdlib.h>

static atomic_int ran, freed;

static void fibers_run_on_other_threads(void)
{
	int least, most;

	workers = workers_of(2, 0, false);
	assert_int_equal(snt_workers_size(workers), 2);
	for (int i = 0; i < 20; i++)
		deal(note_thread, NULL);
	OK(snt_workers_wait(workers));
	assert_int_equal(snt_workers_count(workers), 0);
	assert_int_equal(seen, 20);
	threads_seen(&least, &most);
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(tasks[i], thread_number());
	OK(snt_workers_end(workers));
}

static void those_that_stay_are_dealt_evenly(void)
{
	int least, most;

	workers = workers_of(4, 0, false);
	for (int i = 0; i < 100; i++)
		deal(note_thread_and_stay, NULL);
	wait_until_seen(100);
	assert_int_equal(snt_workers_count(workers), 100);
	assert_int_equal(threads_seen(&least, &most), 4);
	assert_int_equal(least, 25);
	assert_int_equal(most, 25);
	OK(snt_workers_end(workers));
}

static struct snt_semaphore *turnstile;

static int pass(void *unused)
{
	(void)unused;
	return snt_semaphore_acquire(turnstile);
}

/* One worker's have ended: it gets the next ones. */
static void whoever_has_the_fewest_gets_the_next(void)
{
	OK(snt_semaphore_open(&turnstile, 0));
	workers = workers_of(2, 0, false);
	for (int i = 0; i < 10; i++)
		deal(i % 2 ? pass : note_thread_and_stay, NULL);
	for (int i = 0; i < 5; i++)
		snt_semaphore_release(turnstile);
	while (snt_workers_count(workers) > 5)
		OK(snt_sleep(MS));
	for (int i = 0; i < 5; i++)
		deal(note_thread_and_stay, NULL);
	wait_until_seen(10);
	for (int i = 0; i < 10; i++) {
		int same = 0;

		for (int j = 0; j < 10; j++)
			same += tasks[j] == tasks[i];
		assert_int_equal(same, 5);
	}
	OK(snt_workers_end(workers));
	snt_semaphore_close(turnstile);
}

static void each_worker_gets_one_when_asked(void)
{
	int least, most;

	workers = workers_of(3, 1, false);
	OK(snt_workers_spawn_each(workers, note_thread_and_stay, NULL, NULL));
	wait_until_seen(3);
	assert_int_equal(threads_seen(&least, &most), 3);
	/* They do not count for the limit. */
	for (int i = 0; i < 3; i++)
		deal(note_thread_and_stay, NULL);
	wait_until_seen(6);
	threads_seen(&least, &most);
	assert_int_equal(least, 2);
	assert_int_equal(most, 2);
	OK(snt_workers_end(workers));
}

static void at_the_limit_a_spawn_waits(void)
{
	OK(snt_semaphore_open(&turnstile, 0));
	workers = workers_of(2, 2, false);
	for (int i = 0; i < 4; i++)
		deal(pass, NULL);
	{
		snt_timeout_scope(limit, 5 * MS);
		FAILS(snt_workers_spawn(workers, pass, NULL, NULL), -ETIMEDOUT);
	}
	snt_semaphore_release(turnstile);
	deal(pass, NULL);
	for (int i = 0; i < 4; i++)
		snt_semaphore_release(turnstile);
	OK(snt_workers_wait(workers));
	OK(snt_workers_end(workers));
	snt_semaphore_close(turnstile);
}

static int fail_now(void *unused)
{
	(void)unused;
	return snt_fail(-EPROTO, "this one fails");
}

static int fail_without_words(void *unused)
{
	(void)unused;
	return -EPROTO;
}

static void the_first_failure_cancels_the_others_and_is_told(void)
{
	for (int i = 0; i < 2; i++) {
		workers = workers_of(2, 0, false);
		for (int j = 0; j < 6; j++)
			deal(note_thread_and_stay, NULL);
		OK(snt_workers_spawn(workers, i ? fail_without_words : fail_now,
				     NULL,
				     &(struct snt_spawn_opts){ .name = "it" }));
		FAILS(snt_workers_wait(workers), -EPROTO);
		assert_string_equal(snt_errmsg(),
				    i ? "fiber 'it': protocol error"
				      : "this one fails");
		FAILS(snt_workers_spawn(workers, note_thread, NULL, NULL),
		      -ECANCELED);
		FAILS(snt_workers_spawn_each(workers, note_thread, NULL, NULL),
		      -ECANCELED);
		FAILS(snt_workers_end(workers), -EPROTO);
	}
}

static void a_failure_is_kept_while_the_others_go_on(void)
{
	OK(snt_semaphore_open(&turnstile, 0));
	workers = workers_of(2, 0, true);
	deal(fail_now, NULL);
	for (int j = 0; j < 4; j++)
		deal(pass, NULL);
	for (int j = 0; j < 4; j++)
		snt_semaphore_release(turnstile);
	FAILS(snt_workers_wait(workers), -EPROTO);
	assert_int_equal(snt_semaphore_value(turnstile), 0);
	FAILS(snt_workers_end(workers), -EPROTO);
	assert_string_equal(snt_errmsg(), "this one fails");
	snt_semaphore_close(turnstile);
}

static int own_arg(void *arg)
{
	int code = snt_sleep(SNT_FOREVER);

	atomic_fetch_add(&ran, 1);
	free(arg);
	return code;
}

/* Cancelled while what was dealt is on its way: all of it starts. */
static void what_was_dealt_starts_also_when_cancelled(void)
{
	for (int round = 0; round < 20; round++) {
		int dealt = 0;

		atomic_store(&ran, 0);
		workers = workers_of(3, 0, false);
		for (int i = 0; i < 100; i++) {
			void *arg = malloc(1);

			if (i == 4 * round)
				snt_workers_cancel(workers);
			if (snt_workers_spawn(workers, own_arg, arg, NULL) == 0)
				dealt++;
			else
				free(arg);
		}
		assert_int_equal(dealt, 4 * round);
		OK(snt_workers_end(workers));
		assert_int_equal(ran, dealt);
	}
}

static void a_scope_ends_them(void)
{
	snt_auto(workers) ended = workers_of(2, 0, false);

	OK(snt_workers_spawn(ended, note_thread_and_stay, NULL, NULL));
	snt_auto_workers(&ended);
	assert_null(ended);
	OK(snt_workers_end(NULL));
}

static int wait_for_its_own(void *unused)
{
	(void)unused;
	FAILS(snt_workers_wait(workers), -EDEADLK);
	FAILS(snt_workers_end(workers), -EDEADLK);
	return 0;
}

static void they_cannot_wait_for_themselves(void)
{
	workers = workers_of(1, 0, false);
	deal(wait_for_its_own, NULL);
	OK(snt_workers_wait(workers));
	OK(snt_workers_end(workers));
}

static int deal_more(void *arg)
{
	for (intptr_t i = (intptr_t)arg; i > 0; i--)
		SNT_TRY(snt_workers_spawn(workers, deal_more, (void *)(i - 1),
					  NULL));
	atomic_fetch_add(&ran, 1);
	return 0;
}

static void any_thread_can_deal_also_a_worker(void)
{
	struct part parts[3];

	workers = workers_of(3, 0, false);
	for (int i = 0; i < 3; i++)
		part_start(&parts[i], i % 2, deal_more, (void *)4);
	for (int i = 0; i < 3; i++)
		OK(part_join(&parts[i]));
	OK(snt_workers_wait(workers));
	/* Of n: itself and those of all smaller ones, 2 to the n. */
	assert_int_equal(ran, 3 * 16);
	OK(snt_workers_end(workers));
}

static int end_them(void *unused)
{
	(void)unused;
	return snt_workers_end(workers);
}

static int wait_for_them(void *unused)
{
	(void)unused;
	return snt_workers_wait(workers);
}

static void who_waits_may_see_them_ended_by_another_thread(void)
{
	for (int round = 0; round < 50; round++) {
		struct part ender, waiters[2];

		workers = workers_of(2, 0, false);
		deal(note_thread_and_stay, NULL);
		for (int i = 0; i < 2; i++)
			part_start(&waiters[i], i, wait_for_them, NULL);
		for (int i = 0; i < 2; i++)
			part_wait_asleep(&waiters[i]);
		part_start(&ender, round % 2, end_them, NULL);
		OK(part_join(&ender));
		for (int i = 0; i < 2; i++)
			OK(part_join(&waiters[i]));
	}
}

static int deal_under_deadlines(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		snt_timeout_scope(limit, 100 * SNT_MICROSECOND);
		void *mine = malloc(1);
		int code = snt_workers_spawn(workers, own_arg, mine, NULL);

		if (code < 0) {
			free(mine);
			atomic_fetch_add(&freed, 1);
		}
	}
	return 0;
}

/* At the limit, from several threads, cancelled at some moment. */
static void every_arg_has_one_owner_whatever_happens(void)
{
	for (int round = 0; round < 10; round++) {
		struct part parts[3];

		atomic_store(&ran, 0);
		atomic_store(&freed, 0);
		workers = workers_of(2, 20, false);
		for (int i = 0; i < 3; i++)
			part_start(&parts[i], i % 2, deal_under_deadlines,
				   NULL);
		OK(snt_sleep(round * MS / 2));
		snt_workers_cancel(workers);
		for (int i = 0; i < 3; i++)
			OK(part_join(&parts[i]));
		OK(snt_workers_end(workers));
		assert_int_equal(ran + freed, 600);
	}
}

static const struct test_case cases[] = {
	TEST(fibers_run_on_other_threads),
	TEST(those_that_stay_are_dealt_evenly),
	TEST(whoever_has_the_fewest_gets_the_next),
	TEST(each_worker_gets_one_when_asked),
	TEST(at_the_limit_a_spawn_waits),
	TEST(the_first_failure_cancels_the_others_and_is_told),
	TEST(a_failure_is_kept_while_the_others_go_on),
	TEST(what_was_dealt_starts_also_when_cancelled),
	TEST(a_scope_ends_them),
	TEST(they_cannot_wait_for_themselves),
	TEST(any_thread_can_deal_also_a_worker),
	TEST_SLOW(who_waits_may_see_them_ended_by_another_thread, 30),
	TEST_SLOW(every_arg_has_one_owner_whatever_happens, 30),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
