/* SPDX-License-Identifier: MIT */
/*
 * Strict UTF-8: table 3-7 of the Unicode standard, the same as RFC 3629's
 * grammar, a byte at a time, so that a cut anywhere is no special case.
 *
 * Built for messages that are mostly ASCII: eight of its bytes are passed at
 * once. Always: offset counts bytes that were good, and what stands before it
 * can be the beginning of a valid text. Decodes no characters, since nobody
 * here needs one.
 */
#include "base/utf8.h"

#include "base/error.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Where ASCII ends, or end. */
static const unsigned char *skip_ascii(const unsigned char *at,
				       const unsigned char *end)
{
	uint64_t word;

	while (end - at >= (ptrdiff_t)sizeof word) {
		memcpy(&word, at, sizeof word);
		if ((word & HIGH_BITS) != 0)
			break;
		at += sizeof word;
	}
	while (at < end && *at < 0x80)
		at++;
	return at;
}

/* A byte that begins a character of several; false when none begins so. */
static bool begin(struct snt_utf8 *check, unsigned char byte)
{
	if (byte < 0xc2 || byte > 0xf4)
		return false; /* continues one, or is overlong; or too high */
	check->begun = 1;
	check->missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	check->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	check->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	return true;
}

static bool go_on(struct snt_utf8 *check, unsigned char byte)
{
	if (byte < check->low || byte > check->high)
		return false;
	check->low = 0x80;
	check->high = 0xbf;
	check->missing--;
	check->begun = check->missing > 0 ? check->begun + 1 : 0;
	return true;
}

bool snt__utf8_feed(struct snt_utf8 *check, const void *data, size_t size)
{
	const unsigned char *at = data, *end;

	if (check->bad || size == 0)
		return !check->bad;
	end = at + size;
	while (at < end) {
		if (check->missing > 0) {
			check->bad = !go_on(check, *at);
		} else {
			at = skip_ascii(at, end);
			if (at == end)
				break;
			check->bad = !begin(check, *at);
		}
		if (check->bad)
			break;
		at++;
	}
	check->offset += (uint64_t)(at - (const unsigned char *)data);
	return !check->bad;
}

int snt_utf8_feed(struct snt_utf8 *check, const void *data, size_t size)
{
	uint64_t before = check->offset;

	if (check->bad)
		return snt__fail_text(-EILSEQ,
				      "text: was not UTF-8 at offset %llu",
				      (unsigned long long)before);
	if (snt__utf8_feed(check, data, size))
		return 0;
	return snt__fail_text(
		-EILSEQ, "text: not UTF-8: byte 0x%02x at offset %llu %s",
		((const unsigned char *)data)[check->offset - before],
		(unsigned long long)check->offset,
		check->missing > 0 ? "does not continue the character before it"
				   : "begins no character");
}

int snt_utf8_end(struct snt_utf8 *check)
{
	if (check->bad)
		return snt__fail_text(-EILSEQ,
				      "text: was not UTF-8 at offset %llu",
				      (unsigned long long)check->offset);
	if (check->missing == 0)
		return 0;
	return snt__fail_text(
		-EILSEQ,
		"text: not UTF-8: it ends at offset %llu inside a "
		"character, which lacks %u more",
		(unsigned long long)check->offset, check->missing);
}
