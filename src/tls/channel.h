/* SPDX-License-Identifier: MIT */
/*
 * TLS as a layer on a connection. OpenSSL is entered for a moment at a time, on
 * the thread's stack for that (fiber/aside.h), reads and writes through a BIO
 * that never waits, and is left before anybody does. So one fiber may read and
 * one write although OpenSSL knows of no such thing.
 *
 * Invariants: ciphertext is in one order, the queue's: nothing is handed to
 * the descriptor past it. What the descriptor gave and OpenSSL has not asked
 * for is in `in`; then, and while OpenSSL holds plaintext, handle.ready has
 * SNT__READ.
 */
#ifndef SNT_TLS_CHANNEL_H
#define SNT_TLS_CHANNEL_H

#include "socket/layer.h"
#include "tls/context.h"
#include "tls/queue.h"

/* What tells a peer that speaks no TLS. */
#define SNT__TLS_FIRST 24

struct snt__tls {
	struct snt__layer layer;
	struct snt_tls_context *context;
	SSL *ssl;                  /* NULL: a server's that nobody has used */
	struct snt_socket *socket; /* NULL: on none yet */
	struct snt__queue in;
	struct snt__queue out;
	char *arrived; /* while in OpenSSL: what came behind its record, */
	size_t arrived_left;
	char *room;      /* and where there is room for that */
	char *words;     /* of the failure */
	int failed;      /* sticky */
	int recv_failed; /* the descriptor's own failures */
	int send_failed;
	unsigned forks;      /* snt__forks at its last use */
	bool done;           /* the handshake */
	bool ended;          /* the peer said goodbye */
	bool shut;           /* we did, or nobody can */
	bool fin;            /* then the stream's end is to follow */
	bool fin_gone;       /* which it has */
	bool cut;            /* the stream has ended */
	uint8_t header_size; /* of the record that begins, as far as it came */
	unsigned char header[5];
	uint16_t record_left; /* of the one that OpenSSL is at, still to come */
	uint8_t first_size;
	unsigned char first[SNT__TLS_FIRST];
};

extern const struct snt__secure snt__tls_secure;

/* The socket's, or NULL. */
struct snt__tls *snt__tls_of(const struct snt_socket *socket);

/* Of a connection whose handshake is done; else fails as "what" and is NULL:
 * -EINVAL, -ENOTCONN, -SNT_ETHREAD in *code. */
SSL *snt__tls_connected(struct snt_socket *socket, const char *what, int *code);

/* A BIO on the channel. NULL: no memory. */
BIO *snt__tls_bio(struct snt__tls *tls);

/* Sends what waits to be: 0, -EAGAIN, or what broke the connection. */
int snt__tls_flush(struct snt__tls *tls);

/* One call on OpenSSL, in the midst of what else it needs. */
struct snt__visit {
	ptrdiff_t (*run)(struct snt__visit *visit);
	struct snt__tls *tls;
	const char *doing; /* "recv", for the line of a failure */
	void *buffer;
	size_t size;
	const struct iovec *buffers;
	size_t count;
	int flags;
	bool reads; /* a send got nowhere for want of what is to come */
	ptrdiff_t result;
};

/* Runs it aside and returns its result; -ENOMEM. */
ptrdiff_t snt__tls_visit(struct snt__visit *visit);

/* These are for inside a visit. */

/* Goes on with the handshake: 0 it is done; -EAGAIN; a failure. */
int snt__tls_drive(struct snt__visit *visit);
/* What OpenSSL's answer means: 0 the peer said goodbye; -EAGAIN; a failure,
 * which stays. */
int snt__tls_settle(struct snt__visit *visit, int answer);
/* The connection has failed, for good, unless it has already. */
int snt__tls_fail_for_good(struct snt__tls *tls, int code);
/* 1: there is something to receive; else as snt__tls_settle. */
int snt__tls_peek(struct snt__visit *visit);

/* The layer's ends: ending.c. */
int snt__tls_shutdown(struct snt_socket *socket, int how);
void snt__tls_goodbye(struct snt_socket *socket);
void snt__tls_end(struct snt__layer *layer);

/* The layer: channel.c. On a server host is NULL. */
extern const struct snt__layer_ops snt__tls_layer;

#endif
