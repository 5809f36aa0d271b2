/* SPDX-License-Identifier: MIT */
/*
 * Cases that an emulator cannot run, from the file that SENNIT_LEFT_OUT names:
 * a line "program case: reason" each, "#" begins a comment. None on a machine
 * of one's own, where nothing is skipped.
 */
#ifndef TESTS_RUNNER_LEFT_OUT_H
#define TESTS_RUNNER_LEFT_OUT_H

#include "runner.h"

#include <stdbool.h>

/* Whether there is such a file: an emulator runs this, and takes its time. */
bool test_emulated(void);

/* Why this program (its argv[0]) leaves the case out; NULL: it does not. */
const char *test_left_out(const char *program, const char *name);

/* How many of the file's lines for this program name none of its cases; says
 * on stderr which. */
size_t test_left_out_astray(const char *program, const struct test_case *cases,
			    size_t count);

#endif
