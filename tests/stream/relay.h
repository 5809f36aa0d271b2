/* SPDX-License-Identifier: MIT */
/* A relay, with both who use it. */
#ifndef TESTS_STREAM_RELAY_H
#define TESTS_STREAM_RELAY_H

#include "streams.h"

/* source -> from, to -> sink: what a relay stands between. */
struct relay {
	struct snt_socket *source, *from, *to, *sink;
	const struct snt_copy_opts *opts;
	ptrdiff_t result;
	size_t done;
};

MAYBE static struct relay relay_on(const char *text)
{
	struct relay relay = { .result = 99 };

	pair_on(text, &relay.source, &relay.from);
	pair_on(text, &relay.to, &relay.sink);
	return relay;
}

MAYBE static void close_relay(struct relay *relay)
{
	snt_close(relay->source);
	snt_close(relay->from);
	snt_close(relay->to);
	snt_close(relay->sink);
}

MAYBE static int run_copy(void *arg)
{
	struct relay *relay = arg;

	relay->result = snt_copy(relay->to, relay->from, relay->opts);
	if (relay->result < 0)
		relay->done = snt_done();
	return 0;
}

/* What progress was told. */
struct told {
	int64_t copied;
	int calls;
	int code; /* to stop with, once */
	bool words;
};

#endif
