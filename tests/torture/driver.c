/* SPDX-License-Identifier: MIT */
/* Runs the cases, each in a child, judges them, and reports in TAP. */
#include "torture.h"

#include "base/alloc.h"
#include "base/thread.h"
#include "../runner.h"

#include <sennit/fiber.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A scenario's own deadline, so that a lost wake-up is told as such; and when
 * the process is killed. Undisturbed, each takes some milliseconds. */
#define SCENARIO_SECONDS 4
#define CHILD_SECONDS 8

/* In a sample: this many single failures a scenario and backend, and sets. */
#define SAMPLE_CASES 60
#define SAMPLE_SETS 10
#define ALL_SETS 200

static const char *const backends[] = { "direct", "epoll", "uring" };
static int output; /* of the children */
static uint64_t seed;
static bool sample;

struct tally {
	long calls, cases, told, absorbed, not_reached, bad;
};

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* A worker may still be about to free a job that was given up. */
static size_t blocks_left(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 3000 && snt__alloc_live() > 0; i++)
		nanosleep(&moment, NULL);
	return snt__alloc_live();
}

static void suffer(const struct scenario *scenario, const char *backend)
{
	unsigned descriptors = count_descriptors(), left;
	struct snt_scope scope;

	signal(SIGPIPE, SIG_DFL);
	setenv("SENNIT_IO", backend, 1);
	torture_begin();
	snt_timeout_begin(&scope,
			  SCENARIO_SECONDS * SNT_SECOND * test_slowness());
	torture->result = scenario->run();
	torture->stuck = snt_scope_expired(&scope);
	snt_scope_end(&scope);
	snprintf(torture->message, sizeof torture->message, "%s", snt_errmsg());
	snt__thread_end();
	if (blocks_left() > 0) {
		fprintf(stderr, "leak: %zu blocks\n", snt__alloc_live());
		_exit(2);
	}
	left = count_descriptors();
	if (left != descriptors) {
		fprintf(stderr, "leak: %u descriptors, %u before\n", left,
			descriptors);
		_exit(2);
	}
	torture->finished = true;
}

static void child(const struct scenario *scenario, const char *backend)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ftruncate(output, 0) < 0)
		_exit(2);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	close(null);
	alarm(CHILD_SECONDS * test_slowness());
	suffer(scenario, backend);
	/* The ways out of sanitizers take longer than the case: they have told
	 * what they found by now. Else by exit, which keeps coverage. */
	if (test_slowness() > 1)
		syscall(SYS_exit_group, 0);
	exit(0);
}

/* What is wrong with how the run ended; NULL: nothing. */
static const char *verdict(int status, unsigned traits)
{
	static char text[64];
	int result = torture->result;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return "hangs";
	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof text, "dies: %s",
			 strsignal(WTERMSIG(status)));
		return text;
	}
	if (WEXITSTATUS(status) != 0 || !torture->finished)
		return "leaks, or was ended by a sanitizer";
	if (torture->stuck)
		return "does not go on";
	if (result > 0)
		return "was wrong without a failure";
	if (result == 0)
		return torture->failed == 1 &&
				       !torture_absorbed(torture->name,
							 torture->code, traits)
			       ? "was told of no failure"
			       : NULL;
	if (strcmp(snt_strerror(result), "unknown error") == 0)
		return "was told a code without words";
	if (torture->message[0] == '\0' ||
	    strstr(torture->message, "no error") != NULL ||
	    strstr(torture->message, "unknown error") != NULL)
		return "was told no words";
	return NULL;
}

static void show_output(void)
{
	char text[16384];
	ssize_t n = pread(output, text, sizeof text - 1, 0);
	char *line, *rest = text;

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			printf("#     %s\n", line);
}

static void run_case(const struct scenario *scenario, const char *backend,
		     struct tally *tally)
{
	const char *wrong;
	int status = 0;
	pid_t pid;

	atomic_store(&torture->calls, 0);
	atomic_store(&torture->failed, 0);
	torture->finished = torture->stuck = false;
	torture->name = "nothing";
	torture->code = 0;
	torture->errors = 0;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(scenario, backend);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("Bail out! fork\n");
		exit(1);
	}
	tally->cases++;
	wrong = verdict(status, scenario->traits);
	if (wrong != NULL && torture->one_in == 0)
		printf("#   %s when %s fails with %d (%s): result %d, \"%s\"\n"
		       "#     replay: %s '%s' %ld %u\n",
		       wrong, torture->name, torture->code,
		       snt_strerror(torture->code), torture->result,
		       torture->message, backend, scenario->name,
		       torture->fail_at, torture->error);
	else if (wrong != NULL)
		printf("#   %s when several calls fail, last %s with %d (%s): "
		       "result %d, \"%s\"\n#     replay: %s '%s' seed %#llx\n",
		       wrong, torture->name, torture->code,
		       snt_strerror(torture->code), torture->result,
		       torture->message, backend, scenario->name,
		       (unsigned long long)torture->seed);
	if (wrong != NULL) {
		tally->bad++;
		show_output();
	} else if (torture->failed == 0) {
		tally->not_reached++;
	} else if (torture->result < 0) {
		tally->told++;
	} else {
		tally->absorbed++;
	}
}

/* Every error of the call with that number. */
static void run_call(const struct scenario *scenario, const char *backend,
		     long number, struct tally *tally)
{
	unsigned errors = 1;

	torture->fail_at = number;
	for (unsigned error = 0; error < errors; error++) {
		torture->error = error;
		run_case(scenario, backend, tally);
		if (torture->errors > errors)
			errors = torture->errors;
	}
}

static uint64_t next_random(void)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return seed >> 33;
}

static void run_singles(const struct scenario *scenario, const char *backend,
			struct tally *tally)
{
	torture->one_in = 0;
	if (!sample) {
		for (long number = 1; number <= tally->calls; number++)
			run_call(scenario, backend, number, tally);
		return;
	}
	for (int i = 0; i < SAMPLE_CASES; i++) {
		torture->fail_at =
			(long)(next_random() % (uint64_t)tally->calls) + 1;
		torture->error = (unsigned)next_random();
		run_case(scenario, backend, tally);
	}
}

/* From half of all calls to a few of them fail. */
static void choose_set(uint64_t chosen)
{
	torture->seed = chosen;
	torture->one_in = 2 + (unsigned)(chosen % 16);
}

static void run_sets(const struct scenario *scenario, const char *backend,
		     struct tally *tally)
{
	for (int i = 0; i < (sample ? SAMPLE_SETS : ALL_SETS); i++) {
		choose_set(next_random());
		run_case(scenario, backend, tally);
	}
	torture->one_in = 0;
}

static bool run_scenario(size_t number, const struct scenario *scenario,
			 const char *backend)
{
	struct tally tally = { 0 }, clean = { 0 };

	torture->fail_at = 0;
	torture->one_in = 0;
	run_case(scenario, backend, &clean);
	if (torture->result != 0 || clean.bad > 0) {
		printf("not ok %zu - %s: %s: undisturbed it gives %d, %s\n",
		       number, backend, scenario->name, torture->result,
		       torture->message);
		return false;
	}
	tally.calls = atomic_load(&torture->calls);
	run_singles(scenario, backend, &tally);
	run_sets(scenario, backend, &tally);
	printf("%s %zu - %s: %s\n", tally.bad > 0 ? "not ok" : "ok", number,
	       backend, scenario->name);
	printf("#   %ld calls, %ld cases: %ld told, %ld absorbed, %ld not "
	       "reached, %ld bad\n",
	       tally.calls, tally.cases, tally.told, tally.absorbed,
	       tally.not_reached, tally.bad);
	return tally.bad == 0;
}

/* Here and now, for a debugger. */
static int replay(const struct scenario *scenario, char **words)
{
	if (strcmp(words[3], "seed") == 0) {
		choose_set(strtoull(words[4], NULL, 0));
	} else {
		torture->fail_at = atol(words[3]);
		torture->error = (unsigned)strtoul(words[4], NULL, 0);
	}
	suffer(scenario, words[1]);
	printf("%s failed with %d; result %d, \"%s\"%s\n",
	       torture->name ? torture->name : "nothing", torture->code,
	       torture->result, torture->message,
	       torture->stuck ? ", stuck" : "");
	return 0;
}

static void choose_seed(void)
{
	const char *text = getenv("TORTURE_SEED");
	const char *wanted = getenv("TORTURE_SAMPLE");

	sample = wanted != NULL && wanted[0] != '\0';
	if (text != NULL)
		seed = strtoull(text, NULL, 0);
	else if (getrandom(&seed, sizeof seed, 0) < 0)
		seed = (uint64_t)time(NULL);
	printf("# TORTURE_SEED=%#llx%s\n", (unsigned long long)seed,
	       sample ? " TORTURE_SAMPLE=1" : "");
}

int torture_run(int argc, char **argv, const struct scenario *scenarios,
		size_t count)
{
	size_t number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	output = memfd_create("torture output", MFD_CLOEXEC);
	torture = mmap(NULL, sizeof *torture, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc < 5)
		choose_seed();
	for (size_t b = 0; b < 3; b++) {
		if (argc > 1 ? strcmp(argv[1], backends[b]) != 0
			     : !snt_has_backend(backends[b]))
			continue;
		for (size_t i = 0; i < count; i++) {
			if (argc > 2 && !strstr(scenarios[i].name, argv[2]))
				continue;
			if (argc > 4)
				return replay(&scenarios[i], argv);
			number++;
			failed += !run_scenario(number, &scenarios[i],
						backends[b]);
		}
	}
	printf("1..%zu\n", number);
	return failed > 0 || number == 0;
}
