/* SPDX-License-Identifier: MIT */
/*
 * A game on a line: 60 times a second all are told where all are, of which only
 * the latest counts. Each step counts, in any order: none waits for another.
 *
 *   game_server [ADDR]
 */
#include "serve.h"

#include <sennit.h>
#include <stdio.h>

#define MOST 32

static struct snt_seq *players[MOST];
static int places[MOST];

static int tell_all(void *text)
{
	for (int64_t tick = 1, next = snt_now();; tick++) {
		int n = snprintf(text, 16, "%d", (int)tick);

		for (int i = 0; i < MOST; i++)
			if (players[i] != NULL)
				n += snprintf((char *)text + n, 16, " %d:%d",
					      i + 1, places[i]);
		for (int i = 0; i < MOST; i++)
			if (players[i] != NULL) /* if it fails, play() hears */
				(void)!snt_seq_send(players[i], SNT_SEQ_LATEST,
						    text, (size_t)n);
		next += SNT_SECOND / 60;
		SNT_TRY(snt_sleep(next - snt_now()));
	}
}

static int play(void *arg)
{
	struct snt_seq_message step;
	int i = 0;

	while (players[i] != NULL) /* one is free: no more than MOST play */
		i++;
	players[i] = arg;
	for (places[i] = 0; snt_seq_recv(arg, &step) > 0;)
		places[i] += step.size == 1 && step.data[0] == '+' ? 1 : -1;
	players[i] = NULL;
	(void)!snt_seq_shutdown(arg); /* or a goodbye may be lost */
	return snt_seq_close(arg), 0;
}

int main(int argc, char **argv)
{
	static char state[(MOST + 1) * 16];
	snt_auto(group) group = NULL;

	if (snt_group_open(&group, NULL) == 0 &&
	    snt_spawn(group, tell_all, state, NULL) == 0)
		return serve(argc > 1 ? argv[1] : "localhost:7000", play, MOST);
	return fprintf(stderr, "game_server: %s\n", snt_errmsg()), 1;
}
