/* SPDX-License-Identifier: MIT */
/* Who we are: a certificate, its key, and what leads to an authority. */
#ifndef SNT_TLS_IDENTITY_H
#define SNT_TLS_IDENTITY_H

#include "tls/context.h"

struct snt__identity {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* above the certificate; may be NULL */
};

struct snt__identity_source {
	const char *certfile, *keyfile;
	const void *cert, *key; /* instead of the files */
	size_t cert_size, key_size;
	const char *password;
};

int snt__identity_load(struct snt__identity **identity,
		       const struct snt__identity_source *source,
		       OSSL_LIB_CTX *chance);
void snt__identity_free(struct snt__identity *identity);

/* It takes the identity, in any case; from then on the context is that. */
int snt__identity_become(struct snt_tls_context *context,
			 struct snt__identity *identity);

#endif
