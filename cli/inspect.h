/* SPDX-License-Identifier: MIT */
/* What `sennit tls inspect` has found out. */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include "address.h"
#include "options.h"

/* Certificates of a chain; longer ones are no good anyway. */
#define CHAIN_MAX 10
#define VERSION_COUNT 4
#define PROBLEM_MAX 512
#define PROBLEMS_MAX (CHAIN_MAX + 8)

struct inspected_version {
	const char *name;
	int number;
	bool accepted;
	/* Where accepted, and known. */
	char cipher[40];
	char group[40];
	char why[PROBLEM_MAX]; /* where not */
};

struct inspection {
	const struct options *options;
	struct address address;
	char host[ADDRESS_HOST]; /* whom to expect; may be "" */
	char peer[SNT_ADDR_TEXT];
	bool agreed; /* info and chain are known */
	struct snt_tls_info info;
	struct snt_certificate chain[CHAIN_MAX];
	size_t chain_count;
	char *pem; /* all of the chain */
	size_t pem_size;
	struct inspected_version versions[VERSION_COUNT]; /* newest first */
	bool trusted;
	char problems[PROBLEMS_MAX][PROBLEM_MAX];
	size_t problem_count;
	int status;
};

/* How many whole days are left at now; negative: it has expired. */
int64_t inspect_days_left(const struct snt_certificate *cert, int64_t now);

/* Whether a server takes TLS 1.0 or 1.1, which the library does not speak: 1 or
 * 0, or a negative code if it could not be asked. */
int inspect_old_version(struct snt_socket *socket, int version,
			const char *host);

/* On stdout. */
void inspect_print(const struct inspection *inspection, int64_t now);
void inspect_json(const struct inspection *inspection, int64_t now);

#endif
