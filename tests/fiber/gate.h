/* SPDX-License-Identifier: MIT */
/* Work for other threads that a test can hold up, and count. */
#ifndef TESTS_FIBER_GATE_H
#define TESTS_FIBER_GATE_H

#include "fibers.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

static sem_t gate;
static atomic_int running, most_running, ran, released;

static void open_gate(void)
{
	sem_post(&gate);
}

/* Runs until the gate opens for it. */
static int wait_at_gate(void *arg)
{
	int now = ++running;

	(void)arg;
	ran++;
	while (most_running < now)
		most_running = now;
	while (sem_wait(&gate) < 0)
		;
	running--;
	return 7;
}

static int wait_briefly(void *arg)
{
	int now = ++running;

	(void)arg;
	ran++;
	while (most_running < now)
		most_running = now;
	usleep(3000);
	running--;
	return 0;
}

static void wait_until_running(int count)
{
	while (running < count)
		OK(snt_sleep(MS));
}

#endif
