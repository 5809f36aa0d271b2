/* SPDX-License-Identifier: MIT */
/* Fields, what each is asked for as, and the answers. */
#ifndef TESTS_FRAME_ANSWERS_H
#define TESTS_FRAME_ANSWERS_H

#include "formats.h"

#include <sennit/text.h>

static const char *const verbs[] = { "GET", "PUT", "DELETE", NULL };

/* A field alone in a line, asked for as one kind. */
enum kind {
	CHOICE,
	INT,
	UINT,
	NAME
};

struct question {
	enum kind kind;
	int64_t min, max;    /* of numbers, both kinds */
	const char *allowed; /* of names, which have room for 4 bytes */
};

/* clang-format off: a row is a line or two */
static const struct {
	struct question question;
	const char *text;
	int64_t value; /* a choice's place, a number, a name's length */
} taken[] = {
	{ { CHOICE, 0, 0, NULL }, "GET", 0 },
	{ { CHOICE, 0, 0, NULL }, "DELETE", 2 },
	{ { INT, 0, 9, NULL }, "0", 0 },
	{ { INT, 0, 9, NULL }, "9", 9 },
	{ { INT, 10, 10, NULL }, "10", 10 },
	{ { INT, -9, -1, NULL }, "-9", -9 },
	{ { INT, -9, -1, NULL }, "-1", -1 },
	{ { INT, INT64_MIN, INT64_MAX, NULL },
	  "9223372036854775807",
	  INT64_MAX },
	{ { INT, INT64_MIN, INT64_MAX, NULL },
	  "-9223372036854775808",
	  INT64_MIN },
	{ { UINT, 0, 65535, NULL }, "0", 0 },
	{ { UINT, 1, 65535, NULL }, "65535", 65535 },
	{ { UINT, 1, 65535, NULL }, "1", 1 },
	{ { NAME, 0, 0, NULL }, "a", 1 },
	{ { NAME, 0, 0, NULL }, "aZ_9", 4 },
	{ { NAME, 0, 0, SNT_DIGITS "." }, "1.2", 3 },
	{ { NAME, 0, 0, "\xff" }, "\xff", 1 },
};

static const struct {
	struct question question;
	const char *text;
	const char *sentence;
} refused[] = {
	{ { CHOICE, 0, 0, NULL },
	  "get",
	  "field 1 (what): \"get\" is none of: GET, PUT, DELETE" },
	{ { CHOICE, 0, 0, NULL },
	  "GE",
	  "field 1 (what): \"GE\" is none of: GET, PUT, DELETE" },
	{ { CHOICE, 0, 0, NULL },
	  "GETS",
	  "field 1 (what): \"GETS\" is none of: GET, PUT, DELETE" },
	{ { CHOICE, 0, 0, NULL },
	  "\t\x1b[2J\xc3",
	  "field 1 (what): \"\\x09\\x1b[2J\\xc3\" is none of: GET, PUT, "
	  "DELETE" },
	{ { CHOICE, 0, 0, NULL }, "", "field 1 (what): is missing" },
	{ { CHOICE, 0, 0, NULL }, " GET", "field 1 (what): is empty" },
	{ { INT, 1, 65535, NULL },
	  "70000",
	  "field 1 (what): 70000 is not between 1 and 65535" },
	{ { INT, 1, 65535, NULL },
	  "0",
	  "field 1 (what): 0 is not between 1 and 65535" },
	{ { INT, 1, 65535, NULL },
	  "-1",
	  "field 1 (what): -1 is not between 1 and 65535" },
	{ { INT, -5, 5, NULL },
	  "-6",
	  "field 1 (what): -6 is not between -5 and 5" },
	{ { INT, INT64_MIN, INT64_MAX, NULL },
	  "9223372036854775808",
	  "field 1 (what): 9223372036854775808 is not between "
	  "-9223372036854775808 and 9223372036854775807" },
	{ { INT, INT64_MIN, INT64_MAX, NULL },
	  "-9223372036854775809",
	  "field 1 (what): -9223372036854775809 is not between "
	  "-9223372036854775808 and 9223372036854775807" },
	{ { INT, 0, 9, NULL },
	  "18446744073709551616",
	  "field 1 (what): 18446744073709551616 is not between 0 and 9" },
	{ { INT, 0, 9, NULL },
	  "18446744073709551621",
	  "field 1 (what): 18446744073709551621 is not between 0 and 9" },
	{ { INT, 0, 9, NULL },
	  "1111111111222222222233333333334444444444555555555566666666667777"
	  "8",
	  "field 1 (what): 1111111111222222222233333333334444444444555555555566"
	  "666666667777... is not between 0 and 9" },
	{ { INT, 0, 9, NULL },
	  "five",
	  "field 1 (what): \"five\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "5x",
	  "field 1 (what): \"5x\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "5\n",
	  "field 1 (what): \"5\\x0a\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "\t5",
	  "field 1 (what): \"\\x095\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "+5",
	  "field 1 (what): \"+5\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "5.0",
	  "field 1 (what): \"5.0\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "0x5",
	  "field 1 (what): \"0x5\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "1e1",
	  "field 1 (what): \"1e1\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "-",
	  "field 1 (what): \"-\" is no decimal number" },
	{ { INT, -9, 9, NULL },
	  "--5",
	  "field 1 (what): \"--5\" is no decimal number" },
	{ { INT, 0, 9, NULL },
	  "05",
	  "field 1 (what): \"05\" has a leading zero" },
	{ { INT, -9, 9, NULL },
	  "-05",
	  "field 1 (what): \"-05\" has a leading zero" },
	{ { INT, 0, 9, NULL },
	  "00",
	  "field 1 (what): \"00\" has a leading zero" },
	{ { INT, -9, 9, NULL },
	  "-0",
	  "field 1 (what): \"-0\" is zero with a sign" },
	{ { INT, 0, 9, NULL }, "", "field 1 (what): is missing" },
	{ { INT, 0, 9, NULL }, " 5", "field 1 (what): is empty" },
	{ { UINT, 1, 65535, NULL },
	  "65536",
	  "field 1 (what): 65536 is not between 1 and 65535" },
	{ { UINT, 1, 65535, NULL },
	  "0",
	  "field 1 (what): 0 is not between 1 and 65535" },
	{ { UINT, 1, 65535, NULL },
	  "-1",
	  "field 1 (what): -1 is not between 1 and 65535" },
	{ { UINT, 0, -1, NULL },
	  "18446744073709551616",
	  "field 1 (what): 18446744073709551616 is not between 0 and "
	  "18446744073709551615" },
	{ { UINT, 0, -1, NULL },
	  "-18446744073709551615",
	  "field 1 (what): -18446744073709551615 is not between 0 and "
	  "18446744073709551615" },
	{ { UINT, 0, 9, NULL },
	  "1_0",
	  "field 1 (what): \"1_0\" is no decimal number" },
	{ { UINT, 0, 9, NULL },
	  "09",
	  "field 1 (what): \"09\" has a leading zero" },
	{ { NAME, 0, 0, NULL },
	  "abcde",
	  "field 1 (what): \"abcde\" is longer than 4 bytes" },
	{ { NAME, 0, 0, NULL },
	  "a-b",
	  "field 1 (what): \"a-b\": \"-\" is not allowed there" },
	{ { NAME, 0, 0, NULL },
	  "../x",
	  "field 1 (what): \"../x\": \".\" is not allowed there" },
	{ { NAME, 0, 0, NULL },
	  "a\n",
	  "field 1 (what): \"a\\x0a\": \"\\x0a\" is not allowed there" },
	{ { NAME, 0, 0, NULL },
	  "\xc3\xa9",
	  "field 1 (what): \"\\xc3\\xa9\": \"\\xc3\" is not allowed there" },
	{ { NAME, 0, 0, SNT_DIGITS },
	  "1a",
	  "field 1 (what): \"1a\": \"a\" is not allowed there" },
	{ { NAME, 0, 0, "" },
	  "a",
	  "field 1 (what): \"a\": \"a\" is not allowed there" },
	{ { NAME, 0, 0, NULL }, "", "field 1 (what): is missing" },
	{ { NAME, 0, 0, NULL }, " a", "field 1 (what): is empty" },
};
/* clang-format on */

#endif
