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

const struct verb verbs[] = {
	{
		.name = "echo",
		.bit = VERB_ECHO,
		.arguments = "[ADDR...]",
		.summary = "serve: send back whatever comes",
		.about =
			"Sends every byte and every datagram back to whom it "
			"came from. Without ADDR\n"
			"it listens on localhost:7000. Once all addresses are "
			"bound, each is printed\n"
			"on stdout as `listening on ADDR`, with the real port "
			"where 0 was given.\n"
			"On a terminal it adds what to type in another one.\n\n"
			"On SIGINT or SIGTERM it accepts no more, lets open "
			"connections go on for\n"
			"--grace, cuts what is left and exits with 0. A "
			"second signal ends it at once.\n"
			"With --workers, Unix sockets and fd: are served by "
			"the first worker alone.\n",
		.examples =
			"  sennit echo\n"
			"  sennit echo :7000 udp://:7000 unix:/tmp/echo.sock\n"
			"  sennit echo --workers 4 --grace 30s 0.0.0.0:7000\n",
		.addresses_min = 0,
		.addresses_max = SIZE_MAX,
		.run = echo_run,
	},
	{
		.name = "connect",
		.bit = VERB_CONNECT,
		.arguments = "ADDR",
		.summary = "stdin to ADDR, and what comes back to stdout",
		.about = "Connects, sends stdin, and writes what comes back to "
			 "stdout. At stdin's end\n"
			 "it ends its own direction only, and exits when the "
			 "other side has ended its.\n"
			 "If the other side ends first, a stdin that is no "
			 "terminal is still sent while\n"
			 "it gives bytes; after a second without any, or at "
			 "once on a terminal, it\n"
			 "exits.\n\n"
			 "With udp://, each read of stdin (a line, on a "
			 "terminal; 16 KiB at most) is a\n"
			 "datagram. Nobody tells when the last answer has "
			 "come: it exits after stdin's\n"
			 "end and then a second of silence, or --timeout of "
			 "it. With --timeout, no\n"
			 "answer at all is a failure (5).\n",
		.examples =
			"  sennit connect localhost:7000\n"
			"  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | sennit "
			"connect example.org:80\n"
			"  sennit connect --timeout 2s [::1]:7000 <file "
			">answer\n"
			"  echo hello | sennit connect udp://localhost:7000\n",
		.addresses_min = 1,
		.addresses_max = 1,
		.run = connect_run,
	},
	{
		.name = "listen",
		.bit = VERB_LISTEN,
		.arguments = "ADDR",
		.summary = "what comes in on ADDR to stdout",
		.about = "Waits for one connection, writes what it sends to "
			 "stdout, and exits when it\n"
			 "has ended. `listening on ADDR` appears on stderr, "
			 "with the real port where 0\n"
			 "was given. Nothing is sent: stdin is not read. With "
			 "--keep it serves many\n"
			 "connections at a time, their bytes mingled as they "
			 "come, until a signal.\n\n"
			 "With udp:// it writes every datagram's bytes, "
			 "whoever sent it, until a signal\n"
			 "or --timeout of silence (0 if anything came, else "
			 "5).\n",
		.examples = "  sennit listen :7000 >file\n"
			    "  sennit listen --timeout 10s localhost:0\n"
			    "  sennit listen --keep unix:/tmp/log.sock >>log\n",
		.addresses_min = 1,
		.addresses_max = 1,
		.run = listen_run,
	},
	{ .name = NULL },
};

static const struct verb *find_verb(const char *name)
{
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

static int refuse_word(const char *word)
{
	static const char *const names[] = { "echo", "connect", "listen",
					     "--help", "--version" };
	const char *near = suggest(word, names, sizeof names / sizeof names[0]);
	const char *kind = word[0] == '-' ? "option" : "verb";

	if (near != NULL)
		return report_usage(NULL, "there is no %s %s, maybe %s", kind,
				    word, near);
	return report_usage(NULL, "there is no %s %s", kind, word);
}

/* "help", alone or with a verb: what --help there tells. */
static int help_on(const char *name)
{
	const struct verb *verb;

	if (name == NULL)
		return help_tool();
	verb = find_verb(name);
	return verb != NULL ? help_verb(verb) : refuse_word(name);
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
	int status;

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
		return help_on(argv[2]);
	verb = find_verb(argv[1]);
	if (verb == NULL)
		return refuse_word(argv[1]);
	status = options_read(&options, verb, argc - 1, argv + 1);
	if (status >= 0)
		return status;
	status = snt_report_overflow();
	if (status < 0)
		return report(PHASE_CONNECT, status);
	return verb->run(&options);
}
