/* SPDX-License-Identifier: MIT */
/* The server of a service: a request, a line, has a connection of its own. */
#include "counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct guest {
	struct snt_socket *conn;
	const struct service *service;
};

static int answer_one(void *arg)
{
	struct guest guest = *(struct guest *)arg;
	snt_auto(socket) conn = guest.conn;
	long long token = 0, number = 0;
	char line[64] = "", word[8] = "";

	free(arg);
	snt_settimeout(conn, LIMIT);
	SNT_TRY(snt_recv_until(conn, "\n", 1, line, sizeof line - 1));
	sscanf(line, "%7s %lld %lld", word, &token, &number);
	snprintf(line, sizeof line, "%lld\n",
		 guest.service->answer(guest.service->state, word, token,
				       number));
	return snt_sendall(conn, line, strlen(line));
}

int serve(struct snt_socket *listener, const struct service *service)
{
	const struct snt_group_opts opts = { .keep_going = true };
	snt_auto(group) guests = NULL;
	struct guest guest = { .service = service }, *copy;

	SNT_TRY(snt_group_open(&guests, &opts));
	for (;;) {
		SNT_TRY(snt_accept(listener, &guest.conn));
		copy = malloc(sizeof *copy);
		if (copy)
			*copy = guest;
		if (!copy || snt_spawn(guests, answer_one, copy, NULL) < 0)
			free(copy), snt_close(guest.conn);
	}
}
