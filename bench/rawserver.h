/* SPDX-License-Identifier: MIT */
/*
 * What both raw loops have in common and never run for a message: the
 * listening socket, the bytes that a send did not take, and dying. Anything
 * that a message passes through stands in the loops themselves.
 */
#ifndef BENCH_RAWSERVER_H
#define BENCH_RAWSERVER_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* What one send did not take. Exists only while it waits. */
struct pending {
	size_t size;
	size_t sent;
	char bytes[];
};

__attribute__((noreturn, cold)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

__attribute__((unused)) static struct pending *pending_new(const char *from,
							   size_t size)
{
	struct pending *rest = malloc(sizeof(*rest) + size);

	if (!rest)
		die("malloc");
	rest->size = size;
	rest->sent = 0;
	memcpy(rest->bytes, from, size);
	return rest;
}

/*
 * A table by descriptor, all zero. The pages are the kernel's zero pages
 * until touched: those never cut short cost nothing.
 */
__attribute__((unused)) static void *table_new(size_t item_size)
{
	struct rlimit files;
	void *table;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		die("getrlimit");
	table = calloc(files.rlim_cur, item_size);
	if (!table)
		die("calloc");
	return table;
}

static char *buffer_new(size_t size)
{
	char *buffer = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);

	if (!buffer)
		die("aligned_alloc");
	return buffer;
}

/* A socket that listens on any port of 127.0.0.1; tell_port says which. */
__attribute__((unused)) static int listen_on_any_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	signal(SIGPIPE, SIG_IGN);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("bind");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (listen(fd, 65535) < 0)
		die("listen");
	return fd;
}

/* The one line that the driver waits for: address and backend. */
static void tell_port(int fd, const char *backend)
{
	struct sockaddr_in addr;
	socklen_t size = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &size) < 0)
		die("getsockname");
	printf("127.0.0.1:%d %s\n", ntohs(addr.sin_port), backend);
	fflush(stdout);
}

#endif
