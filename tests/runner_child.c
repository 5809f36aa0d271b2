/* SPDX-License-Identifier: MIT */
/* One case, in its own process: what it starts with, and what it must leave. */
#include "runner_child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of src/base. Weak: a test that links the shared library, or no library at
 * all, has neither and does without the check of memory. */
size_t snt__alloc_live(void) __attribute__((weak));
void snt__thread_end(void) __attribute__((weak));

static unsigned allowed_descriptors;

void test_allow_descriptors(unsigned count)
{
	allowed_descriptors = count;
}

__attribute__((noreturn, format(printf, 1, 2))) static void
give_up(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(NULL);
	_exit(1);
}

/* Counts the open descriptors; with show, also says on stderr what they are. */
static unsigned count_descriptors(bool show)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned count = 0;

	if (!dir)
		give_up("/proc/self/fd: %s", strerror(errno));
	while ((entry = readdir(dir))) {
		char target[256] = "";

		if (entry->d_name[0] == '.' ||
		    atoi(entry->d_name) == dirfd(dir))
			continue;
		count++;
		if (show && readlinkat(dirfd(dir), entry->d_name, target,
				       sizeof target - 1) > 0)
			fprintf(stderr, "  %s -> %s\n", entry->d_name, target);
	}
	closedir(dir);
	return count;
}

struct usage {
	size_t blocks;
	unsigned descriptors;
};

static struct usage usage_now(void)
{
	return (struct usage){
		.blocks = snt__alloc_live ? snt__alloc_live() : 0,
		.descriptors = count_descriptors(false),
	};
}

/* A worker thread may still be about to free a job that was given up. */
static void wait_for_workers(size_t blocks)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 3000; i++) {
		if (!snt__alloc_live || snt__alloc_live() <= blocks)
			return;
		nanosleep(&moment, NULL);
	}
}

static void check_usage(struct usage before)
{
	struct usage after;

	wait_for_workers(before.blocks);
	after = usage_now();
	if (after.blocks != before.blocks)
		give_up("leak: %zu blocks of the library's memory before, %zu "
			"after",
			before.blocks, after.blocks);
	if (after.descriptors > before.descriptors + allowed_descriptors) {
		fprintf(stderr, "leak: %u descriptors before, %u after:\n",
			before.descriptors, after.descriptors);
		count_descriptors(true);
		give_up("  (%u more are allowed)", allowed_descriptors);
	}
	if (waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD)
		give_up("leak: a child process was not waited for");
}

static void check_backend(const char *(*backend)(void), const char *expected,
			  const char *when)
{
	if (backend && strcmp(backend(), expected) != 0)
		give_up("%s the test the backend is %s, not %s", when,
			backend(), expected);
}

/* Whoever started the tests may have had signals ignored (nohup, a shell's
 * "&"), and a program inherits that. */
static void stop_ignoring(void)
{
	struct sigaction action;

	for (int number = 1; number < 32; number++)
		if (sigaction(number, NULL, &action) == 0 &&
		    action.sa_handler == SIG_IGN)
			signal(number, SIG_DFL);
}

void test_child(const struct test_case *test, const char *(*backend)(void),
		const char *name, int output)
{
	struct rlimit no_core = { 0, 0 };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct usage before;

	setpgid(0, 0);
	stop_ignoring();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close(null);
	close(output);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	if (name)
		setenv("SENNIT_IO", name, 1);

	before = usage_now();
	if (name && strcmp(name, "sim") == 0) {
		unsetenv("SENNIT_IO");
		test_run_in_world(test);
	} else {
		check_backend(backend, name, "before");
		if (!snt__thread_end)
			before =
				usage_now(); /* what this thread's loop keeps */
		test->run();
		check_backend(backend, name, "after");
	}
	if (snt__thread_end)
		snt__thread_end();
	check_usage(before);
	exit(TEST_EXIT_PASSED);
}
