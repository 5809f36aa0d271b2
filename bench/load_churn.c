/* SPDX-License-Identifier: MIT */
/*
 * Churn: batches of short connections. Each is opened, sends one message,
 * gets it back and is closed by this side with a FIN, as clients do; the
 * server then sees the end of the stream and closes too.
 *
 * The closer's side keeps TIME_WAIT, so connections come from 200 loopback
 * addresses in turn: ports never run out, and the count is bounded anyway.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOURCES 200

static void batch(const struct load_opts *opts, int *fds, int count, char *out,
		  char *in, uint32_t number)
{
	for (int i = 0; i < count; i++) {
		fds[i] = load_connect(opts->port,
				      2 + (number + (unsigned)i) % SOURCES);
		out[0] = (char)(number + (unsigned)i);
		if (send(fds[i], out, opts->size, MSG_NOSIGNAL) !=
		    (ssize_t)opts->size)
			load_die("send: %s", strerror(errno));
	}
	for (int i = 0; i < count; i++) {
		if (recv(fds[i], in, opts->size, MSG_WAITALL) !=
		    (ssize_t)opts->size)
			load_die("recv: %s", strerror(errno));
		out[0] = (char)(number + (unsigned)i);
		if (memcmp(in, out, opts->size) != 0)
			load_die("wrong bytes came back");
		close(fds[i]);
	}
}

static void run(const struct load_opts *opts, int *fds, char *out, char *in,
		uint64_t total)
{
	uint64_t done = 0;

	while (done < total) {
		int count = opts->connections;

		if ((uint64_t)count > total - done)
			count = (int)(total - done);
		batch(opts, fds, count, out, in, (uint32_t)done);
		done += (uint64_t)count;
	}
}

void load_churn(const struct load_opts *opts)
{
	int *fds = calloc((size_t)opts->connections, sizeof(*fds));
	char *out = malloc(opts->size);
	char *in = malloc(opts->size);
	struct load_clocks from, to;
	uint64_t total;

	if (!fds || !out || !in)
		load_die("no memory");
	memset(out, 'x', opts->size);
	run(opts, fds, out, in, opts->warmup);
	load_say_ready(opts->connections);
	while ((total = load_next_window()) > 0) {
		from = load_settle(opts);
		run(opts, fds, out, in, total);
		to = load_settle(opts);
		load_report(total, &from, &to);
	}
	free(fds);
	free(out);
	free(in);
}
