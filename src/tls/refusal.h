/* SPDX-License-Identifier: MIT */
/* Why a handshake was ended from inside OpenSSL, told where it is known and
 * read where the call returns. Costs a connection that is not refused nothing. */
#ifndef SNT_TLS_REFUSAL_H
#define SNT_TLS_REFUSAL_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct snt__refusal {
	int code;
	char text
		[400]; /* follows the peer's name: ": expired ...", " is for ..." */
};

/* Keeps it with the connection, as far as there is memory. The last counts. */
void snt__refuse(SSL *ssl, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));
/* NULL: nothing was refused. */
const struct snt__refusal *snt__refusal_of(const SSL *ssl);

/* Why that chain, a client's or a server's, is refused, in words. */
void snt__sentence(X509_STORE_CTX *store, bool client, char *text, size_t size);

#endif
