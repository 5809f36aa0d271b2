/* SPDX-License-Identifier: MIT */
/*
 * A server in a process of its own, for the programs that measure both ends:
 * forked before the first call of sennit, killed with its parent.
 */
#ifndef BENCH_TWIN_H
#define BENCH_TWIN_H

#include <sys/types.h>

struct twin {
	pid_t pid;
	int port;
	char backend[16];
};

/* What serve calls once it listens on 127.0.0.1:port. */
struct twin_teller {
	int fd;
};
void twin_tell(const struct twin_teller *teller, int port, const char *backend);

/*
 * Runs serve(teller, arg) in a new process and returns when it has told its
 * port. serve returns a negative code only: it serves until it is killed.
 */
void twin_start(struct twin *twin,
		int (*serve)(const struct twin_teller *teller, void *arg),
		void *arg);
void twin_stop(struct twin *twin);

/* A blocking connection with TCP_NODELAY. */
int twin_connect(const struct twin *twin);

#endif
