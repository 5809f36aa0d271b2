/* SPDX-License-Identifier: MIT */
/*
 * The table of behaviours against what was recorded: every row, on the kernel,
 * on each backend, gives the answer that stands in answers.txt.
 *
 *	build/tests/test_fidelity --record > tests/fidelity/answers.txt
 *
 * records anew. What changes then is a change of the kernel's or the
 * library's, and is looked at line by line.
 */
#include "../runner.h"

#include "table.h"

#include <stdlib.h>

#define ROWS_LEAST 120

static bool is_as_recorded(const struct fidelity_row *row)
{
	struct stage stage;
	char line[FIDELITY_LINE];
	const char *expected = fidelity_recorded(row, line);

	/* The last one that a hanging program printed is the one. */
	print_message("%s | %s\n", row->call, row->state);
	if (fidelity_kernel_play(row, &stage) < 0) {
		print_error("  broke off: %s\n", snt_errmsg());
		return false;
	}
	if (expected != NULL && strcmp(stage.answer, expected) == 0)
		return true;
	print_error("  was: %s\n  is:  %s\n",
		    expected ? expected : "(not recorded)", stage.answer);
	return false;
}

static void compare(const struct fidelity_subject *subject)
{
	size_t failed = 0;

	fidelity_kernel_begin();
	for (size_t i = 0; i < subject->count; i++)
		if (!is_as_recorded(&subject->rows[i]))
			failed++;
	fidelity_kernel_end();
	if (failed > 0)
		fail_msg("%s: %zu of %zu rows differ from answers.txt",
			 subject->name, failed, subject->count);
}

#define SUBJECT(subject)                                                       \
	static void subject##_answers_as_recorded(void)                        \
	{                                                                      \
		compare(&fidelity_##subject);                                  \
	}
FIDELITY_SUBJECTS(SUBJECT)

/* How many rows are called so. */
static size_t count_rows(const char *fields[3])
{
	const struct fidelity_subject *const *subject = fidelity_subjects;
	size_t count = 0;

	for (; *subject != NULL; subject++)
		for (size_t i = 0; i < (*subject)->count; i++)
			count += fidelity_is_row(&(*subject)->rows[i], fields);
	return count;
}

static void every_answer_belongs_to_one_row(void)
{
	FILE *file = fidelity_answers();
	const char *fields[3];
	char line[FIDELITY_LINE];
	size_t rows = 0, answers = 0;

	while (fidelity_next_answer(file, line, fields)) {
		answers++;
		if (count_rows(fields) != 1)
			fail_msg("%zu rows are (%s, %s)", count_rows(fields),
				 fields[0], fields[1]);
	}
	fclose(file);
	for (size_t i = 0; fidelity_subjects[i] != NULL; i++)
		rows += fidelity_subjects[i]->count;
	if (answers != rows)
		fail_msg("%zu answers are recorded for %zu rows", answers,
			 rows);
	if (rows < ROWS_LEAST)
		fail_msg("%zu rows, and %d are promised", rows, ROWS_LEAST);
}

static int record(void)
{
	const struct fidelity_subject *const *subject = fidelity_subjects;
	struct stage stage;
	size_t broken = 0;

	setenv("CMOCKA_TEST_ABORT", "1", 1);
	fidelity_kernel_begin();
	printf("# SPDX-License-Identifier: MIT\n"
	       "# What the kernel answers: call | state | answer. Made by\n"
	       "# test_fidelity --record; see test_fidelity.c.\n");
	for (; *subject != NULL; subject++) {
		printf("\n# %s\n", (*subject)->name);
		for (size_t i = 0; i < (*subject)->count; i++) {
			const struct fidelity_row *row = &(*subject)->rows[i];

			fflush(stdout);
			if (fidelity_kernel_play(row, &stage) < 0) {
				fprintf(stderr, "%s | %s: broke off: %s\n",
					row->call, row->state, snt_errmsg());
				broken++;
				continue;
			}
			printf("%s | %s | %s\n", row->call, row->state,
			       stage.answer);
		}
	}
	fidelity_kernel_end();
	return broken > 0;
}

#define CASE(subject) TEST(subject##_answers_as_recorded),
static const struct test_case cases[] = { TEST(every_answer_belongs_to_one_row),
					  FIDELITY_SUBJECTS(CASE) };

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--record") == 0)
		return record();
	return RUN_TESTS(cases);
}
