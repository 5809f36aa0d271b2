/* SPDX-License-Identifier: MIT */
/*
 * What is in a certificate, in words for a line: nothing in them moves a
 * terminal's cursor, whatever the certificate's maker wrote.
 */
#ifndef SNT_TLS_WORDS_H
#define SNT_TLS_WORDS_H

#include <openssl/x509.h>

#define SNT__SUBJECT 256
#define SNT__WHEN 64
#define SNT__KEY 64

/* "CN=example.org,O=Example", RFC 2253, cut with "...". */
void snt__words_name(const X509_NAME *name, char text[SNT__SUBJECT]);
void snt__words_subject(const X509 *certificate, char text[SNT__SUBJECT]);
void snt__words_issuer(const X509 *certificate, char text[SNT__SUBJECT]);
/* "2026-10-01 12:00 UTC". */
void snt__words_when(const ASN1_TIME *time, char text[SNT__WHEN]);
/* "DNS:a.example, IP:192.0.2.1", cut with "..."; "": there is none. */
void snt__words_names(const X509 *certificate, char *text, size_t size);
/* Of 4 or 16 bytes; text has 64. */
void snt__words_ip(const unsigned char *bytes, int size, char *text);
/* "EC P-256", "RSA 2048". */
void snt__words_key(EVP_PKEY *key, char text[SNT__KEY]);
/* "ecdsa-with-SHA256". */
const char *snt__words_signature(const X509 *certificate);
/* What it is for: "TLS Web Client Authentication"; "": it does not say. */
void snt__words_usage(const X509 *certificate, char *text, size_t size);

#endif
