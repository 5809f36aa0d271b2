/* SPDX-License-Identifier: MIT */
/*
 * Datagrams there and back: each flow sends a train of them as one message that
 * the kernel cuts up (GSO), and the next train when all flows are whole again.
 * The load's own share is small so, and the server's queue holds it all: one
 * that is lost ends the run. Each carries its flow and number, and has to come
 * back in order.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TRAIN 64

struct flow {
	int fd;
	uint32_t sent, got;
};

struct trains {
	const struct load_opts *opts;
	struct flow *flows;
	char *out, *in;
};

static void stamp(char *bytes, size_t size, uint32_t flow, uint32_t number)
{
	const uint32_t mark[2] = { flow, number };

	memset(bytes, (int)(number * 7 + 1), size);
	memcpy(bytes, mark, size < sizeof(mark) ? size : sizeof(mark));
}

static void send_train(struct trains *trains, uint32_t number, unsigned count)
{
	size_t size = trains->opts->size;
	struct flow *flow = &trains->flows[number];

	for (unsigned i = 0; i < count; i++)
		stamp(trains->out + i * size, size, number, flow->sent++);
	if (send(flow->fd, trains->out, count * size, 0) !=
	    (ssize_t)(count * size))
		load_die("send: %s", strerror(errno));
}

static void recv_train(struct trains *trains, uint32_t number)
{
	size_t size = trains->opts->size;
	struct flow *flow = &trains->flows[number];

	while (flow->got != flow->sent) {
		ssize_t n = recv(flow->fd, trains->in, 65536, 0);

		if (n < 0)
			load_die("a datagram is lost: %s", strerror(errno));
		if (n == 0 || (size_t)n % size != 0)
			load_die("a datagram came back with another size");
		for (size_t at = 0; at < (size_t)n; at += size) {
			stamp(trains->out, size, number, flow->got++);
			if (memcmp(trains->in + at, trains->out, size) != 0)
				load_die("wrong bytes came back");
		}
	}
}

static void run(struct trains *trains, uint64_t messages)
{
	uint32_t flows = (uint32_t)trains->opts->connections;

	while (messages > 0) {
		uint32_t used = 0;

		for (; used < flows && messages > 0; used++) {
			unsigned count =
				messages < TRAIN ? (unsigned)messages : TRAIN;

			send_train(trains, used, count);
			messages -= count;
		}
		for (uint32_t i = 0; i < used; i++)
			recv_train(trains, i);
	}
}

static int open_flow(const struct load_opts *opts)
{
	const struct timeval patience = { .tv_sec = 5 };
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)opts->port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int size = (int)opts->size, on = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		load_die("socket: %s", strerror(errno));
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0 ||
	    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) < 0)
		load_die("GSO and GRO: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

void load_udp(const struct load_opts *opts)
{
	size_t flows = (size_t)opts->connections;
	struct trains trains = { .opts = opts,
				 .flows = calloc(flows, sizeof(struct flow)),
				 .out = malloc(65536),
				 .in = malloc(65536) };
	uint64_t messages;

	if (!trains.flows || !trains.out || !trains.in)
		load_die("no memory");
	if (opts->size * TRAIN > 65507)
		load_die("a train of %d has at most 65507 bytes", TRAIN);
	for (size_t i = 0; i < flows; i++)
		trains.flows[i].fd = open_flow(opts);
	run(&trains, opts->warmup);
	load_settle(opts);
	load_say_ready(opts->connections);
	while ((messages = load_next_window()) > 0) {
		struct load_clocks from = load_settle(opts), to;

		run(&trains, messages);
		to = load_settle(opts);
		load_report(messages, &from, &to);
	}
	for (size_t i = 0; i < flows; i++)
		close(trains.flows[i].fd);
	free(trains.flows);
	free(trains.out);
	free(trains.in);
}
