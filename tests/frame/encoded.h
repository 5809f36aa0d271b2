/* SPDX-License-Identifier: MIT */
/* Payloads, and the frame that an encoder makes of each, or why it does not. */
#ifndef TESTS_FRAME_ENCODED_H
#define TESTS_FRAME_ENCODED_H

#include "formats.h"

#include <sennit/frame.h>

static const struct row {
	const char *name;
	struct snt_frame_format format;
	const char *payload;
	size_t size;
	ptrdiff_t result;
	const char *bytes; /* or, of a failure, words of its sentence */
	size_t bytes_size;
} rows[] = {
	/* clang-format off: a row is a line or two */
	{ "a line", LINES, BYTES("hello"), 6, BYTES("hello\n") },
	{ "an empty line", LINES, BYTES(""), 1, BYTES("\n") },
	{ "a line with NULs", LINES, BYTES("a\0b"), 4, BYTES("a\0b\n") },
	{ "CR LF", CRLF_LINES, BYTES("hello"), 7, BYTES("hello\r\n") },
	{ "a line at the limit", LINES, BYTES("12345678"), 9,
	  BYTES("12345678\n") },
	{ "a line one over", LINES, BYTES("123456789"), -SNT_ELIMIT,
	  BYTES("line: 9 bytes are above the maximum of 8") },
	{ "an LF in a line", LINES, BYTES("a\nb"), -EINVAL,
	  BYTES("line: a payload with an LF, at offset 1") },
	{ "an LF at its end", LINES, BYTES("ab\n"), -EINVAL,
	  BYTES("an LF, at offset 2") },
	{ "a CR in a line", LINES, BYTES("a\rb"), -EINVAL,
	  BYTES("line: a payload with a CR, at offset 1") },
	{ "nothing but a CR", LINES, BYTES("\r"), -EINVAL,
	  BYTES("a CR, at offset 0") },
	{ "nothing but an LF", LINES, BYTES("\n"), -EINVAL,
	  BYTES("an LF, at offset 0") },
	{ "a CR at its end", LINES, BYTES("ab\r"), -EINVAL,
	  BYTES("a CR, at offset 2") },
	{ "a CR before CR LF", CRLF_LINES, BYTES("ab\r"), -EINVAL,
	  BYTES("a CR, at offset 2") },
	{ "text", TEXT_LINES, BYTES("\xe2\x82\xac"), 4,
	  BYTES("\xe2\x82\xac\n") },
	{ "no text", TEXT_LINES, BYTES("ab\xff"), -EILSEQ,
	  BYTES("line: not UTF-8: byte 0xff at offset 2") },
	{ "cut text", TEXT_LINES, BYTES("ab\xe2\x82"), -EILSEQ,
	  BYTES("it ends at offset 4 inside a character") },

	{ "delimited", DELIMITED("--"), BYTES("a\n"), 4, BYTES("a\n--") },
	{ "delimited by NUL", DELIMITED("\0"), BYTES("abc"), 4,
	  BYTES("abc\0") },
	{ "a delimiter inside", DELIMITED("--"), BYTES("a--b"), -EINVAL,
	  BYTES("delimited frame: a payload with the delimiter, at offset 1") },
	{ "half a delimiter inside", DELIMITED("--"), BYTES("a-b"), 5,
	  BYTES("a-b--") },
	{ "half a delimiter at the end", DELIMITED("--"), BYTES("ab-"), -EINVAL,
	  BYTES("the delimiter's beginning, at offset 2") },
	{ "a harmless half", DELIMITED("\r\n"), BYTES("ab\r"), 5,
	  BYTES("ab\r\r\n") },
	{ "two thirds of one", DELIMITED("aba"), BYTES("xab"), -EINVAL,
	  BYTES("the delimiter's beginning, at offset 1") },
	{ "a third of one", DELIMITED("aab"), BYTES("xa"), 5, BYTES("xaaab") },

	{ "a netstring", NETSTRING, BYTES("hello"), 8, BYTES("5:hello,") },
	{ "an empty netstring", NETSTRING, BYTES(""), 3, BYTES("0:,") },
	{ "a netstring of two digits", NETSTRING, BYTES("123456789a"), 14,
	  BYTES("10:123456789a,") },
	{ "a netstring one over", NETSTRING, BYTES("123456789abcd"),
	  -SNT_ELIMIT, BYTES("netstring: 13 bytes are above the maximum") },

	{ "u8", U8, BYTES("hello"), 6, BYTES("\x05hello") },
	{ "u8, empty", U8, BYTES(""), 1, BYTES("\0") },
	{ "u8 one over", U8, BYTES("123456789"), -SNT_ELIMIT,
	  BYTES("u8 frame: 9 bytes") },
	{ "u16", U16_BE, BYTES("hello"), 7, BYTES("\0\x05hello") },
	{ "u16, low byte first", U16_LE, BYTES("hello"), 7,
	  BYTES("\x05\0hello") },
	{ "u32", U32_BE, BYTES("hello"), 9, BYTES("\0\0\0\x05hello") },
	{ "u32, low byte first", U32_LE, BYTES("hello"), 9,
	  BYTES("\x05\0\0\0hello") },
	{ "varint", VARINT, BYTES("hello"), 6, BYTES("\x05hello") },
	{ "fixed", FIXED, BYTES("abcd"), 4, BYTES("abcd") },
	{ "fixed, too few", FIXED, BYTES("abc"), -EINVAL,
	  BYTES("frame of fixed size: 3 bytes, not 4") },
	{ "fixed, too many", FIXED, BYTES("abcde"), -EINVAL,
	  BYTES("frame of fixed size: 5 bytes, not 4") },
	/* clang-format on */
};

#endif
