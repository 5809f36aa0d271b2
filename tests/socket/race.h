/* SPDX-License-Identifier: MIT */
/*
 * Names with the addresses a test wants, in the order it wants: a table of the
 * test's own answers getaddrinfo. All of 127.0.0.0/8 is this machine, so that
 * an address can be good, silent or refusing at the same port.
 */
#ifndef TESTS_SOCKET_RACE_H
#define TESTS_SOCKET_RACE_H

#include "io/io.h"
#include "net.h"

static struct {
	struct snt__io table;
	struct snt_addr addrs[40];
	size_t count;
	int code; /* of a look-up that fails */
	struct snt_addr tried[64];
	size_t tries;
	bool refuse; /* whatever is tried */
} race;

static int race_getaddrinfo(const struct snt__lookup *lookup,
			    struct snt_addr *addrs, size_t capacity,
			    const char **reason)
{
	size_t count = race.count < capacity ? race.count : capacity;

	(void)lookup;
	(void)reason;
	memcpy(addrs, race.addrs, count * sizeof addrs[0]);
	return race.code < 0 ? race.code : (int)count;
}

static int race_connect(int fd, const struct snt_addr *addr)
{
	race.tried[race.tries++ % COUNT(race.tried)] = *addr;
	return race.refuse ? -ECONNREFUSED : real_io()->connect(fd, addr);
}

/* The host of every name from now on; a list that ends with NULL. */
MAYBE static void names_mean(const char *const *hosts)
{
	race.table = *real_io();
	race.table.getaddrinfo = race_getaddrinfo;
	race.table.connect = race_connect;
	race.tries = 0;
	race.code = 0;
	race.refuse = false;
	for (race.count = 0; hosts[race.count] != NULL; race.count++) {
		char text[64];

		snprintf(text, sizeof text, "%s:0", hosts[race.count]);
		race.addrs[race.count] = parsed(text);
	}
	snt__io = &race.table;
}

#define NAMES_MEAN(...) names_mean((const char *const[]){ __VA_ARGS__, NULL })

struct silent {
	int listener;
	int filler;
	struct snt_addr addr;
};

/* An address where nobody answers: its listener's queue is full. */
MAYBE static struct silent silent_on(const char *host, uint16_t port)
{
	struct silent silent = { .listener = -1 };
	char text[64];

	snprintf(text, sizeof text, "%s:%u", host, port);
	silent.addr = parsed(text);
	silent.listener = raw_socket(silent.addr.sa.any.sa_family, SOCK_STREAM);
	raw_set_int(silent.listener, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(raw_bind(silent.listener, &silent.addr), 0);
	assert_int_equal(raw_listen(silent.listener, 0), 0);
	silent.addr = raw_name(silent.listener);
	silent.filler = raw_socket(silent.addr.sa.any.sa_family, SOCK_STREAM);
	assert_int_equal(raw_connect(silent.filler, &silent.addr), 0);
	return silent;
}

MAYBE static void silent_end(struct silent *silent)
{
	raw_close(silent->listener);
	raw_close(silent->filler);
}

/* "name.test:PORT" */
MAYBE static const char *name_at(uint16_t port)
{
	static char text[64];

	snprintf(text, sizeof text, "name.test:%u", port);
	return text;
}

#endif
