/* SPDX-License-Identifier: MIT */
/*
 * A part of a case that runs in a forked child. An assertion that fails there
 * ends the child by abort(3), which the parent then tells.
 */
#ifndef TESTS_FORKED_H
#define TESTS_FORKED_H

#include "runner.h"

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child, returns 0: what it does up to _exit(0) is the case's too. */
__attribute__((unused)) static pid_t forked(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	return pid;
}

__attribute__((unused)) static int status_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

__attribute__((unused)) static void child_succeeds(pid_t pid)
{
	int status = status_of(pid);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the child ended with wait status 0x%x",
			 (unsigned)status);
}

#endif
