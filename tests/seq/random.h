/* SPDX-License-Identifier: MIT */
/* Chance by seed, the same everywhere. */
#ifndef TESTS_SEQ_RANDOM_H
#define TESTS_SEQ_RANDOM_H

#include <stdint.h>

/* One of 0 .. below - 1. SplitMix64 (Steele, Lea, Flood, 2014). */
__attribute__((unused)) static uint64_t draw(uint64_t *state, uint64_t below)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) % below;
}

#endif
