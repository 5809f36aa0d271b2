/* SPDX-License-Identifier: MIT */
/* Work on other threads: results, bounds, and giving up on it. */
#include "gate.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

static int return_its_number(void *arg)
{
	return *(const int *)arg;
}

static void the_result_comes_back(void)
{
	int numbers[] = { 0, 42, -5, -EIO };

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			snt_offload(return_its_number, &numbers[i], NULL),
			numbers[i]);
}

static int ran_on;

static int note_thread(void *arg)
{
	(void)arg;
	ran_on = thread_number();
	return 0;
}

static void it_runs_on_another_thread(void)
{
	OK(snt_offload(note_thread, NULL, NULL));
	assert_int_not_equal(ran_on, thread_number());
}

static atomic_int came;

/* However late the other's thread comes. */
static int wait_for_another(void *arg)
{
	int turn = came++ / 2;

	while (came < 2 * turn + 2)
		yield_thread();
	return wait_briefly(arg);
}

static int offload_in_pairs(void *arg)
{
	return snt_offload(wait_for_another, arg, NULL);
}

static int tick_then_open(void *arg)
{
	(void)arg;
	wait_until_running(1);
	for (int i = 0; i < 3; i++) {
		SNT_TRY(snt_sleep(MS));
		leave_mark('t');
	}
	open_gate();
	return 0;
}

static void other_fibers_go_on_meanwhile(void)
{
	struct snt_group *group = group_with(NULL);

	set_gate(0);
	start(group, tick_then_open, NULL);
	assert_int_equal(snt_offload(wait_at_gate, NULL, NULL), 7);
	assert_string_equal(trail, "ttt");
	OK(snt_group_end(group));
}

static void no_more_threads_than_allowed_work_at_a_time(void)
{
	struct snt_group *group = group_with(NULL);

	OK(snt_offload_set_threads(2));
	for (int i = 0; i < 8; i++)
		start(group, offload_in_pairs, NULL);
	OK(snt_group_wait(group));
	assert_int_equal(ran, 8);
	assert_in_range(most_running, 1, 2);
	OK(snt_group_end(group));
}

static int offload_gate(void *arg)
{
	return snt_offload(wait_at_gate, arg, NULL) == 7 ? 0 : -EIO;
}

/* Two jobs that come while one thread is idle must not queue behind each
 * other as long as another thread is allowed. */
static void an_idle_thread_is_counted_once(void)
{
	struct snt_group *group = group_with(NULL);

	set_gate(0);
	OK(snt_offload_set_threads(2));
	OK(snt_offload(wait_briefly, NULL, NULL));
	OK(snt_sleep(20 * MS)); /* its thread is idle now */
	start(group, offload_gate, NULL);
	start(group, offload_gate, NULL);
	wait_until_running(2);
	open_gate();
	open_gate();
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static int expected_code;
static const struct snt_offload_opts *used_opts;

static int offload_expecting(void *arg)
{
	int code = snt_offload(wait_at_gate, arg, used_opts);

	assert_int_equal(code, expected_code);
	leave_mark('x');
	return 0;
}

static void count_release(void *arg)
{
	(void)arg;
	released++;
}

static const struct snt_offload_opts with_release = {
	.release = count_release,
};

static void cancel_withdraws_a_job_that_has_not_begun(void)
{
	struct snt_group *first = group_with(NULL), *second = group_with(NULL);

	set_gate(0);
	OK(snt_offload_set_threads(1));
	start(first, offload_gate, NULL);
	wait_until_running(1);
	expected_code = -ECANCELED;
	used_opts = &with_release;
	start(second, offload_expecting, NULL);
	let_others_run();
	OK(snt_group_end(second));
	assert_string_equal(trail, "x");
	open_gate();
	OK(snt_group_wait(first));
	OK(snt_group_end(first));
	assert_int_equal(ran, 1);
	assert_int_equal(released, 1);
}

static void a_deadline_withdraws_a_job_that_has_not_begun(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_scope scope;

	set_gate(0);
	OK(snt_offload_set_threads(1));
	start(group, offload_gate, NULL);
	wait_until_running(1);
	snt_timeout_begin(&scope, 5 * MS);
	FAILS(snt_offload(wait_at_gate, NULL, NULL), -ETIMEDOUT);
	assert_true(snt_scope_expired(&scope));
	assert_string_equal(snt_errmsg(), "offload: timed out");
	snt_scope_end(&scope);
	open_gate();
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(ran, 1);
}

static void cancel_waits_for_a_running_job_without_release(void)
{
	struct snt_group *group = group_with(NULL), *opener = group_with(NULL);

	set_gate(0);
	expected_code = 7;
	start(group, offload_expecting, NULL);
	wait_until_running(1);
	start(opener, tick_then_open, NULL);
	OK(snt_group_end(group));
	/* The opener was done before the job, and the job before its fiber. */
	assert_string_equal(trail, "tttx");
	OK(snt_group_end(opener));
}

static int open_after_the_deadline(void *limit)
{
	wait_until_running(1);
	SNT_TRY(snt_sleep(*(int64_t *)limit));
	open_gate();
	return 0;
}

/* On a busy machine a job's thread may come after the deadline, which then
 * withdraws the job; the next try has more time. */
static void a_deadline_waits_for_a_running_job_without_release(void)
{
	struct snt_group *opener = group_with(NULL);
	int64_t limit = 20 * MS;
	int code;

	set_gate(0);
	start(opener, open_after_the_deadline, &limit);
	do {
		snt_timeout_scope(scope, limit);
		code = snt_offload(wait_at_gate, NULL, NULL);
		if (code == -ETIMEDOUT) {
			limit *= 4;
			continue;
		}
		assert_int_equal(code, 7);
		FAILS(snt_yield(), -ETIMEDOUT);
	} while (code != 7);
	OK(snt_group_end(opener));
}

static void wait_for_release(int count)
{
	while (released < count)
		OK(snt_sleep(MS));
	assert_int_equal(released, count);
}

/* What was withdrawn, because its thread came too late, has been released. */
static int abandon_a_running_job(void *arg)
{
	int64_t limit = 25 * MS;

	(void)arg;
	do {
		released = 0;
		limit *= 2;
		snt_timeout_scope(scope, limit);
		FAILS(snt_offload(wait_at_gate, NULL, &with_release),
		      -ETIMEDOUT);
	} while (released > 0);
	return 0;
}

static void with_release_a_deadline_abandons_a_running_job(void)
{
	set_gate(0);
	OK(abandon_a_running_job(NULL));
	wait_until_running(1);
	assert_int_equal(released, 0);
	open_gate();
	wait_for_release(1);
	OK(snt_sleep(20 * MS));
	assert_int_equal(released, 1);
}

static void with_release_a_cancel_abandons_a_running_job(void)
{
	struct snt_group *group = group_with(NULL);

	set_gate(0);
	expected_code = -ECANCELED;
	used_opts = &with_release;
	start(group, offload_expecting, NULL);
	wait_until_running(1);
	OK(snt_group_end(group));
	assert_string_equal(trail, "x");
	assert_int_equal(released, 0);
	open_gate();
	wait_for_release(1);
}

static void release_is_called_once_when_the_job_was_waited_for(void)
{
	set_gate(1);
	assert_int_equal(snt_offload(wait_at_gate, NULL, &with_release), 7);
	assert_int_equal(released, 1);
	OK(snt_sleep(20 * MS));
	assert_int_equal(released, 1);
}

static void an_abandoned_job_gives_up_its_place(void)
{
	set_gate(0);
	OK(snt_offload_set_threads(1));
	OK(abandon_a_running_job(NULL));
	OK(snt_offload(wait_briefly, NULL, NULL));
	open_gate();
	wait_for_release(1);
}

static void a_job_queued_behind_an_abandoned_one_runs(void)
{
	struct snt_group *group = group_with(NULL);

	set_gate(0);
	OK(snt_offload_set_threads(1));
	start(group, abandon_a_running_job, NULL);
	wait_until_running(1);
	OK(snt_offload(wait_briefly, NULL, NULL));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	open_gate();
	wait_for_release(1);
}

/* The named cap: a limit of 1 and 64 threads that hang. */
static void too_many_hung_jobs_are_told(void)
{
	set_gate(0);
	OK(snt_offload_set_threads(1));
	for (int i = 0; i < 65; i++) {
		snt_timeout_scope(limit, SNT_MINUTE);
		struct snt_group *one = group_with(NULL);

		used_opts = &with_release;
		expected_code = -ECANCELED;
		start(one, offload_expecting, NULL);
		wait_until_running(i + 1);
		OK(snt_group_end(one));
	}
	FAILS(snt_offload(wait_briefly, NULL, NULL), -EAGAIN);
	assert_non_null(strstr(snt_errmsg(), "no thread"));
	for (int i = 0; i < 65; i++)
		open_gate();
	wait_for_release(65);
	OK(snt_offload(wait_briefly, NULL, NULL));
}

/* glibc: a default stack larger than any address space. musl makes it smaller
 * then; so there, space for some memory but for no stack. */
static void let_threads_be_made(bool possible)
{
	const struct snt_sim_failure none = { .call = "submit",
					      .code = -EAGAIN };

	if (simulated()) {
		OK(snt_sim_set_failure(snt__sim_now_running(), snt_sim_here(),
				       possible ? NULL : &none));
		return;
	}
#ifdef __GLIBC__
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	assert_int_equal(pthread_attr_setstacksize(
				 &attr, (size_t)1 << (possible ? 20 : 55)),
			 0);
	assert_int_equal(pthread_setattr_default_np(&attr), 0);
#else
	struct rlimit space = { RLIM_INFINITY, RLIM_INFINITY };
	FILE *sizes = fopen("/proc/self/statm", "re");
	unsigned long pages;

	assert_non_null(sizes);
	assert_int_equal(fscanf(sizes, "%lu", &pages), 1);
	fclose(sizes);
	if (!possible)
		space.rlim_cur = pages * 4096 + 65536;
	assert_int_equal(setrlimit(RLIMIT_AS, &space), 0);
#endif
}

static void a_thread_that_cannot_be_made_is_told(void)
{
	let_threads_be_made(false);
	FAILS(snt_offload(wait_briefly, NULL, NULL), -EAGAIN);
	assert_non_null(strstr(snt_errmsg(), "no thread"));
	assert_int_equal(ran, 0);
	let_threads_be_made(true);
	OK(snt_offload(wait_briefly, NULL, NULL));
}

static void an_expired_deadline_starts_nothing(void)
{
	snt_timeout_scope(limit, SNT_NOWAIT);
	FAILS(snt_offload(wait_briefly, NULL, &with_release), -ETIMEDOUT);
	assert_int_equal(ran, 0);
	assert_int_equal(released, 1);
}

static void a_number_of_threads_out_of_range_is_refused(void)
{
	FAILS(snt_offload_set_threads(0), -EINVAL);
	FAILS(snt_offload_set_threads(-1), -EINVAL);
	FAILS(snt_offload_set_threads(1025), -EINVAL);
	assert_string_equal(snt_errmsg(),
			    "offload: 1025 threads: 1 to 1024 are possible");
	OK(snt_offload_set_threads(1));
	OK(snt_offload_set_threads(1024));
}

static int nothing_left(void)
{
	return 1;
}

static void no_memory_is_told(void)
{
	snt__alloc_fails = nothing_left;
	FAILS(snt_offload(wait_briefly, NULL, NULL), -ENOMEM);
	snt__alloc_fails = NULL;
	assert_int_equal(ran, 0);
}

static const struct test_case cases[] = {
	TEST(the_result_comes_back),
	TEST(it_runs_on_another_thread),
	TEST(other_fibers_go_on_meanwhile),
	TEST(no_more_threads_than_allowed_work_at_a_time),
	TEST(an_idle_thread_is_counted_once),
	TEST(cancel_withdraws_a_job_that_has_not_begun),
	TEST(a_deadline_withdraws_a_job_that_has_not_begun),
	TEST(cancel_waits_for_a_running_job_without_release),
	TEST(a_deadline_waits_for_a_running_job_without_release),
	TEST(with_release_a_deadline_abandons_a_running_job),
	TEST(with_release_a_cancel_abandons_a_running_job),
	TEST(release_is_called_once_when_the_job_was_waited_for),
	TEST(an_abandoned_job_gives_up_its_place),
	TEST(a_job_queued_behind_an_abandoned_one_runs),
	TEST(too_many_hung_jobs_are_told),
	TEST(a_thread_that_cannot_be_made_is_told),
	TEST(an_expired_deadline_starts_nothing),
	TEST(a_number_of_threads_out_of_range_is_refused),
	TEST(no_memory_is_told),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
