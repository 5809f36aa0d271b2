/* SPDX-License-Identifier: MIT */
/*
 * What a case asks of the system that runs it, beside the library: the kernel,
 * or in a simulated world the host whose program it is.
 */
#ifndef TESTS_SIMULATED_H
#define TESTS_SIMULATED_H

#include "runner.h"

#include "io/sim/file.h"
#include "sim/driver.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define EITHER_WORLD __attribute__((unused)) static

EITHER_WORLD bool simulated(void)
{
	return snt__sim_world != NULL;
}

/* The table that cases put tables of their own in front of. */
EITHER_WORLD const struct snt__io *real_io(void)
{
	return simulated() ? &snt__sim_io : &snt__kernel_io;
}

/* Which thread of all there ever were. */
EITHER_WORLD int thread_number(void)
{
	return (int)snt__thread_now()->id;
}

/* The thread stands still, all of its fibers with it, as in a system call. */
EITHER_WORLD void stand_still(int64_t duration)
{
	struct snt__sim_world *world = snt__sim_world;
	int64_t until;

	if (world == NULL) {
		usleep((useconds_t)(duration / SNT_MICROSECOND));
		return;
	}
	/* Whatever comes meanwhile wakes it, too. */
	for (until = world->now + duration; world->now < until;)
		world->driver->wait(until);
}

/* Lets other threads run, none of this thread's fibers. In a simulated world, the
 * clock moves when all other threads wait: afterwards they do. */
EITHER_WORLD void yield_thread(void)
{
	if (simulated())
		stand_still(SNT_MICROSECOND);
	else
		sched_yield();
}

/* How many threads the program has. */
EITHER_WORLD int thread_count(void)
{
	char line[128];
	int count = -1;
	FILE *file;

	if (simulated())
		return (int)snt__sim_host_of(snt__sim_host_now())->threads;
	file = fopen("/proc/self/status", "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		sscanf(line, "Threads: %d", &count);
	fclose(file);
	return count;
}

/* How many descriptors it has open. */
EITHER_WORLD unsigned descriptor_count(void)
{
	unsigned count = 0;
	DIR *dir;

	if (simulated())
		return (unsigned)snt__sim_host_now()->file_count;
	dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* New descriptors have numbers below that one; the limit before. */
EITHER_WORLD int limit_descriptors(int limit)
{
	struct rlimit all;
	int before;

	if (simulated()) {
		int *most = &snt__sim_host_now()->limits.descriptors;

		before = *most;
		*most = snt__sim_fd_index(limit);
		return before;
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	before = (int)all.rlim_cur;
	all.rlim_cur = (rlim_t)limit;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	return before;
}

#endif
