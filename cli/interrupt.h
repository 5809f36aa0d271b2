/* SPDX-License-Identifier: MIT */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/*
 * Runs run(arg) as a fiber that SIGINT and SIGTERM cancel, and returns its
 * status, or 128 plus the signal's number. hangup, if not NULL, is called for
 * each SIGHUP, which ends the fiber too where it returns false.
 */
int run_interruptible(int (*run)(void *arg), bool (*hangup)(void *arg),
		      void *arg);

#endif
