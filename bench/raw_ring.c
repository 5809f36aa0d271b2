/* SPDX-License-Identifier: MIT */
/*
 * The raw side of the ring's comparisons: a TCP echo server that is nothing
 * but an io_uring loop, one thread, one process. Readiness comes from one
 * multishot poll a connection, bytes go by plain recv(2) and send(2).
 *
 * Workload and manners are those of raw_epoll.c. What is the ring's: task work
 * is deferred to the one enter of a turn, which also submits whatever the turn
 * wrote and waits; connections come from a multishot accept; a completion is
 * a descriptor and its events, so a message needs no look-up. The polls are
 * edge-triggered: a receive that does not fill the buffer means drained,
 * unless the completion carried RDHUP, HUP or ERR.
 *
 * A poll holds its file. close(2) alone would send no FIN, so its cancellation
 * (POLL_REMOVE leaves a poll alone that has a wake-up on its way) goes with the
 * next enter, in order before whatever uses the number next; the FIN
 * leaves at that enter, at the end of the turn, and not at the close. This
 * loop may do so because it always comes to that enter; a library whose caller
 * may never wait again may not.
 *
 * A descriptor's number is used again before the last completion of its
 * former poll: the life that goes with it tells them apart where it matters,
 * when a poll has ended. An early wake-up of the new one only costs a recv.
 *
 * Not here on purpose: TLS, timeouts, limits, SQPOLL. Running out of
 * descriptors ends the process.
 */
#include "rawring.h"
#include "rawserver.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDED (POLLRDHUP | POLLHUP | POLLERR)
#define WANTED (POLLIN | POLLRDHUP)

/* A completion's user_data: descriptor, its life from bit 32 on, and these. */
#define LISTENER (1ULL << 40) /* a connection was accepted */
#define ROOM (1ULL << 41)     /* one poll for room to send */
#define CANCEL (1ULL << 42)   /* heard of only when it failed */
#define FD(data) ((int)((data)&0xffffffff))
#define LIFE(data) ((uint8_t)((data) >> 32))

/* More than one turn brings: 20 of task work, and a full submission ring. */
#define SUBMISSIONS 256
#define COMPLETIONS 512

static struct pending **pending; /* by descriptor */
static unsigned pendings; /* how many, so that mostly none is looked for */
static uint8_t *lives;    /* by descriptor */
static struct ring ring;
static int listener;
static char *buffer;
static size_t buffer_size = 1024;

static inline uint64_t key(int fd)
{
	return (uint64_t)(unsigned)fd | (uint64_t)lives[fd] << 32;
}

static inline void watch(int fd, uint32_t events, uint32_t how, uint64_t data)
{
	struct io_uring_sqe *sqe = ring_next(&ring);

	sqe->opcode = IORING_OP_POLL_ADD;
	sqe->fd = fd;
	sqe->poll32_events = events;
	sqe->len = how;
	sqe->user_data = data;
}

static inline void watch_input(int fd)
{
	watch(fd, WANTED, IORING_POLL_ADD_MULTI, key(fd));
}

static inline void drop(int fd)
{
	struct io_uring_sqe *sqe = ring_next(&ring);

	sqe->opcode = IORING_OP_ASYNC_CANCEL;
	sqe->fd = -1;
	sqe->addr = key(fd);
	sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = CANCEL;
	lives[fd]++;
	raw_close(fd);
}

/* Keeps the rest of a cut send; what arrives meanwhile stays in the kernel. */
__attribute__((noinline, cold)) static void put_aside(int fd, const char *from,
						      size_t size)
{
	pending[fd] = pending_new(from, size);
	pendings++;
	watch(fd, POLLOUT, 0, key(fd) | ROOM);
}

static inline bool echo_back(int fd, size_t size)
{
	long sent = raw_send(fd, buffer, size);

	if (__builtin_expect(sent == (long)size, 1))
		return true;
	if (sent < 0) {
		if (sent != -EAGAIN) {
			drop(fd);
			return false;
		}
		sent = 0;
	}
	put_aside(fd, buffer + sent, size - (size_t)sent);
	return false;
}

static inline void receive(int fd, uint32_t events)
{
	for (;;) {
		long got = raw_recv(fd, buffer, buffer_size);

		if (__builtin_expect(got <= 0, 0)) {
			if (got != -EAGAIN)
				drop(fd);
			return;
		}
		if (!echo_back(fd, (size_t)got))
			return;
		if ((size_t)got < buffer_size && !(events & ENDED))
			return;
	}
}

static void forget_pending(int fd)
{
	free(pending[fd]);
	pending[fd] = NULL;
	pendings--;
}

/* Room again: sends what was put aside, then takes up receiving. */
__attribute__((noinline)) static void resume(int fd)
{
	struct pending *rest = pending[fd];

	while (rest->sent < rest->size) {
		long sent = raw_send(fd, rest->bytes + rest->sent,
				     rest->size - rest->sent);
		if (sent == -EAGAIN) {
			watch(fd, POLLOUT, 0, key(fd) | ROOM);
			return;
		}
		if (sent < 0) {
			forget_pending(fd);
			drop(fd);
			return;
		}
		rest->sent += (size_t)sent;
	}
	forget_pending(fd);
	/* Edges were passed over meanwhile: until there is nothing left. */
	receive(fd, ENDED);
}

static void accept_more(void)
{
	struct io_uring_sqe *sqe = ring_next(&ring);

	sqe->opcode = IORING_OP_ACCEPT;
	sqe->fd = listener;
	sqe->accept_flags = SOCK_NONBLOCK;
	sqe->ioprio = IORING_ACCEPT_MULTISHOT;
	sqe->user_data = LISTENER;
}

__attribute__((noreturn, cold)) static void die_of(int code, const char *what)
{
	errno = -code;
	die(what);
}

/* Whatever is not a poll that goes on. */
static inline void special(const struct io_uring_cqe *cqe)
{
	const uint64_t data = cqe->user_data;
	const bool more = cqe->flags & IORING_CQE_F_MORE;
	const int fd = FD(data);

	if (data & LISTENER) {
		if (!more)
			accept_more();
		if (cqe->res >= 0) {
			watch_input(cqe->res);
			/* A client's first bytes are mostly there already. */
			receive(cqe->res, 0);
		} else if (cqe->res != -ECONNABORTED) {
			die_of(cqe->res, "accept");
		}
	} else if (data & ROOM) {
		resume(fd);
	} else if (data & CANCEL) {
		/* Good only when the poll had ended by itself. */
		if (cqe->res != -ENOENT)
			die_of(cqe->res, "cancel");
	} else if (LIFE(data) == lives[fd]) {
		/* The kernel gave the poll up, as it may for want of room. */
		if (cqe->res < 0)
			die_of(cqe->res, "poll");
		watch_input(fd);
		if (!pending[fd])
			receive(fd, ENDED);
	}
}

static void serve(void)
{
	unsigned head = *ring.cq_head;

	for (;;) {
		long took = ring_enter(&ring, 1);
		unsigned tail = __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE);

		if (took < 0 && took != -EINTR && took != -EBUSY)
			die_of((int)took, "io_uring_enter");
		for (; head != tail; head++) {
			const struct io_uring_cqe *cqe =
				&ring.cqes[head & ring.cq_mask];
			int fd = FD(cqe->user_data);

			if (__builtin_expect(
				    cqe->user_data >= LISTENER ||
					    !(cqe->flags & IORING_CQE_F_MORE),
				    0))
				special(cqe);
			else if (__builtin_expect(!pendings || !pending[fd], 1))
				receive(fd, (uint32_t)cqe->res);
		}
		__atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
	}
}

int main(int argc, char **argv)
{
	int code;

	if (argc == 3 && strcmp(argv[1], "--buffer") == 0)
		buffer_size = strtoul(argv[2], NULL, 10);
	else if (argc != 1)
		buffer_size = 0;
	if (!buffer_size) {
		fputs("usage: raw_ring [--buffer BYTES]\n", stderr);
		return 2;
	}
	pending = table_new(sizeof(struct pending *));
	lives = table_new(sizeof(*lives));
	buffer = buffer_new(buffer_size);
	code = ring_open(&ring, SUBMISSIONS, COMPLETIONS,
			 IORING_SETUP_DEFER_TASKRUN);
	if (code < 0) {
		fprintf(stderr, "raw_ring: no io_uring here: %s\n",
			strerror(-code));
		return 3; /* not a failure of the loop's */
	}
	listener = listen_on_any_port();
	accept_more();
	tell_port(listener, "uring");
	serve();
}
