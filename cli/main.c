/* SPDX-License-Identifier: MIT */
/*
 * The tool: finds the verb and hands over. Before that it sees to what every
 * verb relies on: descriptors 0 to 2 are open, SIGPIPE does not kill, a fiber
 * that outgrows its stack says so.
 */
#include "exit_code.h"
#include "help.h"
#include "suggest.h"
#include "verbs.h"

#include <fcntl.h>
#include <sennit.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* How many of the words are the verb's name; 0: it is another. */
static int name_length(const struct verb *verb, char *const *words)
{
	const char *at = verb->name;
	int count = 0;

	while (words[count] != NULL) {
		size_t length = strcspn(at, " ");

		if (strlen(words[count]) != length ||
		    strncmp(words[count], at, length) != 0)
			return 0;
		count++;
		at += length;
		if (*at == '\0')
			return count;
		at++;
	}
	return 0;
}

/* words end with NULL; *count of them are its name. */
static const struct verb *find_verb(char *const *words, int *count)
{
	for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
		*count = name_length(verb, words);
		if (*count > 0)
			return verb;
	}
	return NULL;
}

/* "tls" and what came after it, NULL if nothing did. */
static int refuse_tls(const char *word)
{
	static const char *const names[] = { "inspect" };
	const char *near;

	if (word == NULL)
		return report_usage(NULL, "tls needs a word more: tls inspect");
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return help_tool();
	near = suggest(word, names, 1);
	if (near != NULL)
		return report_usage(NULL,
				    "there is no verb tls %s, maybe tls "
				    "%s",
				    word, near);
	return report_usage(NULL, "there is no verb tls %s", word);
}

static int refuse_verb(char *const *words)
{
	static const char *const names[] = { "echo",       "connect", "listen",
					     "interfaces", "tls",     "--help",
					     "--version" };
	const char *word = words[0];
	const char *near = suggest(word, names, sizeof names / sizeof names[0]);
	const char *kind = word[0] == '-' ? "option" : "verb";

	if (strcmp(word, "tls") == 0)
		return refuse_tls(words[1]);
	if (near != NULL)
		return report_usage(NULL, "there is no %s %s, maybe %s", kind,
				    word, near);
	return report_usage(NULL, "there is no %s %s", kind, word);
}

/* "help", alone or with a verb: what --help there tells. */
static int help_on(char *const *words)
{
	const struct verb *verb;
	int count;

	if (words[0] == NULL)
		return help_tool();
	verb = find_verb(words, &count);
	return verb != NULL ? help_verb(verb) : refuse_verb(words);
}

/*
 * Where one of 0 to 2 is closed, a socket could take its number and get what
 * is meant for stdout. Opened for reading: reads meet the end, writes fail.
 */
static void open_missing(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct verb *verb;
	struct options options;
	int status, words;

	open_missing();
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		help_short(stderr);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help_tool();
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return help_version();
	if (strcmp(argv[1], "help") == 0)
		return help_on(argv + 2);
	verb = find_verb(argv + 1, &words);
	if (verb == NULL)
		return refuse_verb(argv + 1);
	status = options_read(&options, verb, argc - words, argv + words);
	if (status >= 0)
		return status;
	status = snt_report_overflow();
	if (status < 0)
		return report(PHASE_CONNECT, status);
	return verb->run(&options);
}
