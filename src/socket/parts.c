/* SPDX-License-Identifier: MIT */
#include "socket/parts.h"

#include "socket/layer.h"

size_t snt__parts_watch(struct snt_socket *socket, unsigned directions,
			struct snt__watch *watches)
{
	struct snt_socket *part;
	size_t count = 0;

	while (count < SNT__PARTS_MAX &&
	       (part = snt__socket_part(socket, count)) != NULL)
		watches[count++] =
			(struct snt__watch){ .handle = &part->handle,
					     .directions =
						     (uint8_t)directions };
	return count;
}

int snt__watch_look(const struct snt__watch *watch)
{
	struct snt__handle *handle = watch->handle;
	struct snt_socket *socket =
		SNT__CONTAINER(handle, struct snt_socket, handle);
	unsigned asked = handle->ready & watch->directions;
	int ready;

	if (asked == 0 && socket->kind != SNT__LAYERED)
		return 0;
	if (socket->kind == SNT__LAYERED) {
		/* It may have waited for the other direction. */
		asked = watch->directions;
		ready = socket->layer->ops->look(socket, asked);
		if (ready > 0)
			handle->ready |= (uint8_t)ready;
	} else {
		ready = snt__io->look(handle->fd, asked);
	}
	/* Closed behind our back: whoever tries is told. */
	if (ready == -EBADF)
		return (int)asked;
	if (ready >= 0)
		handle->ready &= (uint8_t) ~(asked & ~(unsigned)ready);
	return ready;
}

static int wait_any(struct snt_socket *socket, int64_t *deadline)
{
	struct snt__watch watches[SNT__PARTS_MAX];

	if (snt__part_count(socket) == 1)
		return snt__call_wait(socket, SNT__READ, deadline);
	if (socket->timeout == SNT_NOWAIT)
		return -EAGAIN;
	snt__call_deadline(socket, deadline);
	return snt__wait_any(watches,
			     snt__parts_watch(socket, SNT__READ, watches),
			     *deadline);
}

static ptrdiff_t
try_each(struct snt_socket *socket,
	 ptrdiff_t (*try_part)(struct snt_socket *part, void *arg), void *arg)
{
	size_t count = snt__part_count(socket);
	size_t first = count > 1 ? snt__listener_of(socket)->turn++ % count : 0;

	for (size_t i = 0; i < count; i++) {
		struct snt_socket *part =
			snt__socket_part(socket, (first + i) % count);
		ptrdiff_t n = -EAGAIN;

		if (socket->timeout == SNT_NOWAIT)
			part->handle.ready |= SNT__READ;
		if ((part->handle.ready & SNT__READ) ||
		    part->kind == SNT__LAYERED)
			n = try_part(part, arg);
		if (n != -EAGAIN)
			return n;
		part->handle.ready &= (uint8_t)~SNT__READ;
	}
	return -EAGAIN;
}

ptrdiff_t snt__parts_try(struct snt_socket *socket,
			 ptrdiff_t (*try_part)(struct snt_socket *part,
					       void *arg),
			 void *arg, int64_t *deadline)
{
	ptrdiff_t n = snt__call_begin(socket, SNT__READ);

	while (n == 0) {
		n = try_each(socket, try_part, arg);
		if (n != -EAGAIN)
			return n;
		n = wait_any(socket, deadline);
	}
	return n;
}
