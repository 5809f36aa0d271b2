/* SPDX-License-Identifier: MIT */
/* Other threads that take part in a test, as lone threads or in a fiber; in a
 * simulated world they are simulated, too. */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include "simulated.h"

#include <pthread.h>
#include <sennit/fiber.h>
#include <stdatomic.h>
#include <string.h>

/* How one side of a test runs. */
enum way {
	LONE,
	IN_FIBER
};

#define EACH_WAY(way) for (int way = LONE; way <= IN_FIBER; way++)

struct part {
	pthread_t thread;
	void *simulated;
	int way;
	int (*fn)(void *arg);
	void *arg;
	atomic_int task; /* its number in /proc, once it runs */
	atomic_bool done;
	int result;
};

/* What the thread that calls it does, in that way. */
__attribute__((unused)) static int run_way(int way, int (*fn)(void *arg),
					   void *arg)
{
	struct snt_group *group;
	int code;

	if (way == LONE)
		return fn(arg);
	assert_int_equal(snt_group_open(&group, NULL), 0);
	assert_int_equal(snt_spawn(group, fn, arg, NULL), 0);
	code = snt_group_wait(group);
	snt_group_end(group);
	return code;
}

__attribute__((unused)) static void *run_part(void *arg)
{
	struct part *part = arg;

	atomic_store(&part->task, gettid());
	part->result = run_way(part->way, part->fn, part->arg);
	atomic_store(&part->done, true);
	return NULL;
}

__attribute__((unused)) static void run_simulated(void *arg)
{
	run_part(arg);
}

__attribute__((unused)) static void part_start(struct part *part, int way,
					       int (*fn)(void *arg), void *arg)
{
	memset(part, 0, sizeof *part);
	part->way = way;
	part->fn = fn;
	part->arg = arg;
	if (simulated())
		assert_int_equal(snt__io->thread_start(&part->simulated,
						       run_simulated, part),
				 0);
	else
		assert_int_equal(
			pthread_create(&part->thread, NULL, run_part, part), 0);
}

/* What its function returned. */
__attribute__((unused)) static int part_join(struct part *part)
{
	if (part->simulated != NULL)
		snt__io->thread_join(part->simulated);
	else
		assert_int_equal(pthread_join(part->thread, NULL), 0);
	return part->result;
}

/* The first line of a file about a thread of ours. */
static bool read_task_file(int task, const char *name, char *line, int size)
{
	char path[64];
	FILE *file;
	bool read;

	snprintf(path, sizeof path, "/proc/self/task/%d/%s", task, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fgets(line, size, file) != NULL;
	fclose(file);
	return read;
}

/* Whether the kernel names what it sleeps in after a poller: whoever sleeps on a
 * futex waits for a lock, and not yet for what the case is about. */
static bool sleeps_in_poller(int task)
{
	char line[256];

	return task != 0 && read_task_file(task, "wchan", line, sizeof line) &&
	       (strstr(line, "poll") != NULL || strstr(line, "ring") != NULL);
}

/* Until the kernel says that it sleeps, or its function has returned. Its
 * function must wait for one thing only. A simulated world's clock moves when
 * all its threads sleep. */
__attribute__((unused)) static void part_wait_asleep(struct part *part)
{
	if (part->simulated != NULL) {
		yield_thread();
		return;
	}
	while (!atomic_load(&part->done) &&
	       !sleeps_in_poller(atomic_load(&part->task)))
		sched_yield();
}

#endif
