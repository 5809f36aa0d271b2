/* SPDX-License-Identifier: MIT */
/* The pools' threads: bounded, reused, and never held up by a job given up. */
#include "../runner.h"

#include "base/alloc.h"
#include "io/io.h"
#include "io/pool.h"

#include <poll.h>
#include <sched.h>
#include <sennit.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool open;
	int running, ran, released;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	   .changed = PTHREAD_COND_INITIALIZER };

static void count(int *what)
{
	pthread_mutex_lock(&gate.mutex);
	++*what;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

static void wait_for(const int *what, int wanted)
{
	pthread_mutex_lock(&gate.mutex);
	while (*what < wanted)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
}

static void set_gate(bool open)
{
	pthread_mutex_lock(&gate.mutex);
	gate.open = open;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

static void run(struct snt__job *job)
{
	(void)job;
	count(&gate.running);
	pthread_mutex_lock(&gate.mutex);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	gate.running--;
	pthread_mutex_unlock(&gate.mutex);
	count(&gate.ran);
}

static void release(struct snt__job *job)
{
	(void)job;
	count(&gate.released);
}

static struct snt__mailbox box;
static struct snt__job *finished[50];
static size_t finished_count, taken;

static void open_letter(struct snt__letter *letter)
{
	assert_true(finished_count < 50);
	finished[finished_count++] =
		SNT__CONTAINER(letter, struct snt__job, letter);
}

/* Of those whose letters came; NULL: none. */
static struct snt__job *take_finished(void)
{
	snt__mailbox_read(&box);
	return taken < finished_count ? finished[taken++] : NULL;
}

/* Two threads at work at a time, three with those that hang. */
static void begin(struct snt__job *jobs, int job_count)
{
	snt__mailbox_init(&box);
	assert_int_equal(snt__mailbox_open(&box), 0);
	assert_int_equal(snt__pool_set_limits(&snt__offload_pool, 2, 3), 0);
	for (int i = 0; i < job_count; i++)
		jobs[i] = (struct snt__job){ .run = run,
					     .release = release,
					     .letter.open = open_letter,
					     .mailbox = &box };
}

static int submit(struct snt__job *job)
{
	return snt__io->submit(&snt__offload_pool, job);
}

/* A number of the pool's own, such as its threads. */
static int pool_count(const int *what)
{
	int value;

	pthread_mutex_lock(&snt__offload_pool.mutex);
	value = *what;
	pthread_mutex_unlock(&snt__offload_pool.mutex);
	return value;
}

static struct snt__job *next_finished(void)
{
	struct pollfd slot = { .fd = box.handle.fd, .events = POLLIN };
	struct snt__job *job;

	while ((job = take_finished()) == NULL) {
		if (!snt__mailbox_sleep(&box))
			continue;
		poll(&slot, 1, -1);
		snt__mailbox_awake(&box);
		snt__io->notify_clear(box.handle.fd);
	}
	return job;
}

static void finish(int job_count)
{
	set_gate(true);
	while (job_count-- > 0)
		next_finished();
	snt__mailbox_close(&box);
}

static void a_job_runs_and_its_letter_comes(void)
{
	struct snt__job jobs[1];

	begin(jobs, 1);
	set_gate(true);
	assert_int_equal(submit(&jobs[0]), 0);
	assert_ptr_equal(next_finished(), &jobs[0]);
	assert_null(take_finished());
	finish(0);
}

static void as_many_jobs_run_at_once_as_there_are_places(void)
{
	struct snt__job jobs[5];

	begin(jobs, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(submit(&jobs[i]), 0);
	wait_for(&gate.running, 2);
	assert_int_equal(pool_count(&snt__offload_pool.threads), 2);
	finish(5);
	assert_int_equal(gate.ran, 5);
}

static void a_lower_limit_holds_for_later_jobs(void)
{
	struct snt__job jobs[4];

	begin(jobs, 4);
	assert_int_equal(submit(&jobs[0]), 0);
	assert_int_equal(submit(&jobs[1]), 0);
	wait_for(&gate.running, 2);
	assert_int_equal(snt__pool_set_limits(&snt__offload_pool, 1, 3), 0);
	set_gate(true);
	wait_for(&gate.ran, 2);
	while (pool_count(&snt__offload_pool.threads) > 1)
		sched_yield();
	set_gate(false);
	assert_int_equal(submit(&jobs[2]), 0);
	assert_int_equal(submit(&jobs[3]), 0);
	wait_for(&gate.running, 1);
	assert_int_equal(pool_count(&snt__offload_pool.threads), 1);
	finish(4);
}

static void what_waits_behind_nothing_but_hung_jobs_is_refused(void)
{
	struct snt__job jobs[2];

	begin(jobs, 2);
	assert_int_equal(snt__pool_set_limits(&snt__offload_pool, 1, 1), 0);
	assert_int_equal(submit(&jobs[0]), 0);
	assert_int_equal(submit(&jobs[1]), 0);
	wait_for(&gate.running, 1);
	assert_int_equal(snt__io->leave(&jobs[0], true), SNT__JOB_LEFT);
	assert_ptr_equal(next_finished(), &jobs[1]);
	assert_true(jobs[1].refused);
	set_gate(true);
	wait_for(&gate.released, 1);
	assert_int_equal(gate.ran, 1);
	finish(0);
}

static void a_job_that_waits_in_the_queue_can_be_withdrawn(void)
{
	struct snt__job jobs[3];

	begin(jobs, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit(&jobs[i]), 0);
	wait_for(&gate.running, 2);
	assert_int_equal(snt__io->leave(&jobs[2], true), SNT__JOB_WITHDRAWN);
	finish(2);
	assert_int_equal(gate.ran, 2);
}

static void a_job_that_runs_is_left_only_when_asked(void)
{
	struct snt__job jobs[1];

	begin(jobs, 1);
	assert_int_equal(submit(&jobs[0]), 0);
	wait_for(&gate.running, 1);
	assert_int_equal(snt__io->leave(&jobs[0], false), SNT__JOB_RUNNING);
	assert_int_equal(snt__io->leave(&jobs[0], true), SNT__JOB_LEFT);
	set_gate(true);
	wait_for(&gate.released, 1);
	assert_null(take_finished());
	finish(0);
}

/* What runs a job posts its letter after it has let go of the pool. */
static void a_job_that_has_run_is_the_owners_once_its_letter_came(void)
{
	struct snt__job jobs[1];
	enum snt__job_fate fate;

	begin(jobs, 1);
	set_gate(true);
	assert_int_equal(submit(&jobs[0]), 0);
	wait_for(&gate.ran, 1);
	while ((fate = snt__io->leave(&jobs[0], false)) == SNT__JOB_RUNNING)
		sched_yield();
	assert_int_equal(fate, SNT__JOB_FINISHED);
	assert_ptr_equal(next_finished(), &jobs[0]);
	assert_null(take_finished());
	finish(0);
}

static void a_job_given_up_makes_room_for_one_in_the_queue(void)
{
	struct snt__job jobs[3];

	begin(jobs, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(submit(&jobs[i]), 0);
	wait_for(&gate.running, 2);
	/* Either of the two that run. */
	assert_int_equal(snt__io->leave(&jobs[0], true), SNT__JOB_LEFT);
	wait_for(&gate.running, 3);
	finish(2);
	wait_for(&gate.released, 1);
}

static void past_the_most_threads_a_job_is_refused(void)
{
	struct snt__job jobs[4];

	begin(jobs, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(submit(&jobs[i]), 0);
		wait_for(&gate.running, i + 1);
		assert_int_equal(snt__io->leave(&jobs[i], true), SNT__JOB_LEFT);
	}
	assert_int_equal(submit(&jobs[3]), -EAGAIN);
	set_gate(true);
	wait_for(&gate.released, 3);
	/* The threads came back. */
	assert_int_equal(submit(&jobs[3]), 0);
	finish(1);
}

static void an_idle_thread_is_used_again(void)
{
	struct snt__job jobs[50];

	begin(jobs, 50);
	set_gate(true);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(submit(&jobs[i]), 0);
		next_finished();
		while (pool_count(&snt__offload_pool.idle) == 0)
			sched_yield();
	}
	assert_int_equal(pool_count(&snt__offload_pool.threads), 1);
	finish(0);
}

static const int wrong[][2] = { { 0, 1 }, { -1, 4 }, { 5, 4 }, { 1, 4097 } };

static void limits_out_of_range_are_refused(void)
{
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(snt__pool_set_limits(&snt__offload_pool,
						      wrong[i][0], wrong[i][1]),
				 -EINVAL);
}

static const struct snt__io *seen_io;

static void note_io(struct snt__job *job)
{
	(void)job;
	seen_io = snt__io;
}

static void a_job_runs_in_the_world_of_whoever_submitted_it(void)
{
	static struct snt__io table;
	struct snt__job jobs[1];

	begin(jobs, 1);
	jobs[0].run = note_io;
	table = snt__kernel_io;
	snt__io = &table;
	assert_int_equal(submit(&jobs[0]), 0);
	next_finished();
	assert_ptr_equal(seen_io, &table);
	snt__io = &snt__kernel_io;
	finish(0);
}

static void do_nothing(void *unused)
{
	(void)unused;
}

static void a_thread_that_cannot_start_leaves_nothing(void)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	size_t before = snt__alloc_live();
	void *thread = NULL;
	int code;

	/* With a sanitizer everything needs more than that. */
	if (test_slowness() > 1)
		return;
	/* Then there is no room for its stack. */
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	while (mmap(NULL, 64 << 10, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) != MAP_FAILED)
		;
	code = snt__io->thread_start(&thread, do_nothing, NULL);
	assert_true(code == -EAGAIN || code == -ENOMEM);
	assert_null(thread);
	assert_int_equal(snt__alloc_live(), before);
}

static const struct test_case cases[] = {
	TEST(a_job_runs_and_its_letter_comes),
	TEST(as_many_jobs_run_at_once_as_there_are_places),
	TEST(a_lower_limit_holds_for_later_jobs),
	TEST(what_waits_behind_nothing_but_hung_jobs_is_refused),
	TEST(a_job_that_waits_in_the_queue_can_be_withdrawn),
	TEST(a_job_that_runs_is_left_only_when_asked),
	TEST(a_job_that_has_run_is_the_owners_once_its_letter_came),
	TEST(a_job_given_up_makes_room_for_one_in_the_queue),
	TEST(past_the_most_threads_a_job_is_refused),
	TEST(an_idle_thread_is_used_again),
	TEST(limits_out_of_range_are_refused),
	TEST(a_job_runs_in_the_world_of_whoever_submitted_it),
	TEST(a_thread_that_cannot_start_leaves_nothing),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
