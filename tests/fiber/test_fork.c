/* SPDX-License-Identifier: MIT */
/* A process forks: what its child can do, and what it is told. */
#include "works.h"

#include "../forked.h"
#include "../threads.h"

#include <sennit/signal.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>

static void a_main_without_fibers_goes_on_in_the_child(void)
{
	pid_t child;

	check_everything_works();
	child = forked();
	if (child == 0) {
		check_everything_works();
		_exit(0);
	}
	check_everything_works();
	child_succeeds(child);
	check_everything_works();
}

static void the_child_begins_as_a_new_thread_does(void)
{
	const char *backend = snt_backend();
	pid_t child;

	check_everything_works();
	child = forked();
	if (child == 0) {
		assert_string_equal(snt_backend(), backend);
		unsetenv("SENNIT_IO");
		child = forked();
		if (child == 0) {
			assert_string_equal(snt_backend(), "direct");
			_exit(0);
		}
		child_succeeds(child);
		_exit(0);
	}
	child_succeeds(child);
}

static void so_does_the_child_of_a_child(void)
{
	pid_t child;

	check_everything_works();
	child = forked();
	if (child == 0) {
		check_everything_works();
		child = forked();
		if (child == 0) {
			check_everything_works();
			_exit(0);
		}
		check_everything_works();
		child_succeeds(child);
		_exit(0);
	}
	child_succeeds(child);
}

static void a_deadline_holds_in_the_child_too(void)
{
	snt_timeout_scope(limit, 5 * MS);
	pid_t child = forked();

	if (child == 0) {
		FAILS(snt_sleep(SNT_FOREVER), -ETIMEDOUT);
		assert_true(snt_scope_expired(&limit));
		_exit(0);
	}
	child_succeeds(child);
}

static struct snt_event *event;
static struct snt_channel *channel;
static struct snt_semaphore *semaphore;
static struct snt_mutex *mutex;

static void open_things(void)
{
	OK(snt_event_open(&event));
	OK(snt_channel_open(&channel, sizeof(int), 1));
	OK(snt_semaphore_open(&semaphore, 1));
	OK(snt_mutex_open(&mutex));
}

static void close_things(void)
{
	snt_event_close(event);
	snt_channel_close(channel);
	snt_semaphore_close(semaphore);
	snt_mutex_close(mutex);
}

/* Also those that need not wait, and in a clean-up scope. */
static void check_all_is_refused(struct snt_group *group)
{
	int number = SIGUSR1, item = 1;
	struct snt_signals *signals;

	snt_cleanup_scope(SNT_SECOND);
	FAILS(snt_yield(), -SNT_EFORK);
	FAILS(snt_sleep(0), -SNT_EFORK);
	FAILS(snt_sleep(MS), -SNT_EFORK);
	FAILS(snt_sleep(SNT_FOREVER), -SNT_EFORK);
	assert_string_equal(snt_errmsg(),
			    "sleep: the loop stayed with the parent process");
	FAILS(snt_spawn(group, add_one, &item, NULL), -SNT_EFORK);
	FAILS(snt_group_wait(group), -SNT_EFORK);
	FAILS(snt_offload(add_one, &item, NULL), -SNT_EFORK);
	FAILS(snt_event_wait(event), -SNT_EFORK);
	FAILS(snt_channel_send(channel, &item), -SNT_EFORK);
	FAILS(snt_channel_recv(channel, &item), -SNT_EFORK);
	FAILS(snt_semaphore_acquire(semaphore), -SNT_EFORK);
	FAILS(snt_mutex_lock(mutex), -SNT_EFORK);
	OK(snt_signals_open(&signals, &number, 1));
	FAILS(snt_signals_wait(signals), -SNT_EFORK);
	snt_signals_close(signals);
	assert_string_equal(snt_backend(), "none");
	assert_int_equal(item, 1);
}

static int wait_for_event(void *arg)
{
	(void)arg;
	return snt_event_wait(event);
}

static int wait_for_item(void *arg)
{
	return snt_channel_recv(channel, arg);
}

static void where_fibers_stayed_behind_every_call_says_so(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_fiber *kept;
	int item = 0;
	pid_t child;

	open_things();
	start(group, sleep_until_cancelled, NULL);
	start(group, wait_for_event, NULL);
	start(group, wait_for_item, &item);
	kept = start_kept(group, wait_for_event, NULL, NULL);
	let_others_run();
	child = forked();
	if (child == 0) {
		check_all_is_refused(group);
		FAILS(snt_join(kept, NULL), -SNT_EFORK);
		FAILS(snt_group_end(group), -SNT_EFORK);
		/* Nobody is there to hear of these. */
		snt_event_set(event);
		snt_semaphore_release(semaphore);
		snt_channel_shutdown(channel);
		close_things();
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_channel_send(channel, &(int){ 7 }));
	let_others_run();
	assert_int_equal(item, 7);
	snt_event_set(event);
	OK(snt_join(kept, NULL));
	OK(snt_group_end(group));
	close_things();
}

static void leaving_the_scope_of_a_group_does_not_wait(void)
{
	pid_t child;

	{
		snt_auto(group) group = group_with(NULL);

		start(group, sleep_until_cancelled, NULL);
		let_others_run();
		child = forked();
	}
	if (child == 0)
		_exit(0);
	child_succeeds(child);
}

static void fibers_not_yet_begun_stay_behind_too(void)
{
	struct snt_group *group = group_with(NULL);
	int count = 0;
	pid_t child;

	start(group, add_one, &count);
	child = forked();
	if (child == 0) {
		FAILS(snt_yield(), -SNT_EFORK);
		FAILS(snt_group_end(group), -SNT_EFORK);
		assert_int_equal(count, 0);
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_group_end(group));
	assert_int_equal(count, 1);
}

static int fork_and_be_refused(void *arg)
{
	pid_t child = forked();

	if (child == 0) {
		check_all_is_refused(arg);
		child = forked();
		if (child == 0) {
			check_all_is_refused(arg);
			_exit(0);
		}
		child_succeeds(child);
		_exit(0);
	}
	OK(snt_sleep(MS));
	child_succeeds(child);
	return 0;
}

static void a_fiber_that_forks_is_alone_in_its_child(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_group *other = group_with(NULL);

	open_things();
	start(group, fork_and_be_refused, other);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	OK(snt_group_end(other));
	close_things();
}

/* Long enough for snt__spend to give others a turn. */
static void calls_that_need_not_wait_do_not_switch_either(void)
{
	struct snt_group *group = group_with(NULL);
	pid_t child;

	open_things();
	start(group, sleep_until_cancelled, NULL);
	let_others_run();
	child = forked();
	if (child == 0) {
		for (int i = 0; i < 1000; i++)
			FAILS(snt_channel_send(channel, &i), -SNT_EFORK);
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_group_end(group));
	close_things();
}

static int error_pipe[2];
static pid_t stranded;

/* With stderr in the pipe. */
static int fork_and_return(void *arg)
{
	stranded = forked();
	if (stranded == 0) {
		dup2(error_pipe[1], STDERR_FILENO);
		close(error_pipe[1]);
		return *(int *)arg;
	}
	return 0;
}

static void check_line(const char *line)
{
	char text[256] = "";
	size_t length = 0;
	ssize_t n;

	close(error_pipe[1]);
	while ((n = read(error_pipe[0], text + length,
			 sizeof text - 1 - length)) > 0)
		length += (size_t)n;
	close(error_pipe[0]);
	assert_string_equal(text, line);
}

static void returning_from_a_fiber_ends_its_child(void)
{
	const int results[] = { 0, 5, -EPROTO };

	for (int i = 0; i < 3; i++) {
		struct snt_group *group = group_with(NULL);
		int result = results[i], status;

		assert_int_equal(pipe(error_pipe), 0);
		start_named(group, fork_and_return, &result, "worker");
		OK(snt_group_end(group));
		status = status_of(stranded);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), result < 0);
		check_line("sennit: fiber 'worker' returned in a forked child, "
			   "where nobody waits for it\n");
	}
}

static void returning_from_offloaded_work_ends_its_child(void)
{
	int result = 0, status;

	assert_int_equal(pipe(error_pipe), 0);
	OK(snt_offload(fork_and_return, &result, NULL));
	status = status_of(stranded);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	check_line("sennit: offloaded work returned in a forked child, "
		   "where nobody waits for it\n");
}

extern char **environ;

static int fork_and_exec(void *arg)
{
	char shell[] = "/bin/sh", option[] = "-c", command[] = "exit 0";
	char *words[] = { shell, option, command, NULL };
	pid_t child = forked();

	(void)arg;
	if (child == 0) {
		execv(shell, words);
		_exit(1);
	}
	child_succeeds(child);
	assert_int_equal(posix_spawn(&child, shell, NULL, NULL, words, environ),
			 0);
	child_succeeds(child);
	return 0;
}

/* The eventfd of its mailbox; and the poller's own, where that has one. */
static void what_the_loop_waits_with_is_closed_in_the_child(void)
{
	unsigned closed = strcmp(snt_backend(), "direct") == 0 ? 1 : 2, before;
	struct snt_group *group = group_with(NULL);
	pid_t child;

	start(group, sleep_until_cancelled, NULL);
	let_others_run();
	before = descriptor_count();
	child = forked();
	if (child == 0) {
		assert_int_equal(descriptor_count(), before - closed);
		_exit(0);
	}
	child_succeeds(child);
	OK(snt_group_end(group));
}

static void exec_works_wherever_it_was_forked(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, sleep_until_cancelled, NULL);
	start(group, fork_and_exec, NULL);
	let_others_run();
	fork_and_exec(NULL);
	OK(snt_group_end(group));
}

static const struct test_case cases[] = {
	TEST(a_main_without_fibers_goes_on_in_the_child),
	TEST(the_child_begins_as_a_new_thread_does),
	TEST(so_does_the_child_of_a_child),
	TEST(a_deadline_holds_in_the_child_too),
	TEST(where_fibers_stayed_behind_every_call_says_so),
	TEST(leaving_the_scope_of_a_group_does_not_wait),
	TEST(fibers_not_yet_begun_stay_behind_too),
	TEST(a_fiber_that_forks_is_alone_in_its_child),
	TEST(calls_that_need_not_wait_do_not_switch_either),
	TEST(returning_from_a_fiber_ends_its_child),
	TEST(returning_from_offloaded_work_ends_its_child),
	TEST(what_the_loop_waits_with_is_closed_in_the_child),
	TEST(exec_works_wherever_it_was_forked),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
