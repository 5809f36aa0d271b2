/* SPDX-License-Identifier: MIT */
/* The client: nothing but who holds the lock may change the number, so it looks
 * at the clock before it does. */
#include "counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long long ask(const char *where, const char *word, long long token,
	      long long number)
{
	snt_auto(socket) conn = NULL;
	char line[64] = "";
	ptrdiff_t n;

	snt_timeout_scope(limit, LIMIT);
	SNT_TRY(snt_create_connection(&conn, where, NULL));
	snprintf(line, sizeof line, "%s %lld %lld\n", word, token, number);
	SNT_TRY(snt_sendall(conn, line, strlen(line)));
	SNT_TRY(n = snt_recv_until(conn, "\n", 1, line, sizeof line - 1));
	number = n > 0 ? atoll(line) : REFUSED;
	return number < 0 ? snt_fail(-EPERM, "%s: refused", word) : number;
}

static int add_one(struct client *client)
{
	long long token, number;
	int64_t asked = snt_now();

	SNT_TRY(token = ask(client->lock, "take", 0, 0));
	SNT_TRY(number = ask(client->store, "read", token, 0));
	SNT_TRY(snt_sleep(client->work));
	if (snt_now() - asked >= LEASE) /* another may hold it by now */
		return snt_fail(-ETIMEDOUT, "too slow for the lease");
	SNT_TRY(ask(client->store, "write", token, number + 1));
	client->sum = number + 1;
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
