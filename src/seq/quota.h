/* SPDX-License-Identifier: MIT */
/* How many sessions each network address has: of IPv6 the first 64 bits, which
 * one customer has for himself. */
#ifndef SNT_SEQ_QUOTA_H
#define SNT_SEQ_QUOTA_H

#include "seq/table.h"

#include <sennit/addr.h>

struct snt__seq_quota {
	struct snt__seq_node node;
	size_t count;
	size_t half_open; /* the session's, of these */
};

struct snt__seq_quotas {
	struct snt__seq_table table;
	uint64_t mix; /* a secret */
};

/* -ENOMEM. */
int snt__seq_quotas_begin(struct snt__seq_quotas *quotas, uint64_t mix);
/* One more of that address, of at most so many. -SNT_ELIMIT, -ENOMEM. */
int snt__seq_quota_take(struct snt__seq_quotas *quotas,
			const struct snt_addr *addr, size_t most,
			struct snt__seq_quota **quota);
void snt__seq_quota_give(struct snt__seq_quotas *quotas,
			 struct snt__seq_quota *quota);
/* All were given back. */
void snt__seq_quotas_end(struct snt__seq_quotas *quotas);

#endif
