/* SPDX-License-Identifier: MIT */
/*
 * A table of things by the hash of a key; the links lie inside the things, so
 * that adding cannot fail. It grows with what is in it. Whoever looks compares
 * keys: things of equal hash stand in one chain, the newest first.
 */
#ifndef SNT_IO_SIM_TABLE_H
#define SNT_IO_SIM_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct snt__sim_hashed {
	struct snt__sim_hashed *next;
	uint32_t hash;
};

/* All zero: empty. */
struct snt__sim_table {
	struct snt__sim_hashed **slots;
	size_t room; /* a power of two, or 0 */
	size_t count;
};

void snt__sim_table_add(struct snt__sim_table *table,
			struct snt__sim_hashed *thing, uint32_t hash);
/* The thing must be in it. */
void snt__sim_table_remove(struct snt__sim_table *table,
			   struct snt__sim_hashed *thing);
/* The first of those with that hash, and the one after; NULL: no more. */
struct snt__sim_hashed *snt__sim_table_find(const struct snt__sim_table *table,
					    uint32_t hash);
struct snt__sim_hashed *
snt__sim_table_next(const struct snt__sim_hashed *thing);
/* Any one of them, the same in every run; NULL: it is empty. */
struct snt__sim_hashed *snt__sim_table_any(const struct snt__sim_table *table);
/* Gives back its own memory; it must be empty. */
void snt__sim_table_end(struct snt__sim_table *table);

#endif
