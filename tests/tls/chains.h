/* SPDX-License-Identifier: MIT */
/*
 * Certificates made at test time, good ones and every kind of bad one. All that
 * is not said is as a careful authority would have it. Times are seconds from
 * now, by the clock of the world that the case runs in.
 */
#ifndef TESTS_TLS_CHAINS_H
#define TESTS_TLS_CHAINS_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct made {
	X509 *certificate;
	EVP_PKEY *key;
};

enum key_kind {
	EC_P256,
	RSA_1024,
	RSA_2048
};

struct recipe {
	const char *cn;
	const char *names;    /* "DNS:a.example,IP:192.0.2.1"; NULL: none */
	const char *raw_name; /* instead: a DNS name of raw_size bytes */
	size_t raw_size;
	bool authority;
	int path_length;   /* of an authority: 0 none, n at most n - 1 below */
	const char *basic; /* instead of what these two say; "": none */
	const char *usage; /* key usage; NULL: the usual, "": none */
	const char *purpose;     /* extended; NULL: of servers, "": none */
	const char *constraints; /* "permitted;DNS:.example" */
	const char *critical;    /* an OID nobody knows */
	int64_t from, to;        /* 0, 0: from an hour ago for 30 days */
	enum key_kind key;
	const char *digest; /* NULL: "SHA256" */
};

/* signer NULL: by itself. Fails the case when it cannot. */
struct made make_certificate(const struct recipe *recipe,
			     const struct made *signer);
void made_free(struct made *made);

/* Changes one bit of its signature. */
void break_signature(struct made *made);

struct list_recipe {
	int64_t from, to; /* 0, 0: from an hour ago for a day */
	const struct made *revoked[4];
};

/* A revocation list, in PEM. */
char *make_list(const struct list_recipe *recipe, const struct made *signer);

/* PEM, in memory of malloc(3)'s: all of them in their order, NULL ends. */
char *certificates_pem(const struct made *const *made);
char *key_pem(const struct made *made, const char *password);

/* What openssl-verify(1) is asked. Texts are PEM; NULL: none. */
struct question {
	const char *certificate, *chain, *trust, *lists;
	const char *host, *ip;
	const char *purpose; /* "sslserver" */
};

/* Its verdict: 0 is OK, else the number of the error; fails the case when the
 * tool is missing or answers nothing. */
int openssl_verify(const struct question *question);

#endif
