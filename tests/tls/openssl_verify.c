/* SPDX-License-Identifier: MIT */
/* A second opinion on a chain: Debian's tool, with what sennit asks for. */
#include "runner.h"

#include "chains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct asking {
	char folder[64];
	char command[2000];
};

__attribute__((format(printf, 2, 3))) static void say(struct asking *asking,
						      const char *format, ...)
{
	size_t length = strlen(asking->command);
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(asking->command + length,
			 sizeof asking->command - length, format, args);
	va_end(args);
	assert_true((size_t)more < sizeof asking->command - length);
}

/* The option and a file with that text; no text, no option. */
static void say_file(struct asking *asking, const char *option,
		     const char *name, const char *text)
{
	char path[128];
	FILE *file;

	if (text == NULL)
		return;
	snprintf(path, sizeof path, "%s/%s.pem", asking->folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_not_equal(fputs(text, file), EOF);
	assert_int_equal(fclose(file), 0);
	say(asking, " %s %s", option, path);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "trust", "chain", "lists",
					     "certificate" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s.pem", folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

/* "error 20 at 0 depth lookup: ..." comes first, or "certificate.pem: OK". */
static int read_answer(FILE *pipe)
{
	char line[1000], all[4000] = "";
	int error = -1, depth;

	while (fgets(line, sizeof line, pipe) != NULL) {
		if (strlen(all) + strlen(line) < sizeof all)
			memcpy(all + strlen(all), line, strlen(line) + 1);
		if (error < 0 &&
		    sscanf(line, "error %d at %d", &error, &depth) == 2)
			continue;
		if (error < 0 && strstr(line, "certificate.pem: OK") != NULL)
			error = 0;
	}
	if (error < 0)
		fail_msg("openssl verify has no answer: %s", all);
	return error;
}

int openssl_verify(const struct question *question)
{
	struct asking asking = { "/tmp/sennit-verify-XXXXXX", "" };
	FILE *pipe;
	int error;

	assert_non_null(mkdtemp(asking.folder));
	say(&asking, "openssl verify -auth_level 2 -no-CApath -no-CAstore");
	if (question->trust == NULL)
		say(&asking, " -no-CAfile");
	say_file(&asking, "-CAfile", "trust", question->trust);
	say_file(&asking, "-untrusted", "chain", question->chain);
	say_file(&asking, "-crl_check_all -CRLfile", "lists", question->lists);
	if (question->purpose != NULL)
		say(&asking, " -purpose %s", question->purpose);
	if (question->host != NULL)
		say(&asking, " -verify_hostname '%s'", question->host);
	if (question->ip != NULL)
		say(&asking, " -verify_ip %s", question->ip);
	say_file(&asking, "", "certificate", question->certificate);
	say(&asking, " 2>&1");
	pipe = popen(asking.command, "re");
	assert_non_null(pipe);
	error = read_answer(pipe);
	pclose(pipe);
	remove_folder(asking.folder);
	return error;
}
