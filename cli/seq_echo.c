/* SPDX-License-Identifier: MIT */
/*
 * A message is sent back from where it lies, before the next is taken: so who
 * sends and does not take his answers is held, by what one session may keep, and
 * costs no more than that.
 */
#include "seq_echo.h"

#include <stdlib.h>

struct guest {
	struct snt_seq *seq;
	void (*failed)(int code);
};

static int echo_messages(struct snt_seq *seq)
{
	struct snt_seq_message message;
	int code;

	while ((code = snt_seq_recv(seq, &message)) > 0)
		SNT_TRY(snt_seq_send(seq, message.channel, message.data,
				     message.size));
	return code < 0 ? code : snt_seq_shutdown(seq);
}

static int echo_session(void *arg)
{
	struct guest guest = *(struct guest *)arg;
	int code;

	free(arg);
	code = echo_messages(guest.seq);
	if (code < 0)
		guest.failed(code);
	snt_seq_close(guest.seq);
	return 0;
}

static int serve_apart(struct snt_group *group, struct snt_seq *seq,
		       void (*failed)(int code))
{
	struct guest *guest = malloc(sizeof *guest);
	int code;

	if (guest == NULL)
		return -ENOMEM;
	*guest = (struct guest){ seq, failed };
	code = snt_spawn(group, echo_session, guest,
			 &(struct snt_spawn_opts){ .name = "echo" });
	if (code < 0)
		free(guest);
	return code;
}

int seq_echo_serve(struct snt_seq_endpoint *endpoint, struct snt_group *group,
		   void (*failed)(int code))
{
	for (;;) {
		struct snt_seq *seq;
		int code;

		SNT_TRY(snt_seq_accept(endpoint, &seq));
		code = serve_apart(group, seq, failed);
		if (code < 0) {
			snt_seq_close(seq);
			failed(code);
		}
	}
}
