/* SPDX-License-Identifier: MIT */
/* Between the two halves of the test runner; see runner.h. */
#ifndef TESTS_RUNNER_CHILD_H
#define TESTS_RUNNER_CHILD_H

#include "runner.h"

/* What a child exits with when all is well: not 0, so that a case that calls
 * exit(0) does not count as passed. */
#define TEST_EXIT_PASSED 42

/* Runs the case in the calling process and ends it. Says what went wrong to
 * the descriptor output, which becomes stdout and stderr. */
__attribute__((noreturn)) void test_child(const struct test_case *test,
					  const char *(*backend)(void),
					  const char *name, int output);

/* The case's program in a world of its own; comes back when all was well. */
void test_run_in_world(const struct test_case *test);

#endif
