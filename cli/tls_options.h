/* SPDX-License-Identifier: MIT */
/* The options that are about tls:// addresses. */
#ifndef CLI_TLS_OPTIONS_H
#define CLI_TLS_OPTIONS_H

#include <stdbool.h>

struct verb;

/* Protocols of --alpn, and their text. */
#define ALPN_MAX 16
#define ALPN_TEXT 512

/* What was asked of TLS; NULL and 0 where nothing was. */
struct tls_options {
	const char *given;        /* the name of one of these that was given */
	const char *given_shared; /* the same of --key and --insecure, which
				     seq:// has as well */
	const char *cafile;
	const char *capath;
	const char *cert;
	const char *key;
	const char *client_ca;
	const char *servername;
	const char *pin;
	const char *alpn[ALPN_MAX + 1]; /* ended by NULL, within alpn_text */
	char alpn_text[ALPN_TEXT];
	int minimum_version;
	bool insecure;
};

/* The option --name; value is NULL where it takes none. -1 to go on, or the
 * status to end with, after it has said why. */
int tls_option(struct tls_options *tls, const struct verb *verb,
	       const char *name, const char *value);

/* Those that belong together or contradict each other; a key that is for
 * seq:// stands alone. As above. */
int tls_options_check(const struct tls_options *tls, const struct verb *verb,
		      bool is_for_seq);

#endif
