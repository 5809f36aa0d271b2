/* SPDX-License-Identifier: MIT */
/* Many connections of which both ends are ours, to wait for any of them. */
#ifndef TESTS_SOCKET_PAIRS_H
#define TESTS_SOCKET_PAIRS_H

#include "net.h"

#define MANY 40

struct pairs {
	struct snt_socket *mine[MANY], *theirs[MANY];
	struct snt_wait waits[MANY];
	size_t count;
};

MAYBE static void pairs_open(struct pairs *pairs, const char *text,
			     size_t count)
{
	pairs->count = count;
	for (size_t i = 0; i < count; i++) {
		pair_on(text, &pairs->mine[i], &pairs->theirs[i]);
		pairs->waits[i] =
			(struct snt_wait){ pairs->mine[i], SNT_READABLE, 99 };
	}
}

MAYBE static void pairs_close(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		snt_close(pairs->mine[i]);
		snt_close(pairs->theirs[i]);
	}
}

MAYBE static void send_byte(struct snt_socket *socket)
{
	OK(snt_sendall(socket, "x", 1));
}

MAYBE static void take_byte(struct snt_socket *socket)
{
	char byte;

	assert_int_equal(OK(snt_recv(socket, &byte, 1)), 1);
}

/* Something has arrived there; the library is not asked, and learns nothing. */
MAYBE static void let_arrive(const struct snt_socket *socket)
{
	raw_wait_readable(snt_fileno(socket));
}

/* Sends to one of ours, and lets it arrive. */
MAYBE static void send_to(const struct pairs *pairs, size_t i)
{
	OK(snt_sendall(pairs->theirs[i], "x", 1));
	let_arrive(pairs->mine[i]);
}

#endif
