/* SPDX-License-Identifier: MIT */
/* Fibers looked at from outside: where each waits, and which of them hog. */
#include "../raw.h"
#include "fibers.h"

#include <sennit/inspect.h>
#include <sennit/peer.h>
#include <stdio.h>

/* One line for each fiber: "name: waits". In a simulated world, without the
 * one that waits for the program to end. */
static char seen[1024];
static size_t told;

static void note(void *arg, const struct snt_fiber_info *info)
{
	size_t length = strlen(seen);

	if (told++ == 0 && simulated()) {
		assert_string_equal(info->name, "main");
		assert_string_equal(info->waits, "group");
		return;
	}

	assert_ptr_equal(arg, seen);
	snprintf(seen + length, sizeof seen - length, "%s: %s%s\n", info->name,
		 info->waits, info->cancelled ? ", cancelled" : "");
}

static void expect_fibers(size_t count, const char *lines)
{
	count += simulated();
	seen[0] = '\0';
	told = 0;
	assert_int_equal(snt_fibers(note, seen), count);
	assert_string_equal(seen, lines);
	assert_int_equal(snt_fibers(NULL, NULL), count);
}

static void a_lone_main_is_a_fiber_that_runs(void)
{
	expect_fibers(1, "main: running\n");
}

static struct snt_event *event;
static struct snt_channel *channel;
static struct snt_semaphore *semaphore;
static struct snt_mutex *mutex;
static struct snt_fiber *sleeper;

static int wait_for_event(void *arg)
{
	(void)arg;
	return snt_event_wait(event);
}

static int wait_for_item(void *arg)
{
	return snt_channel_recv(channel, arg);
}

static int wait_for_permit(void *arg)
{
	(void)arg;
	return snt_semaphore_acquire(semaphore);
}

static int wait_for_mutex(void *arg)
{
	(void)arg;
	return snt_mutex_lock(mutex);
}

static int join_sleeper(void *arg)
{
	(void)arg;
	return snt_join(sleeper, NULL);
}

static int wait_for_group(void *arg)
{
	return snt_group_wait(arg);
}

static void each_fiber_tells_what_it_waits_for(void)
{
	struct snt_group *group = group_with(NULL), *other = group_with(NULL);
	int item;

	OK(snt_event_open(&event));
	OK(snt_channel_open(&channel, sizeof item, 1));
	OK(snt_semaphore_open(&semaphore, 0));
	OK(snt_mutex_open(&mutex));
	OK(snt_mutex_lock(mutex));
	sleeper = start_kept(group, sleep_until_cancelled, NULL, "a");
	start_named(other, wait_for_event, NULL, "b");
	start_named(other, wait_for_item, &item, "c");
	start_named(other, wait_for_permit, NULL, "d");
	start_named(other, wait_for_mutex, NULL, "e");
	start_named(other, join_sleeper, NULL, "f");
	start_named(other, wait_for_group, group, "g");
	expect_fibers(8, "main: running\na: ready\nb: ready\nc: ready\n"
			 "d: ready\ne: ready\nf: ready\ng: ready\n");
	let_others_run();
	expect_fibers(8, "main: running\na: sleep\nb: event\nc: channel\n"
			 "d: semaphore\ne: mutex\nf: join\ng: group\n");
	snt_group_cancel(other);
	expect_fibers(8, "main: running\na: sleep\nb: ready, cancelled\n"
			 "c: ready, cancelled\nd: ready, cancelled\n"
			 "e: ready, cancelled\nf: ready, cancelled\n"
			 "g: ready, cancelled\n");
	OK(snt_group_end(other));
	expect_fibers(2, "main: running\na: sleep\n");
	OK(snt_group_end(group));
	expect_fibers(1, "main: running\n");
	OK(snt_mutex_unlock(mutex));
	snt_event_close(event);
	snt_channel_close(channel);
	snt_semaphore_close(semaphore);
	snt_mutex_close(mutex);
}

static int recv_one(void *arg)
{
	char byte;

	return (int)snt_recv(arg, &byte, 1);
}

static int accept_one(void *arg)
{
	struct snt_socket *conn;

	return snt_accept(arg, &conn);
}

static void who_waits_on_a_socket_tells_the_address(void)
{
	const char *const hosts[] = { "127.0.0.1:0", "[::1]:0" };

	for (int i = 0; i < 2; i++) {
		struct snt_group *group = group_with(NULL);
		struct snt_socket *server, *client, *conn;
		char here[SNT_ADDR_TEXT], there[SNT_ADDR_TEXT];
		char lines[2 * SNT_ADDR_TEXT + 64];
		struct snt_addr addr;

		OK(snt_create_server(&server, hosts[i], NULL));
		OK(snt_getsockname(server, &addr));
		snt_addr_format(&addr, here, sizeof here);
		OK(snt_create_connection(&client, here, NULL));
		OK(snt_accept(server, &conn));
		OK(snt_getpeername(conn, &addr));
		snt_addr_format(&addr, there, sizeof there);
		start_named(group, recv_one, conn, "conn");
		start_named(group, accept_one, server, "server");
		let_others_run();
		snprintf(lines, sizeof lines,
			 "main: running\nconn: recv from %s\n"
			 "server: accept on %s\n",
			 there, here);
		expect_fibers(3, lines);
		OK(snt_group_end(group));
		snt_close(conn);
		snt_close(client);
		snt_close(server);
	}
}

static void who_waits_on_a_pipe_tells_the_descriptor(void)
{
	struct snt_group *group = group_with(NULL);
	struct snt_socket *handle;
	char lines[128];
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	OK(snt_fromfd(&handle, fds[0]));
	start_named(group, recv_one, handle, "reader");
	let_others_run();
	snprintf(lines, sizeof lines,
		 "main: running\nreader: read from descriptor %d\n",
		 snt_fileno(handle));
	expect_fibers(2, lines);
	OK(snt_group_end(group));
	snt_close(handle);
	close(fds[0]);
	close(fds[1]);
}

static int64_t since, left;

static void keep_times(void *arg, const struct snt_fiber_info *info)
{
	if (strcmp(info->name, arg) == 0) {
		since = info->since;
		left = info->left;
	}
}

static int sleep_a_minute(void *arg)
{
	(void)arg;
	return snt_sleep(SNT_MINUTE);
}

static void times_are_told(void)
{
	struct snt_group *group = group_with(NULL);
	char name[] = "sleeper", other[] = "other";
	int64_t parked, passed;

	start_named(group, sleep_a_minute, NULL, name);
	start_named(group, sleep_until_cancelled, NULL, other);
	let_others_run();
	parked = snt_now();
	OK(snt_sleep(50 * MS));
	passed = snt_now() - parked;
	snt_fibers(keep_times, name);
	assert_in_range(since, passed, SNT_MINUTE);
	assert_in_range(left, 1, SNT_MINUTE - passed);
	snt_fibers(keep_times, other);
	assert_in_range(since, passed, SNT_MINUTE);
	assert_true(left == SNT_FOREVER);
	OK(snt_group_end(group));
}

static void the_table_has_a_line_for_each(void)
{
	struct snt_group *group = group_with(NULL);
	char text[1024] = "";
	int fds[2];

	start_named(group, sleep_until_cancelled, NULL, "sleeper");
	raw_pipe(fds);
	OK(snt_dump_fibers(fds[1]));
	raw_close(fds[1]);
	assert_true(raw_read(fds[0], text, sizeof text - 1) > 0);
	raw_close(fds[0]);
	assert_string_equal(
		text,
		simulated()
			? "fiber                   since          left  waits "
			  "for\n"
			  "main                                         group\n"
			  "main                                         "
			  "running\n"
			  "sleeper                                      ready\n"
			: "fiber                   since          left  waits "
			  "for\n"
			  "main                                         "
			  "running\n"
			  "sleeper                                      "
			  "ready\n");
	OK(snt_group_end(group));
}

static void a_table_that_cannot_be_written_is_told(void)
{
	int fds[2];

	raw_pipe(fds);
	raw_close(fds[0]);
	FAILS(snt_dump_fibers(fds[1]), -EPIPE);
	raw_close(fds[1]);
	FAILS(snt_dump_fibers(fds[1]), -EBADF);
}

static int hogs;
static char hog_name[32];
static int64_t hog_ran, all_ran;

static void count_hogs(void *arg, const struct snt_hog *hog)
{
	assert_ptr_equal(arg, &hogs);
	hogs++;
	strncpy(hog_name, hog->name, sizeof hog_name - 1);
	hog_ran = hog->ran;
	all_ran += hog->ran;
}

static void compute(int64_t duration)
{
	int64_t until = snt_now() + duration;

	while (snt_now() < until)
		;
}

static int compute_then_yield(void *arg)
{
	compute(*(int64_t *)arg);
	return snt_yield();
}

static int compute_then_end(void *arg)
{
	compute(*(int64_t *)arg);
	return 0;
}

static void a_fiber_that_hogs_is_told_of(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t duration = 20 * MS;

	snt_set_hog_hook(20 * MS, count_hogs, &hogs);
	start_named(group, compute_then_yield, &duration, "yields");
	OK(snt_group_wait(group));
	assert_true(hogs >= 1);
	assert_string_equal(hog_name, "yields");
	assert_true(hog_ran >= duration);
	hogs = 0;
	start_named(group, compute_then_end, &duration, "ends");
	OK(snt_group_wait(group));
	assert_true(hogs >= 1);
	assert_string_equal(hog_name, "ends");
	OK(snt_group_end(group));
}

/* However slow the machine is: what it sleeps is not what it runs, which in a
 * simulated world takes no time. What passes between the sleep's look at the
 * clock and its parking is both; half of the sleep is room for that. */
static void waiting_is_no_hogging(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t begin = snt_now();

	start(group, sleep_until_cancelled, NULL);
	snt_set_hog_hook(1, count_hogs, &hogs);
	OK(snt_sleep(200 * MS));
	OK(snt_yield());
	assert_int_equal(hogs > 0, !simulated());
	assert_true(all_ran <= snt_now() - begin - 100 * MS);
	snt_set_hog_hook(0, NULL, NULL);
	hogs = 0;
	OK(snt_yield());
	assert_int_equal(hogs, 0);
	OK(snt_group_end(group));
}

static void a_limit_not_reached_is_not_told(void)
{
	struct snt_group *group = group_with(NULL);

	start(group, sleep_until_cancelled, NULL);
	snt_set_hog_hook(SNT_FOREVER, count_hogs, &hogs);
	OK(snt_yield());
	OK(snt_sleep(MS));
	OK(snt_group_end(group));
	assert_int_equal(hogs, 0);
}

static int fail_after_a_while(void *arg)
{
	(void)arg;
	return snt_fail(-EPROTO, "as it says itself");
}

static void fail_in_hook(void *arg, const struct snt_hog *hog)
{
	(void)arg;
	(void)hog;
	snt_fail(-EIO, "the hook's own");
}

static void what_fails_in_the_hook_is_not_the_fibers_failure(void)
{
	struct snt_group *group = group_with(NULL);

	snt_set_hog_hook(0, fail_in_hook, NULL);
	start(group, fail_after_a_while, NULL);
	FAILS(snt_group_wait(group), -EPROTO);
	assert_string_equal(snt_errmsg(), "as it says itself");
	snt_set_hog_hook(0, NULL, NULL);
	snt_group_end(group);
}

static void wait_in_hook(void *arg, const struct snt_hog *hog)
{
	struct snt_scope scope;

	(void)arg;
	(void)hog;
	hogs++;
	FAILS(snt_sleep(MS), -EDEADLK);
	FAILS(snt_yield(), -EDEADLK);
	snt_timeout_begin(&scope, 0);
	FAILS(snt_sleep(MS), -EDEADLK);
	snt_scope_end(&scope);
	FAILS(snt_sleep(MS), -EDEADLK);
}

static void the_hook_cannot_wait(void)
{
	struct snt_group *group = group_with(NULL);
	int item = 0;

	OK(snt_channel_open(&channel, sizeof item, 1));
	start(group, wait_for_item, &item);
	snt_set_hog_hook(0, wait_in_hook, NULL);
	OK(snt_yield());
	OK(snt_channel_send(channel, &(int){ 7 }));
	OK(snt_yield());
	snt_set_hog_hook(0, NULL, NULL);
	assert_true(hogs > 1);
	assert_int_equal(item, 7);
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static const struct test_case cases[] = {
	TEST(a_lone_main_is_a_fiber_that_runs),
	TEST(each_fiber_tells_what_it_waits_for),
	TEST(who_waits_on_a_socket_tells_the_address),
	/* There are no pipes in a simulated world. */
	TEST_KERNEL(who_waits_on_a_pipe_tells_the_descriptor),
	TEST(times_are_told),
	TEST(the_table_has_a_line_for_each),
	TEST(a_table_that_cannot_be_written_is_told),
	TEST(a_fiber_that_hogs_is_told_of),
	TEST(waiting_is_no_hogging),
	TEST(a_limit_not_reached_is_not_told),
	TEST(what_fails_in_the_hook_is_not_the_fibers_failure),
	TEST(the_hook_cannot_wait),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
