/* SPDX-License-Identifier: MIT */
/* Workers of a test, and on which thread what they were dealt ran. */
#ifndef TESTS_FIBER_DEALT_H
#define TESTS_FIBER_DEALT_H

#include "../threads.h"
#include "fibers.h"

#include <sennit/workers.h>

static struct snt_workers *workers;

__attribute__((unused)) static struct snt_workers *
workers_of(int count, size_t limit, bool keep_going)
{
	struct snt_workers *made;

	OK(snt_workers_open(
		&made, &(struct snt_workers_opts){ .count = count,
						   .limit = limit,
						   .keep_going = keep_going }));
	return made;
}

__attribute__((unused)) static void deal(int (*fn)(void *arg), void *arg)
{
	OK(snt_workers_spawn(workers, fn, arg, NULL));
}

/* Which thread each of them ran on. */
static atomic_int tasks[512], seen;

__attribute__((unused)) static int note_thread(void *unused)
{
	(void)unused;
	tasks[atomic_fetch_add(&seen, 1)] = thread_number();
	return 0;
}

__attribute__((unused)) static int note_thread_and_stay(void *unused)
{
	note_thread(unused);
	return snt_sleep(SNT_FOREVER);
}

__attribute__((unused)) static void wait_until_seen(int count)
{
	while (atomic_load(&seen) < count)
		OK(snt_sleep(MS));
}

/* How often each thread was seen, and how many there were. */
__attribute__((unused)) static int threads_seen(int least[1], int most[1])
{
	int threads = 0;

	*least = seen;
	*most = 0;
	for (int i = 0; i < seen; i++) {
		int times = 0;
		bool first = true;

		for (int j = 0; j < seen; j++) {
			times += tasks[j] == tasks[i];
			first = first && (j >= i || tasks[j] != tasks[i]);
		}
		threads += first;
		*least = times < *least ? times : *least;
		*most = times > *most ? times : *most;
	}
	return threads;
}

#endif
