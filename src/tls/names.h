/* SPDX-License-Identifier: MIT */
/* Names of hosts, as servers are asked for by. */
#ifndef SNT_TLS_NAMES_H
#define SNT_TLS_NAMES_H

#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stddef.h>

#define SNT__HOST 256

/* A host name in one spelling: lower case, no dot at its end. what: for the
 * message. -EINVAL. */
int snt__host_name(char host[SNT__HOST], const char *name, const char *what);

/* Of an address its bytes, and how many; of a name the name, and 0. -EINVAL. */
int snt__host_read(const char *text, const char *what, unsigned char bytes[16],
		   char host[SNT__HOST]);

/* Whom a client expects: sets it. 1: a name, which the server is told (SNI);
 * 0: an address, which it is not. -EINVAL, -ENOMEM. */
int snt__host_expect(X509_VERIFY_PARAM *param, const char *text,
		     char host[SNT__HOST]);
/* As it was set; "": nobody. True: a name. */
bool snt__host_expected(X509_VERIFY_PARAM *param, char host[SNT__HOST]);

#endif
