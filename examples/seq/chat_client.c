/* SPDX-License-Identifier: MIT */
/*
 * Says the lines of its input and prints those of all, on two fibers.
 *
 *   chat_client [ADDR]
 */
#include <sennit.h>
#include <stdio.h>
#include <unistd.h>

static int say(void *arg)
{
	snt_auto(socket) in = NULL;
	snt_auto(stream) lines = NULL;
	ptrdiff_t n;
	char *line;

	SNT_TRY(snt_fromfd(&in, STDIN_FILENO));
	SNT_TRY(snt_makefile(&lines, in, NULL));
	while ((n = snt_readline(lines, &line)) > 0)
		SNT_TRY(snt_seq_send(arg, SNT_SEQ_ORDERED, line,
				     (size_t)n - 1));
	return n < 0 ? (int)n : snt_seq_shutdown(arg);
}

/* Not by printf(3): where that waits, the session would stand still. */
static int hear(void *arg)
{
	snt_auto(socket) out = NULL;
	struct snt_seq_message line;
	int code;

	SNT_TRY(snt_fromfd(&out, STDOUT_FILENO));
	while ((code = snt_seq_recv(arg, &line)) > 0) {
		SNT_TRY(snt_sendall(out, line.data, line.size));
		SNT_TRY(snt_sendall(out, "\n", 1));
	}
	return code;
}

static int chat(const char *text)
{
	snt_auto(seq) seq = NULL;
	snt_auto(group) group = NULL;

	SNT_TRY(snt_seq_create_connection(&seq, text, NULL));
	SNT_TRY(snt_group_open(&group, NULL));
	SNT_TRY(snt_spawn(group, say, seq, NULL));
	SNT_TRY(snt_spawn(group, hear, seq, NULL));
	return snt_group_wait(group);
}

int main(int argc, char **argv)
{
	if (chat(argc > 1 ? argv[1] : "localhost:7000") < 0)
		return fprintf(stderr, "chat_client: %s\n", snt_errmsg()), 1;
	return 0;
}
