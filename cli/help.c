/* SPDX-License-Identifier: MIT */
/* What --help and --version print: from the verbs' table, the options' and the
 * exit codes'. */
#include "help.h"

#include "exit_code.h"

#include <sennit.h>
#include <stdlib.h>
#include <string.h>

static const char addresses[] =
	"Addresses:\n"
	"  localhost:7000       a name or address, and a port or service;\n"
	"                       names stand for IPv6 and IPv4 alike\n"
	"  [::1]:7000           IPv6; with a zone [fe80::1%eth0]:7000\n"
	"  :7000                every interface\n"
	"  unix:/run/x.sock     a Unix socket's file\n"
	"  unix:@name           an abstract Unix socket\n"
	"  fd:3                 a descriptor that is open already\n"
	"  udp://HOST:PORT      the same with UDP; tcp:// is what has no "
	"prefix\n"
	"  tls://HOST:PORT      TLS over TCP; a client checks that it is "
	"HOST\n"
	"  seq://HOST:PORT      messages over UDP: in order, none lost; with "
	"--key sealed\n"
	"  mcast://GROUP:PORT%IF\n"
	"                       a group, 239.1.2.3 or [ff15::1], by the "
	"interface IF:\n"
	"                       its name, number or address (see sennit "
	"interfaces);\n"
	"                       SOURCE@GROUP hears it from that source "
	"only\n";

/* All of it is written at the end, where a failure is told with its reason. */
static void print_at_the_end(void)
{
	static char text[16384];

	setvbuf(stdout, text, _IOFBF, sizeof text);
}

static void print_exit_codes(void)
{
	size_t count;
	const struct exit_code *codes = exit_codes(&count);

	puts("Exit status:");
	for (size_t i = 0; i < count; i++)
		printf("  %-4d %s\n", codes[i].status, codes[i].words);
}

void help_short(FILE *file)
{
	fputs("Usage: sennit VERB [OPTION...] [ADDR...]\n\n", file);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		fprintf(file, "  %-20s %s\n", verb->name, verb->summary);
	fputs("  --help               more, and `sennit VERB --help` more of a "
	      "verb\n"
	      "  --version            which sennit this is, and how it waits\n",
	      file);
}

int help_tool(void)
{
	print_at_the_end();
	help_short(stdout);
	printf("\n%s\n", addresses);
	puts("Try it, each line in a terminal of its own:\n"
	     "  sennit echo\n"
	     "  sennit connect localhost:7000\n\n"
	     "A duration is 500ms, 5s, 2m or 1h; a bare number is seconds.\n"
	     "To a terminal, control bytes of the other side are shown as "
	     "\\xNN.\n");
	print_exit_codes();
	return flush_stdout(STATUS_OK);
}

int help_verb(const struct verb *verb)
{
	print_at_the_end();
	printf("Usage: sennit %s [OPTION...] %s\n\n%s\n%s%sOptions:\n",
	       verb->name, verb->arguments, verb->about,
	       verb->addresses_max > 0 ? addresses : "",
	       verb->addresses_max > 0 ? "\n" : "");
	options_print(stdout, verb->bit);
	printf("\nExamples:\n%s\n", verb->examples);
	print_exit_codes();
	return flush_stdout(STATUS_OK);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static void print_backends(void)
{
	static const char *const names[] = { "direct", "epoll", "uring" };
	const char *before = "works here: ";

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!snt_has_backend(names[i]))
			continue;
		printf("%s%s", before, names[i]);
		before = ", ";
	}
	putchar('\n');
}

/* A word that is misspelled, or asks for what is not to be had here. */
static void print_unheeded(const char *asked)
{
	if (asked == NULL || asked[0] == '\0' || strcmp(asked, "auto") == 0 ||
	    snt_has_backend(asked))
		return;
	printf("SENNIT_IO=%s is %s\n", asked,
	       strcmp(asked, "uring") == 0 ? "not allowed here"
					   : "no backend: it counts as auto");
}

int help_version(void)
{
	struct snt_group *group;
	int code;

	print_at_the_end();
	code = snt_group_open(&group, NULL);
	if (code < 0)
		return report(PHASE_CONNECT, code);
	/* A thread with fibers is what the verbs are. */
	code = snt_spawn(group, nothing, NULL, NULL);
	if (code == 0) {
		printf("sennit %s\n"
		       "backend %s (SENNIT_IO=auto, direct, epoll or uring "
		       "chooses)\n",
		       snt_version(), snt_backend());
		print_unheeded(getenv("SENNIT_IO"));
		print_backends();
	} else {
		code = report(PHASE_CONNECT, code);
	}
	snt_group_end(group);
	return flush_stdout(code);
}
