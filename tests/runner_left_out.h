/* SPDX-License-Identifier: MIT */
/*
 * Cases that an emulator or a sanitizer cannot run, from the file that
 * SENNIT_LEFT_OUT names: a line "program case: reason" each, "#" begins a
 * comment. None on a machine of one's own without either, where nothing is
 * skipped.
 */
#ifndef TESTS_RUNNER_LEFT_OUT_H
#define TESTS_RUNNER_LEFT_OUT_H

#include "runner.h"

/* Why this program (its argv[0]) leaves the case out; NULL: it does not. */
const char *test_left_out(const char *program, const char *name);

/* How many of the file's lines for this program name none of its cases; says
 * on stderr which. */
size_t test_left_out_astray(const char *program, const struct test_case *cases,
			    size_t count);

#endif
