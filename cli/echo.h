/* SPDX-License-Identifier: MIT */
/* What the echo verb and its workers share. */
#ifndef CLI_ECHO_H
#define CLI_ECHO_H

#include "address.h"
#include "options.h"
#include "seq_setup.h"

#include <pthread.h>
#include <stdatomic.h>

struct worker;

/* An address that a worker serves. */
struct served {
	struct worker *worker;
	struct snt_socket *handle; /* NULL: it is the first worker's alone */
	bool datagrams;
	bool tls;
	/* seq://: the handle is its endpoint's, once that is there. */
	const struct seq_setup *seq; /* NULL: it is another */
	struct snt_seq_endpoint *endpoint;
};

/*
 * A worker serves its own handles on its own thread (the first on the tool's).
 * It is stopped through a socketpair, made by the tool's thread: bytes never
 * pass; the tool ends its direction of the leash to say "drain", and the
 * worker closes its end, the collar, to say "done".
 */
struct worker {
	const struct options *options;
	struct snt_socket *leash;
	struct snt_socket *collar;
	struct served *served;
	size_t count;
	struct snt_group *listeners;
	struct snt_group *connections;
	pthread_t thread;
	int status;
};

/* A worker's fiber, or all that its thread runs: serves until told to stop. Closes
 * its handles. 0. */
int worker_serve(void *arg);

/* Connections and datagrams that failed, of all workers. */
extern atomic_ulong echo_failures;

#endif
