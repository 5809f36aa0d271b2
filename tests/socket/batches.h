/* SPDX-License-Identifier: MIT */
/* What the tests of batches share. */
#ifndef TESTS_SOCKET_BATCHES_H
#define TESTS_SOCKET_BATCHES_H

#include "datagrams.h"

#define MANY 100
#define EACH 64

MAYBE static char batch_room[SNT_BATCH_SIZE(MANY, EACH)];
MAYBE static struct snt_datagram got[MANY];
MAYBE static char digits[] = "12345";

/* MANY datagrams to one address, told apart by their bytes and sizes. */
struct many {
	char bytes[MANY][EACH];
	struct snt_datagram datagrams[MANY];
};

MAYBE static struct many *many_to(struct snt_addr *addr, bool of_one_size)
{
	struct many *many = test_calloc(1, sizeof *many);

	for (size_t i = 0; i < MANY; i++) {
		size_t size = of_one_size ? EACH : i % (EACH + 1);

		memset(many->bytes[i], (int)i + 1, EACH);
		many->datagrams[i] = (struct snt_datagram){
			.buffer = many->bytes[i], .size = size, .addr = addr
		};
	}
	return many;
}

MAYBE static void send_all(struct snt_socket *socket,
			   const struct snt_datagram *datagrams, size_t count)
{
	for (size_t done = 0; done < count;)
		done += (size_t)OK(
			snt_sendmany(socket, datagrams + done, count - done));
}

#endif
