/* SPDX-License-Identifier: MIT */
#include "datagram_options.h"

#include "address.h"
#include "exit_code.h"
#include "options.h"
#include "pieces.h"

#include <string.h>

/* -1: it is none from least to most. */
static long read_number(const char *value, long least, long most)
{
	long number = 0;
	const char *at = value;

	while (*at >= '0' && *at <= '9' && number <= most)
		number = number * 10 + (*at++ - '0');
	return at == value || *at != '\0' || number < least || number > most
		       ? -1
		       : number;
}

static int read_cut(struct datagram_options *datagram, const struct verb *verb,
		    const char *value)
{
	long size = read_number(value, 1, (long)PIECE_LIMIT);

	if (strcmp(value, "lines") == 0)
		datagram->cut = PIECES_OF_LINES;
	else if (size > 0)
		datagram->cut = (size_t)size;
	else
		return report_usage(verb->name,
				    "--datagrams %s: neither lines nor a "
				    "number of bytes from 1 to %zu",
				    value, PIECE_LIMIT);
	return -1;
}

static int read_ttl(struct datagram_options *datagram, const struct verb *verb,
		    const char *value)
{
	long ttl = read_number(value, 0, 255);

	if (ttl < 0)
		return report_usage(verb->name,
				    "--ttl %s: not a number from 0 to 255",
				    value);
	datagram->ttl = (int)ttl;
	return -1;
}

static int read_reply(struct datagram_options *datagram,
		      const struct verb *verb, const char *value)
{
	if (strcmp(value, "last") == 0)
		datagram->reply = REPLY_LAST;
	else if (strcmp(value, "all") == 0)
		datagram->reply = REPLY_ALL;
	else
		return report_usage(verb->name,
				    "--reply %s: neither last nor all", value);
	return -1;
}

int datagram_option(struct datagram_options *datagram, const struct verb *verb,
		    const char *name, const char *value)
{
	datagram->given = name;
	if (strcmp(name, "datagrams") == 0)
		return read_cut(datagram, verb, value);
	if (strcmp(name, "reply") == 0)
		return read_reply(datagram, verb, value);
	if (strcmp(name, "label") == 0)
		datagram->label = true;
	else if (strcmp(name, "broadcast") == 0)
		datagram->broadcast = true;
	else
		datagram->group_given = name;
	if (strcmp(name, "no-loop") == 0)
		datagram->no_loop = true;
	if (strcmp(name, "ttl") == 0)
		return read_ttl(datagram, verb, value);
	return -1;
}

int datagram_check_needed(const struct options *options, const char *verb,
			  const struct address *address)
{
	const struct datagram_options *datagram = &options->datagram;
	const char *given = options->json ? "json" : datagram->given;

	if (datagram->group_given != NULL && !address->is_group)
		return report_usage(verb,
				    "--%s is for mcast:// addresses, and %s "
				    "is not one",
				    datagram->group_given, address->text);
	if (datagram->broadcast && address->is_seq)
		return report_usage(verb, "--broadcast is for udp:// "
					  "addresses: a session is with one");
	if (datagram->broadcast && address->is_group)
		return report_usage(verb, "--broadcast is for udp:// "
					  "addresses: a group needs none");
	if (given != NULL && address->type != SOCK_DGRAM)
		return report_usage(verb,
				    "--%s is for udp://, mcast:// and seq:// "
				    "addresses, and %s is none",
				    given, address->text);
	if (options->json && datagram->label)
		return report_usage(verb, "--json has the peer in it: --label "
					  "cannot stand beside it");
	return STATUS_OK;
}
