/* SPDX-License-Identifier: MIT */
/* Pieces of JSON (RFC 8259) on stdout, for verbs that are asked for it. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>

/* In quotes. What is no ASCII is written as Latin-1, so that none is lost. */
void json_string(const char *text);
/* "name":"text"; null where text is empty. Without a comma. */
void json_text(const char *name, const char *text);
void json_truth(const char *name, bool truth);

#endif
