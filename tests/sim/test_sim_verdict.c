/* SPDX-License-Identifier: MIT */
/* What is told of a world that went wrong, and of whom. */
#include "worlds.h"

#include "../forked.h"

static int wait_for_an_event(void *arg)
{
	snt_auto(event) event = NULL;

	(void)arg;
	SNT_TRY(snt_event_open(&event));
	return snt_event_wait(event);
}

static int two_that_wait(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host =
		host_with(sim, "anna", wait_for_an_event, arg);

	host_with(sim, "bert", sleep_until_cancelled, arg);
	return snt_sim_join(host, NULL);
}

static void a_deadlock_is_told_with_who_waits_for_what(void)
{
	goes_wrong(two_that_wait, NULL, "deadlock",
		   "anna: main waits for event");
	goes_wrong(two_that_wait, NULL, "deadlock",
		   "bert: main waits for sleep");
}

static int named_fibers(void *arg)
{
	const struct snt_spawn_opts opts = { .name = "reader" };
	snt_auto(group) group = NULL;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, wait_for_an_event, arg, &opts));
	return snt_group_wait(group);
}

static int fibers_that_wait(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", named_fibers, arg), NULL);
}

static void a_deadlock_names_each_fiber(void)
{
	goes_wrong(fibers_that_wait, NULL, "deadlock",
		   "a: reader waits for event");
}

static int a_lone_director(struct snt_sim *sim, void *arg)
{
	(void)sim;
	return wait_for_an_event(arg);
}

static void the_director_can_be_in_the_deadlock(void)
{
	goes_wrong(a_lone_director, NULL, "deadlock",
		   "director: main waits for event");
}

static int pause_for_ever(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *host = host_with(sim, "a", sleep_a_second, arg);

	SNT_TRY(snt_sleep(1));
	snt_sim_pause(host);
	return snt_sim_join(host, NULL);
}

static void a_host_left_paused_is_told_as_such(void)
{
	goes_wrong(pause_for_ever, NULL, "deadlock",
		   "a: everything waits for a resume");
}

/* What a program leaves is lost to its process, too. */
static void in_a_child(void (*fn)(void))
{
	pid_t pid = forked();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	child_succeeds(pid);
}

static int leave_a_group(void *arg)
{
	struct snt_group *group;

	(void)arg;
	return snt_group_open(&group, NULL);
}

static int beside_a_good_one(struct snt_sim *sim, void *arg)
{
	int (**fn)(void *arg) = arg;
	struct snt_sim_host *good = host_with(sim, "good", return_at_once, 0);
	struct snt_sim_host *bad = host_with(sim, "bad", *fn, NULL);

	SNT_TRY(snt_sim_join(good, NULL));
	return snt_sim_join(bad, NULL);
}

static void group_left(void)
{
	int (*fn)(void *arg) = leave_a_group;

	goes_wrong(beside_a_good_one, &fn, "leak", "bad ended and left ");
}

static void memory_left_behind_is_a_failure(void)
{
	in_a_child(group_left);
}

static int leave_a_pair(void *arg)
{
	struct snt_socket *a, *b;

	(void)arg;
	return snt_socketpair(&a, &b, SOCK_STREAM);
}

static void pair_left(void)
{
	int (*fn)(void *arg) = leave_a_pair;

	goes_wrong(beside_a_good_one, &fn, "leak",
		   "bad ended with 2 descriptors open, first unix");
}

static void descriptors_left_open_are_a_failure(void)
{
	in_a_child(pair_left);
}

static int leave_a_listener(void *arg)
{
	struct snt_socket *server;

	(void)arg;
	return snt_create_server(&server, "10.0.0.2:7000", NULL);
}

static void listener_left(void)
{
	int (*fn)(void *arg) = leave_a_listener;

	goes_wrong(beside_a_good_one, &fn, "leak", "10.0.0.2:7000 (listening)");
}

static void a_leak_is_told_with_its_address(void)
{
	in_a_child(listener_left);
}

static int leave_a_fiber(void *arg)
{
	const struct snt_spawn_opts opts = { .name = "sleeper" };
	struct snt_group *group;

	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, sleep_until_cancelled, arg, &opts));
	return snt_sleep(SNT_SECOND);
}

static void fiber_left(void)
{
	int (*fn)(void *arg) = leave_a_fiber;

	goes_wrong(beside_a_good_one, &fn, "leak",
		   "bad ended while its fiber sleeper waits for sleep");
}

static void a_fiber_left_running_is_told_by_its_name(void)
{
	in_a_child(fiber_left);
}

static int leave_a_group_itself(struct snt_sim *sim, void *arg)
{
	(void)sim;
	return leave_a_group(arg);
}

static void director_leaves(void)
{
	goes_wrong(leave_a_group_itself, NULL, "leak", "director ended");
}

static void the_director_must_clean_up_too(void)
{
	in_a_child(director_leaves);
}

static bool is_below_three(void *arg)
{
	return *(int *)arg < 3;
}

static int count_seconds(void *arg)
{
	for (;;) {
		SNT_TRY(snt_sleep(SNT_SECOND));
		(*(int *)arg)++;
	}
}

static int watch_a_counter(struct snt_sim *sim, void *arg)
{
	OK(snt_sim_check(sim, "below three", is_below_three, arg));
	host_with(sim, "a", count_seconds, arg);
	return snt_sleep(SNT_FOREVER);
}

static void a_check_that_does_not_hold_ends_the_world_at_once(void)
{
	struct snt_sim_report report;
	int count = 0;

	report = goes_wrong(watch_a_counter, &count, "below three", "");
	assert_int_equal(report.time, 3 * SNT_SECOND);
	assert_int_equal(count, 3);
}

static int say_so(void *arg)
{
	(void)arg;
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_fail("order", "%d came before %d", 2, 1);
	snt_sim_fail("second", "this is too late");
	return 0;
}

static int start_who_says_so(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", say_so, arg), NULL);
}

static void a_program_can_end_the_world(void)
{
	goes_wrong(start_who_says_so, NULL, "order", "2 came before 1");
}

static int say_so_itself(struct snt_sim *sim, void *arg)
{
	(void)sim;
	return say_so(arg);
}

static void the_director_can_end_it_too(void)
{
	goes_wrong(say_so_itself, NULL, "order", "2 came before 1");
}

static void the_message_gives_seed_time_and_reason(void)
{
	FAILS(snt_sim_run(start_who_says_so, NULL,
			  &(struct snt_sim_opts){ .seed = 77 }, NULL),
	      -SNT_ESIMULATION);
	assert_string_equal(snt_errmsg(),
			    "simulation of seed 77 failed after 1.000000 s: "
			    "order: 2 came before 1");
	assert_string_equal(snt_strerror(-SNT_ESIMULATION),
			    "the simulated world has failed");
}

static int unwinds(void *arg)
{
	int *told = arg;

	*told = snt_sleep(SNT_FOREVER);
	return 0;
}

static int fail_beside(struct snt_sim *sim, void *arg)
{
	host_with(sim, "a", unwinds, arg);
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_fail("done", "for");
	return 0;
}

static void a_failed_world_unwinds_its_programs(void)
{
	int told = 0;

	goes_wrong(fail_beside, &told, "done", "for");
	assert_int_equal(told, -ECANCELED);
}

static int never_unwinds(void *arg)
{
	struct snt_socket *a, *b;
	struct snt_event *event;
	char byte;

	(void)arg;
	OK(snt_event_open(&event));
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_settimeout(b, MS);
	FAILS(snt_recv(b, &byte, 1), -ETIMEDOUT);
	for (;;) {
		snt_cleanup_scope(SNT_MINUTE);
		if (snt_event_wait(event) == 0)
			return 0;
	}
}

static int start_a_stubborn_one(struct snt_sim *sim, void *arg)
{
	host_with(sim, "a", never_unwinds, arg);
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_fail("done", "for");
	return 0;
}

static void stubborn_one(void)
{
	goes_wrong(start_a_stubborn_one, NULL, "done", "for");
}

static void a_program_that_never_unwinds_is_left(void)
{
	in_a_child(stubborn_one);
}

static void a_world_has_a_limit_of_its_time(void)
{
	const struct snt_sim_opts opts = { .time_limit = SNT_MINUTE };
	struct snt_sim_report report;
	int count = -1000;

	FAILS(snt_sim_run(watch_a_counter, &count, &opts, &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.what, "time limit");
	snt_sim_report_release(&report);
}

static int spin(void *arg)
{
	(void)arg;
	for (;;)
		SNT_TRY(snt_yield());
}

static int start_spinning(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", spin, arg), NULL);
}

static void a_world_has_a_limit_of_its_events(void)
{
	const struct snt_sim_opts opts = { .event_limit = 10000 };
	struct snt_sim_report report;

	FAILS(snt_sim_run(start_spinning, NULL, &opts, &report),
	      -SNT_ESIMULATION);
	assert_string_equal(report.what, "event limit");
	assert_in_range(report.events, 10000, 20000);
	snt_sim_report_release(&report);
}

static int adopt(void *arg)
{
	struct snt_socket *socket;

	(void)arg;
	return snt_fromfd(&socket, 7);
}

static void a_descriptor_of_the_process_is_an_escape(void)
{
	int (*fn)(void *arg) = adopt;

	goes_wrong(beside_a_good_one, &fn, "escape",
		   "bad would leave the simulation: ");
}

static int say_hello(void *arg)
{
	snt_auto(socket) out = NULL;

	(void)arg;
	SNT_TRY(snt_fromfd(&out, STDOUT_FILENO));
	return snt_sendall(out, "hello\n", 6);
}

static int write_on_the_console(struct snt_sim *sim, void *arg)
{
	return snt_sim_join(host_with(sim, "a", say_hello, arg), NULL);
}

static void what_is_written_to_the_console_is_in_the_trace(void)
{
	struct snt_sim_opts opts = { .seed = 1 };
	char path[32], *text;

	own_path(path, "trace");
	opts.trace = path;
	OK(snt_sim_run(write_on_the_console, NULL, &opts, NULL));
	text = text_of(path);
	assert_non_null(strstr(text, "hello"));
	free(text);
	OK(unlink(path));
}

static const struct test_case cases[] = {
	TEST(a_deadlock_is_told_with_who_waits_for_what),
	TEST(a_deadlock_names_each_fiber),
	TEST(the_director_can_be_in_the_deadlock),
	TEST(a_host_left_paused_is_told_as_such),
	TEST(memory_left_behind_is_a_failure),
	TEST(descriptors_left_open_are_a_failure),
	TEST(a_leak_is_told_with_its_address),
	TEST(a_fiber_left_running_is_told_by_its_name),
	TEST(the_director_must_clean_up_too),
	TEST(a_check_that_does_not_hold_ends_the_world_at_once),
	TEST(a_program_can_end_the_world),
	TEST(the_director_can_end_it_too),
	TEST(the_message_gives_seed_time_and_reason),
	TEST(a_failed_world_unwinds_its_programs),
	TEST(a_program_that_never_unwinds_is_left),
	TEST(a_world_has_a_limit_of_its_time),
	TEST(a_world_has_a_limit_of_its_events),
	TEST(a_descriptor_of_the_process_is_an_escape),
	TEST(what_is_written_to_the_console_is_in_the_trace),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
