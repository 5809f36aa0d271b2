/* SPDX-License-Identifier: MIT */
/*
 * With labels every line has one, also within a datagram: so what one peer
 * sends cannot look like another's. Without, a pipe or file gets the bytes and
 * nothing else.
 */
#include "shown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of each byte \u0000 at most, and what stands around. */
#define JSON_ROOM(size) ((size)*6 + SNT_ADDR_TEXT + 192)

#define LABEL_MAX (SNT_ADDR_TEXT + 16)

static bool wants_colours(void)
{
	const char *none = getenv("NO_COLOR"), *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	       (kind == NULL || strcmp(kind, "dumb") != 0);
}

int shown_open(struct shown *shown, struct output *output,
	       const struct options *options, bool many, size_t most)
{
	*shown = (struct shown){
		.output = output,
		.labels = options->datagram.label ||
			  (many && isatty(STDOUT_FILENO)),
		.colours = wants_colours(),
	};
	if (!options->json)
		return 0;
	shown->json = malloc(JSON_ROOM(most));
	return shown->json != NULL ? 0 : -ENOMEM;
}

/* The same for the same peer; neither black nor white. */
static int colour_of(const char *text)
{
	uint32_t sum = 5381;

	while (*text != '\0')
		sum = sum * 33 + (unsigned char)*text++;
	return 31 + (int)(sum % 6);
}

static void make_label(char label[LABEL_MAX], const struct shown *shown,
		       const struct snt_addr *from)
{
	char text[SNT_ADDR_TEXT];

	snt_addr_format(from, text, sizeof text);
	if (shown->colours)
		snprintf(label, LABEL_MAX,
			 "\033[%dm%s\033[0m: ", colour_of(text), text);
	else
		snprintf(label, LABEL_MAX, "%s: ", text);
}

static int show_lines(struct shown *shown, const struct snt_addr *from,
		      const char *bytes, size_t size)
{
	char label[LABEL_MAX];

	make_label(label, shown, from);
	do {
		const char *newline = memchr(bytes, '\n', size);
		size_t length =
			newline != NULL ? (size_t)(newline - bytes) : size;

		SNT_TRY(output_line(shown->output, label, bytes, length));
		length += newline != NULL;
		bytes += length;
		size -= length;
	} while (size > 0);
	return 0;
}

static bool is_text(const char *bytes, size_t size)
{
	struct snt_utf8 check = { 0 };

	return snt_utf8_feed(&check, bytes, size) == 0 &&
	       snt_utf8_end(&check) == 0;
}

/* UTF-8 as it is; controls, those of two bytes too, by their numbers. */
static char *put_text(char *at, const char *bytes, size_t size)
{
	*at++ = '"';
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		bool wide = byte == 0xc2 && i + 1 < size &&
			    (unsigned char)bytes[i + 1] < 0xa0;

		if (byte == '"' || byte == '\\')
			at += sprintf(at, "\\%c", byte);
		else if (wide)
			at += sprintf(at, "\\u%04x", (unsigned char)bytes[++i]);
		else if (byte < 0x20 || byte == 0x7f)
			at += sprintf(at, "\\u%04x", byte);
		else
			*at++ = (char)byte;
	}
	*at++ = '"';
	return at;
}

/* RFC 4648. */
static char *put_base64(char *at, const char *bytes, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	*at++ = '"';
	for (size_t i = 0; i < size; i += 3) {
		uint32_t three = 0;

		for (size_t j = 0; j < 3; j++)
			three = three << 8 |
				(i + j < size ? (unsigned char)bytes[i + j]
					      : 0);
		for (size_t j = 0; j < 4; j++)
			*at++ = i + j > size
					? '='
					: digits[three >> (18 - 6 * j) & 63];
	}
	*at++ = '"';
	return at;
}

/* more: what else is to be told, with a comma before it. */
static int show_json(struct shown *shown, const struct snt_addr *from,
		     const char *more, const char *bytes, size_t size)
{
	struct terminal terminal = { 0 };
	char peer[SNT_ADDR_TEXT], *at = shown->json;
	size_t length = snt_addr_format(from, peer, sizeof peer);

	at += sprintf(at, "{\"peer\":");
	at = put_text(at, peer, length);
	at += sprintf(at, "%s,\"size\":%zu,\"text\":", more, size);
	if (is_text(bytes, size)) {
		at = put_text(at, bytes, size);
		at += sprintf(at, ",\"base64\":null}\n");
	} else {
		at += sprintf(at, "null,\"base64\":");
		at = put_base64(at, bytes, size);
		at += sprintf(at, "}\n");
	}
	return output_write(shown->output, &terminal, shown->json,
			    (size_t)(at - shown->json));
}

static int show(struct shown *shown, const struct snt_addr *from,
		const char *more, const char *bytes, size_t size)
{
	struct terminal terminal = { 0 };

	if (shown->json != NULL)
		return show_json(shown, from, more, bytes, size);
	if (shown->labels)
		return show_lines(shown, from, bytes, size);
	SNT_TRY(output_write(shown->output, &terminal, bytes, size));
	return output_end(shown->output, &terminal);
}

int shown_datagram(struct shown *shown, const struct snt_addr *from,
		   const char *bytes, size_t size)
{
	return show(shown, from, "", bytes, size);
}

int shown_message(struct shown *shown, const struct snt_addr *from,
		  const struct snt_seq_message *message)
{
	char channel[SEQ_CHANNEL_TEXT], more[SEQ_CHANNEL_TEXT + 64];

	seq_channel_text(channel, message->channel);
	snprintf(more, sizeof more, ",\"channel\":\"%s\",\"missed\":%" PRIu64,
		 channel, message->missed);
	return show(shown, from, more, message->data, message->size);
}

void shown_close(struct shown *shown)
{
	free(shown->json);
}
