/* SPDX-License-Identifier: MIT */
/*
 * Certificates to look at and to try things with. X.509, RFC 5280.
 */
#ifndef SENNIT_CERTIFICATE_H
#define SENNIT_CERTIFICATE_H

#include <sennit/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One certificate in words. Whatever its maker wrote, they are printable ASCII:
 * other bytes stand as \xNN; and what is too long is cut, and ends in "...".
 */
struct snt_certificate {
	char subject[256]; /* "CN=example.org,O=Example", RFC 2253 */
	char issuer[256];
	char names[1024];   /* "DNS:a.example, IP:192.0.2.1" */
	char serial[64];    /* hexadecimal */
	int64_t not_before; /* seconds since 1970, UTC; the last is in it */
	int64_t not_after;
	char key[64];         /* "EC P-256", "RSA 2048" */
	char signature[64];   /* "ecdsa-with-SHA256" */
	char fingerprint[72]; /* SHA-256 of the whole, hexadecimal */
	char pin[64];         /* of its key, as in snt_tls_opts */
	bool authority;       /* it may sign others (CA:TRUE) */
};

/*
 * The n-th certificate of the context's own: 0 is ours, then come those that
 * lead to an authority. -ENOENT: no such; -EINVAL; -ENOMEM. Any thread.
 */
SNT_API SNT_MUST_CHECK int snt_getcert(struct snt_tls_context *context,
				       size_t n, struct snt_certificate *cert);
/*
 * The same as PEM (RFC 7468) into a buffer, with a NUL; the length without it.
 * -ENOSPC: it has more than size bytes. A key is never given out.
 */
SNT_API SNT_MUST_CHECK ptrdiff_t snt_getcert_pem(
	struct snt_tls_context *context, size_t n, char *buffer, size_t size);

struct snt_make_certificate_opts {
	/* Names and addresses, ended by NULL: "example.org", "*.example.org",
	 * "192.0.2.1". NULL: "localhost", "127.0.0.1", "::1". */
	const char *const *names;
	int64_t valid; /* from now on; 0: 30 days */
};

/*
 * Gives the context a new key (EC P-256) and a certificate for it that nobody
 * has signed but itself: for tests and first steps. Clients trust it by its PEM
 * as cafile or cadata, or by its pin. -EINVAL, -ENOMEM, -SNT_ETLS.
 */
SNT_API SNT_MUST_CHECK int
snt_make_certificate(struct snt_tls_context *context,
		     const struct snt_make_certificate_opts *opts);

#ifdef __cplusplus
}
#endif
#endif
