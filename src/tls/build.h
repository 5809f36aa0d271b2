/* SPDX-License-Identifier: MIT */
/* Of a context's parts, an SSL_CTX. */
#ifndef SNT_TLS_BUILD_H
#define SNT_TLS_BUILD_H

#include "tls/context.h"

/* The context, but for what may be others than it has now. */
struct snt__build {
	struct snt_tls_context *context;
	const struct snt__identity *identity;
	const struct snt__trust *trust;
	uint64_t generation;
};

/* Makes it, and puts it in the place of the context's. -ENOMEM, -SNT_ETLS:
 * nothing has changed. */
int snt__build_and_swap(const struct snt__build *build);

/* The context that an SSL_CTX was built of. */
struct snt_tls_context *snt__tls_context_of(const SSL_CTX *native);

/* A context that is of no use in the caller's world: -EINVAL. */
int snt__tls_check_world(const struct snt_tls_context *context);

/* The parts' own: each sets what it is about. */
int snt__build_ciphers(SSL_CTX *native, const struct snt_tls_opts *opts);
void snt__build_verify(SSL_CTX *native, const struct snt_tls_context *context);
int snt__build_alpn(SSL_CTX *native, const struct snt_tls_context *context);
void snt__build_names(SSL_CTX *native);
void snt__build_tickets(SSL_CTX *native, const struct snt_tls_context *context);
void snt__build_keylog(SSL_CTX *native);

#endif
