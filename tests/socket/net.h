/* SPDX-License-Identifier: MIT */
/* What the tests of sockets share: checks that say why, pairs, peers, fibers. */
#ifndef TESTS_SOCKET_NET_H
#define TESTS_SOCKET_NET_H

#include "../raw.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sennit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define MAYBE __attribute__((unused))
#define MILLISECONDS(n) ((n)*SNT_MILLISECOND)

/* The call succeeds; its value. A failure is told in the library's words. */
#define OK(call) net_ok((call), #call, __FILE__, __LINE__)
MAYBE static ptrdiff_t net_ok(ptrdiff_t code, const char *call,
			      const char *file, int line)
{
	if (code < 0) {
		print_error("%s: %td: %s\n", call, code, snt_errmsg());
		_fail(file, line);
	}
	return code;
}

/* The call fails with that code, and the fiber has a sentence about it. */
#define FAILS(call, code) net_fails((call), (code), #call, __FILE__, __LINE__)
MAYBE static void net_fails(ptrdiff_t code, ptrdiff_t expected,
			    const char *call, const char *file, int line)
{
	if (code != expected) {
		print_error("%s: %td (%s), expected %td (%s)\n", call, code,
			    snt_strerror((int)code), expected,
			    snt_strerror((int)expected));
		print_error("last message: %s\n", snt_errmsg());
		_fail(file, line);
	}
	if (snt_errmsg()[0] == '\0') {
		print_error("%s failed without a word\n", call);
		_fail(file, line);
	}
}

/* The last failure's sentence has those words. */
#define TELLS(words) net_tells((words), __FILE__, __LINE__)
MAYBE static void net_tells(const char *words, const char *file, int line)
{
	if (strstr(snt_errmsg(), words) == NULL) {
		print_error("\"%s\" does not tell \"%s\"\n", snt_errmsg(),
			    words);
		_fail(file, line);
	}
}

/* Which byte is sent at that place of a stream; no short period. */
MAYBE static unsigned char pattern(size_t place)
{
	return (unsigned char)(place * 31 + (place >> 8) * 7 + (place >> 16));
}

MAYBE static unsigned char *pattern_bytes(size_t size)
{
	unsigned char *bytes = test_malloc(size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = pattern(i);
	return bytes;
}

/* A file of the pattern. */
MAYBE static int file_of(size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	unsigned char *bytes = pattern_bytes(size);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	test_free(bytes);
	return fd;
}

MAYBE static void assert_pattern(const unsigned char *bytes, size_t size,
				 size_t place)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != pattern(place + i))
			fail_msg("byte %zu of the stream is wrong", place + i);
}

MAYBE static struct snt_addr parsed(const char *text)
{
	struct snt_addr addr;

	OK(snt_addr_parse(&addr, text));
	return addr;
}

MAYBE static struct snt_addr name_of(const struct snt_socket *socket)
{
	struct snt_addr addr;

	OK(snt_getsockname(socket, &addr));
	return addr;
}

MAYBE static const char *text_of(const struct snt_addr *addr)
{
	static char text[SNT_ADDR_TEXT];

	snt_addr_format(addr, text, sizeof text);
	return text;
}

MAYBE static struct snt_socket *server_on(const char *text)
{
	struct snt_socket *server;

	OK(snt_create_server(&server, text, NULL));
	return server;
}

/* A library handle connected to the server's first address. */
MAYBE static struct snt_socket *connected_to(const struct snt_socket *server)
{
	struct snt_addr addr = name_of(server);
	struct snt_socket *socket;

	OK(snt_socket(&socket, addr.sa.any.sa_family, SOCK_STREAM, 0));
	OK(snt_connect(socket, &addr));
	return socket;
}

/* Both ends of a connection through a server on text. */
MAYBE static void pair_on(const char *text, struct snt_socket **a,
			  struct snt_socket **b)
{
	struct snt_socket *server = server_on(text);

	*a = connected_to(server);
	OK(snt_accept(server, b));
	snt_close(server);
}

/* What a stream server may be on, one after the other; NULL: that was all. */
MAYBE static const char *stream_kind(const char *before)
{
	static char abstract[64];

	if (before == NULL)
		return "127.0.0.1:0";
	if (before[0] == '1')
		return "[::1]:0";
	/* Names are the machine's, and other tests run at the same time. */
	snprintf(abstract, sizeof abstract, "unix:@sennit-test-%d", getpid());
	return before[0] == '[' ? abstract : NULL;
}

#define EACH_STREAM(text)                                                      \
	for (const char *text = stream_kind(NULL); text != NULL;               \
	     text = stream_kind(text))

/* A plain descriptor, blocking, connected to a library handle: the peer that
 * does what the library never would. */
MAYBE static int raw_peer(const char *text, struct snt_socket **handle)
{
	struct snt_socket *server = server_on(text);
	struct snt_addr addr = name_of(server);
	int fd = raw_socket(addr.sa.any.sa_family, SOCK_STREAM);

	assert_int_equal(raw_connect(fd, &addr), 0);
	OK(snt_accept(server, handle));
	snt_close(server);
	return fd;
}

/* Sends until the kernel takes no more; how much it took. */
MAYBE static size_t fill(struct snt_socket *socket)
{
	static const char zeros[65536];
	int64_t timeout = snt_gettimeout(socket);
	size_t total = 0;
	ptrdiff_t n;

	snt_settimeout(socket, SNT_NOWAIT);
	while ((n = snt_send(socket, zeros, sizeof zeros)) > 0)
		total += (size_t)n;
	assert_int_equal(n, -EAGAIN);
	snt_settimeout(socket, timeout);
	return total;
}

MAYBE static struct snt_group *group_open(void)
{
	struct snt_group *group;

	OK(snt_group_open(&group, NULL));
	return group;
}

MAYBE static void spawn(struct snt_group *group, int (*fn)(void *arg),
			void *arg)
{
	OK(snt_spawn(group, fn, arg, NULL));
}

/* Runs the other fibers until each of them waits for something. */
MAYBE static void let_them_wait(void)
{
	OK(snt_yield());
	OK(snt_yield());
}

/* Runs the other fibers until one of them has received all that was sent. */
MAYBE static void let_them_receive(const struct snt_socket *from,
				   const struct snt_socket *by)
{
	size_t unsent, unread;

	do {
		OK(snt_sleep(SNT_MILLISECOND));
		unsent = raw_unsent(snt_fileno(from));
		unread = raw_unread(snt_fileno(by));
	} while (unsent > 0 || unread > 0);
}

#endif
