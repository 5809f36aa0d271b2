/* SPDX-License-Identifier: MIT */
/* Requests and answers, a line each, on a connection of their own. */
#include "counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT (30 * SNT_SECOND)

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
		if (copy != NULL)
			*copy = guest;
		if (!copy || snt_spawn(guests, answer_one, copy, NULL) < 0)
			free(copy), snt_close(guest.conn);
	}
}

long long ask(const char *where, const char *word, long long token,
	      long long number)
{
	snt_auto(socket) conn = NULL;
	char line[64] = "";

	snt_timeout_scope(limit, LIMIT);
	SNT_TRY(snt_create_connection(&conn, where, NULL));
	snprintf(line, sizeof line, "%s %lld %lld\n", word, token, number);
	SNT_TRY(snt_sendall(conn, line, strlen(line)));
	SNT_TRY(snt_recv_until(conn, "\n", 1, line, sizeof line - 1));
	number = atoll(line);
	return number < 0 ? snt_fail(-EPERM, "%s: refused", word) : number;
}
