/* SPDX-License-Identifier: MIT */
/* What the runner makes of cases that go wrong: see runner_samples.c. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[16384];

/* Runs the samples with those arguments; their exit status. */
static int run_samples(const char *arguments)
{
	const char *program = getenv("RUNNER_SAMPLES");
	char command[4096];
	size_t size;
	FILE *pipe;
	int status;

	assert_non_null(program);
	snprintf(command, sizeof command, "%s %s 2>&1", program, arguments);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	size = fread(output, 1, sizeof output - 1, pipe);
	output[size] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect(const char *text)
{
	if (!strstr(output, text)) {
		printf("\"%s\" is not in:\n%s", text, output);
		fail();
	}
}

static void expect_not(const char *text)
{
	if (strstr(output, text)) {
		printf("\"%s\" is in:\n%s", text, output);
		fail();
	}
}

/* The case fails on that backend, and the report says so in these words. */
static void expect_failure(const char *name, const char *words)
{
	char arguments[256], line[256];

	snprintf(arguments, sizeof arguments, "epoll %s", name);
	assert_int_equal(run_samples(arguments), 1);
	snprintf(line, sizeof line, "not ok 1 - epoll: %s\n", name);
	expect(line);
	expect(words);
	expect("1..1\n");
}

static void a_case_runs_once_on_each_backend(void)
{
	assert_int_equal(run_samples("passes"), 0);
	assert_string_equal(output, "ok 1 - direct: passes\n"
				    "ok 2 - epoll: passes\n"
				    "ok 3 - uring: passes\n"
				    "1..3\n");
}

static void a_backend_can_be_chosen(void)
{
	assert_int_equal(run_samples("direct passes"), 0);
	assert_string_equal(output, "ok 1 - direct: passes\n1..1\n");
}

static void the_environment_can_choose_the_backends(void)
{
	setenv("SENNIT_TEST_BACKENDS", "uring direct", 1);
	assert_int_equal(run_samples("passes"), 0);
	assert_string_equal(output, "ok 1 - direct: passes\n"
				    "ok 2 - uring: passes\n"
				    "1..2\n");
}

static void a_backend_that_does_not_work_here_is_left_out_and_told(void)
{
	setenv("RUNNER_SAMPLES_WITHOUT", "uring", 1);
	assert_int_equal(run_samples("passes"), 0);
	assert_string_equal(output,
			    "# without uring: the kernel does not allow "
			    "it here\n"
			    "ok 1 - direct: passes\n"
			    "ok 2 - epoll: passes\n"
			    "1..2\n");
}

static void a_backend_asked_for_is_run_though_it_does_not_work(void)
{
	setenv("RUNNER_SAMPLES_WITHOUT", "uring", 1);
	setenv("SENNIT_TEST_BACKENDS", "direct epoll uring", 1);
	run_samples("passes");
	expect("3 - uring: passes\n");
}

static void list_names_the_cases_and_runs_none(void)
{
	assert_int_equal(run_samples("--list"), 0);
	expect("direct: crashes\n");
	expect("epoll: passes\n");
	expect("uring: passes\n");
	expect_not("ok ");
	expect_not("1..");
}

static void a_name_that_matches_nothing_fails(void)
{
	assert_int_equal(run_samples("no_such_case"), 1);
	expect("no case is called");
}

static void an_assertion_tells_place_and_values(void)
{
	expect_failure("fails_an_assertion", "0x4 != 0x5");
	expect("runner_samples.c:");
	expect("#   printed by the test\n");
}

static void an_assertion_may_fail_in_a_thread(void)
{
	expect_failure("fails_in_a_thread", "\"pear\" != \"apple\"");
	expect("runner_samples.c:");
}

static void a_hang_is_a_timeout(void)
{
	expect_failure("hangs", "# timeout: killed after");
}

static void a_crash_names_the_signal(void)
{
	expect_failure("crashes", "# ");
	expect_not("timeout");
}

static void exit_0_before_the_end_fails(void)
{
	expect_failure("exits_early", "# left with exit status 0");
}

static void a_leaked_descriptor_is_named(void)
{
	expect_failure("leaks_a_descriptor", "-> /dev/zero");
}

static void descriptors_can_be_allowed(void)
{
	assert_int_equal(run_samples("leaks_an_allowed_descriptor"), 0);
}

static void leaked_memory_fails(void)
{
	expect_failure("leaks_memory", "0 blocks of the library's memory "
				       "before, 1 after");
}

static void a_child_not_waited_for_fails(void)
{
	expect_failure("leaks_a_zombie", "was not waited for");
}

static void a_backend_that_falls_back_fails(void)
{
	setenv("RUNNER_SAMPLES_BACKEND", "direct", 1);
	expect_failure("passes", "before the test the backend is direct, "
				 "not epoll");
}

static void a_backend_that_changes_fails(void)
{
	expect_failure("changes_the_backend",
		       "after the test the backend is other, not epoll");
}

static void a_skip_fails(void)
{
	expect_failure("skips", "# left with exit status");
}

/* Runs "direct passes" with a list of one line; its exit status. */
static int leave_out(const char *line)
{
	char path[] = "/tmp/left-out-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	int status;

	assert_non_null(file);
	fprintf(file, "# a comment\n%s\n", line);
	fclose(file);
	setenv("SENNIT_LEFT_OUT", path, 1);
	status = run_samples("direct passes");
	unlink(path);
	return status;
}

static void what_cannot_run_there_is_told_and_not_counted(void)
{
	assert_int_equal(leave_out("runner_samples passes: it cannot"), 0);
	assert_string_equal(output, "# left out: direct: passes: it cannot\n"
				    "1..0\n");
	assert_int_equal(leave_out("another_program passes: it cannot"), 0);
	assert_string_equal(output, "ok 1 - direct: passes\n1..1\n");
}

static void leaving_out_what_is_not_there_fails(void)
{
	assert_int_equal(leave_out("runner_samples nothing: gone"), 1);
	expect("ok 1 - direct: passes\n");
	expect("there is no case nothing\n");
	assert_int_equal(leave_out("runner_samples passes"), 1);
	expect("without a reason");
}

static const struct test_case cases[] = {
	TEST(a_case_runs_once_on_each_backend),
	TEST(a_backend_can_be_chosen),
	TEST(the_environment_can_choose_the_backends),
	TEST(a_backend_that_does_not_work_here_is_left_out_and_told),
	TEST(a_backend_asked_for_is_run_though_it_does_not_work),
	TEST(list_names_the_cases_and_runs_none),
	TEST(a_name_that_matches_nothing_fails),
	TEST(an_assertion_tells_place_and_values),
	TEST(an_assertion_may_fail_in_a_thread),
	TEST(a_hang_is_a_timeout),
	TEST(a_crash_names_the_signal),
	TEST(exit_0_before_the_end_fails),
	TEST(a_leaked_descriptor_is_named),
	TEST(descriptors_can_be_allowed),
	TEST(leaked_memory_fails),
	TEST(a_child_not_waited_for_fails),
	TEST(a_backend_that_falls_back_fails),
	TEST(a_backend_that_changes_fails),
	TEST(a_skip_fails),
	TEST(what_cannot_run_there_is_told_and_not_counted),
	TEST(leaving_out_what_is_not_there_fails),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
