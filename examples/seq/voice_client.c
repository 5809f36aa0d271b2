/* SPDX-License-Identifier: MIT */
/*
 * Sends sound as it is made: a frame of 20 ms at a time, in a message that is
 * not sent again. A file takes as long as it sounds.
 *
 *   arecord -t raw -f MU_LAW | voice_client [ADDR]
 */
#include "voice.h"

#include <arpa/inet.h>
#include <sennit.h>
#include <stdio.h>
#include <unistd.h>

static int speak(const char *text)
{
	snt_auto(seq) seq = NULL;
	snt_auto(socket) in = NULL;
	struct frame frame;
	uint32_t number = 1;
	ptrdiff_t n;

	SNT_TRY(snt_fromfd(&in, STDIN_FILENO));
	SNT_TRY(snt_seq_create_connection(&seq, text, NULL));
	for (int64_t next = snt_now();; number++) {
		frame.number = htonl(number);
		n = snt_recv_exact(in, frame.sound, sizeof frame.sound);
		if (n <= 0)
			break;
		SNT_TRY(snt_seq_send(seq, VOICE_CHANNEL(number), &frame,
				     sizeof frame));
		next += VOICE_PERIOD;
		SNT_TRY(snt_sleep(next - snt_now()));
	}
	if (n < 0 && n != -SNT_EEND) /* the last may be half a frame */
		return (int)n;
	frame.number = htonl(number - 1); /* which was the last has to arrive */
	SNT_TRY(snt_seq_send(seq, SNT_SEQ_ORDERED, &frame.number,
			     sizeof frame.number));
	return snt_seq_shutdown(seq);
}

int main(int argc, char **argv)
{
	if (speak(argc > 1 ? argv[1] : "localhost:7000") < 0)
		return fprintf(stderr, "voice_client: %s\n", snt_errmsg()), 1;
	return 0;
}
