/* SPDX-License-Identifier: MIT */
/*
 * A plan, run in processes: the n-th of N runs each N-th world, and writes what
 * became of it into a pipe. One that dies has killed a world, which is a
 * failure like any other, and another goes on after it; so does one in which a
 * world takes for ever.
 */
#include "swarm.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS 64

/* A write of an outcome is never torn. */
_Static_assert(sizeof(struct outcome) <= PIPE_BUF, "too long for a pipe");

/* So many failures are enough to look at. */
#define ENOUGH 100

/* Seconds on a real clock that no world needs, on whatever machine. */
#define STUCK 120

/* In memory that all share. */
struct board {
	atomic_bool stop;
	struct {
		_Atomic uint64_t index; /* of the world that runs there */
	} at[JOBS];
};

struct job {
	pid_t pid;
	int fd; /* -1: it has ended */
	uint64_t seen;
	double since; /* when that was first seen there */
	bool stuck;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run_some(const struct plan *plan, struct board *board,
		     unsigned which, int fd)
{
	_Atomic uint64_t *index = &board->at[which].index;

	while (!board->stop && (plan->worlds == 0 || *index < plan->worlds)) {
		struct outcome outcome = { .index = *index };
		uint64_t seed = seed_of(plan, outcome.index);

		outcome.scenario = scenario_of(plan, seed);
		/* Its code is in the report, and so are its words. */
		outcome.report.code =
			run_world(scenarios[outcome.scenario], seed, "", NULL,
				  &outcome.report);
		outcome.report.seed = seed;
		snt_sim_report_release(&outcome.report);
		if (write(fd, &outcome, sizeof outcome) != sizeof outcome)
			_exit(1);
		*index += plan->jobs;
	}
}

static void start(const struct plan *plan, struct board *board,
		  struct job *jobs, unsigned which)
{
	struct job *job = &jobs[which];
	int ends[2];

	fflush(stdout);
	if (pipe(ends) != 0 || (job->pid = fork()) < 0) {
		perror("swarm");
		exit(1);
	}
	if (job->pid == 0) {
		/* Whoever started all of them is asked to stop. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		for (unsigned i = 0; i < plan->jobs; i++)
			if (i != which && jobs[i].fd >= 0)
				close(jobs[i].fd);
		close(ends[0]);
		run_some(plan, board, which, ends[1]);
		exit(0);
	}
	close(ends[1]);
	job->fd = ends[0];
	job->stuck = false;
	job->since = now();
	job->seen = board->at[which].index;
}

/* The world that a process died of. */
static void tell_death(const struct plan *plan, struct tally *tally,
		       const struct job *job, uint64_t index, int status)
{
	struct outcome outcome = { .index = index };
	struct snt_sim_report *report = &outcome.report;

	report->seed = seed_of(plan, index);
	report->code = -SNT_ESIMULATION;
	outcome.scenario = scenario_of(plan, report->seed);
	snprintf(report->what, sizeof report->what,
		 job->stuck ? "stuck" : "crash");
	if (job->stuck)
		snprintf(report->why, sizeof report->why,
			 "it went on for %d s of real time", STUCK);
	else if (WIFSIGNALED(status))
		snprintf(report->why, sizeof report->why, "signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(report->why, sizeof report->why, "exit status %d",
			 WEXITSTATUS(status));
	tally_add(tally, &outcome);
}

static void end(const struct plan *plan, struct board *board, struct job *jobs,
		unsigned which, struct tally *tally)
{
	struct job *job = &jobs[which];
	uint64_t index = board->at[which].index;
	int status;

	close(job->fd);
	job->fd = -1;
	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return;
	/* Past its last world it can only have leaked. */
	if (plan->worlds > 0 && index >= plan->worlds)
		index -= plan->jobs;
	tell_death(plan, tally, job, index, status);
	board->at[which].index += plan->jobs;
	if (!board->stop)
		start(plan, board, jobs, which);
}

static void look_after(const struct plan *plan, struct board *board,
		       struct job *jobs)
{
	for (unsigned i = 0; i < plan->jobs; i++) {
		uint64_t index = board->at[i].index;

		if (jobs[i].fd < 0 || jobs[i].stuck)
			continue;
		if (index != jobs[i].seen) {
			jobs[i].seen = index;
			jobs[i].since = now();
		} else if (now() - jobs[i].since > STUCK) {
			jobs[i].stuck = true;
			kill(jobs[i].pid, SIGKILL);
		}
	}
}

static void show(const struct plan *plan, const struct tally *tally,
		 double seconds)
{
	if (!plan->progress)
		return;
	fprintf(stderr, "\r%llu worlds, %llu failed, %.0f s ",
		(unsigned long long)tally_worlds(tally),
		(unsigned long long)tally_failures(tally), seconds);
}

/* False: none runs any more. */
static bool gather(const struct plan *plan, struct board *board,
		   struct job *jobs, struct tally *tally)
{
	struct pollfd polls[JOBS];
	bool any = false;

	for (unsigned i = 0; i < plan->jobs; i++) {
		polls[i] =
			(struct pollfd){ .fd = jobs[i].fd, .events = POLLIN };
		any = any || jobs[i].fd >= 0;
	}
	if (!any || poll(polls, plan->jobs, 200) <= 0)
		return any;
	for (unsigned i = 0; i < plan->jobs; i++) {
		struct outcome outcome;

		if (polls[i].revents == 0)
			continue;
		if (read(jobs[i].fd, &outcome, sizeof outcome) ==
		    sizeof outcome)
			tally_add(tally, &outcome);
		else
			end(plan, board, jobs, i, tally);
	}
	return true;
}

bool run_plan(const struct plan *plan, struct tally *tally)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double begin = now(), shown = begin;
	struct job jobs[JOBS];

	if (board == MAP_FAILED || plan->jobs > JOBS)
		abort();
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	for (unsigned i = 0; i < plan->jobs; i++)
		jobs[i].fd = -1;
	for (unsigned i = 0; i < plan->jobs; i++) {
		board->at[i].index = i;
		start(plan, board, jobs, i);
	}
	while (gather(plan, board, jobs, tally)) {
		if (stopped || tally_failures(tally) >= ENOUGH ||
		    (plan->first && tally_failures(tally) > 0) ||
		    (plan->seconds > 0 && now() - begin > plan->seconds))
			board->stop = true;
		look_after(plan, board, jobs);
		if (now() - shown > 0.5) {
			shown = now();
			show(plan, tally, shown - begin);
		}
	}
	if (plan->progress)
		fprintf(stderr, "\r%60s\r", "");
	munmap(board, sizeof *board);
	return stopped;
}
