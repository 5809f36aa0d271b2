/* SPDX-License-Identifier: MIT */
/*
 * One pthread key for all floors. When no key is to be had, threads still
 * work and leave a little memory behind.
 */
#include "base/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static _Thread_local struct {
	void (*ends[SNT__THREAD_ENDS])(void);
	size_t count;
} thread __attribute__((tls_model("initial-exec")));

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool key_made;

void snt__thread_end(void)
{
	while (thread.count > 0)
		thread.ends[--thread.count]();
}

static void at_end(void *unused)
{
	(void)unused;
	snt__thread_end();
}

static void make_key(void)
{
	key_made = pthread_key_create(&key, at_end) == 0;
}

void snt__at_thread_end(void (*fn)(void))
{
	if (thread.count == SNT__THREAD_ENDS)
		return;
	thread.ends[thread.count++] = fn;
	pthread_once(&key_once, make_key);
	if (key_made)
		pthread_setspecific(key, &thread);
}
