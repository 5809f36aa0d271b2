/* SPDX-License-Identifier: MIT */
/* Options as they hold: defaults in the place of zeros, sizes that fit each
 * other. */
#include "seq/session.h"

#define MESSAGE_MAX ((size_t)1 << 20)
#define MESSAGE_MOST ((size_t)64 << 20)
#define BUFFER ((size_t)256 << 10)
#define BUFFER_MOST ((size_t)1 << 40)
#define HANDSHAKE (10 * SNT_SECOND)
#define KEEP_ALIVE (5 * SNT_SECOND)
#define DEAD_AFTER (30 * SNT_SECOND)
#define SESSIONS 10000
#define SESSIONS_PER_PEER 1000
#define BACKLOG 128

static void set(size_t *option, size_t otherwise)
{
	if (*option == 0)
		*option = otherwise;
}

static void set_time(int64_t *option, int64_t otherwise)
{
	if (*option == 0)
		*option = otherwise;
}

static size_t at_least(size_t size, size_t least)
{
	return size > least ? size : least;
}

static int check(const struct snt_seq_opts *opts)
{
	if ((opts->key != NULL) != (opts->key_size == SNT__SEQ_KEY) &&
	    (opts->key != NULL || opts->key_size != 0))
		return snt__fail_text(-EINVAL,
				      "seq: a key of %zu bytes; it has to have "
				      "%d",
				      opts->key_size, SNT__SEQ_KEY);
	if (opts->message_max > MESSAGE_MOST)
		return snt__fail_text(-EINVAL,
				      "seq: messages of %zu bytes; %zu are the "
				      "most",
				      opts->message_max, MESSAGE_MOST);
	if (opts->send_buffer > BUFFER_MOST || opts->recv_buffer > BUFFER_MOST)
		return snt__fail_text(
			-EINVAL, "seq: a buffer of %zu bytes",
			at_least(opts->send_buffer, opts->recv_buffer));
	if (opts->handshake_timeout < 0 || opts->keep_alive < 0 ||
	    opts->dead_after < 0)
		return snt__fail_text(-EINVAL, "seq: a time below zero");
	return 0;
}

int snt__seq_settle(struct snt_seq_opts *settled,
		    const struct snt_seq_opts *opts)
{
	struct snt_seq_opts made = { .key = NULL };
	size_t message;
	int code = 0;

	if (opts != NULL) {
		made = *opts;
		code = check(opts);
	}
	if (code < 0)
		return code;
	made.key = NULL;
	set(&made.message_max, MESSAGE_MAX);
	set(&made.send_buffer, BUFFER);
	set(&made.recv_buffer, BUFFER);
	message = made.message_max + SNT__SEQ_CHARGE;
	made.send_buffer = at_least(made.send_buffer, message);
	/* A third more: else each message that is taken is worth a CREDIT. */
	made.recv_buffer = at_least(made.recv_buffer, message + message / 3);
	set_time(&made.handshake_timeout, HANDSHAKE);
	set_time(&made.keep_alive, KEEP_ALIVE);
	set_time(&made.dead_after, DEAD_AFTER);
	set(&made.sessions, SESSIONS);
	set(&made.sessions_per_peer, SESSIONS_PER_PEER);
	set(&made.backlog, BACKLOG);
	*settled = made;
	return 0;
}
