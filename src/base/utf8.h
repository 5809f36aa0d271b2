/* SPDX-License-Identifier: MIT */
/* UTF-8 without a sentence, for those who have one of their own to say. */
#ifndef SNT_BASE_UTF8_H
#define SNT_BASE_UTF8_H

#include <sennit/text.h>

/* False: the byte at check->offset cannot stand there. */
bool snt__utf8_feed(struct snt_utf8 *check, const void *data, size_t size);

#endif
