/* SPDX-License-Identifier: MIT */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "options.h"

#include <stdio.h>

/* The verbs, a row with .name NULL last. */
extern const struct verb verbs[];

/* The first lines of sennit --help. */
void help_short(FILE *file);

/* On stdout; the status to end with. */
int help_tool(void);
int help_verb(const struct verb *verb);
int help_version(void);

#endif
