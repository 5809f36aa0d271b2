/* SPDX-License-Identifier: MIT */
/* The messages of one channel that are kept back, found by their numbers. */
#ifndef SNT_SEQ_NUMBERS_H
#define SNT_SEQ_NUMBERS_H

#include "seq/inbound.h"

/* Where the message of that number hangs, or would: *place is NULL then, and
 * the message is put there with no children. Good until the next change. */
struct snt__seq_whole **snt__seq_numbers_place(struct snt__seq_whole **root,
					       uint16_t number);

/* Takes the message off that hangs there. */
void snt__seq_numbers_remove(struct snt__seq_whole **place);

#endif
