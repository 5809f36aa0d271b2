/* SPDX-License-Identifier: MIT */
/*
 * The real thing, on as many machines as one likes:
 *
 *   counter lock [ADDR]             a lock, by itself on localhost:7001
 *   counter store [ADDR [FENCE]]    a store, by itself on localhost:7002
 *   counter add N [LOCK [STORE]]    adds 1 to its number, N times
 */
#include "counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run_server(const char *where, const struct service *service)
{
	snt_auto(socket) listener = NULL;
	char name[SNT_ADDR_TEXT];

	SNT_TRY(snt_create_server(&listener, where, NULL));
	SNT_TRY(snt_getsockname_text(listener, name, sizeof name));
	printf("listening on %s\n", name);
	fflush(stdout);
	return serve(listener, service);
}

static int run(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct client client = { .lock = argc > 3 ? argv[3] : "localhost:7001",
				 .store = argc > 4 ? argv[4] : "localhost:7002",
				 .wanted = argc > 2 ? atoi(argv[2]) : 1 };
	struct lock lock = { 0 };
	struct store store = { .fence = FENCE_ALL };

	if (strcmp(what, "lock") == 0)
		return run_server(argc > 2 ? argv[2] : client.lock,
				  &(struct service){ answer_lock, &lock });
	if (strcmp(what, "store") == 0)
		return run_server(argc > 2 ? argv[2] : client.store,
				  &(struct service){ answer_store, &store });
	if (strcmp(what, "add") != 0)
		return snt_fail(-EINVAL, "say lock, store or add");
	SNT_TRY(run_client(&client));
	printf("%lld\n", client.sum);
	return 0;
}

int main(int argc, char **argv)
{
	if (run(argc, argv) == 0)
		return 0;
	fprintf(stderr, "counter: %s\n", snt_errmsg());
	return 1;
}
