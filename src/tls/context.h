/* SPDX-License-Identifier: MIT */
/*
 * A context: what handshakes are made from. What was asked for at its making
 * never changes; who we are, whom we trust and the names we serve do, from any
 * thread, and each change makes a new SSL_CTX that takes the place of the old
 * one when it is whole. Handshakes and connections hold the one they began on.
 *
 * Two counts: its users (the opener, connections, servers, tables of names)
 * keep it able to begin handshakes; each SSL_CTX that was made of it, which its
 * callbacks are asked about, keeps the memory.
 */
#ifndef SNT_TLS_CONTEXT_H
#define SNT_TLS_CONTEXT_H

#include "tls/lock.h"

#include <openssl/ssl.h>
#include <sennit/tls.h>

struct snt__secure; /* the socket floor's table of what it asks of us */
struct snt__identity;
struct snt__names;
struct snt__pins;
struct snt__tickets;
struct snt__trust;

#define SNT__TLS_ID 16

struct snt_tls_context {
	const struct snt__secure *secure; /* first: the socket floor knows it */
	atomic_uint users;
	atomic_uint holders; /* users together count as one */
	enum snt_tls_side side;
	bool simulated;       /* its chance is a world's */
	OSSL_LIB_CTX *chance; /* where OpenSSL finds that; NULL: its own */
	/* For ever as asked for: */
	struct snt_tls_opts opts; /* its texts are copies, or NULL */
	unsigned char *alpn;      /* as on the wire */
	unsigned alpn_size;
	struct snt__pins *pins;
	unsigned char id[SNT__TLS_ID]; /* names its sessions */
	struct snt__tickets *tickets;
	/* One change at a time: */
	struct snt__tls_lock changing;
	struct snt__identity *identity; /* NULL: none */
	struct snt__trust *trust;
	/* No longer than to copy a pointer, or look a name up: */
	struct snt__tls_lock lock;
	SSL_CTX *native;
	uint64_t generation; /* of trust: sessions of another are not resumed */
	struct snt__names *names; /* NULL: none */
	bool served;              /* is, or was, in another's names */
};

/* Resumes with the same server in the same context only. */
struct snt_tls_session {
	SSL_SESSION *native;
	char host[256]; /* who was expected */
};

/* A user more; one less. Any thread. */
void snt__tls_keep(struct snt_tls_context *context);
void snt__tls_drop(struct snt_tls_context *context);

/* The limit of a handshake, as a duration. */
int64_t snt__tls_handshake_timeout(const struct snt_tls_context *context);

/*
 * The object of one connection, on the side of the context, with all set but
 * the BIO. opts may be NULL on a server. -EINVAL (no or bad server_hostname,
 * another's session, a server without a certificate, another world's context),
 * -ENOMEM, -SNT_ETLS.
 */
int snt__tls_new(struct snt_tls_context *context,
		 const struct snt_wrap_opts *opts, SSL **ssl);

/* The session of a client's connection, whose SSL_SESSION it takes: the caller
 * has asked SSL_get1_session; freed in any case. */
int snt__tls_session_make(SSL *ssl, SSL_SESSION *native,
			  struct snt_tls_session **session);

/* Whether the peer's certificate was checked and found good; on a client also
 * the name. After a handshake. */
bool snt__tls_verified(const SSL *ssl);

/* What is known of a failure besides what SSL says. */
struct snt__tls_story {
	const char *doing; /* "handshake", "recv", "send", "unwrap" */
	bool done;         /* the handshake: of a failed one SSL forgets that */
	const char *peer;  /* its address; NULL: not known */
	const void *first; /* what came first, as on the wire */
	size_t first_size;
};

/* Records why SSL failed, in a line, and returns the code: -SNT_ECERTIFICATE,
 * -SNT_ETRUNCATED, -ENOMEM, -SNT_ETLS. Reads, and empties, OpenSSL's queue of
 * errors. error: SSL_get_error's. */
int snt__tls_explain(SSL *ssl, int error, const struct snt__tls_story *story);

#endif
