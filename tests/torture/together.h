/* SPDX-License-Identifier: MIT */
/* What the scenarios share. */
#ifndef TESTS_TORTURE_TOGETHER_H
#define TESTS_TORTURE_TOGETHER_H

#include "torture.h"

#include <sennit/fiber.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What no failure explains: told as wrong, never as a failure. */
#define WRONG 1

/* Each function a fiber with the same argument; the first failure among them. */
__attribute__((unused)) static int run_together(int (*const *fns)(void *arg),
						size_t count, void *arg)
{
	struct snt_group *group;
	int code, ended;

	SNT_TRY(code = snt_group_open(&group, NULL));
	for (size_t i = 0; i < count && code == 0; i++)
		code = snt_spawn(group, fns[i], arg, NULL);
	if (code == 0)
		code = snt_group_wait(group);
	ended = snt_group_end(group);
	return code < 0 ? code : ended;
}

/* A failure is passed on; any other answer than the expected one is wrong. */
#define EXPECT(call, expected)                                                 \
	do {                                                                   \
		ptrdiff_t got_ = (call);                                       \
		if (got_ != (expected))                                        \
			return got_ < 0 ? (int)got_ : WRONG;                   \
	} while (0)

#endif
