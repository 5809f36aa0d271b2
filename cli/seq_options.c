/* SPDX-License-Identifier: MIT */
#include "seq_options.h"

#include "address.h"
#include "exit_code.h"
#include "options.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned first;
} kinds[] = {
	{ "ordered", SNT_SEQ_ORDERED },
	{ "reliable", SNT_SEQ_RELIABLE },
	{ "latest", SNT_SEQ_LATEST },
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* One or two digits; SNT_SEQ_CHANNELS: they are no such number. */
static unsigned read_number(const char *text)
{
	unsigned number = 0;
	size_t length = strspn(text, "0123456789");

	if (length < 1 || length > 2 || text[length] != '\0')
		return SNT_SEQ_CHANNELS;
	for (; *text != '\0'; text++)
		number = number * 10 + (unsigned)(*text - '0');
	return number < SNT_SEQ_CHANNELS ? number : SNT_SEQ_CHANNELS;
}

int seq_option(struct seq_options *seq, const struct verb *verb,
	       const char *value)
{
	size_t length = strcspn(value, ":");

	seq->given = true;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		unsigned number = 0;

		if (strlen(kinds[i].name) != length ||
		    memcmp(kinds[i].name, value, length) != 0)
			continue;
		if (value[length] == ':')
			number = read_number(value + length + 1);
		if (number == SNT_SEQ_CHANNELS)
			break;
		seq->channel = kinds[i].first + number;
		return -1;
	}
	return report_usage(verb->name,
			    "--channel %s: neither ordered, reliable nor "
			    "latest, with :0 to :63 behind it for another one",
			    value);
}

int seq_check_needed(const struct options *options, const char *verb,
		     const struct address *addresses, size_t count)
{
	const struct tls_options *tls = &options->tls;
	bool is_seq = false, is_tls = false;

	for (size_t i = 0; i < count; i++) {
		is_seq = is_seq || addresses[i].is_seq;
		is_tls = is_tls || addresses[i].tls;
	}
	if (options->seq.given && !is_seq)
		return report_usage(verb,
				    "--channel is for seq:// addresses, and %s "
				    "is not one",
				    addresses[0].text);
	/* A client's --insecure is TLS's, too. */
	if (tls->insecure && !is_seq && strcmp(verb, "connect") != 0)
		return report_usage(verb,
				    "--insecure is for seq:// addresses, and "
				    "%s is not one",
				    addresses[0].text);
	if (is_seq && is_tls && tls->key != NULL)
		return report_usage(verb,
				    "--key is one thing for tls:// and another "
				    "for seq://: serve them one by one");
	if (is_seq && tls->insecure && tls->key != NULL)
		return report_usage(verb, "--key seals, so --insecure would be "
					  "in vain: leave one of them out");
	return STATUS_OK;
}

void seq_channel_text(char text[SEQ_CHANNEL_TEXT], unsigned channel)
{
	size_t i = KIND_COUNT - 1;

	while (channel < kinds[i].first)
		i--;
	channel -= kinds[i].first;
	if (channel == 0)
		snprintf(text, SEQ_CHANNEL_TEXT, "%s", kinds[i].name);
	else
		snprintf(text, SEQ_CHANNEL_TEXT, "%s:%u", kinds[i].name,
			 channel);
}
