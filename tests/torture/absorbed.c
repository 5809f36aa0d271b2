/* SPDX-License-Identifier: MIT */
/*
 * The failures that need not reach the caller, each with the reason. A case
 * whose failure vanished without standing here fails its scenario.
 */
#include "torture.h"

#include <string.h>

#define ANY 0u

static const struct {
	const char *call;
	int code;        /* 0: any */
	unsigned traits; /* in a scenario that has one of these */
	const char *reason;
} absorbed[] = {
	{ "close", 0, ANY, "close never fails: the descriptor is gone" },
	{ "poller wait", 0, ANY, "the poller is asked again soon" },
	{ "mailbox arm", 0, ANY,
	  "once it was armed, it is looked at again soon" },
	{ "ring setup", 0, ANY, "epoll is opened instead" },
	{ "ring map", 0, ANY, "epoll is opened instead" },
	{ "ring register", 0, ANY, "the ring is entered by its descriptor" },
	{ "ring enter", 0, ANY, "what was not taken goes in with the next" },
	{ "set_nonblocking", 0, ACCEPTS,
	  "the connection is made; only the shared flag stays as it was set" },
	{ "getpeername", 0, ANY, "it is only worth a better message" },
	{ "getsockname", 0, ANY, "only to tell a socket connected to itself" },
	{ "memory", ENOMEM, EXPECTS_FAILURE,
	  "a message without memory is its code's words" },
	{ "memory", ENOMEM, ACCEPTS, "accept waits until there is some" },
	{ "accept", 0, ACCEPTS,
	  "the dead are passed over, shortages waited out" },
	{ "poller arm", ENOMEM, ACCEPTS, "accept waits until there is memory" },
	{ "file_id", 0, LEAVES_FILE,
	  "a file that cannot be looked at is left" },
	{ "unlink", 0, LEAVES_FILE, "a file that cannot be removed is left" },
	{ "sendfile", EINVAL, SENDS_FILE, "the file is read and sent" },
	{ "sendmmsg, in the midst", 0, ANY, "those that went are counted" },
	{ "sendmmsg", 0, BATCHES, "what is left goes with the next call" },
	{ "setsockopt", ENOPROTOOPT, BATCHES,
	  "an item that the kernel does not know is off" },
	{ "recvmmsg, in the midst", 0, ANY, "those that came are counted" },
	{ "socket", 0, LEAVES_FILE, "the file in the way is looked at again" },
	{ "connect", 0, LEAVES_FILE, "the file in the way is looked at again" },
	{ "socket", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "connect", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "setsockopt", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "getsockopt", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "look", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "memory", 0, TWO_ADDRESSES, "the other address is tried" },
	{ "send", 0, SESSIONS, "a datagram is lost, and goes again" },
	{ "sendto", 0, SESSIONS, "a datagram is lost, and goes again" },
	{ "recvmmsg", 0, SESSIONS, "they are received a while later" },
	{ "memory", 0, SESSIONS, "a datagram that cannot be kept is lost" },
	{ "poller arm", 0, SESSIONS, "the socket is tried again soon" },
	{ "bind", EADDRNOTAVAIL, TWO_ADDRESSES, "one of several is left out" },
	{ "if_nametoindex", ENODEV, JOINS, "then the text is an address" },
	{ "setsockopt", ENOPROTOOPT, JOINS,
	  "an old kernel has no IPV6_MULTICAST_ALL" },
	{ "bind", EADDRINUSE, ANY, "another port is tried" },
	{ "listen", EADDRINUSE, ACCEPTS, "another port is tried" },
};

const char *torture_absorbed(const char *name, int code, unsigned traits)
{
	for (size_t i = 0; i < sizeof absorbed / sizeof absorbed[0]; i++)
		if (strcmp(absorbed[i].call, name) == 0 &&
		    (absorbed[i].code == 0 || absorbed[i].code == -code) &&
		    (absorbed[i].traits == ANY ||
		     (absorbed[i].traits & traits) != 0))
			return absorbed[i].reason;
	return NULL;
}
