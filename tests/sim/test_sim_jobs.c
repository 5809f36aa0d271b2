/* SPDX-License-Identifier: MIT */
/* Pools of simulated hosts: how many jobs run, wait, hang and are refused. */
#include "small.h"

#include "base/alloc.h"

#define HANGS (60 * SNT_MINUTE)

/* How many run at a time. */
static int running, most_running;

static int sleep_a_second(void *unused)
{
	(void)unused;
	running++;
	most_running = running > most_running ? running : most_running;
	SNT_TRY(snt_sleep(SNT_SECOND));
	running--;
	return 7;
}

static int submit(void *unused)
{
	(void)unused;
	return snt_offload(sleep_a_second, NULL, NULL);
}

static int offload_it(void *unused)
{
	(void)unused;
	FAILS(submit(NULL), 7);
	return 0;
}

/* So many at once; how long all of them take. */
static int64_t offload_at_once(int count)
{
	struct snt_group *group = group_with(NULL);
	int64_t before = snt_now();

	running = most_running = 0;
	for (int i = 0; i < count; i++)
		start(group, offload_it, NULL);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	return snt_now() - before;
}

static int tick(void *ticks)
{
	for (;;) {
		SNT_TRY(snt_sleep(100 * SNT_MILLISECOND));
		++*(int *)ticks;
	}
}

static int offload_beside_a_clock(void *unused)
{
	struct snt_group *group = group_with(NULL);
	int ticks = 0;

	(void)unused;
	start(group, tick, &ticks);
	FAILS(submit(NULL), 7);
	assert_in_range(ticks, 9, 10);
	OK(snt_group_end(group));
	return 0;
}

static void offloaded_work_keeps_nobody_waiting(void)
{
	in_world(offload_beside_a_clock);
}

static int offload_ten(void *unused)
{
	(void)unused;
	assert_int_equal(offload_at_once(10), 3 * SNT_SECOND);
	assert_int_equal(most_running, 4);
	return 0;
}

static void at_least_four_jobs_run_at_a_time_and_others_wait(void)
{
	in_world(offload_ten);
}

static int offload_twelve(void *unused)
{
	(void)unused;
	assert_int_equal(offload_at_once(12), 2 * SNT_SECOND);
	assert_int_equal(most_running, 6);
	return 0;
}

static int direct_six_cores(struct snt_sim *sim, void *unused)
{
	const struct snt_sim_host_opts opts = { .cores = 6 };

	(void)unused;
	SNT_TRY(snt_sim_add(sim, &client, "client", &opts));
	SNT_TRY(snt_sim_start(client, offload_twelve, NULL));
	return snt_sim_join(client, NULL);
}

static void as_many_jobs_run_as_the_host_has_cores(void)
{
	OK(snt_sim_run(direct_six_cores, NULL, NULL, NULL));
}

static int offload_with_a_limit(void *unused)
{
	(void)unused;
	OK(snt_offload_set_threads(2));
	assert_int_equal(offload_at_once(6), 3 * SNT_SECOND);
	assert_int_equal(most_running, 2);
	return 0;
}

static void a_limit_that_was_set_holds(void)
{
	in_world(offload_with_a_limit);
}

static int offload_under_a_falling_limit(void *unused)
{
	struct snt_group *group = group_with(NULL);
	int64_t before = snt_now();

	(void)unused;
	running = most_running = 0;
	for (int i = 0; i < 8; i++)
		start(group, offload_it, NULL);
	OK(snt_sleep(500 * SNT_MILLISECOND));
	OK(snt_offload_set_threads(1));
	OK(snt_group_wait(group));
	assert_int_equal(snt_now() - before, 5 * SNT_SECOND);
	OK(snt_group_end(group));
	return 0;
}

static void threads_too_many_end_with_their_job(void)
{
	in_world(offload_under_a_falling_limit);
}

static int released;

static void note_release(void *arg)
{
	snt__free(arg);
	released++;
}

static int hang(void *unused)
{
	(void)unused;
	return snt_sleep(HANGS);
}

static int give_up(void)
{
	const struct snt_offload_opts opts = { .release = note_release };
	snt_timeout_scope(limit, SNT_MILLISECOND);

	return snt_offload(hang, snt__alloc(1), &opts);
}

static int give_up_and_wait(void *unused)
{
	int64_t before = snt_now();

	(void)unused;
	released = 0;
	FAILS(give_up(), -ETIMEDOUT);
	assert_int_equal(snt_now() - before, SNT_MILLISECOND);
	assert_int_equal(released, 0);
	OK(snt_sleep(HANGS));
	assert_int_equal(released, 1);
	/* Its place is free again. */
	OK(snt_offload_set_threads(1));
	FAILS(submit(NULL), 7);
	return 0;
}

static void an_abandoned_job_ends_alone(void)
{
	in_world(give_up_and_wait);
}

static int leave_one_behind(void *unused)
{
	(void)unused;
	FAILS(give_up(), -ETIMEDOUT);
	return 0;
}

static void a_program_has_ended_when_its_jobs_have(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .program = leave_one_behind }, 0, &report);
	assert_in_range(report.time, HANGS, HANGS + SNT_SECOND);
	assert_int_equal(released, 1);
	snt_sim_report_release(&report);
}

/* One thread may be at work, 64 may hang. */
static int hang_everywhere(void *unused)
{
	(void)unused;
	OK(snt_offload_set_threads(1));
	for (int i = 0; i < 64; i++)
		FAILS(give_up(), -ETIMEDOUT);
	FAILS(submit(NULL), 7);
	FAILS(give_up(), -ETIMEDOUT);
	FAILS(submit(NULL), -EAGAIN);
	OK(snt_sleep(HANGS));
	FAILS(submit(NULL), 7);
	return 0;
}

static void work_is_refused_when_all_threads_hang(void)
{
	in_world(hang_everywhere);
}

static int hang_with_release(void *unused)
{
	const struct snt_offload_opts opts = { .release = note_release };

	(void)unused;
	snt_timeout_scope(limit, 10 * SNT_MILLISECOND);
	FAILS(snt_offload(hang, snt__alloc(1), &opts), -ETIMEDOUT);
	return 0;
}

static int wait_behind(void *unused)
{
	(void)unused;
	FAILS(submit(NULL), -EAGAIN);
	return 0;
}

static int queue_behind_the_last(void *unused)
{
	struct snt_group *group = group_with(NULL);
	int64_t before;

	(void)unused;
	OK(snt_offload_set_threads(1));
	for (int i = 0; i < 64; i++)
		FAILS(give_up(), -ETIMEDOUT);
	before = snt_now();
	start(group, hang_with_release, NULL);
	OK(snt_sleep(SNT_MILLISECOND));
	start(group, wait_behind, NULL);
	OK(snt_group_wait(group));
	assert_int_equal(snt_now() - before, 10 * SNT_MILLISECOND);
	OK(snt_group_end(group));
	return 0;
}

static void work_queued_behind_the_last_thread_that_hangs_is_refused(void)
{
	in_world(queue_behind_the_last);
}

static int take_the_place(void *unused)
{
	struct snt_group *group = group_with(NULL);
	int64_t before;

	(void)unused;
	OK(snt_offload_set_threads(1));
	before = snt_now();
	start(group, hang_with_release, NULL);
	OK(snt_sleep(SNT_MILLISECOND));
	start(group, offload_it, NULL);
	OK(snt_group_wait(group));
	assert_int_equal(snt_now() - before, SNT_SECOND + 10 * SNT_MILLISECOND);
	OK(snt_group_end(group));
	return 0;
}

static void work_in_the_queue_gets_the_place_of_what_was_given_up(void)
{
	in_world(take_the_place);
}

static void fail_submits(struct snt_sim *sim)
{
	const struct snt_sim_failure once = { .call = "submit", .times = 1 };

	OK(snt_sim_set_failure(sim, client, &once));
}

static int submit_twice(void *unused)
{
	(void)unused;
	FAILS(submit(NULL), -EAGAIN);
	FAILS(submit(NULL), 7);
	return 0;
}

static void a_submission_can_be_made_to_fail(void)
{
	in_prepared_world(fail_submits, submit_twice);
}

static const struct test_case cases[] = {
	TEST(offloaded_work_keeps_nobody_waiting),
	TEST(at_least_four_jobs_run_at_a_time_and_others_wait),
	TEST(as_many_jobs_run_as_the_host_has_cores),
	TEST(a_limit_that_was_set_holds),
	TEST(threads_too_many_end_with_their_job),
	TEST(an_abandoned_job_ends_alone),
	TEST(a_program_has_ended_when_its_jobs_have),
	TEST(work_is_refused_when_all_threads_hang),
	TEST(work_queued_behind_the_last_thread_that_hangs_is_refused),
	TEST(work_in_the_queue_gets_the_place_of_what_was_given_up),
	TEST(a_submission_can_be_made_to_fail),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
