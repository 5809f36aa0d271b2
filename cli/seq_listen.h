/* SPDX-License-Identifier: MIT */
/* What the two halves of sennit listen seq:// share: who is there. */
#ifndef CLI_SEQ_LISTEN_H
#define CLI_SEQ_LISTEN_H

#include "listen.h"
#include "live.h"
#include "shown.h"

struct visitor {
	struct visitor *next;
	struct snt_seq *seq;
	struct snt_addr addr;
	struct snt_mutex *sending; /* one at a time, and the end after all */
	uint64_t number;
	uint64_t spoke; /* when, counted in messages of all */
	unsigned users; /* that look at it; the last frees it */
	bool leaving;
};

struct visiting {
	struct listening *listening;
	struct snt_seq_endpoint *endpoint;
	struct shown shown;
	struct live live;
	struct snt_event *somebody; /* is there */
	struct visitor *first;      /* by number */
	uint64_t last_number;
	uint64_t spoken;
	int64_t moved_at;
	bool heard; /* anything at all */
};

/* A fiber, arg a struct visiting: stdin to those who are there, as it was
 * asked for. */
int seq_reply(void *arg);

/* Gives back a visitor that was counted as used. */
void visitor_release(struct visitor *visitor);

/* Listens with sessions, one fiber each, until a signal or silence. Failures
 * that are not told yet. */
int seq_listen(struct listening *listening);

#endif
