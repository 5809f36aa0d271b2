/* SPDX-License-Identifier: MIT */
/*
 * The raw side of every comparison: a TCP echo server that is nothing but an
 * epoll loop, one thread, one process.
 *
 * Workload: many connections, few bytes each, all ready at once. What makes it
 * fast is what it lacks: one receive buffer for all connections, so it stays
 * in the first-level cache; a connection is its descriptor and one pointer
 * that is touched only when a send was cut short; sockets are non-blocking
 * from accept4 on; TCP_NODELAY is inherited from the listener; system calls
 * are in line, so the loop has no return for the processor to guess wrong.
 *
 * --edge   registered once; a receive that does not fill the buffer means
 *          drained, unless the event carried RDHUP, HUP or ERR, whose one edge
 *          would otherwise be lost.
 * --level  one receive an event; the kernel reports again what is left.
 *
 * Bytes that a send did not take are copied aside and go out on EPOLLOUT;
 * until then nothing more is received from that peer.
 *
 * Not here on purpose: TLS, timeouts, limits. Running out of descriptors ends
 * the process, so that no figure is ever taken from a half-served run.
 */
#include "rawcall.h"
#include "rawserver.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH_MAX 4096
#define ENDED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)
/* Without one of these no look into the table of pending bytes is needed. */
#define MAY_PEND (EPOLLOUT | EPOLLHUP | EPOLLERR)

static struct pending **pending; /* by descriptor */
static int poller;
static int listener;
static char *buffer;
static size_t buffer_size = 1024;
static int batch = 64; /* larger ones were 2 % slower at 10,000 */
static uint32_t interest = EPOLLIN | EPOLLRDHUP | EPOLLET;

static inline void set_interest(int op, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data = { .fd = fd } };

	if (raw_control(poller, op, fd, &event) < 0)
		die("epoll_ctl");
}

static inline void drop(int fd)
{
	if (pending[fd]) {
		free(pending[fd]);
		pending[fd] = NULL;
	}
	raw_close(fd);
}

/* Keeps the rest of a cut send and asks for room instead of bytes. */
__attribute__((noinline, cold)) static void put_aside(int fd, const char *from,
						      size_t size)
{
	pending[fd] = pending_new(from, size);
	set_interest(EPOLL_CTL_MOD, fd,
		     EPOLLOUT | (interest & (EPOLLET | EPOLLRDHUP)));
}

/* True when the connection may go on receiving. */
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

static inline void receive_edge(int fd, uint32_t events)
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

static inline void receive_level(int fd)
{
	long got = raw_recv(fd, buffer, buffer_size);

	if (__builtin_expect(got > 0, 1))
		echo_back(fd, (size_t)got);
	else if (got != -EAGAIN)
		drop(fd);
}

/* Room again: sends what was put aside, then takes up receiving. */
__attribute__((noinline)) static void resume(int fd, uint32_t events)
{
	struct pending *rest = pending[fd];

	while (rest->sent < rest->size) {
		long sent = raw_send(fd, rest->bytes + rest->sent,
				     rest->size - rest->sent);
		if (sent < 0) {
			if (sent != -EAGAIN || (events & (EPOLLERR | EPOLLHUP)))
				drop(fd);
			return;
		}
		rest->sent += (size_t)sent;
	}
	free(rest);
	pending[fd] = NULL;
	/* The change of interest reports anew whatever already waits, so no
	 * edge is lost; until then other connections get their turn. */
	set_interest(EPOLL_CTL_MOD, fd, interest);
}

static inline void accept_all(void)
{
	for (;;) {
		int fd = (int)raw_accept(listener);

		if (fd < 0) {
			if (fd == -EAGAIN)
				return;
			if (fd == -ECONNABORTED || fd == -EINTR)
				continue;
			errno = -fd;
			die("accept4");
		}
		set_interest(EPOLL_CTL_ADD, fd, interest);
	}
}

static void serve(void)
{
	static struct epoll_event events[BATCH_MAX];
	const bool edge = interest & EPOLLET;

	for (;;) {
		int count = (int)raw_wait(poller, events, batch);

		if (count < 0 && count != -EINTR)
			die("epoll_wait");
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			uint32_t what = events[i].events;

			if (__builtin_expect(fd == listener, 0))
				accept_all();
			else if (__builtin_expect(what & MAY_PEND, 0) &&
				 pending[fd])
				resume(fd, what);
			else if (edge)
				receive_edge(fd, what);
			else
				receive_level(fd);
		}
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--edge") == 0)
			interest = EPOLLIN | EPOLLRDHUP | EPOLLET;
		else if (strcmp(argv[i], "--level") == 0)
			interest = EPOLLIN;
		else if (strcmp(argv[i], "--buffer") == 0 && i + 1 < argc)
			buffer_size = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--batch") == 0 && i + 1 < argc)
			batch = atoi(argv[++i]);
		else
			goto usage;
	}
	if (!buffer_size || batch < 1 || batch > BATCH_MAX)
		goto usage;
	pending = table_new(sizeof(struct pending *));
	buffer = buffer_new(buffer_size);
	poller = epoll_create1(0);
	if (poller < 0)
		die("epoll_create1");
	listener = listen_on_any_port();
	set_interest(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLET);
	tell_port(listener, "epoll");
	serve();
usage:
	fputs("usage: raw_epoll [--edge|--level] [--buffer BYTES] "
	      "[--batch EVENTS]\n",
	      stderr);
	return 2;
}
