/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the load generator share: options, the server's CPU clock
 * and the ways to open a connection and to stop with a reason.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct load_opts {
	int port;
	int pid;         /* the server, whose CPU time is read; 0: nobody's */
	int connections; /* open at a time */
	size_t size;     /* bytes of a message */
	uint64_t warmup; /* messages before the first window, not measured */
	int seconds;     /* give up after so long */
};

__attribute__((noreturn, cold, format(printf, 1, 2))) void
load_die(const char *format, ...);

/* A connected blocking socket from 127.0.0.host. */
int load_connect(int port, unsigned host);
/* Closes by reset, so that no port stays in TIME_WAIT. */
void load_reset(int fd);
/* One message there and back on a socket, blocking, verified. */
void load_echo_once(int fd, size_t size, uint32_t stamp);

/*
 * Tells the driver that all is open and warm, and reads the next window from
 * standard input: a line with a count of messages (for churn: of
 * connections). 0 at its end.
 */
void load_say_ready(int connections);
uint64_t load_next_window(void);

/* Waits until the server has gone idle, then takes the clocks. */
struct load_clocks {
	int64_t server; /* CPU of all the server's threads, ns */
	int64_t own;
	int64_t wall;
};
struct load_clocks load_settle(const struct load_opts *opts);
void load_report(uint64_t messages, const struct load_clocks *from,
		 const struct load_clocks *to);

/* load_echo.c: a closed loop, one message under way on each connection. */
void load_echo(const struct load_opts *opts);
/* load_churn.c: connect, one message, close, in batches of connections. */
void load_churn(const struct load_opts *opts);
/* load_udp.c: trains of datagrams, there and back. */
void load_udp(const struct load_opts *opts);
/* load_tls.c: the same over TLS. */
void load_tls_echo(const struct load_opts *opts);
void load_tls_churn(const struct load_opts *opts);
void load_tls_idle(const struct load_opts *opts);

#endif
