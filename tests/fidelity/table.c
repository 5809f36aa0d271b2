/* SPDX-License-Identifier: MIT */
/* The table as a whole: its subjects, and what was recorded for each row. */
#include "table.h"

#include "../runner.h"

#include <stdlib.h>

#define ENTRY(subject) &fidelity_##subject,
const struct fidelity_subject *const fidelity_subjects[] = {
	FIDELITY_SUBJECTS(ENTRY) NULL,
};

FILE *fidelity_answers(void)
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

bool fidelity_next_answer(FILE *file, char line[FIDELITY_LINE],
			  const char *fields[3])
{
	while (fgets(line, FIDELITY_LINE, file) != NULL) {
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

bool fidelity_is_row(const struct fidelity_row *row, const char *fields[3])
{
	return strcmp(row->call, fields[0]) == 0 &&
	       strcmp(row->state, fields[1]) == 0;
}

const char *fidelity_recorded(const struct fidelity_row *row,
			      char line[FIDELITY_LINE])
{
	FILE *file = fidelity_answers();
	const char *fields[3], *found = NULL;

	while (found == NULL && fidelity_next_answer(file, line, fields))
		if (fidelity_is_row(row, fields))
			found = fields[2];
	fclose(file);
	return found;
}
