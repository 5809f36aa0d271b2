/* SPDX-License-Identifier: MIT */
/* PEM text (RFC 7468), of a file that is read as a whole or of the caller. */
#ifndef SNT_TLS_PEM_H
#define SNT_TLS_PEM_H

#include <openssl/x509.h>
#include <sennit/base.h>

struct snt__pem {
	char name[200]; /* for messages: "ca.pem" */
	const void *bytes;
	size_t size;
	char *loaded; /* what of it is ours to free */
};

/* Either, not both: -EINVAL. Else as the seam's load. */
int snt__pem_open(struct snt__pem *pem, const char *file, const void *bytes,
		  size_t size);
/* Leaves no secret behind. */
void snt__pem_close(struct snt__pem *pem);

/* The certificates in their order; at least one. */
int snt__pem_certificates(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
			  STACK_OF(X509) * *certificates);
/* All certificates and revocation lists; at least one of them. */
int snt__pem_infos(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
		   STACK_OF(X509_INFO) * *infos);
/* The first private key; password may be NULL. Nobody is asked for one. */
int snt__pem_key(const struct snt__pem *pem, OSSL_LIB_CTX *chance,
		 const char *password, EVP_PKEY **key);

#endif
