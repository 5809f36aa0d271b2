/* SPDX-License-Identifier: MIT */
/* Signals of simulated hosts, and their consoles. */
#include "small.h"

#include "io/io.h"

#include <sennit/signal.h>
#include <sennit/workers.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void send_myself(int number)
{
	snt_sim_signal(snt_sim_here(), number);
}

static struct snt_signals *catch_these(const int *numbers, size_t count)
{
	struct snt_signals *signals;

	OK(snt_signals_open(&signals, numbers, count));
	return signals;
}

static struct snt_signals *catch_one(int number)
{
	return catch_these(&number, 1);
}

static int64_t told_at;

static int wait_for_term(void *unused)
{
	struct snt_signals *signals = catch_one(SIGTERM);

	(void)unused;
	FAILS(snt_signals_wait(signals), SIGTERM);
	told_at = snt_now();
	snt_signals_close(signals);
	return 0;
}

static int send_term(struct snt_sim *sim)
{
	(void)sim;
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_signal(client, SIGTERM);
	return 0;
}

static void a_signal_is_told_to_whoever_waits_for_it(void)
{
	run_small(&(struct small){ .program = wait_for_term,
				   .meanwhile = send_term },
		  0, NULL);
	assert_int_equal(told_at, SNT_SECOND);
}

static int wait_late(void *unused)
{
	const int numbers[] = { SIGUSR1, SIGHUP, SIGRTMAX };
	struct snt_signals *signals = catch_these(numbers, 3);
	int seen = 0;

	(void)unused;
	send_myself(SIGHUP);
	send_myself(SIGRTMAX);
	send_myself(SIGHUP);
	for (int i = 0; i < 2; i++) {
		int number = snt_signals_wait(signals);

		OK(number);
		seen += number;
	}
	assert_int_equal(seen, SIGHUP + SIGRTMAX);
	snt_timeout_scope(limit, SNT_SECOND);
	FAILS(snt_signals_wait(signals), -ETIMEDOUT);
	snt_signals_close(signals);
	return 0;
}

static void those_that_came_before_are_kept_one_of_a_kind(void)
{
	in_world(wait_late);
}

static int sleep_for_ever(void *unused)
{
	(void)unused;
	return snt_sleep(SNT_FOREVER);
}

static void one_that_nobody_caught_ends_the_program(void)
{
	struct snt_sim_report report;

	run_small(&(struct small){ .program = sleep_for_ever,
				   .meanwhile = send_term },
		  0, &report);
	assert_int_equal(report.time, SNT_SECOND);
	snt_sim_report_release(&report);
}

static int ignore_some(void *unused)
{
	static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT,
				       0,       65,     -1 };

	(void)unused;
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		send_myself(ignored[i]);
	OK(snt_sleep(SNT_SECOND));
	return 0;
}

static void those_that_a_process_ignores_do_nothing(void)
{
	in_world(ignore_some);
}

static int catch_wrong_ones(void *unused)
{
	static const int wrong[] = { SIGKILL, SIGSTOP, 0, -1, 65, 32 };
	struct snt_signals *first = catch_one(SIGUSR1), *second;
	const int number = SIGUSR1;

	(void)unused;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		FAILS(snt_signals_open(&second, &wrong[i], 1), -EINVAL);
	FAILS(snt_signals_open(&second, &number, 1), -EBUSY);
	snt_signals_close(first);
	OK(snt_signals_open(&second, &number, 1));
	snt_signals_close(second);
	return 0;
}

static void what_cannot_be_caught_is_refused(void)
{
	in_world(catch_wrong_ones);
}

static int let_go(void *unused)
{
	(void)unused;
	snt_signals_close(catch_one(SIGTERM));
	send_myself(SIGTERM);
	FAILS(snt_sleep(SNT_SECOND), -ECANCELED);
	return 0;
}

static void one_that_was_let_go_ends_the_program_again(void)
{
	in_world(let_go);
}

static int wait_for_close(void *signals)
{
	FAILS(snt_signals_wait(signals), -EBADF);
	return 0;
}

static int close_later(void *signals)
{
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_signals_close(signals);
	return 0;
}

static int close_elsewhere(void *unused)
{
	struct snt_signals *signals = catch_one(SIGTERM);
	struct snt_workers *workers;

	(void)unused;
	OK(snt_workers_open(&workers, NULL));
	OK(snt_workers_spawn(workers, wait_for_close, signals, NULL));
	OK(snt_workers_spawn(workers, close_later, signals, NULL));
	OK(snt_workers_wait(workers));
	OK(snt_workers_end(workers));
	return 0;
}

static void another_thread_may_close_under_who_waits(void)
{
	in_world(close_elsewhere);
}

static int direct_two(struct snt_sim *sim, void *unused)
{
	(void)unused;
	SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_start(client, wait_for_term, NULL));
	SNT_TRY(snt_sim_start(server, sleep_for_ever, NULL));
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_signal(server, SIGTERM);
	SNT_TRY(snt_sim_join(server, NULL));
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_signal(client, SIGTERM);
	return snt_sim_join(client, NULL);
}

static void each_host_has_its_own(void)
{
	OK(snt_sim_run(direct_two, NULL, NULL, NULL));
	assert_int_equal(told_at, 2 * SNT_SECOND);
}

static int use_console(void *unused)
{
	struct snt__descriptor descriptor;
	char byte;

	(void)unused;
	FAILS(snt__io->read(STDIN_FILENO, &byte, 1), 0);
	FAILS(snt__io->write(STDOUT_FILENO, "all is \033 well\n", 14), 14);
	FAILS(snt__io->write(STDERR_FILENO, "", 0), 0);
	OK(snt__io->describe(STDOUT_FILENO, &descriptor));
	assert_int_equal(descriptor.family, AF_UNSPEC);
	FAILS(snt__io->look(STDIN_FILENO, 3), 3);
	FAILS(snt__io->bind(STDIN_FILENO, &(struct snt_addr){ 0 }), -ENOTSOCK);
	return 0;
}

/* Whether a line of the file holds both words. */
static bool has_line(const char *path, const char *one, const char *other)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool has = false;

	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		has = has || (strstr(line, one) && strstr(line, other));
	fclose(file);
	return has;
}

static void what_a_program_writes_to_its_console_is_in_the_trace(void)
{
	char path[] = "/tmp/sennit-trace-XXXXXX";
	const struct small small = { .program = use_console };
	struct snt_sim_opts opts = { .trace = path };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	OK(snt_sim_run(direct_small, (void *)(uintptr_t)&small, &opts, NULL));
	assert_true(has_line(path, "client", "all is . well"));
	unlink(path);
}

static const struct test_case cases[] = {
	TEST(a_signal_is_told_to_whoever_waits_for_it),
	TEST(those_that_came_before_are_kept_one_of_a_kind),
	TEST(one_that_nobody_caught_ends_the_program),
	TEST(those_that_a_process_ignores_do_nothing),
	TEST(what_cannot_be_caught_is_refused),
	TEST(one_that_was_let_go_ends_the_program_again),
	TEST(another_thread_may_close_under_who_waits),
	TEST(each_host_has_its_own),
	TEST(what_a_program_writes_to_its_console_is_in_the_trace),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
