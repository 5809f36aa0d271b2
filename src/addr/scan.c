/* SPDX-License-Identifier: MIT */
/*
 * Numbers, IPv4 and IPv6 digits, and the refusal of everything else.
 *
 * inet_pton(3) would read the same addresses, but it says neither what is
 * wrong nor where, and libcs have differed in what they let pass. (The fuzzer
 * holds the two against each other.)
 */
#include "addr/scan.h"

#include "addr/text.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a refused text that its message quotes. */
#define QUOTED_MAX 64

struct quoted {
	char bytes[QUOTED_MAX * 4 + sizeof "..."];
};

static struct quoted quote(const char *text)
{
	struct quoted quoted = { .bytes = "" };
	struct snt__text out = { .bytes = quoted.bytes,
				 .size = sizeof quoted.bytes };
	size_t i;

	for (i = 0; i < QUOTED_MAX && text[i] != '\0'; i++)
		snt__text_byte(&out, (unsigned char)text[i]);
	if (text[i] != '\0')
		snt__text_string(&out, "...");
	snt__text_end(&out);
	return quoted;
}

int snt__scan_refuse(const char *text, const char *at, const char *format, ...)
{
	char sentence[200];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	return snt__fail_text(-EINVAL, "address \"%s\": at offset %zu: %s",
			      quote(text).bytes, (size_t)(at - text), sentence);
}

int snt__scan_fail(int code, const char *text, const char *what)
{
	return snt__fail(code, "address \"%s\": %s", quote(text).bytes, what);
}

int snt__scan_number(uint32_t *number, struct snt__word word, uint32_t max,
		     const char *what)
{
	uint64_t value = 0;

	for (const char *at = word.begin; at < word.end; at++) {
		if (*at < '0' || *at > '9')
			return snt__scan_refuse(word.text, at,
						"%s is written in decimal "
						"digits only, 0 to %u",
						what, max);
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > max)
			return snt__scan_refuse(word.text, word.begin,
						"%s is above %u", what, max);
	}
	if (word.begin == word.end)
		return snt__scan_refuse(word.text, word.begin,
					"%s is missing; write 0 to %u", what,
					max);
	if (*word.begin == '0' && word.end - word.begin > 1)
		return snt__scan_refuse(word.text, word.begin,
					"%s has a leading zero; leave it out",
					what);
	*number = (uint32_t)value;
	return 0;
}

int snt__scan_ipv4(unsigned char bytes[4], struct snt__word word)
{
	unsigned char read[4];
	struct snt__word part = word;

	for (int i = 0; i < 4; i++) {
		const char *dot = memchr(part.begin, '.',
					 (size_t)(word.end - part.begin));
		uint32_t number = 0;

		if ((dot == NULL) != (i == 3))
			return snt__scan_refuse(word.text, word.begin,
						"an IPv4 address is four "
						"numbers, as in 127.0.0.1");
		part.end = dot != NULL ? dot : word.end;
		SNT_TRY(snt__scan_number(&number, part, 255,
					 "a part of an IPv4 address"));
		read[i] = (unsigned char)number;
		part.begin = dot != NULL ? dot + 1 : word.end;
	}
	memcpy(bytes, read, sizeof read);
	return 0;
}

/* The groups read so far; gap is where "::" stood among them, or -1. */
struct groups {
	unsigned char bytes[16];
	int count;
	int gap;
};

/* One group, or IPv4 digits in place of the last two. Moves word->begin. */
static int scan_group(struct groups *groups, struct snt__word *word)
{
	const char *at = word->begin;
	unsigned value = 0;

	while (at < word->end && snt__text_hex(*at) >= 0 &&
	       at - word->begin < 5)
		value = value << 4 | (unsigned)snt__text_hex(*at++);
	if (at < word->end && *at == '.' && groups->count <= 6) {
		SNT_TRY(snt__scan_ipv4(groups->bytes + 2 * groups->count,
				       *word));
		groups->count += 2;
		word->begin = word->end;
		return 0;
	}
	if (groups->count == 8)
		return snt__scan_refuse(word->text, word->begin,
					"an IPv6 address has no more than 8 "
					"groups");
	if (at == word->begin)
		return snt__scan_refuse(word->text, at,
					"a group of an IPv6 address is 1 to 4 "
					"hexadecimal digits");
	if (at - word->begin > 4)
		return snt__scan_refuse(word->text, word->begin,
					"a group of an IPv6 address has no "
					"more than 4 digits");
	groups->bytes[2 * groups->count] = (unsigned char)(value >> 8);
	groups->bytes[2 * groups->count + 1] = (unsigned char)value;
	groups->count++;
	word->begin = at;
	return 0;
}

/* What stands after a group: the end, ":" and a group, or "::". */
static int scan_colons(struct groups *groups, struct snt__word *word)
{
	const char *at = word->begin;

	if (at == word->end)
		return 0;
	if (*at != ':')
		return snt__scan_refuse(word->text, at,
					"this is no part of an IPv6 address");
	word->begin = ++at;
	if (at == word->end)
		return snt__scan_refuse(word->text, at - 1,
					"an IPv6 address does not end in a "
					"single \":\"");
	if (*at != ':')
		return 0;
	if (groups->gap >= 0)
		return snt__scan_refuse(word->text, at - 1,
					"\"::\" may stand in an IPv6 address "
					"only once");
	groups->gap = groups->count;
	word->begin = at + 1;
	return 0;
}

int snt__scan_ipv6(unsigned char bytes[16], struct snt__word word)
{
	struct groups groups = { .gap = -1 };
	const char *begin = word.begin;
	size_t head, tail;

	if (word.end - begin >= 2 && begin[0] == ':' && begin[1] == ':') {
		groups.gap = 0;
		word.begin += 2;
	}
	do {
		if (groups.gap == groups.count && word.begin == word.end)
			break;
		SNT_TRY(scan_group(&groups, &word));
		SNT_TRY(scan_colons(&groups, &word));
	} while (word.begin < word.end);
	if (groups.gap < 0 && groups.count < 8)
		return snt__scan_refuse(word.text, begin,
					"an IPv6 address has 8 groups, or "
					"\"::\" for those that are zero");
	if (groups.gap >= 0 && groups.count > 7)
		return snt__scan_refuse(word.text, begin,
					"8 groups leave nothing for \"::\" to "
					"stand for");
	head = groups.gap < 0 ? 16 : (size_t)groups.gap * 2;
	tail = (size_t)groups.count * 2 - head;
	memset(bytes, 0, 16);
	memcpy(bytes, groups.bytes, head);
	memcpy(bytes + 16 - tail, groups.bytes + head, tail);
	return 0;
}
