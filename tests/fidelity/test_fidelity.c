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

#include "fidelity.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE 800
#define ROWS_LEAST 120

static const struct fidelity_subject *const subjects[] = {
	&fidelity_stream,      &fidelity_send,
	&fidelity_reset,       &fidelity_listen,
	&fidelity_bind,        &fidelity_bind_again,
	&fidelity_connect,     &fidelity_connect_waiting,
	&fidelity_datagram,    &fidelity_datagram_connected,
	&fidelity_multicast,   &fidelity_unix_names,
	&fidelity_unix_stream, &fidelity_unix_datagram,
	&fidelity_passing,     &fidelity_message,
	&fidelity_names,       &fidelity_options,
	&fidelity_tcp,         &fidelity_wait,
	&fidelity_cancel,      &fidelity_peer_killed,
};
#define SUBJECTS (sizeof subjects / sizeof subjects[0])

static FILE *open_answers(void)
{
	const char *source = getenv("SENNIT_SOURCE");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/fidelity/answers.txt",
		 source ? source : ".");
	file = fopen(path, "re");
	if (file == NULL)
		fail_msg("%s cannot be read; run this from the project's "
			 "folder",
			 path);
	return file;
}

/* The next "call | state | answer", cut at the bars. */
static bool next_answer(FILE *file, char line[LINE], const char *fields[3])
{
	while (fgets(line, LINE, file) != NULL) {
		char *bar = line;

		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		fields[0] = line;
		for (int i = 1; i < 3; i++) {
			bar = strstr(bar, " | ");
			if (bar == NULL)
				fail_msg("not an answer: %s", line);
			*bar = '\0';
			bar += 3;
			fields[i] = bar;
		}
		return true;
	}
	return false;
}

static bool is_row(const struct fidelity_row *row, const char *fields[3])
{
	return strcmp(row->call, fields[0]) == 0 &&
	       strcmp(row->state, fields[1]) == 0;
}

/* What was recorded for it, in line; NULL: nothing. */
static const char *recorded(const struct fidelity_row *row, char line[LINE])
{
	FILE *file = open_answers();
	const char *fields[3], *found = NULL;

	while (found == NULL && next_answer(file, line, fields))
		if (is_row(row, fields))
			found = fields[2];
	fclose(file);
	return found;
}

static bool is_as_recorded(const struct fidelity_row *row)
{
	struct stage stage;
	char line[LINE];
	const char *expected = recorded(row, line);

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
SUBJECT(stream)
SUBJECT(send)
SUBJECT(reset)
SUBJECT(listen)
SUBJECT(bind)
SUBJECT(bind_again)
SUBJECT(connect)
SUBJECT(connect_waiting)
SUBJECT(datagram)
SUBJECT(datagram_connected)
SUBJECT(multicast)
SUBJECT(unix_names)
SUBJECT(unix_stream)
SUBJECT(unix_datagram)
SUBJECT(passing)
SUBJECT(message)
SUBJECT(names)
SUBJECT(options)
SUBJECT(tcp)
SUBJECT(wait)
SUBJECT(cancel)
SUBJECT(peer_killed)

/* How many rows are called so. */
static size_t count_rows(const char *fields[3])
{
	size_t count = 0;

	for (size_t i = 0; i < SUBJECTS; i++)
		for (size_t j = 0; j < subjects[i]->count; j++)
			count += is_row(&subjects[i]->rows[j], fields);
	return count;
}

static void every_answer_belongs_to_one_row(void)
{
	FILE *file = open_answers();
	const char *fields[3];
	char line[LINE];
	size_t rows = 0, answers = 0;

	while (next_answer(file, line, fields)) {
		answers++;
		if (count_rows(fields) != 1)
			fail_msg("%zu rows are (%s, %s)", count_rows(fields),
				 fields[0], fields[1]);
	}
	fclose(file);
	for (size_t i = 0; i < SUBJECTS; i++)
		rows += subjects[i]->count;
	assert_int_equal(answers, rows);
	assert_true(rows >= ROWS_LEAST);
}

static int record(void)
{
	struct stage stage;
	size_t broken = 0;

	setenv("CMOCKA_TEST_ABORT", "1", 1);
	fidelity_kernel_begin();
	printf("# SPDX-License-Identifier: MIT\n"
	       "# What the kernel answers: call | state | answer. Made by\n"
	       "# test_fidelity --record; see test_fidelity.c.\n");
	for (size_t i = 0; i < SUBJECTS; i++) {
		printf("\n# %s\n", subjects[i]->name);
		for (size_t j = 0; j < subjects[i]->count; j++) {
			const struct fidelity_row *row = &subjects[i]->rows[j];

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

static const struct test_case cases[] = {
	TEST(every_answer_belongs_to_one_row),
	TEST(stream_answers_as_recorded),
	TEST(send_answers_as_recorded),
	TEST(reset_answers_as_recorded),
	TEST(listen_answers_as_recorded),
	TEST(bind_answers_as_recorded),
	TEST(bind_again_answers_as_recorded),
	TEST(connect_answers_as_recorded),
	TEST(connect_waiting_answers_as_recorded),
	TEST(datagram_answers_as_recorded),
	TEST(datagram_connected_answers_as_recorded),
	TEST(multicast_answers_as_recorded),
	TEST(unix_names_answers_as_recorded),
	TEST(unix_stream_answers_as_recorded),
	TEST(unix_datagram_answers_as_recorded),
	TEST(passing_answers_as_recorded),
	TEST(message_answers_as_recorded),
	TEST(names_answers_as_recorded),
	TEST(options_answers_as_recorded),
	TEST(tcp_answers_as_recorded),
	TEST(wait_answers_as_recorded),
	TEST(cancel_answers_as_recorded),
	TEST(peer_killed_answers_as_recorded),
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--record") == 0)
		return record();
	return RUN_TESTS(cases);
}
