/* SPDX-License-Identifier: MIT */
/* What the tests of streams share: a stream with its peer at hand, which
 * speaks by a script. */
#ifndef TESTS_STREAM_STREAMS_H
#define TESTS_STREAM_STREAMS_H

#include "../socket/script.h"

#include "stream/stream.h"

/* A kind of which fill() fills the last byte: TCP's buffers, of which one may
 * still be on its way into the other, find room afterwards. */
MAYBE static const char *exact_kind(void)
{
	return stream_kind("[::1]:0");
}

struct both {
	struct snt_stream *stream; /* takes its socket */
	struct snt_socket *peer;
};

MAYBE static struct both both_on(const char *text, size_t read_limit,
				 size_t write_limit)
{
	const struct snt_stream_opts opts = { .read_limit = read_limit,
					      .write_limit = write_limit,
					      .takes_socket = true };
	struct snt_socket *mine;
	struct both both;

	pair_on(text, &mine, &both.peer);
	OK(snt_makefile(&both.stream, mine, &opts));
	return both;
}

MAYBE static void close_both(struct both *both)
{
	snt_stream_close(both->stream);
	snt_close(both->peer);
}

/* The peer says it, and it has arrived. */
MAYBE static void peer_says(const struct both *both, const char *text)
{
	OK(snt_sendall(both->peer, text, strlen(text)));
	raw_wait_readable(snt_fileno(snt_stream_socket(both->stream)));
}

/* The peer says it, and nothing after it. */
MAYBE static void peer_ends(const struct both *both, const char *text)
{
	if (text[0] != '\0')
		OK(snt_sendall(both->peer, text, strlen(text)));
	OK(snt_shutdown(both->peer, SHUT_WR));
}

struct sending {
	struct snt_socket *socket;
	const unsigned char *bytes;
	size_t size;
};

MAYBE static int send_all(void *arg)
{
	const struct sending *sending = arg;

	OK(snt_sendall(sending->socket, sending->bytes, sending->size));
	return 0;
}

MAYBE static int send_all_and_end(void *arg)
{
	const struct sending *sending = arg;

	send_all(arg);
	OK(snt_shutdown(sending->socket, SHUT_WR));
	return 0;
}

/* Takes the pattern and then the end. */
struct expected {
	struct snt_socket *socket;
	size_t size;
};

MAYBE static int receive_pattern(void *arg)
{
	const struct expected *expected = arg;
	unsigned char *got = test_malloc(expected->size + 1);

	assert_int_equal(
		OK(snt_recv_exact(expected->socket, got, expected->size)),
		expected->size);
	assert_pattern(got, expected->size, 0);
	assert_int_equal(OK(snt_recv(expected->socket, got, 1)), 0);
	test_free(got);
	return 0;
}

/* What the stream still has to say until its end is that text. */
MAYBE static void assert_rest(struct snt_stream *stream, const char *text)
{
	char got[256];
	size_t have = 0;
	ptrdiff_t n;

	while ((n = OK(snt_read(stream, got + have, sizeof got - have))) > 0)
		have += (size_t)n;
	assert_int_equal(have, strlen(text));
	assert_memory_equal(got, text, have);
}

/* How much memory the stream holds for bytes that come and go. */
MAYBE static size_t held(const struct snt_stream *stream)
{
	return (stream->in.block != NULL ? stream->in.capacity : 0) +
	       (stream->out.block != NULL ? stream->out.capacity : 0);
}

#endif
