/* SPDX-License-Identifier: MIT */
/* The table as a whole, for who goes through it; and what was recorded for it,
 * which lies in answers.txt. A file that cannot be read fails the test. */
#ifndef TESTS_FIDELITY_TABLE_H
#define TESTS_FIDELITY_TABLE_H

#include "fidelity.h"

#include <stdio.h>

/* The longest line of answers.txt. */
#define FIDELITY_LINE 800

/* Up to a NULL. */
extern const struct fidelity_subject *const fidelity_subjects[];

FILE *fidelity_answers(void);
/* The next "call | state | answer", cut at the bars. */
bool fidelity_next_answer(FILE *file, char line[FIDELITY_LINE],
			  const char *fields[3]);
/* Whether these are its call and state. */
bool fidelity_is_row(const struct fidelity_row *row, const char *fields[3]);
/* What was recorded for it, in line; NULL: nothing. */
const char *fidelity_recorded(const struct fidelity_row *row,
			      char line[FIDELITY_LINE]);

#endif
