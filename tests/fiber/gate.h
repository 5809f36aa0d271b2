/* SPDX-License-Identifier: MIT */
/* Work for other threads that a test can hold up, and count. */
#ifndef TESTS_FIBER_GATE_H
#define TESTS_FIBER_GATE_H

#include "../simulated.h"
#include "fibers.h"

#include <semaphore.h>
#include <stdatomic.h>

static sem_t gate;
static int passes; /* in a simulated world */
static atomic_int running, most_running, ran, released;

/* For so many it is open. */
static void set_gate(int count)
{
	passes = count;
	sem_init(&gate, 0, (unsigned)count);
}

static void open_gate(void)
{
	passes++;
	sem_post(&gate);
}

static void pass_gate(void)
{
	if (simulated()) {
		while (passes == 0)
			stand_still(10 * SNT_MICROSECOND);
		passes--;
		return;
	}
	while (sem_wait(&gate) < 0)
		;
}

/* Runs until the gate opens for it. */
static int wait_at_gate(void *arg)
{
	int now = ++running;

	(void)arg;
	ran++;
	while (most_running < now)
		most_running = now;
	pass_gate();
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
	stand_still(3 * MS);
	running--;
	return 0;
}

static void wait_until_running(int count)
{
	while (running < count)
		OK(snt_sleep(MS));
}

#endif
