/* SPDX-License-Identifier: MIT */
/* Threads of simulated hosts: workers, and what goes between them. */
#include "small.h"

#include <sennit/workers.h>

static struct snt_channel *channel;
static int received[400], received_count;

static int send_some(void *arg)
{
	int first = *(int *)arg;

	for (int i = first; i < first + 100; i++)
		SNT_TRY(snt_channel_send(channel, &i));
	return 0;
}

static int receive_some(void *unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++) {
		SNT_TRY(snt_channel_recv(channel, &received[received_count++]));
		SNT_TRY(snt_yield());
	}
	return 0;
}

/* What was received sums up, and where each stood is told by the trace. */
static void check_received(void)
{
	bool seen[400] = { false };

	assert_int_equal(received_count, 400);
	for (int i = 0; i < 400; i++) {
		assert_in_range(received[i], 0, 399);
		assert_false(seen[received[i]]);
		seen[received[i]] = true;
		snt_sim_note("%d", received[i]);
	}
}

static int send_between_workers(void *unused)
{
	struct snt_workers *workers;
	int firsts[] = { 0, 100, 200, 300 };

	(void)unused;
	received_count = 0;
	OK(snt_channel_open(&channel, sizeof(int), 3));
	OK(snt_workers_open(&workers,
			    &(struct snt_workers_opts){ .count = 4 }));
	for (int i = 0; i < 4; i++) {
		OK(snt_workers_spawn(workers, send_some, &firsts[i], NULL));
		OK(snt_workers_spawn(workers, receive_some, NULL, NULL));
	}
	OK(snt_workers_wait(workers));
	OK(snt_workers_end(workers));
	snt_channel_close(channel);
	check_received();
	return 0;
}

static void workers_hand_each_other_every_item_once(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		run_small(&(struct small){ .program = send_between_workers },
			  seed, NULL);
}

static void the_seed_decides_whose_turn_it_is(void)
{
	const struct small small = { .program = send_between_workers };
	struct snt_sim_report first, again, other;
	int order[400];

	run_small(&small, 3, &first);
	memcpy(order, received, sizeof order);
	run_small(&small, 3, &again);
	assert_memory_equal(order, received, sizeof order);
	assert_int_equal(first.digest, again.digest);
	run_small(&small, 4, &other);
	assert_memory_not_equal(order, received, sizeof order);
	assert_int_not_equal(first.digest, other.digest);
	snt_sim_report_release(&first);
	snt_sim_report_release(&again);
	snt_sim_report_release(&other);
}

static int count_workers(void *unused)
{
	struct snt_workers *workers;

	(void)unused;
	OK(snt_workers_open(&workers, NULL));
	assert_int_equal(snt_workers_size(workers), 2);
	return snt_workers_end(workers);
}

static void there_are_as_many_workers_as_cores(void)
{
	in_world(count_workers);
}

static int fail_late(void *unused)
{
	(void)unused;
	SNT_TRY(snt_sleep(SNT_SECOND));
	return snt_fail(-EPROTO, "on purpose");
}

static int fail_on_a_worker(void *unused)
{
	struct snt_workers *workers;
	int64_t before = snt_now();

	(void)unused;
	OK(snt_workers_open(&workers, NULL));
	for (int i = 0; i < 5; i++)
		OK(snt_workers_spawn(workers, sleep_until_cancelled, NULL,
				     NULL));
	OK(snt_workers_spawn(workers, fail_late, NULL, NULL));
	FAILS(snt_workers_wait(workers), -EPROTO);
	assert_string_equal(snt_errmsg(), "on purpose");
	assert_int_equal(snt_now() - before, SNT_SECOND);
	FAILS(snt_workers_end(workers), -EPROTO);
	return 0;
}

static void a_failure_on_a_worker_cancels_the_others_and_is_told(void)
{
	in_world(fail_on_a_worker);
}

static void fail_threads(struct snt_sim *sim)
{
	const struct snt_sim_failure second = {
		.call = "thread_start", .code = -EAGAIN, .after = 1, .times = 1
	};

	OK(snt_sim_set_failure(sim, client, &second));
}

static int open_workers(void *unused)
{
	struct snt_workers *workers;

	(void)unused;
	FAILS(snt_workers_open(&workers, NULL), -EAGAIN);
	return 0;
}

static void a_thread_that_cannot_be_made_fails_the_workers(void)
{
	in_prepared_world(fail_threads, open_workers);
}

/* A lone thread, asleep in nothing but its poller, is told by its mailbox. */
static int wait_for_event(void *event)
{
	return snt_event_wait(event);
}

static struct snt_event *event;

static int wait_beside_a_worker(void *unused)
{
	struct snt_workers *workers;

	(void)unused;
	OK(snt_workers_open(&workers, NULL));
	OK(snt_workers_spawn(workers, wait_for_event, event, NULL));
	OK(snt_workers_wait(workers));
	return snt_workers_end(workers);
}

static int set_from_outside(struct snt_sim *sim)
{
	(void)sim;
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_event_set(event);
	SNT_TRY(snt_sim_join(client, NULL));
	snt_event_close(event);
	return 0;
}

static void open_event(struct snt_sim *sim)
{
	(void)sim;
	OK(snt_event_open(&event));
}

static void the_director_can_wake_any_thread(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .prepare = open_event,
				   .program = wait_beside_a_worker,
				   .meanwhile = set_from_outside },
		  0, &report);
	assert_int_equal(report.time, SNT_SECOND);
	snt_sim_report_release(&report);
}

static const struct test_case cases[] = {
	TEST(workers_hand_each_other_every_item_once),
	TEST(the_seed_decides_whose_turn_it_is),
	TEST(there_are_as_many_workers_as_cores),
	TEST(a_failure_on_a_worker_cancels_the_others_and_is_told),
	TEST(a_thread_that_cannot_be_made_fails_the_workers),
	TEST(the_director_can_wake_any_thread),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
