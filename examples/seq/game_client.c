/* SPDX-License-Identifier: MIT */
/*
 * Plays: each '+' and '-' of its input is a step, and where all are is printed
 * when it has changed. The input's end ends it.
 *
 *   game_client [ADDR]
 */
#include <sennit.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int show(void *arg)
{
	struct snt_seq_message state;
	char before[1024] = "", now[1024];
	int code;

	while ((code = snt_seq_recv(arg, &state)) > 0) {
		snprintf(now, sizeof now, "%.*s", (int)state.size, state.data);
		/* The number of the tick is always another. */
		if (strcmp(now + strcspn(now, " "), before) == 0)
			continue;
		snprintf(before, sizeof before, "%s", now + strcspn(now, " "));
		puts(now);
		fflush(stdout);
	}
	return code;
}

static int steer(const char *text)
{
	snt_auto(seq) seq = NULL;
	snt_auto(group) group = NULL;
	snt_auto(socket) keys = NULL;
	char part[64];
	ptrdiff_t n;

	SNT_TRY(snt_seq_create_connection(&seq, text, NULL));
	SNT_TRY(snt_fromfd(&keys, STDIN_FILENO));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, show, seq, NULL));
	/* None is left out and none waits for the one before. */
	while ((n = snt_recv(keys, part, sizeof part)) > 0)
		for (ptrdiff_t i = 0; i < n; i++)
			if (part[i] == '+' || part[i] == '-')
				SNT_TRY(snt_seq_send(seq, SNT_SEQ_RELIABLE,
						     &part[i], 1));
	return n < 0 ? (int)n : snt_seq_shutdown(seq);
}

int main(int argc, char **argv)
{
	if (steer(argc > 1 ? argv[1] : "localhost:7000") < 0)
		return fprintf(stderr, "game_client: %s\n", snt_errmsg()), 1;
	return 0;
}
