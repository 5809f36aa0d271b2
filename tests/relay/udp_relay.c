/* SPDX-License-Identifier: MIT */
/*
 * Stands between UDP clients and a server on this machine and is a bad link to
 * both: see link.h. A client keeps one port of its own towards the server, so
 * that the server sees as many peers as there are. Says where it listens in one
 * line; ends when its standard input does, and then says what it did to each
 * direction, in JSON.
 */
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 1000
#define LARGEST 65536

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct client {
	union address addr;
	int fd; /* connected to the server */
};

static struct client clients[CLIENTS];
static size_t client_count;
static union address server;
static socklen_t address_size;
static int front;
static struct link there, back; /* to the server, and from it */

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "udp_relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static int udp_socket(void)
{
	int fd = socket(server.any.sa_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = 4 << 20;

	if (fd < 0)
		die("socket");
	/* What is lost is to be lost by the link, and told. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return fd;
}

/* Any port of loopback, of the server's family. */
static void listen_in_front(void)
{
	union address here = server;
	socklen_t size = sizeof here;
	char text[INET6_ADDRSTRLEN];

	here.in.sin_port = 0; /* at the same place in both */
	if (here.any.sa_family == AF_INET)
		here.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		here.in6.sin6_addr = in6addr_loopback;
	front = udp_socket();
	if (bind(front, &here.any, address_size) < 0 ||
	    getsockname(front, &here.any, &size) < 0)
		die("bind");
	if (here.any.sa_family == AF_INET)
		inet_ntop(AF_INET, &here.in.sin_addr, text, sizeof text);
	else
		inet_ntop(AF_INET6, &here.in6.sin6_addr, text, sizeof text);
	printf(here.any.sa_family == AF_INET ? "%s:%d\n" : "[%s]:%d\n", text,
	       ntohs(here.in.sin_port));
	fflush(stdout);
}

static struct client *client_of(const union address *addr)
{
	struct client *client;

	for (size_t i = 0; i < client_count; i++)
		if (memcmp(&clients[i].addr, addr, address_size) == 0)
			return &clients[i];
	if (client_count == CLIENTS)
		return NULL;
	client = &clients[client_count++];
	client->addr = *addr;
	client->fd = udp_socket();
	if (connect(client->fd, &server.any, address_size) < 0)
		die("connect");
	return client;
}

static void from_clients(void)
{
	static unsigned char bytes[LARGEST];
	union address addr;
	socklen_t size = sizeof addr;
	ssize_t n;

	while (memset(&addr, 0, sizeof addr), size = sizeof addr,
	       (n = recvfrom(front, bytes, sizeof bytes, 0, &addr.any,
			     &size)) >= 0) {
		struct client *client = client_of(&addr);

		if (client != NULL)
			link_put(&there, now_ns(), bytes, (size_t)n, client);
	}
}

static void from_server(struct client *client)
{
	static unsigned char bytes[LARGEST];
	ssize_t n;

	/* Refused, when nobody is there: the next may be let in. */
	while ((n = recv(client->fd, bytes, sizeof bytes, 0)) >= 0 ||
	       errno == ECONNREFUSED)
		if (n >= 0)
			link_put(&back, now_ns(), bytes, (size_t)n, client);
}

static void deliver(void)
{
	struct link_packet *packet;

	while ((packet = link_take(&there, now_ns())) != NULL) {
		const struct client *client = packet->tag;

		if (send(client->fd, packet->bytes, packet->size, 0) < 0)
			there.counts.full++;
		free(packet);
	}
	while ((packet = link_take(&back, now_ns())) != NULL) {
		const struct client *client = packet->tag;

		if (sendto(front, packet->bytes, packet->size, 0,
			   &client->addr.any, address_size) < 0)
			back.counts.full++;
		free(packet);
	}
}

static void tell(const char *name, const struct link_counts *counts,
		 const char *end)
{
	printf("\"%s\": {\"in\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"full\": %" PRIu64 ", \"duplicated\": %" PRIu64
	       ", \"late\": %" PRIu64 ", \"changed\": %" PRIu64 "}%s",
	       name, counts->in, counts->lost, counts->full, counts->duplicated,
	       counts->late, counts->changed, end);
}

static void relay(void)
{
	static struct pollfd polled[CLIENTS + 2];

	for (;;) {
		int64_t at = link_at(&there) < link_at(&back) ? link_at(&there)
							      : link_at(&back);
		int64_t left = at - now_ns();
		struct timespec limit = { .tv_sec = 3600 };
		nfds_t count = 2;

		if (at != INT64_MAX) {
			left = left > 0 ? left : 0;
			limit = (struct timespec){ left / 1000000000,
						   left % 1000000000 };
		}
		polled[0] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
		polled[1] = (struct pollfd){ front, POLLIN, 0 };
		for (size_t i = 0; i < client_count; i++)
			polled[count++] =
				(struct pollfd){ clients[i].fd, POLLIN, 0 };
		if (ppoll(polled, count, &limit, NULL) < 0 && errno != EINTR)
			die("poll");
		if (polled[0].revents != 0)
			return;
		for (nfds_t i = 2; i < count; i++)
			if (polled[i].revents != 0)
				from_server(&clients[i - 2]);
		if (polled[1].revents != 0)
			from_clients();
		deliver();
	}
}

/* "127.0.0.1:7000" or "[::1]:7000". */
static bool take_server(char *text)
{
	char *port = strrchr(text, ':');

	if (port == NULL)
		return false;
	*port++ = '\0';
	server.in.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (text[0] == '[' && port[-2] == ']') {
		port[-2] = '\0';
		server.in6.sin6_family = AF_INET6;
		address_size = sizeof server.in6;
		return inet_pton(AF_INET6, text + 1, &server.in6.sin6_addr) ==
		       1;
	}
	server.in.sin_family = AF_INET;
	address_size = sizeof server.in;
	return inet_pton(AF_INET, text, &server.in.sin_addr) == 1;
}

int main(int argc, char **argv)
{
	struct link_opts opts = { .seed = 1 };
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2)
		if (!link_option(&opts, argv[i], argv[i + 1]))
			break;
	if (i != argc - 1 || !take_server(argv[i])) {
		fputs("usage: udp_relay " LINK_USAGE " HOST:PORT\n", stderr);
		return 2;
	}
	/* Waits for a tenth of a millisecond are what is measured here. */
	prctl(PR_SET_TIMERSLACK, 1);
	link_init(&there, &opts);
	opts.seed += 0x5eed;
	link_init(&back, &opts);
	listen_in_front();
	relay();
	printf("{");
	tell("there", &there.counts, ", ");
	tell("back", &back.counts, "}\n");
	return 0;
}
