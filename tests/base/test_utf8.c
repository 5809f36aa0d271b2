/* SPDX-License-Identifier: MIT */
/* What is UTF-8, what is not and from which byte on, wherever it is cut. */
#include <sennit/text.h>

#include "../guard.h"

#include <stdio.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
/* clang-format off: a text that may hold NULs, and its size */
#define BYTES(text) text, sizeof(text) - 1
/* clang-format on */

/* The bytes of a number of up to 21 bits, as UTF-8 would write it if it were a
 * character; length bytes, which may be more than it needs. */
static void spell(char *bytes, uint32_t number, size_t length)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (length == 1) {
		bytes[0] = (char)number;
		return;
	}
	for (size_t i = length - 1; i > 0; i--) {
		bytes[i] = (char)(0x80 | (number & 0x3f));
		number >>= 6;
	}
	bytes[0] = (char)(first[length] | number);
}

static size_t length_of(uint32_t number)
{
	return number < 0x80      ? 1
	       : number < 0x800   ? 2
	       : number < 0x10000 ? 3
				  : 4;
}

static void every_character_is_utf8(void)
{
	for (uint32_t number = 0; number <= 0x10ffff; number++) {
		struct snt_utf8 check = { .offset = 0 };
		char bytes[4];

		if (number >= 0xd800 && number <= 0xdfff)
			continue;
		spell(bytes, number, length_of(number));
		if (snt_utf8_feed(&check, bytes, length_of(number)) != 0 ||
		    snt_utf8_end(&check) != 0)
			fail_msg("U+%04X: %s", number, snt_errmsg());
		assert_int_equal(check.offset, length_of(number));
	}
}

/* The same text in one piece, and in every three pieces. */
static void must_be(const char *text, size_t size, bool good, size_t offset)
{
	struct guard guard = guard_open(size);

	for (size_t a = 0; a <= size; a++)
		for (size_t b = a; b <= size; b++) {
			const size_t cuts[] = { 0, a, b, size };
			struct snt_utf8 check = { .offset = 0 };
			int code = 0;

			for (int i = 0; code == 0 && i < 3; i++) {
				size_t piece = cuts[i + 1] - cuts[i];

				code = snt_utf8_feed(&check,
						     guard_end(&guard,
							       text + cuts[i],
							       piece),
						     piece);
			}
			if (code == 0)
				code = snt_utf8_end(&check);
			assert_int_equal(code, good ? 0 : -EILSEQ);
			if (check.offset != offset)
				fail_msg("cut at %zu and %zu: offset %zu", a, b,
					 (size_t)check.offset);
		}
	guard_close(&guard);
}

static void a_cut_anywhere_changes_nothing(void)
{
	static const uint32_t at_the_edges[] = {
		0,       1,       0x7f,    0x80,     0x7ff,    0x800,  0xfff,
		0x1000,  0xcfff,  0xd000,  0xd7ff,   0xe000,   0xffff, 0x10000,
		0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff,
	};

	for (size_t i = 0; i < COUNT(at_the_edges); i++) {
		size_t length = length_of(at_the_edges[i]);
		char text[32];

		memcpy(text, "a", 1);
		spell(text + 1, at_the_edges[i], length);
		spell(text + 1 + length, at_the_edges[i], length);
		memcpy(text + 1 + 2 * length, "z", 1);
		must_be(text, 2 + 2 * length, true, 2 + 2 * length);
		/* Without its last byte it is not at the end yet. */
		if (length > 1)
			must_be(text, 2 * length, false, 2 * length);
	}
}

static const struct {
	const char *name;
	const char *text;
	size_t size;
	size_t offset; /* of the byte that cannot stand there */
} bad[] = {
	{ "a byte that only continues", BYTES("ab\x80"), 2 },
	{ "the last of those", BYTES("\xbf"), 0 },
	{ "no continuation", BYTES("\xc3z"), 1 },
	{ "one too few of three", BYTES("\xe2\x82z"), 2 },
	{ "one too few of four", BYTES("\xf0\x9f\x98z"), 3 },
	{ "a beginning in a character", BYTES("\xe2\xe2\x82\xac"), 1 },
	{ "an overlong NUL", BYTES("\xc0\x80"), 0 },
	{ "an overlong slash", BYTES("..\xc0\xaf"), 2 },
	{ "the last overlong of two", BYTES("\xc1\xbf"), 0 },
	{ "an overlong slash of three", BYTES("\xe0\x80\xaf"), 1 },
	{ "the last overlong of three", BYTES("\xe0\x9f\xbf"), 1 },
	{ "an overlong slash of four", BYTES("\xf0\x80\x80\xaf"), 1 },
	{ "the last overlong of four", BYTES("\xf0\x8f\xbf\xbf"), 1 },
	{ "the first surrogate", BYTES("\xed\xa0\x80"), 1 },
	{ "the last surrogate", BYTES("\xed\xbf\xbf"), 1 },
	{ "a pair of them, as CESU-8 has it", BYTES("\xed\xa0\xbd\xed\xb8\x80"),
	  1 },
	{ "one above U+10FFFF", BYTES("\xf4\x90\x80\x80"), 1 },
	{ "U+140000", BYTES("\xf5\x80\x80\x80"), 0 },
	{ "five bytes", BYTES("\xf8\x88\x80\x80\x80"), 0 },
	{ "six bytes", BYTES("\xfc\x84\x80\x80\x80\x80"), 0 },
	{ "0xfe", BYTES("\xfe"), 0 },
	{ "0xff, as in a UTF-16 mark", BYTES("\xff\xfe"), 0 },
	{ "Latin-1", BYTES("caf\xe9 au lait"), 4 },
	{ "behind eight of ASCII", BYTES("12345678\xff"), 8 },
	{ "after a good character", BYTES("\xe2\x82\xac\xe2\x82\xff"), 5 },
	{ "among eight of ASCII",
	  BYTES("123\xff"
		"4567"),
	  3 },
};

static void what_is_not_utf8_is_refused_at_its_first_bad_byte(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		print_message("%s\n", bad[i].name);
		must_be(bad[i].text, bad[i].size, false, bad[i].offset);
	}
}

static void no_two_bytes_are_taken_for_one_character_wrongly(void)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			const char text[] = { (char)a, (char)b };
			struct snt_utf8 check = { .offset = 0 };
			bool good = (a < 0x80 && b < 0x80) ||
				    (a >= 0xc2 && a <= 0xdf && b >= 0x80 &&
				     b <= 0xbf);

			if (snt_utf8_feed(&check, text, 2) == 0 &&
			    snt_utf8_end(&check) == 0)
				assert_true(good);
			else
				assert_false(good);
		}
}

/* All 16 million of three bytes, against the numbers that they spell. */
static void three_bytes_are_a_character_where_they_spell_one(void)
{
	for (uint32_t all = 0; all < 1u << 24; all++) {
		const char text[] = { (char)(all >> 16), (char)(all >> 8),
				      (char)all };
		uint32_t number = (all >> 16 & 0x0f) << 12 |
				  (all >> 8 & 0x3f) << 6 | (all & 0x3f);
		struct snt_utf8 check = { .begun = 0 };
		bool good;

		if ((all >> 20) != 0xe)
			continue;
		good = (all >> 14 & 3) == 2 && (all >> 6 & 3) == 2 &&
		       number >= 0x800 && (number < 0xd800 || number > 0xdfff);
		if ((snt_utf8_feed(&check, text, 3) == 0 &&
		     snt_utf8_end(&check) == 0) != good)
			fail_msg("%02x %02x %02x", text[0] & 0xff,
				 text[1] & 0xff, text[2] & 0xff);
	}
}

static void the_sentence_names_the_byte_and_its_offset(void)
{
	struct snt_utf8 check = { .offset = 0 };

	assert_int_equal(snt_utf8_feed(&check, "caf", 3), 0);
	assert_int_equal(snt_utf8_feed(&check, "\xe9 au", 4), -EILSEQ);
	assert_string_equal(snt_errmsg(),
			    "text: not UTF-8: byte 0x20 at offset 4 does not "
			    "continue the character before it");
	check = (struct snt_utf8){ .offset = 0 };
	assert_int_equal(snt_utf8_feed(&check, "ab\xff", 3), -EILSEQ);
	assert_string_equal(snt_errmsg(), "text: not UTF-8: byte 0xff at "
					  "offset 2 begins no character");
	check = (struct snt_utf8){ .offset = 0 };
	assert_int_equal(snt_utf8_feed(&check, "ab\xf0\x9f", 4), 0);
	assert_int_equal(snt_utf8_end(&check), -EILSEQ);
	assert_string_equal(snt_errmsg(),
			    "text: not UTF-8: it ends at offset 4 inside a "
			    "character, which lacks 2 more");
}

static void a_failed_check_stays_failed(void)
{
	struct snt_utf8 check = { .offset = 0 };

	assert_int_equal(snt_utf8_feed(&check, "a\xff", 2), -EILSEQ);
	assert_int_equal(snt_utf8_feed(&check, "abc", 3), -EILSEQ);
	assert_string_equal(snt_errmsg(), "text: was not UTF-8 at offset 1");
	assert_int_equal(snt_utf8_feed(&check, "", 0), -EILSEQ);
	assert_int_equal(snt_utf8_end(&check), -EILSEQ);
	assert_int_equal(check.offset, 1);
}

static void nothing_is_utf8(void)
{
	struct snt_utf8 check = { .offset = 0 };

	assert_int_equal(snt_utf8_feed(&check, NULL, 0), 0);
	assert_int_equal(snt_utf8_end(&check), 0);
	assert_int_equal(check.offset, 0);
}

/* Of the bytes so far, those before a cut character can be shown already. */
static void it_tells_how_much_of_a_character_is_there(void)
{
	struct snt_utf8 check = { .offset = 0 };

	assert_int_equal(snt_utf8_feed(&check, "ab\xf0\x9f\x98", 5), 0);
	assert_int_equal(check.offset, 5);
	assert_int_equal(check.begun, 3);
	assert_int_equal(check.missing, 1);
	assert_int_equal(snt_utf8_feed(&check, "\x80", 1), 0);
	assert_int_equal(check.begun, 0);
	assert_int_equal(check.missing, 0);
}

static const struct test_case cases[] = {
	TEST(every_character_is_utf8),
	TEST(a_cut_anywhere_changes_nothing),
	TEST(what_is_not_utf8_is_refused_at_its_first_bad_byte),
	TEST(no_two_bytes_are_taken_for_one_character_wrongly),
	TEST(three_bytes_are_a_character_where_they_spell_one),
	TEST(the_sentence_names_the_byte_and_its_offset),
	TEST(a_failed_check_stays_failed),
	TEST(nothing_is_utf8),
	TEST(it_tells_how_much_of_a_character_is_there),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
