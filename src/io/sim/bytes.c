/* SPDX-License-Identifier: MIT */
/*
 * Load: some hundred bytes in most worlds, a few full buffers in some; so a
 * ring begins small and doubles. What bounds it is the buffer size of its
 * socket, which whoever puts bytes in obeys.
 */
#include "io/sim/bytes.h"

#include "io/sim/file.h"

#include <string.h>

#define ROOM_FIRST 512

/* Where the bytes at that offset lie, and how many of `size` lie together. */
static uint8_t *run_at(const struct snt__sim_bytes *bytes, size_t offset,
		       size_t size, size_t *run)
{
	size_t place = (bytes->start + offset) & (bytes->room - 1);
	size_t left = bytes->room - place;

	*run = size < left ? size : left;
	return bytes->block + place;
}

static void make_room(struct snt__sim_bytes *bytes, size_t more)
{
	struct snt__sim_bytes old = *bytes;

	if (old.used + more <= old.room)
		return;
	if (bytes->room == 0)
		bytes->room = ROOM_FIRST;
	while (bytes->room < old.used + more)
		bytes->room *= 2;
	bytes->block = snt__sim_alloc(bytes->room);
	bytes->start = 0;
	if (old.block == NULL)
		return;
	snt__sim_bytes_look(&old, 0, bytes->block, old.used);
	snt__sim_free(old.block);
}

void snt__sim_bytes_put_message(struct snt__sim_bytes *bytes,
				const struct msghdr *message, size_t size)
{
	size_t run;
	uint8_t *to;

	if (size == 0)
		return;
	make_room(bytes, size);
	to = run_at(bytes, bytes->used, size, &run);
	snt__sim_gather(message, 0, to, run);
	if (size > run)
		snt__sim_gather(message, run, bytes->block, size - run);
	bytes->used += size;
}

void snt__sim_bytes_put(struct snt__sim_bytes *bytes, const void *from,
			size_t size)
{
	struct iovec all = { (void *)(uintptr_t)from, size };
	const struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1 };

	snt__sim_bytes_put_message(bytes, &message, size);
}

void snt__sim_bytes_look(const struct snt__sim_bytes *bytes, size_t offset,
			 void *to, size_t size)
{
	size_t run;
	const uint8_t *from;

	if (size == 0)
		return;
	from = run_at(bytes, offset, size, &run);
	memcpy(to, from, run);
	if (size > run)
		memcpy((uint8_t *)to + run, bytes->block, size - run);
}

void snt__sim_bytes_look_message(const struct snt__sim_bytes *bytes,
				 struct msghdr *message, size_t size)
{
	size_t run;
	const uint8_t *from;

	if (size == 0)
		return;
	from = run_at(bytes, 0, size, &run);
	snt__sim_scatter(message, 0, from, run);
	if (size > run)
		snt__sim_scatter(message, run, bytes->block, size - run);
}

void snt__sim_bytes_drop(struct snt__sim_bytes *bytes, size_t size)
{
	bytes->used -= size;
	bytes->start =
		bytes->used > 0 ? (bytes->start + size) & (bytes->room - 1) : 0;
}

void snt__sim_bytes_end(struct snt__sim_bytes *bytes)
{
	if (bytes->block != NULL)
		snt__sim_free(bytes->block);
	*bytes = (struct snt__sim_bytes){ 0 };
}
