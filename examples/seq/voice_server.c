/* SPDX-License-Identifier: MIT */
/*
 * Plays what a voice_client says, the first frame 100 ms after it came, so that
 * others may be late by as much; silence for those that are later, or lost.
 *
 *   voice_server FILE [ADDR]         FILE may be >(aplay -t raw -f MU_LAW)
 */
#include "jitter.h"
#include "serve.h"

#include <fcntl.h>
#include <sennit.h>
#include <stdio.h>

static struct jitter jitter; /* of one voice at a time */
static struct snt_socket *speaker;

static int play(void *to)
{
	struct frame frame;

	SNT_TRY(snt_sleep(5 * VOICE_PERIOD));
	for (int64_t at = snt_now(); jitter_take(&jitter, &frame);) {
		SNT_TRY(snt_sendall(to, frame.sound, sizeof frame.sound));
		at += VOICE_PERIOD;
		SNT_TRY(snt_sleep(at - snt_now()));
	}
	printf("%u frames, %u not there in time, of which %u came late\n",
	       jitter.taken, jitter.taken - jitter.played, jitter.late);
	return fflush(stdout);
}

static int hear(void *arg)
{
	snt_auto(seq) seq = arg;
	snt_auto(group) player = NULL;
	struct snt_seq_message message;
	int code;

	jitter = (struct jitter){ .last = UINT32_MAX };
	SNT_TRY(snt_group_open(&player, NULL));
	while ((code = snt_seq_recv(seq, &message)) > 0) {
		jitter_put(&jitter, &message);
		if (jitter.taken == 0 && snt_group_count(player) == 0)
			SNT_TRY(snt_spawn(player, play, speaker, NULL));
	}
	if (jitter.last == UINT32_MAX)
		return code; /* it broke off; the player ends with this */
	(void)!snt_seq_shutdown(seq);
	return snt_group_wait(player);
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT, 0666) : -1;

	if (fd < 0 || snt_fromfd(&speaker, fd) < 0)
		return puts("usage: voice_server FILE [ADDR]"), 2;
	return serve(argc > 2 ? argv[2] : "localhost:7000", hear, 1);
}
