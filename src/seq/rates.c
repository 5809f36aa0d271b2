/* SPDX-License-Identifier: MIT */
/* The best of the last ten rounds, or of the last 200 ms where these are
 * longer: on a short path one wait of a scheduler outlasts ten rounds. */
#include "seq/rates.h"

#define SLOT_TIME (20 * SNT_MILLISECOND)

void snt__seq_rates_note(struct snt__seq_rates *rates,
			 const struct snt__seq_round *round, int64_t now)
{
	uint64_t time = (uint64_t)round->time / 1000 + 1, rate;
	struct snt__seq_slot *slot;

	if (round->time <= 0)
		return;
	rate = round->delivered * 1000000 / time;
	if (!round->tells && rate <= rates->best)
		return;
	if (now - rates->slot_at >= SLOT_TIME) {
		rates->slot = (rates->slot + 1) % SNT__SEQ_SLOTS;
		rates->slots[rates->slot] = (struct snt__seq_slot){ 0 };
		rates->slot_at = now;
	}
	slot = &rates->slots[rates->slot];
	if (rate > slot->rate)
		*slot = (struct snt__seq_slot){ rate, round->volume };
	rates->best = 0;
	for (unsigned i = 0; i < SNT__SEQ_SLOTS; i++)
		if (rates->slots[i].rate > rates->best)
			rates->best = rates->slots[i].rate;
}

uint64_t snt__seq_rates_paid(const struct snt__seq_rates *rates)
{
	uint64_t volume = UINT64_MAX;

	for (unsigned i = 0; i < SNT__SEQ_SLOTS; i++) {
		const struct snt__seq_slot *slot = &rates->slots[i];

		if (slot->rate > 0 && slot->rate / 9 >= rates->best / 10 &&
		    slot->volume < volume)
			volume = slot->volume;
	}
	return volume;
}

uint64_t snt__seq_rates_content(const struct snt__seq_rates *rates,
				int64_t time)
{
	return rates->best / 1000 * (uint64_t)time / 1000000;
}
