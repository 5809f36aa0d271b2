/* SPDX-License-Identifier: MIT */
/* What proves that a client gets what is sent to its address, without anything
 * being kept of it meanwhile. */
#ifndef SNT_SEQ_COOKIE_H
#define SNT_SEQ_COOKIE_H

#include "seq/datagram.h"

#include <sennit/addr.h>

#define SNT__SEQ_SECRET 32
#define SNT__SEQ_COOKIE_AGE 30 /* seconds */

/* Whom it is for: asked with the same bytes again. */
struct snt__seq_asker {
	const unsigned char *secret; /* SNT__SEQ_SECRET bytes */
	const struct snt_addr *addr;
	uint64_t client;
	const unsigned char *random;
};

/* seconds: of any steady clock. -ENOMEM. */
int snt__seq_cookie_make(const struct snt__seq_asker *asker, uint32_t seconds,
			 unsigned char *cookie);
/* 0; -EACCES: not ours, not his, or too old. -ENOMEM. */
int snt__seq_cookie_check(const struct snt__seq_asker *asker, uint32_t seconds,
			  const unsigned char *cookie);

#endif
