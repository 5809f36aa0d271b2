/* SPDX-License-Identifier: MIT */
/*
 * Bytes that wait in a buffer of a connection: put in at the end, taken from
 * the front, and looked at anywhere between. A ring that grows as it fills.
 */
#ifndef SNT_IO_SIM_BYTES_H
#define SNT_IO_SIM_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* All zero: empty. */
struct snt__sim_bytes {
	uint8_t *block;
	size_t room; /* of block: a power of two, or 0 */
	size_t start;
	size_t used;
};

void snt__sim_bytes_put(struct snt__sim_bytes *bytes, const void *from,
			size_t size);
/* The first `size` bytes that the message holds. */
void snt__sim_bytes_put_message(struct snt__sim_bytes *bytes,
				const struct msghdr *message, size_t size);
/* Copies from `offset` on; so many must be there. */
void snt__sim_bytes_look(const struct snt__sim_bytes *bytes, size_t offset,
			 void *to, size_t size);
void snt__sim_bytes_look_message(const struct snt__sim_bytes *bytes,
				 struct msghdr *message, size_t size);
void snt__sim_bytes_drop(struct snt__sim_bytes *bytes, size_t size);
/* Empties it, and gives its memory back. */
void snt__sim_bytes_end(struct snt__sim_bytes *bytes);

#endif
