/* SPDX-License-Identifier: MIT */
/* The store: it knows nothing of the lock but the tokens that it is shown. */
#include "counter.h"

#include <string.h>

long long answer_store(void *arg, const char *word, long long token,
		       long long number)
{
	struct store *store = arg;
	bool write = strcmp(word, "write") == 0;

	if (store->fence == FENCE_ALL || (store->fence && write)) {
		if (token < store->token)
			return REFUSED;
		store->token = token;
	}
	if (write)
		store->number = number;
	return store->number;
}
