/* SPDX-License-Identifier: MIT */
#include "runner_left_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_list(void)
{
	const char *path = getenv("SENNIT_LEFT_OUT");
	FILE *file;

	if (!path)
		return NULL;
	file = fopen(path, "re");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

/* The next line of this program: its case and reason, in a static buffer. */
static bool next_line(FILE *file, const char *program, char **name,
		      char **reason)
{
	static char line[256];
	const char *slash = strrchr(program, '/');

	program = slash ? slash + 1 : program;
	while (fgets(line, sizeof line, file)) {
		char *end = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		if (!end || line[0] == '#')
			continue;
		*end = '\0';
		if (strcmp(line, program) != 0)
			continue;
		*name = end + 1;
		*reason = strstr(*name, ": ");
		if (!*reason) {
			fprintf(stderr, "left out without a reason: %s\n",
				*name);
			exit(1);
		}
		**reason = '\0';
		*reason += 2;
		return true;
	}
	return false;
}

const char *test_left_out(const char *program, const char *name)
{
	FILE *file = open_list();
	char *other, *reason;
	const char *found = NULL;

	while (file && !found && next_line(file, program, &other, &reason))
		if (strcmp(other, name) == 0)
			found = reason;
	if (file)
		fclose(file);
	return found;
}

size_t test_left_out_astray(const char *program, const struct test_case *cases,
			    size_t count)
{
	FILE *file = open_list();
	char *name, *reason;
	size_t astray = 0;

	while (file && next_line(file, program, &name, &reason)) {
		size_t i = 0;

		while (i < count && strcmp(cases[i].name, name) != 0)
			i++;
		if (i < count)
			continue;
		fprintf(stderr, "left out, but there is no case %s\n", name);
		astray++;
	}
	if (file)
		fclose(file);
	return astray;
}
