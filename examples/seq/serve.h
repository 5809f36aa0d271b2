/* SPDX-License-Identifier: MIT */
#ifndef SERVE_H
#define SERVE_H

#include <stddef.h>

/* Runs session(struct snt_seq *) on a fiber of its own, which closes it, for
 * each that begins at that address, at most so many at a time. Returns only
 * when that breaks: 1, and has said why. */
int serve(const char *text, int (*session)(void *arg), size_t most);

#endif
