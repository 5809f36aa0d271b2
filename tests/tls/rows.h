/* SPDX-License-Identifier: MIT */
/*
 * A row of the table of certificates: root, one in the middle, and the peer's
 * own, all as they should be but for what the row says. It is shown to a client
 * (or, of_client, to a server) in a handshake under TLS 1.3 and 1.2, and to
 * openssl-verify(1), which has to find the same.
 */
#ifndef TESTS_TLS_ROWS_H
#define TESTS_TLS_ROWS_H

#include "handshakes.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct row {
	struct recipe root, middle, leaf;
	bool self_signed;  /* the peer's own, by itself */
	bool no_middle;    /* it is not sent */
	bool root_sent;    /* behind the middle */
	bool root_unknown; /* another one is trusted */
	bool broken;       /* the signature of the peer's own */
	bool forged;       /* by a middle of the same name and another key */
	bool leaf_trusted; /* the peer's own stands among the trusted */
	/* Lists of what the root and the middle have revoked: */
	bool lists, no_list_of_middle, list_forged;
	struct list_recipe list_of_root, list_of_middle;
	bool leaf_revoked, middle_revoked;
	const char *pin;
	const char *host; /* NULL: "a.example" */
	bool of_client;
	/* What becomes of it: */
	const char *says; /* somewhere in the line */
	int error;        /* of openssl-verify(1): X509_V_ERR_... */
};

void assert_refused(const struct row *row);
void assert_accepted(const struct row *row);

#define REFUSED(...) assert_refused(&(const struct row){ __VA_ARGS__ })
#define ACCEPTED(...) assert_accepted(&(const struct row){ __VA_ARGS__ })

#endif
