/* SPDX-License-Identifier: MIT */
/* How an address is printed, whatever its bytes and its size say. */
#include <sennit/addr.h>

#include "../runner.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

static void must_print(const struct snt_addr *addr, const char *expected)
{
	char text[1024];

	assert_int_equal(snt_addr_format(addr, text, sizeof text),
			 strlen(expected));
	assert_string_equal(text, expected);
}

static struct snt_addr unix_addr(const char *name, size_t length)
{
	struct snt_addr addr = { .sa.un.sun_family = AF_UNIX };

	memcpy(addr.sa.un.sun_path, name, length);
	addr.size = (socklen_t)(PATH_OFFSET + length);
	return addr;
}

static void ipv4_is_printed_with_its_port(void)
{
	struct snt_addr addr = { .sa.in = { .sin_family = AF_INET,
					    .sin_port = htons(7000) },
				 .size = sizeof addr.sa.in };

	addr.sa.in.sin_addr.s_addr = htonl(0x7f000001);
	must_print(&addr, "127.0.0.1:7000");
	addr.sa.in.sin_addr.s_addr = 0;
	addr.sa.in.sin_port = 0;
	must_print(&addr, "0.0.0.0:0");
	addr.sa.in.sin_addr.s_addr = UINT32_MAX;
	addr.sa.in.sin_port = UINT16_MAX;
	must_print(&addr, "255.255.255.255:65535");
}

static void ipv6_is_printed_as_rfc_5952_says(void)
{
	static const struct {
		uint16_t groups[8];
		const char *text;
	} rows[] = {
		{ { 0 }, "[::]:7" },
		{ { 0, 0, 0, 0, 0, 0, 0, 1 }, "[::1]:7" },
		{ { 1 }, "[1::]:7" },
		{ { 1, 0, 0, 0, 0, 0, 0, 8 }, "[1::8]:7" },
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, "[1:2:3:4:5:6:7:8]:7" },
		/* 4.1: no leading zeros; 4.3: lower case */
		{ { 0x2001, 0xdb8, 0, 0, 0, 0, 0x0abc, 0xFFFF },
		  "[2001:db8::abc:ffff]:7" },
		/* 4.2.2: a single zero group is not shortened */
		{ { 1, 0, 3, 4, 5, 6, 7, 8 }, "[1:0:3:4:5:6:7:8]:7" },
		{ { 0, 2, 3, 4, 5, 6, 7, 8 }, "[0:2:3:4:5:6:7:8]:7" },
		{ { 1, 2, 3, 4, 5, 6, 7, 0 }, "[1:2:3:4:5:6:7:0]:7" },
		/* 4.2.3: the longest run, and the first of equals */
		{ { 1, 0, 0, 4, 0, 0, 0, 8 }, "[1:0:0:4::8]:7" },
		{ { 1, 0, 0, 4, 5, 0, 0, 8 }, "[1::4:5:0:0:8]:7" },
		{ { 0, 0, 3, 0, 0, 0, 7, 8 }, "[0:0:3::7:8]:7" },
		{ { 1, 2, 3, 4, 5, 6, 0, 0 }, "[1:2:3:4:5:6::]:7" },
		{ { 0, 0, 3, 4, 5, 6, 7, 8 }, "[::3:4:5:6:7:8]:7" },
		/* 5: dotted where the prefix says that it is IPv4 */
		{ { 0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201 },
		  "[::ffff:192.0.2.1]:7" },
		{ { 0, 0, 0, 0, 0, 0xffff, 0, 0 }, "[::ffff:0.0.0.0]:7" },
		{ { 0, 0, 0, 0, 0, 0, 0xc000, 0x201 }, "[::c000:201]:7" },
		{ { 0, 0, 0, 0, 0xffff, 0, 0xc000, 0x201 },
		  "[::ffff:0:c000:201]:7" },
		{ { 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff,
		    0xffff },
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:7" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr = { .sa.in6 = { .sin6_family = AF_INET6,
						     .sin6_port = htons(7) },
					 .size = sizeof addr.sa.in6 };

		for (size_t g = 0; g < 8; g++) {
			addr.sa.in6.sin6_addr.s6_addr[2 * g] =
				(uint8_t)(rows[i].groups[g] >> 8);
			addr.sa.in6.sin6_addr.s6_addr[2 * g + 1] =
				(uint8_t)rows[i].groups[g];
		}
		must_print(&addr, rows[i].text);
	}
}

static void a_zone_is_printed_as_its_number(void)
{
	struct snt_addr addr = { .sa.in6 = { .sin6_family = AF_INET6,
					     .sin6_flowinfo = 5,
					     .sin6_scope_id = 2 },
				 .size = sizeof addr.sa.in6 };

	must_print(&addr, "[::%2]:0");
	addr.sa.in6.sin6_scope_id = UINT32_MAX;
	must_print(&addr, "[::%4294967295]:0");
}

static void unix_names_are_printed_with_escapes(void)
{
	static const struct {
		const char *name;
		size_t length;
		const char *text;
	} rows[] = {
		{ "/run/x.sock", 12, "unix:/run/x.sock" },
		{ "/run/x.sock", 11, "unix:/run/x.sock" },
		{ "/run/x\0junk", 11, "unix:/run/x" },
		{ "a b", 4, "unix:a b" },
		{ "a\nb\x7f", 5, "unix:a\\x0ab\\x7f" },
		{ "\xc3\xa9", 3, "unix:\\xc3\\xa9" },
		{ "@a", 3, "unix:\\x40a" },
		{ "a@", 3, "unix:a@" },
		{ "a\\b", 4, "unix:a\\b" },
		{ "a\\x41", 6, "unix:a\\x5cx41" },
		{ "a\\x4", 5, "unix:a\\x4" },
		{ "\0abstract", 9, "unix:@abstract" },
		{ "\0a\0b", 4, "unix:@a\\x00b" },
		{ "\0@", 2, "unix:@@" },
		{ "\0", 1, "unix:@" },
		{ "", 0, "unix:" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr = unix_addr(rows[i].name, rows[i].length);

		must_print(&addr, rows[i].text);
	}
}

static void what_has_no_text_form_is_named(void)
{
	struct snt_addr addr = { 0 };

	must_print(&addr, "-");
	addr.size = sizeof addr.sa;
	must_print(&addr, "-");
	addr.sa.any.sa_family = AF_NETLINK;
	must_print(&addr, "family 16");
	addr.sa.any.sa_family = UINT16_MAX;
	must_print(&addr, "family 65535");
}

static void a_size_too_small_for_its_family_is_said(void)
{
	struct snt_addr addr = { .sa.in6.sin6_family = AF_INET6 };

	addr.size = 1;
	must_print(&addr, "-");
	addr.size = 2;
	must_print(&addr, "family 10, cut short");
	addr.size = sizeof addr.sa.in6 - 1;
	must_print(&addr, "family 10, cut short");
	addr.sa.any.sa_family = AF_INET;
	addr.size = sizeof addr.sa.in - 1;
	must_print(&addr, "family 2, cut short");
}

/* On the heap, so that the sanitizers and valgrind see each byte too many. */
static void a_size_beyond_the_struct_reads_nothing_beyond_it(void)
{
	static const int families[] = { AF_INET, AF_INET6, AF_UNIX, 99 };
	static const socklen_t sizes[] = { sizeof(struct sockaddr_un),
					   sizeof(struct sockaddr_un) + 1,
					   sizeof(struct snt_addr) + 1, 100000,
					   UINT32_MAX };
	struct snt_addr *addr = malloc(sizeof *addr);

	assert_non_null(addr);
	for (size_t f = 0; f < COUNT(families); f++)
		for (size_t s = 0; s < COUNT(sizes); s++)
			for (int fill = 0; fill < 256; fill += 5) {
				char text[1024];

				memset(addr, fill, sizeof *addr);
				addr->sa.any.sa_family =
					(sa_family_t)families[f];
				addr->size = sizes[s];
				assert_true(snt_addr_format(addr, text,
							    sizeof text) <
					    sizeof text);
			}
	free(addr);
}

static void a_path_without_nul_is_printed_whole(void)
{
	struct snt_addr addr = { .sa.un.sun_family = AF_UNIX };
	char expected[5 + 108 + 1] = "unix:";

	memset(addr.sa.un.sun_path, 'a', sizeof addr.sa.un.sun_path);
	memset(expected + 5, 'a', 108);
	addr.size = sizeof addr.sa.un;
	must_print(&addr, expected);
	addr.size++; /* what getsockname(2) says of such a path */
	must_print(&addr, expected);
}

static void text_is_cut_as_snprintf_cuts(void)
{
	static const char whole[] = "unix:/a\\x0a";
	struct snt_addr addr = unix_addr("/a\n", 4);

	for (size_t size = 0; size < sizeof whole + 3; size++) {
		size_t kept = size == 0 ? 0 : size - 1;
		char text[sizeof whole + 3];

		if (kept > sizeof whole - 1)
			kept = sizeof whole - 1;
		memset(text, '#', sizeof text);
		assert_int_equal(snt_addr_format(&addr, text, size),
				 sizeof whole - 1);
		assert_memory_equal(text, whole, kept);
		if (size > 0)
			assert_int_equal(text[kept], '\0');
		for (size_t i = size; i < sizeof text; i++)
			assert_int_equal(text[i], '#');
	}
	assert_int_equal(snt_addr_format(&addr, NULL, 0), sizeof whole - 1);
}

static void every_text_fits_the_size_that_the_header_names(void)
{
	struct snt_addr addr = { .sa.un.sun_family = AF_UNIX };

	memset(addr.sa.un.sun_path, 0xff, sizeof addr.sa.un.sun_path);
	addr.size = sizeof addr.sa.un;
	assert_true(snt_addr_format(&addr, NULL, 0) < SNT_ADDR_TEXT);
	memset(&addr.sa.in6, 0xff, sizeof addr.sa.in6);
	addr.sa.in6.sin6_family = AF_INET6;
	addr.size = sizeof addr.sa.in6;
	assert_true(snt_addr_format(&addr, NULL, 0) < SNT_ADDR_TEXT);
}

static const struct test_case cases[] = {
	TEST(ipv4_is_printed_with_its_port),
	TEST(ipv6_is_printed_as_rfc_5952_says),
	TEST(a_zone_is_printed_as_its_number),
	TEST(unix_names_are_printed_with_escapes),
	TEST(what_has_no_text_form_is_named),
	TEST(a_size_too_small_for_its_family_is_said),
	TEST(a_size_beyond_the_struct_reads_nothing_beyond_it),
	TEST(a_path_without_nul_is_printed_whole),
	TEST(text_is_cut_as_snprintf_cuts),
	TEST(every_text_fits_the_size_that_the_header_names),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
