/* SPDX-License-Identifier: MIT */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/*
 * Runs run(arg) as a fiber that SIGINT and SIGTERM cancel, and returns its
 * status, or 128 plus the signal's number.
 */
int run_interruptible(int (*run)(void *arg), void *arg);

#endif
