/* SPDX-License-Identifier: MIT */
/* The lock: at any time at most one token is good, and none for longer than a
 * lease. */
#include "counter.h"

#include <string.h>

long long answer_lock(void *arg, const char *word, long long token,
		      long long number)
{
	struct lock *lock = arg;

	(void)number;
	if (strcmp(word, "free") == 0 && token == lock->token) {
		lock->until = 0;
		return token;
	}
	if (strcmp(word, "take") != 0 || snt_now() < lock->until)
		return REFUSED;
	lock->until = snt_now() + LEASE;
	return ++lock->token;
}
