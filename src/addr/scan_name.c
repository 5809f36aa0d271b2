/* SPDX-License-Identifier: MIT */
/*
 * Names: of hosts, services and Unix sockets. Whether a host of that name exists is not asked
 * here; that its shape is one which the resolver will look up, and not read in
 * a way of its own, is.
 */
#include "addr/scan.h"

#include "addr/text.h"
#include "addr/value.h"

#include <string.h>

#define NAME_MAX_LENGTH 253
#define LABEL_MAX_LENGTH 63

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int refuse_byte(struct snt__word word, const char *at)
{
	unsigned char byte = (unsigned char)*at;

	if (byte >= 0x80)
		return snt__scan_refuse(word.text, at,
					"a host name is ASCII; write this one "
					"in its xn-- form (its A-label)");
	if (byte <= 0x20 || byte == 0x7f)
		return snt__scan_refuse(word.text, at,
					"a host name holds no %s",
					byte == ' ' ? "space" : "control byte");
	return snt__scan_refuse(word.text, at,
				"a host name holds no \"%c\", only letters, "
				"digits, \"-\", \"_\" and \".\"",
				*at);
}

static int scan_label(struct snt__word word)
{
	for (const char *at = word.begin; at < word.end; at++)
		if (!is_letter(*at) && !is_digit(*at) && *at != '-' &&
		    *at != '_')
			return refuse_byte(word, at);
	if (word.begin == word.end)
		return snt__scan_refuse(word.text, word.begin,
					"a part of the host name is empty");
	if (word.end - word.begin > LABEL_MAX_LENGTH)
		return snt__scan_refuse(word.text, word.begin,
					"a part of a host name has no more "
					"than %d bytes",
					LABEL_MAX_LENGTH);
	if (*word.begin == '-')
		return snt__scan_refuse(word.text, word.begin,
					"a part of a host name does not begin "
					"with \"-\"");
	if (word.end[-1] == '-')
		return snt__scan_refuse(word.text, word.end - 1,
					"a part of a host name does not end "
					"with \"-\"");
	return 0;
}

/* A label that inet_aton(3), and so getaddrinfo(3), reads as a number: in
 * decimal or octal, or in hexadecimal after 0x. */
static bool is_numeric(struct snt__word word)
{
	const char *at = word.begin;

	if (word.end - at >= 2 && at[0] == '0' && (at[1] | 0x20) == 'x') {
		for (at += 2; at < word.end && snt__text_hex(*at) >= 0; at++)
			;
		return at == word.end;
	}
	while (at < word.end && is_digit(*at))
		at++;
	return at == word.end;
}

int snt__scan_name(struct snt__word word)
{
	struct snt__word label = word;
	bool numeric = true;
	const char *end = word.end;

	if (end - word.begin > 1 && end[-1] == '.')
		end--;
	if (end - word.begin > NAME_MAX_LENGTH)
		return snt__scan_refuse(word.text, word.begin,
					"a host name has no more than %d bytes",
					NAME_MAX_LENGTH);
	while (label.begin <= end) {
		label.end =
			memchr(label.begin, '.', (size_t)(end - label.begin));
		if (label.end == NULL)
			label.end = end;
		SNT_TRY(scan_label(label));
		numeric = numeric && is_numeric(label);
		label.begin = label.end + 1;
	}
	/* Or "0x7f.1" would pass as a name and connect to 127.0.0.1. */
	if (numeric)
		return snt__scan_refuse(word.text, word.begin,
					"a number is no host name, and an IPv4 "
					"address is four decimal numbers, as "
					"in 127.0.0.1");
	return 0;
}

/* RFC 6335, 5.1, but for the length: systems list longer ones. */
int snt__scan_service(char *service, size_t size, struct snt__word word)
{
	size_t length = (size_t)(word.end - word.begin);
	bool letter = false;

	for (const char *at = word.begin; at < word.end; at++) {
		letter = letter || is_letter(*at);
		if (!is_letter(*at) && !is_digit(*at) && *at != '-')
			return snt__scan_refuse(word.text, at,
						"a port is 0 to 65535 or the "
						"name of a service (letters, "
						"digits, \"-\")");
	}
	if (!letter || *word.begin == '-' || word.end[-1] == '-')
		return snt__scan_refuse(word.text, word.begin,
					"a port is 0 to 65535 without sign, or "
					"the name of a service, with a letter "
					"and no \"-\" at either end");
	if (length >= size)
		return snt__scan_refuse(word.text, word.begin,
					"the name of a service has no more "
					"than %zu bytes",
					size - 1);
	memcpy(service, word.begin, length);
	service[length] = '\0';
	return 0;
}

/* One byte of the name, escaped or not; or -EINVAL. Moves word->begin. */
static int scan_unix_byte(struct snt__word *word, bool abstract)
{
	const char *at = word->begin;
	int byte = snt__text_unescape(at, (size_t)(word->end - at));

	if (byte == 0 && !abstract)
		return snt__scan_refuse(word->text, at,
					"a path cannot hold \\x00");
	if (byte >= 0) {
		word->begin += 4;
		return byte;
	}
	byte = (unsigned char)*at;
	if (byte < 0x20 || byte == 0x7f)
		return snt__scan_refuse(word->text, at,
					"a control byte; if the name really "
					"holds it, write \\x%02x",
					(unsigned)byte);
	word->begin++;
	return byte;
}

int snt__scan_unix(struct snt_addr *addr, struct snt__word word)
{
	struct snt_addr read = { .sa.un.sun_family = AF_UNIX };
	bool abstract = word.begin < word.end && *word.begin == '@';
	const char *begin = word.begin + abstract;
	char *name = read.sa.un.sun_path + abstract;
	size_t length = 0;

	word.begin = begin;
	while (word.begin < word.end) {
		const char *at = word.begin;
		int byte = scan_unix_byte(&word, abstract);

		if (byte < 0)
			return byte;
		if (length == SNT__UNIX_NAME_MAX)
			return snt__scan_refuse(
				word.text, at, "%s has no more than %zu bytes",
				abstract ? "an abstract name" : "a Unix path",
				SNT__UNIX_NAME_MAX);
		name[length++] = (char)byte;
	}
	if (length == 0)
		return snt__scan_refuse(word.text, begin,
					"%s is missing; write unix:/a/path or "
					"unix:@name",
					abstract ? "the abstract name"
						 : "the path");
	/* Either way one byte besides: the NUL before a name or after a path. */
	read.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				length + 1);
	*addr = read;
	return 0;
}
