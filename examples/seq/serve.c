/* SPDX-License-Identifier: MIT */
/* The accept loop of the servers here: a fiber for each session. */
#include "serve.h"

#include <sennit.h>
#include <stdio.h>

static int loop(const char *text, int (*session)(void *arg), size_t most)
{
	const struct snt_group_opts opts = { .limit = most,
					     .keep_going = true };
	/* Short messages, so that nobody can make us keep long ones. */
	const struct snt_seq_opts small = { .message_max = 1024 };
	snt_auto(seq_endpoint) server = NULL;
	snt_auto(group) sessions = NULL;
	char name[SNT_ADDR_TEXT];
	struct snt_addr addr;
	struct snt_seq *seq;

	SNT_TRY(snt_seq_create_server(&server, text, &small));
	SNT_TRY(snt_group_open(&sessions, &opts));
	SNT_TRY(snt_seq_endpoint_getsockname(server, &addr));
	snt_addr_format(&addr, name, sizeof name);
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		SNT_TRY(snt_seq_accept(server, &seq));
		if (snt_spawn(sessions, session, seq, NULL) < 0)
			snt_seq_close(seq);
	}
}

int serve(const char *text, int (*session)(void *arg), size_t most)
{
	if (loop(text, session, most) < 0)
		fprintf(stderr, "server: %s\n", snt_errmsg());
	return 1;
}
