/* SPDX-License-Identifier: MIT */
/* What the fuzzers of messages and text share. */
#ifndef TESTS_FUZZ_CHECKS_H
#define TESTS_FUZZ_CHECKS_H

#include <sennit/base.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			__builtin_trap();                                      \
	} while (0)

/* Declared for all: libFuzzer calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *copy_of(const void *data, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	CHECK(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

__attribute__((unused)) static void check_message(void)
{
	const char *message = snt_errmsg();

	CHECK(message[0] != '\0' && strlen(message) < 511);
	for (; *message != '\0'; message++)
		CHECK(*message >= ' ' && *message <= '~');
}

#endif
