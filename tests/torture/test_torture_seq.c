/* SPDX-License-Identifier: MIT */
/* Torture of sessions: endpoints, handshakes, messages both ways, ends. What
 * fails is the library's own memory and its calls on the world, not OpenSSL's. */
#include "together.h"

#include <sennit/seq.h>
#include <stdio.h>
#include <string.h>

static const unsigned char key[SNT_SEQ_KEY] = "torture";

struct world {
	struct snt_seq_endpoint *server;
	struct snt_seq_opts opts;
	char text[SNT_ADDR_TEXT];
};

/* Of any size: it comes whole, or the session fails. */
static int hear(struct snt_seq *seq, size_t size)
{
	struct snt_seq_message message;

	EXPECT(snt_seq_recv(seq, &message), 1);
	if (message.size != size || message.channel != SNT_SEQ_ORDERED)
		return WRONG;
	for (size_t i = 0; i < size; i++)
		if (message.data[i] != (char)(i * 31))
			return WRONG;
	return 0;
}

static int say(struct snt_seq *seq, size_t size)
{
	char bytes[6000];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 31);
	return snt_seq_send(seq, SNT_SEQ_ORDERED, bytes, size);
}

static int serve(void *arg)
{
	const struct world *world = arg;
	struct snt_seq_message message;
	snt_auto(seq) seq = NULL;

	SNT_TRY(snt_seq_accept(world->server, &seq));
	SNT_TRY(hear(seq, 5));
	SNT_TRY(hear(seq, 6000));
	SNT_TRY(say(seq, 6000));
	SNT_TRY(say(seq, 0));
	SNT_TRY(snt_seq_shutdown(seq));
	EXPECT(snt_seq_recv(seq, &message), 0);
	return 0;
}

static int ask(void *arg)
{
	const struct world *world = arg;
	struct snt_seq_message message;
	snt_auto(seq) seq = NULL;

	SNT_TRY(snt_seq_create_connection(&seq, world->text, &world->opts));
	SNT_TRY(say(seq, 5));
	SNT_TRY(say(seq, 6000));
	SNT_TRY(hear(seq, 6000));
	SNT_TRY(hear(seq, 0));
	SNT_TRY(snt_seq_shutdown(seq));
	EXPECT(snt_seq_recv(seq, &message), 0);
	return 0;
}

static int talk(struct snt_seq_opts opts)
{
	int (*const parts[])(void *arg) = { serve, ask };
	struct world world = { .opts = opts };
	struct snt_addr addr;
	int code;

	world.opts.keep_alive = 20 * SNT_MILLISECOND;
	world.opts.dead_after = 200 * SNT_MILLISECOND;
	world.opts.handshake_timeout = SNT_SECOND;
	SNT_TRY(snt_seq_create_server(&world.server, "127.0.0.1:0",
				      &world.opts));
	code = snt_seq_endpoint_getsockname(world.server, &addr);
	if (code == 0) {
		snt_addr_format(&addr, world.text, sizeof world.text);
		code = run_together(parts, COUNT(parts), &world);
	}
	snt_seq_endpoint_close(world.server);
	return code;
}

static int plain_messages(void)
{
	return talk((struct snt_seq_opts){ .key = NULL });
}

static int sealed_messages(void)
{
	return talk(
		(struct snt_seq_opts){ .key = key, .key_size = sizeof key });
}

static const struct scenario scenarios[] = {
	{ "plain_messages", plain_messages, SESSIONS },
	{ "sealed_messages", sealed_messages, SESSIONS },
};

int main(int argc, char **argv)
{
	return torture_run(argc, argv, scenarios, COUNT(scenarios));
}
