/* SPDX-License-Identifier: MIT */
/* Whom we trust: authorities, and lists of what they have revoked. */
#ifndef SNT_TLS_TRUST_H
#define SNT_TLS_TRUST_H

#include "tls/context.h"

struct snt__trust {
	X509_STORE *store;
	bool system;  /* the machine's, too */
	bool given;   /* anything else */
	bool revoked; /* there are lists: each certificate is looked up */
	char *paths;  /* folders, each with its NUL */
	size_t paths_size;
};

struct snt__trust_source {
	const char *cafile, *capath, *crlfile;
	const void *cadata;
	size_t cadata_size;
};

/* old (NULL: the beginning) and these. */
int snt__trust_make(struct snt__trust **trust,
		    const struct snt_tls_context *context,
		    const struct snt__trust *old,
		    const struct snt__trust_source *source);
void snt__trust_free(struct snt__trust *trust);

/* The names of the authorities, for clients to choose a certificate by; the
 * caller's. NULL: no memory. */
STACK_OF(X509_NAME) * snt__trust_names(const struct snt__trust *trust);

#endif
