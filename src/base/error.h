/* SPDX-License-Identifier: MIT */
/*
 * Failures: a code plus one line for a person, kept per fiber.
 *
 * The line lives in the failing fiber's context. Its memory is taken at the
 * first failure only, so that a fiber that never fails stays small; when that
 * memory is not to be had, the line is snt_strerror(code).
 */
#ifndef SNT_BASE_ERROR_H
#define SNT_BASE_ERROR_H

#include <sennit/base.h>

#define SNT__MESSAGE_MAX 512

/* The part of a fiber that this floor knows. The fiber floor embeds it first
 * in its own object and makes it current on every switch. */
struct snt__context {
	char *message; /* SNT__MESSAGE_MAX bytes, or NULL before the first failure */
	size_t done;
	int code;
};

/* The running fiber's; NULL until the fiber floor has set it. */
extern _Thread_local struct snt__context *snt__context
	__attribute__((tls_model("initial-exec")));

/* The running fiber's, or else the thread's own. */
struct snt__context *snt__context_now(void);

/*
 * Records the failure and returns code. The line is the formatted text, then
 * ": " and snt_strerror(code). snt_done() becomes 0.
 */
int snt__fail(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* The same, but the formatted text is the whole line. */
int snt__fail_text(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* The same as snt__fail, with snt_done() = done. */
int snt__fail_done(int code, size_t done, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* Records that line as it is. */
int snt__fail_words(int code, size_t done, const char *line)
	__attribute__((cold));

/* Copies the failure of one context into another. */
void snt__context_copy(struct snt__context *to,
		       const struct snt__context *from);

/* Frees what the context holds; it is as new afterwards. */
void snt__context_reset(struct snt__context *context);

#endif
