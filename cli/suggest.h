/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* The name that word was probably meant to be, or NULL. */
const char *suggest(const char *word, const char *const *names, size_t count);

#endif
