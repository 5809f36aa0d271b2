/* SPDX-License-Identifier: MIT */
/* What a session went through, for people and for programs. */
#ifndef CLI_SEQ_STATS_H
#define CLI_SEQ_STATS_H

#include "live.h"
#include "output.h"

/* Several sessions in one. All zero: none. */
struct seq_stats {
	size_t sessions;
	uint64_t sent, received, lost; /* datagrams */
	size_t queued;                 /* bytes of messages */
	int64_t rtt;                   /* the longest */
};

void seq_stats_add(struct seq_stats *stats, const struct snt_seq *seq);

/* "rtt 12.3 ms, lost 20.1 % of 523 sent ..." */
void seq_stats_text(char text[LIVE_TEXT], const struct seq_stats *stats);

/* One object on a line, the peer's. A failure is report_output's. */
int seq_stats_json(struct output *output, const struct snt_addr *from,
		   const struct snt_seq *seq);

#endif
