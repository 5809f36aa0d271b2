/* SPDX-License-Identifier: MIT */
/* What the path delivered in its last rounds, and what it took. */
#ifndef SNT_SEQ_RATES_H
#define SNT_SEQ_RATES_H

#include <sennit/base.h>

#define SNT__SEQ_SLOTS 10

struct snt__seq_rates {
	/* The best round of a time: bytes a second, and how many bytes it took,
	 * with those that were lost. */
	struct snt__seq_slot {
		uint64_t rate;
		uint64_t volume;
	} slots[SNT__SEQ_SLOTS];
	unsigned slot;
	int64_t slot_at;
	uint64_t best; /* of all of them; 0: nothing is known */
};

/* A round that took so long; tells: of the path, not of what was to be sent. */
struct snt__seq_round {
	uint64_t delivered;
	uint64_t volume;
	int64_t time;
	bool tells;
};
/* All zeros is a valid start. */
void snt__seq_rates_note(struct snt__seq_rates *rates,
			 const struct snt__seq_round *round, int64_t now);
/* The least that was sent in a round in which nearly the best was delivered. */
uint64_t snt__seq_rates_paid(const struct snt__seq_rates *rates);
/* Bytes that the best rate delivers in that time. */
uint64_t snt__seq_rates_content(const struct snt__seq_rates *rates,
				int64_t time);

#endif
