/* SPDX-License-Identifier: MIT */
/* Threads that the fiber floor asks for; the pools' own stand in pool.c. */
#include "base/alloc.h"
#include "io/kernel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

struct start {
	pthread_t thread;
	const struct snt__io *io; /* the starter's world */
	void (*run)(void *arg);
	void *arg;
};

static void *run(void *arg)
{
	const struct start *start = arg;

	snt__io = start->io;
	start->run(start->arg);
	return NULL;
}

/* Signals are for the program's own threads, but for what a thread does to
 * itself: blocked, a fault would end the process without its handler. */
static void block_signals(sigset_t *old)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				      SIGTRAP };
	sigset_t most;

	sigfillset(&most);
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		sigdelset(&most, faults[i]);
	pthread_sigmask(SIG_SETMASK, &most, old);
}

int snt__kernel_thread_start(void **thread, void (*fn)(void *arg), void *arg)
{
	struct start *start = snt__alloc(sizeof *start);
	sigset_t old;
	int code;

	if (start == NULL)
		return -ENOMEM;
	start->io = snt__io;
	start->run = fn;
	start->arg = arg;
	block_signals(&old);
	code = pthread_create(&start->thread, NULL, run, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (code != 0) {
		snt__free(start);
		return -code;
	}
	*thread = start;
	return 0;
}

void snt__kernel_thread_join(void *thread)
{
	struct start *start = thread;

	pthread_join(start->thread, NULL);
	snt__free(start);
}

int snt__kernel_cores(void)
{
	cpu_set_t set;
	int count = 0;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		count = CPU_COUNT(&set);
	return count > 0 ? count : 1;
}
