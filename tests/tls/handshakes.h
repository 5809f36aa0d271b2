/* SPDX-License-Identifier: MIT */
/*
 * Handshakes between two contexts, in memory: no socket is asked, so what
 * fails is TLS itself. How each side ended stands in a struct ended.
 */
#ifndef TESTS_TLS_HANDSHAKES_H
#define TESTS_TLS_HANDSHAKES_H

#include "runner.h"

#include "chains.h"
#include "tls/context.h"

#include <sennit/certificate.h>

struct ended {
	int code; /* 0: the handshake is done */
	char why[512];
};

/* What goes over, kept for whoever asks. */
struct wire {
	unsigned char *bytes;
	size_t size;
};

struct handshake {
	SSL *client, *server;
	struct ended at_client, at_server;
	struct wire from_client, from_server;
};

/* Makes both ends; the case fails if that does. opts: host, session. */
void handshake_begin(struct handshake *handshake,
		     struct snt_tls_context *client,
		     struct snt_tls_context *server,
		     const struct snt_wrap_opts *opts);
/* Until both are done, or one has failed and the other heard of it. */
void handshake_run(struct handshake *handshake);
/* Bytes after it, so that tickets arrive. */
void handshake_talk(struct handshake *handshake);
void handshake_end(struct handshake *handshake);

/* The whole of it: how the client ended, and the server. */
void shake(struct handshake *handshake, struct snt_tls_context *client,
	   struct snt_tls_context *server, const char *host);

/* The code, and text somewhere in the line. */
void assert_ended(const struct ended *ended, int code, const char *text);

/* A context that must be. */
struct snt_tls_context *context_of(enum snt_tls_side side,
				   const struct snt_tls_opts *opts);
/* A server's with a made certificate for these names, and a client's that
 * trusts it; end with snt_tls_context_close. */
struct snt_tls_context *made_server(const char *const *names);
struct snt_tls_context *client_of(struct snt_tls_context *server,
				  const struct snt_tls_opts *opts);
/* As certfile and keyfile. */
void load(struct snt_tls_context *context, const struct made *const *chain);

#endif
