/* SPDX-License-Identifier: MIT */
/*
 * The table of behaviours in simulated worlds: every row gives the answer that
 * the kernel gave (answers.txt), whichever ready fiber runs first, but for
 * those in the list of intended differences.
 *
 *	build/tests/test_fidelity_world --figure
 *
 * says how many, and how fast. A row that differs is to be played alone, with a
 * trace of it: SENNIT_SIM_TRACE=file SENNIT_SIM_SEED=seed.
 */
#include "../runner.h"

#include "table.h"

#include <sennit/sim.h>
#include <time.h>

#define ROWS_LEAST 120

/* What a world answers on purpose, and why; snt_sim_net(3) tells the same. */
#define ONE_PROGRAM                                                            \
	"(broke off: start of a program on row: one runs there already)",      \
		"a host runs one program, and Unix sockets are of one host"
static const struct {
	const char *call, *state, *answer, *why;
} intended[] = {
	{ "connect", "Unix, no such folder", "connect ENOENT, bind 0",
	  "there are no files, so no folders: a path is but a name" },
	{ "recv", "Unix, peer sent, then killed", ONE_PROGRAM },
	{ "recv", "Unix, peer killed with bytes unread", ONE_PROGRAM },
	{ "connect", "Unix, listener killed", ONE_PROGRAM },
	{ "send", "Unix datagram, connected, peer killed", ONE_PROGRAM },
};
#define INTENDED (sizeof intended / sizeof intended[0])

/* The number of its intended difference; INTENDED: it has none. */
static size_t intended_of(const struct fidelity_row *row)
{
	size_t n = 0;

	while (n < INTENDED && (strcmp(intended[n].call, row->call) != 0 ||
				strcmp(intended[n].state, row->state) != 0))
		n++;
	return n;
}

static bool is_as_expected(const struct fidelity_subject *subject,
			   const struct fidelity_row *row,
			   const struct snt_sim_opts *opts)
{
	char line[FIDELITY_LINE];
	const char *expected = fidelity_recorded(row, line);
	size_t n = intended_of(row);
	struct stage stage;

	if (fidelity_simulated_play(subject, row, opts, &stage) < 0)
		snprintf(stage.answer, sizeof stage.answer, "(broke off: %s)",
			 snt_errmsg());
	if (expected == NULL)
		expected = "(not recorded)";
	if (n < INTENDED && strcmp(expected, intended[n].answer) == 0) {
		print_error("%s | %s: is no difference\n", row->call,
			    row->state);
		return false;
	}
	if (n < INTENDED)
		expected = intended[n].answer;
	if (strcmp(stage.answer, expected) == 0)
		return true;
	print_error("%s | %s%s\n  was: %s\n  is:  %s\n", row->call, row->state,
		    opts->in_order ? "" : " (in any order)", expected,
		    stage.answer);
	return false;
}

static void compare(const struct fidelity_subject *subject)
{
	const struct snt_sim_opts in_order = { .seed = 1, .in_order = true };
	const struct snt_sim_opts in_any_order = { .seed = 0 };
	size_t failed = 0;

	for (size_t i = 0; i < subject->count; i++) {
		failed +=
			!is_as_expected(subject, &subject->rows[i], &in_order);
		failed += !is_as_expected(subject, &subject->rows[i],
					  &in_any_order);
	}
	if (failed > 0)
		fail_msg("%s: %zu of %zu answers differ from answers.txt",
			 subject->name, failed, 2 * subject->count);
}

#define SUBJECT(subject)                                                       \
	static void subject##_answers_as_the_kernel_does(void)                 \
	{                                                                      \
		compare(&fidelity_##subject);                                  \
	}
FIDELITY_SUBJECTS(SUBJECT)

static size_t count_rows(void)
{
	const struct fidelity_subject *const *subject = fidelity_subjects;
	size_t count = 0;

	for (; *subject != NULL; subject++)
		count += (*subject)->count;
	return count;
}

/* How many rows are called so. */
static size_t count_called(const char *call, const char *state)
{
	const struct fidelity_subject *const *subject = fidelity_subjects;
	const char *fields[3] = { call, state, NULL };
	size_t count = 0;

	for (; *subject != NULL; subject++)
		for (size_t i = 0; i < (*subject)->count; i++)
			count += fidelity_is_row(&(*subject)->rows[i], fields);
	return count;
}

static void every_intended_difference_is_of_one_row(void)
{
	for (size_t n = 0; n < INTENDED; n++)
		if (count_called(intended[n].call, intended[n].state) != 1)
			fail_msg("no row (%s, %s)", intended[n].call,
				 intended[n].state);
	assert_true(count_rows() - INTENDED >= ROWS_LEAST);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* How many rows are equal, and how fast all are played. */
static int tell_figure(void)
{
	const struct fidelity_subject *const *subject = fidelity_subjects;
	const struct snt_sim_opts opts = { .seed = 1 };
	size_t equal = 0;
	struct stage stage;
	double begun;

	for (; *subject != NULL; subject++)
		for (size_t i = 0; i < (*subject)->count; i++) {
			const struct fidelity_row *row = &(*subject)->rows[i];

			equal += intended_of(row) == INTENDED &&
				 is_as_expected(*subject, row, &opts);
		}
	begun = seconds();
	for (subject = fidelity_subjects; *subject != NULL; subject++)
		for (size_t i = 0; i < (*subject)->count; i++)
			(void)!fidelity_simulated_play(
				*subject, &(*subject)->rows[i], &opts, &stage);
	printf("%zu rows, %zu equal; %.0f a second of one core\n", count_rows(),
	       equal, (double)count_rows() / (seconds() - begun));
	for (size_t n = 0; n < INTENDED; n++)
		printf("%s | %s | %s: %s\n", intended[n].call,
		       intended[n].state, intended[n].answer, intended[n].why);
	return equal + INTENDED != count_rows();
}

#define CASE(subject) TEST(subject##_answers_as_the_kernel_does),
static const struct test_case cases[] = {
	TEST(every_intended_difference_is_of_one_row), FIDELITY_SUBJECTS(CASE)
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--figure") == 0)
		return tell_figure();
	return RUN_TESTS_ONCE(cases);
}
