/* SPDX-License-Identifier: MIT */
/*
 * Runs each test case in a forked child and reports in TAP.
 *
 * cmocka's own group runner is not used: its failing assertions longjmp back
 * to the runner, and from a fiber that would cross stacks. Outside of it, with
 * CMOCKA_TEST_ABORT set, a failing assertion prints where and what, and calls
 * abort(3), which is right from any fiber and any thread.
 *
 * A child's output goes to a memory file and is shown only when it failed; a
 * file, not a pipe, so that nobody has to drain it and a process left behind
 * cannot keep the runner waiting.
 */
#include "runner_child.h"
#include "runner_left_out.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef SNT_HAVE_VALGRIND
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static const char *const backends[] = { "direct", "epoll", "uring", "sim" };
#define BACKEND_COUNT (sizeof backends / sizeof backends[0])

int (*test_world)(int (*director)(struct snt_sim *sim, void *arg), void *arg,
		  const struct snt_sim_opts *opts,
		  struct snt_sim_report *report);

/* Weak: a program that knows no backend does not link it. */
bool snt_has_backend(const char *name) __attribute__((weak));

unsigned test_slowness(void)
{
	return SANITIZED || RUNNING_ON_VALGRIND ? 4 : 1;
}

/* An emulator takes its time. */
static bool emulated(void)
{
	return getenv("SENNIT_EMULATED") != NULL;
}

static const char *full_name(const char *backend, const char *name)
{
	static char text[256];

	snprintf(text, sizeof text, "%s%s%s", backend ? backend : "",
		 backend ? ": " : "", name);
	return text;
}

/* The child's wait status; *late when it had to be killed. */
static int wait_child(pid_t pid, const sigset_t *child_signal, unsigned seconds,
		      bool *late)
{
	struct timespec now, end;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	*late = false;
	while (waitpid(pid, &status, *late ? 0 : WNOHANG) == 0) {
		struct timespec left = { 0, 0 };

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= end.tv_sec) {
			*late = true;
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			continue;
		}
		left.tv_sec = end.tv_sec - now.tv_sec;
		sigtimedwait(child_signal, NULL, &left);
	}
	kill(-pid, SIGKILL); /* whatever it left running */
	return status;
}

static void show_output(int output)
{
	FILE *file = fdopen(output, "r");
	char line[1024];

	lseek(output, 0, SEEK_SET);
	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		printf("#   %s\n", line);
	}
	if (file)
		fclose(file);
}

static bool run_case(size_t number, const struct test_case *test,
		     const char *(*backend)(void), const char *name)
{
	unsigned limit = (test->seconds ? test->seconds : 30) *
			 test_slowness() * (emulated() ? 4 : 1);
	int output = memfd_create("test output", MFD_CLOEXEC);
	sigset_t child_signal, old;
	bool late, passed;
	pid_t pid;
	int status;

	sigemptyset(&child_signal);
	sigaddset(&child_signal, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_signal, &old);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		test_child(test, backend, name, output);
	}
	if (output < 0 || pid < 0) {
		printf("Bail out! %s\n", strerror(errno));
		exit(1);
	}
	setpgid(pid, pid);
	status = wait_child(pid, &child_signal, limit, &late);
	sigprocmask(SIG_SETMASK, &old, NULL);

	passed = !late && WIFEXITED(status) &&
		 WEXITSTATUS(status) == TEST_EXIT_PASSED;
	printf("%s %zu - %s\n", passed ? "ok" : "not ok", number,
	       full_name(name, test->name));
	if (late)
		printf("# timeout: killed after %u s\n", limit);
	else if (!passed && WIFSIGNALED(status))
		printf("# died: %s\n", strsignal(WTERMSIG(status)));
	else if (!passed)
		printf("# left with exit status %d\n", WEXITSTATUS(status));
	if (passed)
		close(output);
	else
		show_output(output);
	return passed;
}

static bool is_backend(const char *word)
{
	for (size_t i = 0; i < BACKEND_COUNT; i++)
		if (strcmp(word, backends[i]) == 0)
			return true;
	return false;
}

/* Whether cases run on it; *reason: why not, if that is worth a line. */
static bool is_asked_for(const char *name, const char **reason)
{
	const char *asked = getenv("SENNIT_TEST_BACKENDS");

	*reason = NULL;
	if (strcmp(name, "sim") == 0)
		return test_world && (!asked || !*asked || strstr(asked, name));
	if (asked && *asked)
		return strstr(asked, name) != NULL;
	if (!snt_has_backend || snt_has_backend(name))
		return true;
	*reason = "the kernel does not allow it here";
	return false;
}

/* The backends to run on, or the one to list for; how many. */
static size_t choose_backends(const char *only, bool list,
			      const char *chosen[BACKEND_COUNT])
{
	size_t count = 0;

	for (size_t i = 0; i < BACKEND_COUNT; i++) {
		const char *reason = NULL;

		if (only && strcmp(only, backends[i]) != 0)
			continue;
		if ((only && (test_world || strcmp(only, "sim") != 0)) ||
		    (!only && is_asked_for(backends[i], &reason)))
			chosen[count++] = backends[i];
		else if (reason && !list)
			printf("# without %s: %s\n", backends[i], reason);
	}
	return count;
}

int test_run(int argc, char **argv, const struct test_case *cases, size_t count,
	     const char *(*backend)(void))
{
	const char *names[BACKEND_COUNT] = { NULL };
	size_t names_count = 1;
	bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
	const char *only = NULL, *part = "";
	size_t number = 0, failed = 0, left_out = 0;

	for (int i = 1; i < argc && !list; i++) {
		if (!only && is_backend(argv[i]))
			only = argv[i];
		else
			part = argv[i];
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (backend)
		names_count = choose_backends(only, list, names);
	for (size_t b = 0; b < names_count; b++) {
		for (size_t i = 0; i < count; i++) {
			const char *why;

			if (!strstr(cases[i].name, part) ||
			    (cases[i].kernel && names[b] &&
			     strcmp(names[b], "sim") == 0))
				continue;
			why = list ? NULL
				   : test_left_out(argv[0], cases[i].name);
			if (why) {
				printf("# left out: %s: %s\n",
				       full_name(names[b], cases[i].name), why);
				left_out++;
				continue;
			}
			number++;
			if (list)
				puts(full_name(names[b], cases[i].name));
			else if (!run_case(number, &cases[i], backend,
					   names[b]))
				failed++;
		}
	}
	if (number + left_out == 0) {
		fprintf(stderr, "no case is called *%s*\n", part);
		return 1;
	}
	if (!list)
		printf("1..%zu\n", number);
	return failed > 0 || test_left_out_astray(argv[0], cases, count) > 0;
}
