/* SPDX-License-Identifier: MIT */
/*
 * Escape sequences begin with ESC, or with a C1 control: a byte of 0x80-0x9f,
 * or the same as a character of UTF-8. All of those, the other controls but
 * \n and \t, DEL, and bytes that are no UTF-8 (RFC 3629: no overlong forms, no
 * surrogates) appear as \xNN; all else as it came. What a terminal makes of
 * harmless characters (direction marks and the like) is not looked at.
 */
#include "terminal.h"

#include <stdbool.h>
#include <string.h>

/* Length of the character that begins so; 0: none does. */
static size_t length_from(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/* Whether byte may follow first as the second of a character. */
static bool may_be_second(unsigned char first, unsigned char byte)
{
	switch (first) {
	case 0xe0:
		return byte >= 0xa0 && byte <= 0xbf;
	case 0xed:
		return byte >= 0x80 && byte <= 0x9f;
	case 0xf0:
		return byte >= 0x90 && byte <= 0xbf;
	case 0xf4:
		return byte >= 0x80 && byte <= 0x8f;
	default:
		return byte >= 0x80 && byte <= 0xbf;
	}
}

static bool may_follow(const struct terminal *terminal, unsigned char byte)
{
	if (terminal->held_count == 1)
		return may_be_second(terminal->held[0], byte);
	return byte >= 0x80 && byte <= 0xbf;
}

static bool is_printable(const unsigned char *bytes, size_t size)
{
	if (size == 1)
		return bytes[0] == '\n' || bytes[0] == '\t' ||
		       (bytes[0] >= 0x20 && bytes[0] != 0x7f);
	return !(bytes[0] == 0xc2 && bytes[1] <= 0x9f);
}

static size_t show_hex(const unsigned char *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < size; i++) {
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	return size * 4;
}

static size_t show_held(struct terminal *terminal, char *out)
{
	size_t size = terminal->held_count;

	terminal->held_count = 0;
	if (!is_printable(terminal->held, size))
		return show_hex(terminal->held, size, out);
	memcpy(out, terminal->held, size);
	return size;
}

size_t terminal_show(struct terminal *terminal, const char *bytes, size_t size,
		     char *out)
{
	const char *begin = out;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (terminal->held_count > 0 && !may_follow(terminal, byte))
			out += terminal_end(terminal, out);
		if (terminal->held_count == 0 && length_from(byte) == 0) {
			out += show_hex(&byte, 1, out);
			continue;
		}
		terminal->held[terminal->held_count++] = byte;
		if (terminal->held_count == length_from(terminal->held[0]))
			out += show_held(terminal, out);
	}
	return (size_t)(out - begin);
}

size_t terminal_end(struct terminal *terminal, char *out)
{
	size_t size = show_hex(terminal->held, terminal->held_count, out);

	terminal->held_count = 0;
	return size;
}
