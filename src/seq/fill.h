/* SPDX-License-Identifier: MIT */
/* What is asked of fill.c beside filling. */
#ifndef SNT_SEQ_FILL_H
#define SNT_SEQ_FILL_H

#include "seq/outbound.h"

/* Whether there is anything to send. */
bool snt__seq_outbound_wants(const struct snt__seq_outbound *out);
/* When it may go; <= now: at once; SNT_FOREVER: an answer must come first. */
int64_t snt__seq_outbound_go_at(const struct snt__seq_outbound *out,
				int64_t now);

#endif
