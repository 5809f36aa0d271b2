/* SPDX-License-Identifier: MIT */
/* One message, whole or put together from pieces. */
#ifndef SNT_SEQ_ASSEMBLY_H
#define SNT_SEQ_ASSEMBLY_H

#include "seq/inbound.h"

/* Most ranges with a hole in front: who sends no more than 1,024 DATA at a time
 * makes no more holes. Of a small message there may be fewer (assembly.c). */
#define SNT__SEQ_RANGES 1024

struct snt__seq_range {
	uint32_t begin, end;
};

/* Of a message that is not whole. */
struct snt__seq_assembly {
	uint64_t
		first; /* the DATA of the piece at offset 0, the least so far */
	bool begun;    /* that piece has come */
	uint16_t count, room;
	uint32_t front; /* all before came */
	/* That came beyond it: ascending, a hole in front of each. */
	struct snt__seq_range ranges[];
};

/* A message of which that is the first piece to come, or all. NULL: no memory. */
struct snt__seq_whole *snt__seq_message_new(uint64_t number,
					    const struct snt__seq_frame *frame);

/* Takes another piece of it, whose total must be its size. 0; -ENOMEM;
 * -SNT_ELIMIT: it would have too many holes. Nothing was taken then. */
int snt__seq_message_add(struct snt__seq_whole *message, uint64_t number,
			 const struct snt__seq_frame *frame);

/* What it counts where memory is counted. */
static inline size_t snt__seq_message_charge(size_t size)
{
	return size + SNT__SEQ_CHARGE;
}

/* It must be on no list. */
void snt__seq_message_free(struct snt__seq_whole *message);

#endif
