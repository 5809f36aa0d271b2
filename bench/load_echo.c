/* SPDX-License-Identifier: MIT */
/*
 * The closed loop: each connection has one message under way and sends the
 * next as soon as the whole echo is back.
 *
 * Every message carries its connection and number at both ends, so a mixed-up,
 * repeated or lost message is seen at once; all the bytes between are compared
 * too, for messages up to 4 KiB always, for longer ones during the warm-up
 * (comparing them would push the server's buffers out of the shared cache).
 */
#include "load.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 512

struct conn {
	int fd;
	uint32_t number; /* of the message under way */
	uint32_t sent;
	uint32_t got;
	bool busy;
};

struct loop {
	const struct load_opts *opts;
	struct conn *conns;
	int poller;
	char *out; /* the message, stamped anew for whoever sends */
	char *in;
	uint64_t left;     /* messages not yet begun */
	uint64_t underway; /* begun and not yet back */
	bool thorough;
};

static void stamp(struct loop *loop, const struct conn *conn)
{
	uint32_t mark[2] = { (uint32_t)(conn - loop->conns), conn->number };
	size_t size = loop->opts->size;

	if (size < sizeof(mark)) {
		memset(loop->out, (int)(mark[0] + mark[1] * 31), size);
		return;
	}
	memcpy(loop->out + size - sizeof(mark), mark, sizeof(mark));
	memcpy(loop->out, mark, sizeof(mark));
}

static void push(struct loop *loop, struct conn *conn)
{
	size_t size = loop->opts->size;
	ssize_t sent;

	stamp(loop, conn);
	sent = send(conn->fd, loop->out + conn->sent, size - conn->sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0)
		conn->sent += (uint32_t)sent;
	else if (errno != EAGAIN)
		load_die("send: %s", strerror(errno));
}

static void begin(struct loop *loop, struct conn *conn)
{
	conn->busy = loop->left > 0;
	if (!conn->busy)
		return;
	loop->left--;
	loop->underway++;
	conn->number++;
	conn->sent = 0;
	conn->got = 0;
	push(loop, conn);
}

/* got bytes of the echo, from offset conn->got on, are in loop->in. */
static void verify(struct loop *loop, const struct conn *conn, size_t got)
{
	size_t size = loop->opts->size;
	size_t at = conn->got;
	bool good;

	stamp(loop, conn);
	if (size <= 4096 || loop->thorough) {
		good = memcmp(loop->in, loop->out + at, got) == 0;
	} else {
		size_t edge = got < 8 ? got : 8;

		good = memcmp(loop->in, loop->out + at, edge) == 0 &&
		       memcmp(loop->in + got - edge,
			      loop->out + at + got - edge, edge) == 0;
	}
	if (!good)
		load_die("wrong bytes on connection %d, message %u",
			 (int)(conn - loop->conns), conn->number);
}

static void serve(struct loop *loop, struct conn *conn, uint32_t events)
{
	size_t size = loop->opts->size;

	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		load_die("the server ended connection %d",
			 (int)(conn - loop->conns));
	if (!conn->busy)
		return;
	if (conn->sent < size)
		push(loop, conn);
	for (;;) {
		size_t want = size - conn->got;
		ssize_t got = recv(conn->fd, loop->in, want, MSG_DONTWAIT);

		if (got <= 0) {
			if (got < 0 && errno == EAGAIN)
				return;
			load_die("recv: %s", got ? strerror(errno) : "ended");
		}
		if (conn->got + (size_t)got > conn->sent)
			load_die("more came back than was sent");
		verify(loop, conn, (size_t)got);
		conn->got += (uint32_t)got;
		if (conn->got == size) {
			loop->underway--;
			begin(loop, conn);
			return;
		}
		if ((size_t)got < want && conn->sent == size)
			return;
		if (conn->sent < size)
			push(loop, conn);
	}
}

/* All connections from idle to idle. */
static void run(struct loop *loop, uint64_t messages)
{
	static struct epoll_event events[BATCH];

	loop->left = messages;
	for (int i = 0; i < loop->opts->connections; i++)
		begin(loop, &loop->conns[i]);
	while (loop->underway) {
		int count = epoll_wait(loop->poller, events, BATCH, -1);

		if (count < 0 && errno != EINTR)
			load_die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < count; i++)
			serve(loop, &loop->conns[events[i].data.u32],
			      events[i].events);
	}
}

static void open_all(struct loop *loop)
{
	const struct load_opts *opts = loop->opts;

	for (int i = 0; i < opts->connections; i++) {
		struct epoll_event event = { .data = { .u32 = (uint32_t)i } };
		int fd = load_connect(opts->port, 1);

		event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
		/* The server takes them in order: this keeps its queue of
		 * connections short, an overflow would cost a second. */
		if (i % 256 == 255 || i + 1 == opts->connections)
			load_echo_once(fd, opts->size, (uint32_t)i);
		if (epoll_ctl(loop->poller, EPOLL_CTL_ADD, fd, &event) < 0)
			load_die("epoll_ctl: %s", strerror(errno));
		loop->conns[i].fd = fd;
	}
}

void load_echo(const struct load_opts *opts)
{
	struct loop loop = { .opts = opts, .thorough = true };
	struct load_clocks from, to;
	uint64_t messages;

	loop.conns = calloc((size_t)opts->connections, sizeof(*loop.conns));
	loop.out = malloc(opts->size);
	loop.in = malloc(opts->size);
	loop.poller = epoll_create1(0);
	if (!loop.conns || !loop.out || !loop.in || loop.poller < 0)
		load_die("no memory");
	for (size_t i = 0; i < opts->size; i++)
		loop.out[i] = (char)(i * 131 + i / 251);
	open_all(&loop);
	run(&loop, opts->warmup);
	load_say_ready(opts->connections);
	loop.thorough = false;
	while ((messages = load_next_window()) > 0) {
		from = load_settle(opts);
		run(&loop, messages);
		to = load_settle(opts);
		load_report(messages, &from, &to);
	}
	for (int i = 0; i < opts->connections; i++) {
		if (recv(loop.conns[i].fd, loop.in, 1, MSG_DONTWAIT) >= 0)
			load_die("bytes left over on connection %d", i);
		load_reset(loop.conns[i].fd);
	}
	close(loop.poller);
	free(loop.conns);
	free(loop.out);
	free(loop.in);
}
