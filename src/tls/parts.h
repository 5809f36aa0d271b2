/* SPDX-License-Identifier: MIT */
/* What contexts are made of, besides who we are and whom we trust. */
#ifndef SNT_TLS_PARTS_H
#define SNT_TLS_PARTS_H

#include "tls/context.h"

/* One holder of the context's memory less. */
void snt__tls_release(struct snt_tls_context *context);

/* The protocols to be spoken, in wire format; alpn may be NULL. -EINVAL. */
int snt__alpn_make(struct snt_tls_context *context, const char *const *alpn);
void snt__alpn_free(struct snt_tls_context *context);

/* "sha256//..." of public keys, several with ';'; text may be NULL. -EINVAL. */
int snt__pins_make(struct snt__pins **pins, const char *text);
void snt__pins_free(struct snt__pins *pins);
/* Whether the certificate's key is one of them; there are none: yes. */
bool snt__pins_have(const struct snt__pins *pins, X509 *certificate);
/* Of a certificate's key, as such a text. */
#define SNT__PIN 64
int snt__pin_of(X509 *certificate, char text[SNT__PIN]);

/* The keys that a server seals sessions with. */
int snt__tickets_make(struct snt_tls_context *context);
void snt__tickets_free(struct snt__tickets *tickets);

/* The table of names, and what it keeps. */
void snt__names_free(struct snt__names *names);

/* Whether secrets can be written there; path may be NULL. */
int snt__keylog_begin(const char *path);

#endif
