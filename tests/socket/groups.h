/* SPDX-License-Identifier: MIT */
/* Receivers with a port, and senders to groups by an interface. */
#ifndef TESTS_SOCKET_GROUPS_H
#define TESTS_SOCKET_GROUPS_H

#include "veth.h"

#define NOT_HEARD "last"

static const struct {
	int family;
	const char *group, *other, *any;
} families[] = {
	{ AF_INET, "239.1.2.3:0", "239.1.2.4:0", "0.0.0.0:0" },
	{ AF_INET6, "[ff15::1:3]:0", "[ff15::1:4]:0", "[::]:0" },
};

/* A receiver, who has a port, and a sender to groups by the interface. */
struct stage {
	const char *interface;
	struct snt_addr group, other, direct;
	struct snt_socket *receiver, *sender;
};

MAYBE static struct snt_socket *bound(const char *text, uint16_t port)
{
	struct snt_addr any = parsed(text);
	struct snt_socket *socket;

	OK(snt_addr_set_port(&any, port));
	OK(snt_socket(&socket, any.sa.any.sa_family, SOCK_DGRAM, 0));
	OK(snt_set_reuseaddr(socket, true));
	OK(snt_bind(socket, &any));
	return socket;
}

MAYBE static struct stage stage_of(size_t number, const char *interface)
{
	struct stage stage = { .interface = interface };
	struct snt_addr name;
	uint16_t port;

	stage.receiver = bound(families[number].any, 0);
	name = name_of(stage.receiver);
	port = snt_addr_port(&name);
	stage.group = parsed(families[number].group);
	stage.other = parsed(families[number].other);
	stage.direct = addr_on(interface, families[number].family);
	OK(snt_addr_set_port(&stage.group, port));
	OK(snt_addr_set_port(&stage.other, port));
	OK(snt_addr_set_port(&stage.direct, port));
	OK(snt_socket(&stage.sender, families[number].family, SOCK_DGRAM, 0));
	OK(snt_set_multicast_if(stage.sender, interface));
	return stage;
}

MAYBE static void stage_end(struct stage *stage)
{
	snt_close(stage->receiver);
	snt_close(stage->sender);
}

MAYBE static void say(const struct stage *stage, const char *words,
		      const struct snt_addr *to)
{
	assert_int_equal(
		OK(snt_sendto(stage->sender, words, strlen(words), to)),
		strlen(words));
}

/* What was sent to a group before has arrived when this does, or never will. */
MAYBE static void say_last(const struct stage *stage)
{
	say(stage, NOT_HEARD, &stage->direct);
}

MAYBE static void hears(struct snt_socket *socket, const char *words)
{
	char text[32];
	ptrdiff_t n = OK(snt_recv(socket, text, sizeof text - 1));

	text[n] = '\0';
	assert_string_equal(text, words);
}

#endif
