/* SPDX-License-Identifier: MIT */
/* The client: nothing but who holds the lock may change the number, so it looks
 * at the clock before it does. */
#include "counter.h"

static int add_one(const struct client *client)
{
	long long token, number;
	int64_t asked = snt_now();

	SNT_TRY(token = ask(client->lock, "take", 0, 0));
	SNT_TRY(number = ask(client->store, "read", token, 0));
	SNT_TRY(snt_sleep(client->work));
	if (snt_now() - asked >= LEASE) /* another may hold it by now */
		return snt_fail(-ETIMEDOUT, "too slow for the lease");
	SNT_TRY(ask(client->store, "write", token, number + 1));
	/* Should that fail, the lease ends by itself. */
	(void)ask(client->lock, "free", token, 0);
	return 0;
}

int run_client(void *arg)
{
	struct client *client = arg;

	while (client->added < client->wanted) {
		int code = add_one(client);

		if (code == -ECANCELED)
			return code;
		if (code == 0)
			client->added++;
		else
			SNT_TRY(snt_sleep(SNT_SECOND)); /* and again */
	}
	return 0;
}
