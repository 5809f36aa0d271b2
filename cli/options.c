/* SPDX-License-Identifier: MIT */
/*
 * Every option of every verb stands in one table: what getopt_long accepts and
 * what --help shows cannot drift apart. An option means the same in each verb
 * that has it.
 */
#include "options.h"

#include "address.h"
#include "duration.h"
#include "exit_code.h"
#include "help.h"
#include "suggest.h"
#include "tls_options.h"

#include <getopt.h>
#include <sennit.h>
#include <string.h>

enum {
	OPTION_DATAGRAM = 1,
	OPTION_GRACE,
	OPTION_HELP,
	OPTION_JSON,
	OPTION_KEEP,
	OPTION_RAW,
	OPTION_SEQ,
	OPTION_TIMEOUT,
	OPTION_VERBOSE,
	OPTION_WORKERS,
	OPTION_TLS, /* each of them: of tls:// addresses, in tls_options.c */
};

static const struct row {
	int id;
	unsigned verbs;
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
} rows[] = {
	{ OPTION_WORKERS, VERB_ECHO, "workers", "N",
	  "serve on N threads, each with its own loop (default 1)" },
	{ OPTION_GRACE, VERB_ECHO, "grace", "DURATION",
	  "how long open connections may go on after\n"
	  "SIGINT or SIGTERM (default 5s)" },
	{ OPTION_VERBOSE, VERB_ECHO, "verbose", NULL,
	  "tell on stderr of each connection that fails" },
	{ OPTION_KEEP, VERB_LISTEN, "keep", NULL,
	  "serve many connections, at once, until a signal" },
	{ OPTION_TIMEOUT, VERB_CONNECT | VERB_LISTEN, "timeout", "DURATION",
	  "limit of the wait for the connection, and of each\n"
	  "silence after that (default: none)" },
	{ OPTION_TIMEOUT, VERB_INSPECT, "timeout", "DURATION",
	  "limit of each of its connections (default 10s)" },
	{ OPTION_JSON, VERB_INSPECT, "json", NULL,
	  "one JSON object on stdout, for programs" },
	{ OPTION_JSON, VERB_INTERFACES, "json", NULL,
	  "a JSON array on stdout, one object an interface" },
	{ OPTION_JSON, VERB_CONNECT | VERB_LISTEN, "json", NULL,
	  "udp, mcast, seq: a JSON object a line of each datagram\n"
	  "or message; seq: the statistics of each session last" },
	{ OPTION_DATAGRAM, VERB_CONNECT | VERB_LISTEN, "label", NULL,
	  "udp, mcast, seq: the sender before each line (to a\n"
	  "terminal unasked, where there may be several)" },
	{ OPTION_DATAGRAM, VERB_LISTEN, "reply", "last|all",
	  "udp, mcast, seq: stdin goes to who spoke last, or to\n"
	  "all who spoke (a terminal's unasked, to the last)" },
	{ OPTION_DATAGRAM, VERB_CONNECT | VERB_LISTEN, "datagrams", "HOW",
	  "udp, mcast, seq: stdin in datagrams or messages of\n"
	  "lines, or of so many bytes (default: as it is read,\n"
	  "and with seq lines)" },
	{ OPTION_DATAGRAM, VERB_CONNECT, "broadcast", NULL,
	  "udp: the address stands for all of a network, and\n"
	  "whoever answers is heard" },
	{ OPTION_DATAGRAM, VERB_CONNECT, "ttl", "N",
	  "mcast: routers that may be passed, 0 to 255; 0 stays\n"
	  "on this host (default 1: on the network)" },
	{ OPTION_DATAGRAM, VERB_CONNECT, "no-loop", NULL,
	  "mcast: others on this host do not hear it" },
	{ OPTION_SEQ, VERB_CONNECT | VERB_LISTEN, "channel", "KIND[:N]",
	  "seq: how stdin goes: ordered (default); reliable, in\n"
	  "any order; latest, where late ones are left out.\n"
	  "There are 64 of each, N is 0 to 63" },
	{ OPTION_RAW, VERB_CONNECT | VERB_LISTEN, "raw", NULL,
	  "show control bytes to a terminal as they are" },
	{ OPTION_TLS, VERB_CLIENTS, "cafile", "FILE",
	  "tls: trust these authorities (PEM), not the system's" },
	{ OPTION_TLS, VERB_CLIENTS, "capath", "FOLDER",
	  "tls: the same, a folder as openssl rehash makes it" },
	{ OPTION_TLS, VERB_CLIENTS, "pin", "HASH",
	  "tls: besides, only this key: sha256//... in base64" },
	{ OPTION_TLS, VERB_CLIENTS, "servername", "NAME",
	  "tls: whom to expect (default: the address's host)" },
	{ OPTION_TLS, VERB_CONNECT, "insecure", NULL,
	  "tls: DANGER, whoever answers is taken for the server;\n"
	  "seq: DANGER, plain on networks, for all to read" },
	{ OPTION_TLS, VERB_SERVERS, "insecure", NULL,
	  "seq: DANGER, plain on networks, for all to read" },
	{ OPTION_TLS, VERB_CLIENTS, "cert", "FILE",
	  "tls: who we are, should the server ask: certificate,\n"
	  "then those above it" },
	{ OPTION_TLS, VERB_SERVERS, "cert", "FILE",
	  "tls: who we are: certificate, then those above it;\n"
	  "read again on SIGHUP (default: one made by itself,\n"
	  "for this run)" },
	{ OPTION_TLS, VERB_SERVERS | VERB_CONNECT, "key", "FILE",
	  "tls: its key (default: in the same file);\n"
	  "seq: what both sides share, 32 bytes or 64 hex\n"
	  "digits: `openssl rand -hex 32 >FILE` makes one" },
	{ OPTION_TLS, VERB_INSPECT, "key", "FILE",
	  "tls: its key (default: in the same file)" },
	{ OPTION_TLS, VERB_SERVERS, "client-ca", "FILE",
	  "tls: only clients with a certificate of these" },
	{ OPTION_TLS, VERB_TLS, "alpn", "NAME,...",
	  "tls: protocols to agree on, such as h2,http/1.1" },
	{ OPTION_TLS, VERB_TLS, "min-version", "N",
	  "tls: 1.2 (default) or 1.3" },
	{ OPTION_HELP, VERB_ALL, "help", NULL, "this text" },
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static int refuse_value(const struct verb *verb, const char *name,
			const char *value, const char *wanted)
{
	return report_usage(verb->name, "--%s %s: %s", name, value, wanted);
}

static int read_duration(int64_t *duration, const struct verb *verb,
			 const char *name, const char *value)
{
	if (duration_parse(duration, value) == 0)
		return -1;
	return refuse_value(verb, name, value,
			    "not a duration, such as 500ms, 5s, 2m or 1h");
}

static int read_workers(int *workers, const struct verb *verb,
			const char *value)
{
	int number = 0;
	const char *at = value;

	while (*at >= '0' && *at <= '9' && number <= WORKERS_MAX)
		number = number * 10 + (*at++ - '0');
	if (*at != '\0' || number < 1 || number > WORKERS_MAX)
		return refuse_value(verb, "workers", value,
				    "not a number from 1 to 256");
	*workers = number;
	return -1;
}

static int apply(struct options *options, const struct verb *verb, int id,
		 const char *name)
{
	const char *value = optarg;
	int status = -1;

	switch (id) {
	case OPTION_TLS:
		return tls_option(&options->tls, verb, name, value);
	case OPTION_DATAGRAM:
		return datagram_option(&options->datagram, verb, name, value);
	case OPTION_SEQ:
		return seq_option(&options->seq, verb, value);
	case OPTION_GRACE:
		return read_duration(&options->grace, verb, "grace", value);
	case OPTION_TIMEOUT:
		status = read_duration(&options->timeout, verb, "timeout",
				       value);
		if (status < 0 && options->timeout == 0)
			status = refuse_value(verb, "timeout", value,
					      "nothing can be done in no time");
		return status;
	case OPTION_WORKERS:
		return read_workers(&options->workers, verb, value);
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_KEEP:
		options->keep = true;
		break;
	case OPTION_RAW:
		options->raw = true;
		break;
	case OPTION_VERBOSE:
		options->verbose = true;
		break;
	case OPTION_HELP:
		return help_verb(verb);
	}
	return -1;
}

/* What getopt_long did not know, as it was written. */
static int refuse_option(const struct verb *verb, const char *word, int letter)
{
	const char *names[ROW_COUNT], *near;
	char name[64];
	size_t count = 0;

	if (word[0] != '-' || word[1] != '-')
		return report_usage(verb->name, "%s has no option -%c",
				    verb->name, letter);
	snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="),
		 word + 2);
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].verbs & verb->bit)
			names[count++] = rows[i].name;
	near = suggest(name, names, count);
	if (near != NULL && strcmp(near, name) == 0)
		return report_usage(verb->name, "--%s takes no value", name);
	if (near != NULL)
		return report_usage(verb->name,
				    "%s has no option --%s, maybe --%s",
				    verb->name, name, near);
	return report_usage(verb->name, "%s has no option --%s", verb->name,
			    name);
}

static size_t fill_table(struct option *table, unsigned verb_bit)
{
	size_t count = 0;

	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].verbs & verb_bit)
			table[count++] = (struct option){
				.name = rows[i].name,
				.has_arg = rows[i].argument != NULL,
				.val = rows[i].id,
			};
	table[count] = (struct option){ 0 };
	return count;
}

static bool is_for_seq(const struct options *options)
{
	for (size_t i = 0; i < options->address_count; i++)
		if (address_is_seq(options->addresses[i]))
			return true;
	return false;
}

int options_read(struct options *options, const struct verb *verb, int argc,
		 char **argv)
{
	struct option table[ROW_COUNT + 1];
	int id, status, number, before = 1;

	*options = (struct options){ .workers = 1,
				     .grace = 5 * SNT_SECOND,
				     .datagram = { .ttl = -1 } };
	fill_table(table, verb->bit);
	opterr = 0;
	optind = 1;
	while ((id = getopt_long(argc, argv, ":h", table, &number)) != -1) {
		if (id == ':')
			return report_usage(verb->name, "%s needs a value",
					    argv[optind - 1]);
		if (id == '?')
			return refuse_option(
				verb,
				argv[optind > before ? optind - 1 : optind],
				optopt);
		status = apply(options, verb, id == 'h' ? OPTION_HELP : id,
			       id == 'h' ? NULL : table[number].name);
		if (status >= 0)
			return status;
		before = optind;
	}
	options->addresses = argv + optind;
	options->address_count = (size_t)(argc - optind);
	if (options->address_count < verb->addresses_min)
		return report_usage(verb->name,
				    "%s needs an address, such as "
				    "localhost:7000",
				    verb->name);
	if (options->address_count > 0 && verb->addresses_max == 0)
		return report_usage(verb->name, "%s takes no address, as %s",
				    verb->name, options->addresses[0]);
	if (options->address_count > verb->addresses_max)
		return report_usage(
			verb->name, "%s takes one address: %s is one too many",
			verb->name, options->addresses[verb->addresses_max]);
	return tls_options_check(&options->tls, verb, is_for_seq(options));
}

/* Lines after the first stand under it. */
static void print_row(FILE *file, const char *left, const char *help)
{
	while (*help != '\0') {
		int length = (int)strcspn(help, "\n");

		fprintf(file, "  %-20s %.*s\n", left, length, help);
		help += length;
		help += *help == '\n';
		left = "";
	}
}

void options_print(FILE *file, unsigned verb_bit)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct row *row = &rows[i];
		char left[40];

		if (!(row->verbs & verb_bit))
			continue;
		snprintf(left, sizeof left, "--%s%s%s", row->name,
			 row->argument != NULL ? " " : "",
			 row->argument != NULL ? row->argument : "");
		print_row(file, left, row->help);
	}
}
