/* SPDX-License-Identifier: MIT */
/* Datagrams in small worlds: sockets at addresses, and what they hear. */
#ifndef TESTS_SIM_DATAGRAMS_H
#define TESTS_SIM_DATAGRAMS_H

#include "small.h"

#include <errno.h>
#include <sennit/addr.h>
#include <sennit/message.h>
#include <sennit/options.h>
#include <sennit/peer.h>
#include <sennit/socket.h>

#define UNUSED __attribute__((unused))
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* "Soon" is longer than any way in these worlds, and costs nothing. */
#define SOON (10 * SNT_SECOND)

UNUSED static struct snt_addr addr_of(const char *text)
{
	struct snt_addr addr;

	OK(snt_addr_parse(&addr, text));
	return addr;
}

UNUSED static struct snt_socket *unbound(int family)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, family, SOCK_DGRAM, 0));
	snt_settimeout(socket, SOON);
	return socket;
}

UNUSED static struct snt_socket *at(const char *text)
{
	struct snt_addr addr = addr_of(text);
	struct snt_socket *socket = unbound(addr.sa.any.sa_family);

	OK(snt_bind(socket, &addr));
	return socket;
}

UNUSED static void connect_to(struct snt_socket *socket, const char *text)
{
	struct snt_addr addr = addr_of(text);

	OK(snt_connect(socket, &addr));
}

UNUSED static struct snt_socket *towards(const char *text)
{
	struct snt_socket *socket = unbound(addr_of(text).sa.any.sa_family);

	connect_to(socket, text);
	return socket;
}

UNUSED static ptrdiff_t say_to(struct snt_socket *socket, const char *words,
			       const char *to)
{
	struct snt_addr addr = addr_of(to);

	return snt_sendto(socket, words, strlen(words), &addr);
}

/* What the next datagram says, "words from address", or the error's name. */
UNUSED static const char *heard(struct snt_socket *socket)
{
	static char text[128 + SNT_ADDR_TEXT];
	char words[64] = { 0 };
	struct snt_addr from;
	ptrdiff_t n = snt_recvfrom(socket, words, sizeof words - 1, &from);
	int length;

	if (n < 0)
		return snt_strerror((int)n);
	length = snprintf(text, sizeof text, "%s from ", words);
	snt_addr_format(&from, text + length, sizeof text - (size_t)length);
	return text;
}

/* How many are there now. */
UNUSED static int count_heard(struct snt_socket *socket)
{
	int count = 0;
	char byte;
	ptrdiff_t n;

	snt_settimeout(socket, SNT_NOWAIT);
	while ((n = snt_recv(socket, &byte, 1)) >= 0 || n == -EMSGSIZE)
		count++;
	assert_int_equal(n, -EAGAIN);
	snt_settimeout(socket, SOON);
	return count;
}

UNUSED static const char *name_of(const struct snt_socket *socket)
{
	static char text[SNT_ADDR_TEXT];

	OK(snt_getsockname_text(socket, text, sizeof text));
	return text;
}

UNUSED static void set_int(struct snt_socket *socket, int level, int name,
			   int value)
{
	OK(snt_setsockopt(socket, level, name, &value, sizeof value));
}

#endif
