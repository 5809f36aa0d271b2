/* SPDX-License-Identifier: MIT */
/* What is read as a literal address, and what is refused where and why. */
#include "addr/endpoint.h"
#include "../runner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define PATH_107                                                               \
	"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"         \
	"gggggggggghhhhhhhhhhiiiiiiiiiijjjjjjjjjj1234567"

static void must_parse(struct snt_addr *addr, const char *text)
{
	int code = snt__addr_parse(addr, text, NULL);

	if (code != 0)
		fail_msg("%s: %d %s", text, code, snt_errmsg());
}

/* The sentence must name that offset, and hold those words. */
static void must_refuse(const char *text, int offset, const char *words)
{
	struct snt_addr addr, before;
	char place[32];
	int code;

	memset(&addr, 0xa5, sizeof addr);
	before = addr;
	code = snt__addr_parse(&addr, text, NULL);
	if (code != -EINVAL)
		fail_msg("\"%s\" gives %d", text, code);
	snprintf(place, sizeof place, "\": at offset %d: ", offset);
	if (strstr(snt_errmsg(), place) == NULL ||
	    strstr(snt_errmsg(), words) == NULL)
		fail_msg("want offset %d and \"%s\" in: %s", offset, words,
			 snt_errmsg());
	assert_memory_equal(&addr, &before, sizeof addr);
}

static void ipv4_literals_are_read(void)
{
	static const struct {
		const char *text;
		unsigned char bytes[4];
		uint16_t port;
	} rows[] = {
		{ "127.0.0.1:7000", { 127, 0, 0, 1 }, 7000 },
		{ "0.0.0.0:0", { 0, 0, 0, 0 }, 0 },
		{ "255.255.255.255:65535", { 255, 255, 255, 255 }, 65535 },
		{ "10.20.30.40:1", { 10, 20, 30, 40 }, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr;

		must_parse(&addr, rows[i].text);
		assert_int_equal(addr.sa.in.sin_family, AF_INET);
		assert_int_equal(addr.size, sizeof addr.sa.in);
		assert_memory_equal(&addr.sa.in.sin_addr, rows[i].bytes, 4);
		assert_int_equal(ntohs(addr.sa.in.sin_port), rows[i].port);
	}
}

static void ipv6_literals_are_read(void)
{
	static const struct {
		const char *text;
		unsigned char bytes[16];
	} rows[] = {
		{ "[::]:7000", { 0 } },
		{ "[::1]:7000", { [15] = 1 } },
		{ "[1::]:7000", { 0, 1 } },
		{ "[1::8]:7000", { 0, 1, [15] = 8 } },
		{ "[::ffff:192.0.2.1]:7000",
		  { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
		{ "[1:2:3:4:5:6:7:8]:7000",
		  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 } },
		{ "[1:2:3:4:5:6:192.0.2.1]:7000",
		  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 192, 0, 2, 1 } },
		{ "[1:2:3:4:5:6:7::]:7000",
		  { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7 } },
		{ "[::2:3:4:5:6:7:8]:7000",
		  { 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8 } },
		{ "[2001:DB8:0:00:000:0000:AbC:ffff]:7000",
		  { 0x20, 1, 0xd, 0xb8, [12] = 0xa, 0xbc, 0xff, 0xff } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr;

		must_parse(&addr, rows[i].text);
		assert_int_equal(addr.sa.in6.sin6_family, AF_INET6);
		assert_int_equal(addr.size, sizeof addr.sa.in6);
		assert_memory_equal(&addr.sa.in6.sin6_addr, rows[i].bytes, 16);
		assert_int_equal(ntohs(addr.sa.in6.sin6_port), 7000);
		assert_int_equal(addr.sa.in6.sin6_scope_id, 0);
	}
}

static void unix_paths_are_read(void)
{
	static const struct {
		const char *text;
		const char *path;
	} rows[] = {
		{ "unix:/run/x.sock", "/run/x.sock" },
		{ "unix:relative/path", "relative/path" },
		{ "unix:a", "a" },
		{ "unix://x", "//x" },
		{ "unix:/with space:1", "/with space:1" },
		{ "unix:/\xc3\xa9", "/\xc3\xa9" },
		{ "unix:/a\\x0Ab", "/a\nb" },
		{ "unix:\\x40a", "@a" },
		{ "unix:/a\\b", "/a\\b" },
		{ "unix:/a\\x4", "/a\\x4" },
		{ "unix:/a\\x4g", "/a\\x4g" },
		{ "unix:/a\\x5cx41", "/a\\x41" },
		{ "unix:" PATH_107, PATH_107 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr;

		must_parse(&addr, rows[i].text);
		assert_int_equal(addr.sa.un.sun_family, AF_UNIX);
		assert_string_equal(addr.sa.un.sun_path, rows[i].path);
		assert_int_equal(addr.size,
				 offsetof(struct sockaddr_un, sun_path) +
					 strlen(rows[i].path) + 1);
	}
}

static void abstract_names_are_read(void)
{
	static const struct {
		const char *text;
		const char *name;
		size_t length;
	} rows[] = {
		{ "unix:@abstract", "\0abstract", 9 },
		{ "unix:@@", "\0@", 2 },
		{ "unix:@a\\x00b", "\0a\0b", 4 },
		{ "unix:@\\x00", "\0\0", 2 },
		{ "unix:@" PATH_107, "\0" PATH_107, 108 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_addr addr;

		must_parse(&addr, rows[i].text);
		assert_int_equal(addr.sa.un.sun_family, AF_UNIX);
		assert_int_equal(addr.size,
				 offsetof(struct sockaddr_un, sun_path) +
					 rows[i].length);
		assert_memory_equal(addr.sa.un.sun_path, rows[i].name,
				    rows[i].length);
	}
}

static void a_numeric_zone_is_read(void)
{
	struct snt_addr addr;

	must_parse(&addr, "[fe80::1%2]:7000");
	assert_int_equal(addr.sa.in6.sin6_scope_id, 2);
	must_parse(&addr, "[fe80::1%4294967295]:7000");
	assert_int_equal(addr.sa.in6.sin6_scope_id, UINT32_MAX);
}

static const char *zone_asked;
static int zone_answer;

static int zone_index(const char *name)
{
	static char copy[64];

	snprintf(copy, sizeof copy, "%s", name);
	zone_asked = copy;
	return zone_answer;
}

static void a_named_zone_is_looked_up_by_the_caller(void)
{
	struct snt_addr addr;

	zone_answer = 7;
	assert_int_equal(
		snt__addr_parse(&addr, "[fe80::1%eth0]:7000", zone_index), 0);
	assert_string_equal(zone_asked, "eth0");
	assert_int_equal(addr.sa.in6.sin6_scope_id, 7);
}

static void a_numeric_zone_is_never_looked_up(void)
{
	struct snt_addr addr;

	zone_asked = NULL;
	assert_int_equal(snt__addr_parse(&addr, "[fe80::1%2]:1", zone_index),
			 0);
	assert_null(zone_asked);
}

static void an_unknown_zone_is_refused(void)
{
	static const int answers[] = { 0, -ENODEV, -ENXIO, -EINVAL };
	struct snt_addr addr;

	for (size_t i = 0; i < COUNT(answers); i++) {
		zone_answer = answers[i];
		assert_int_equal(
			snt__addr_parse(&addr, "[fe80::1%nope]:1", zone_index),
			-EINVAL);
		assert_string_equal(snt_errmsg(),
				    "address \"[fe80::1%nope]:1\": at offset "
				    "9: no interface has this name");
	}
}

static void a_failing_zone_lookup_keeps_its_code(void)
{
	struct snt_addr addr;

	zone_answer = -EMFILE;
	assert_int_equal(snt__addr_parse(&addr, "[fe80::1%eth0]:1", zone_index),
			 -EMFILE);
	assert_non_null(strstr(snt_errmsg(), "address \"[fe80::1%eth0]:1\": "
					     "look up the interface: "));
}

static void malformed_ipv4_is_refused(void)
{
	must_refuse("127.00.0.1:80", 4, "leading zero");
	must_refuse("0127.0.0.1:80", 0, "leading zero");
	must_refuse("300.1.2.3:80", 0, "above 255");
	must_refuse("1.2.3.256:80", 6, "above 255");
	must_refuse("1.2.3.99999999999999999999:80", 6, "above 255");
	must_refuse("1:80", 0, "four numbers");
	must_refuse("127.1:80", 0, "four numbers");
	must_refuse("1.2.3:80", 0, "four numbers");
	must_refuse("1.2.3.4.5:80", 0, "four numbers");
	must_refuse("127.0.0.1.:80", 0, "four numbers");
	must_refuse("1..2.3:80", 2, "missing");
	must_refuse(".1.2.3:80", 0, "missing");
	must_refuse("1.2.3.:80", 6, "missing");
	must_refuse("2130706433:80", 0, "four numbers");
}

/* getaddrinfo(3) would read each of these as an IPv4 address. */
static void numbers_are_not_passed_off_as_names(void)
{
	must_refuse("0x7f000001:80", 0, "a number is no host name");
	must_refuse("0X7F.1:80", 0, "a number is no host name");
	must_refuse("0x7f.0.0.0x1:80", 0, "a number is no host name");
	must_refuse("127.0.0.0x1.:80", 0, "a number is no host name");
	must_refuse("0x:80", 0, "a number is no host name");
}

static void malformed_ipv6_is_refused(void)
{
	must_refuse("[]:80", 1, "IPv6");
	must_refuse("[127.0.0.1]:80", 1, "in brackets stands an IPv6");
	must_refuse("[localhost]:80", 1, "in brackets stands an IPv6");
	must_refuse("[:]:80", 1, "1 to 4");
	must_refuse("[:::]:80", 3, "1 to 4");
	must_refuse("[:1]:80", 1, "1 to 4");
	must_refuse("[1:]:80", 2, "single \":\"");
	must_refuse("[1:::2]:80", 4, "1 to 4");
	must_refuse("[1::2::3]:80", 5, "only once");
	must_refuse("[::1::]:80", 4, "only once");
	must_refuse("[1:2:3:4:5:6:7]:80", 1, "8 groups");
	must_refuse("[1:2:3:4:5:6:7:8:9]:80", 17, "no more than 8");
	must_refuse("[1:2:3:4:5:6:7:8::]:80", 1, "leave nothing");
	must_refuse("[::1:2:3:4:5:6:7:8]:80", 1, "leave nothing");
	must_refuse("[1::2:3:4:5:6:7:8]:80", 1, "leave nothing");
	must_refuse("[::00001]:80", 3, "no more than 4 digits");
	must_refuse("[::12345]:80", 3, "no more than 4 digits");
	must_refuse("[::g]:80", 3, "1 to 4");
	must_refuse("[::1g]:80", 4, "no part");
	must_refuse("[ ::1]:80", 1, "1 to 4");
	must_refuse("[::1 ]:80", 4, "no part");
	must_refuse("[::1.2.3]:80", 3, "four numbers");
	must_refuse("[::1.2.3.4.5]:80", 3, "four numbers");
	must_refuse("[::1.2.3.04]:80", 9, "leading zero");
	must_refuse("[::1.2.3.256]:80", 9, "above 255");
	must_refuse("[::1.2.3.4:5]:80", 10, "decimal digits");
	must_refuse("[1:2:3:4:5:6:7:1.2.3.4]:80", 16, "no part");
	must_refuse("[1:2:3:4:5:6:7:8:1.2.3.4]:80", 17, "no more than 8");
	must_refuse("[::1:80", 0, "not closed");
	must_refuse("[::1]", 5, "the port");
	must_refuse("[::1]80", 5, "the port");
	must_refuse("[::1]]:80", 5, "the port");
	must_refuse("[[::1]]:80", 6, "the port");
	must_refuse("[[::1]:80", 1, "1 to 4");
}

static void ipv6_without_brackets_is_refused(void)
{
	must_refuse("::1:7000", 0, "brackets");
	must_refuse("::1", 0, "brackets");
	must_refuse("fe80::1%eth0:7000", 4, "brackets");
	must_refuse("2001:db8::1:80", 4, "brackets");
}

static void malformed_zones_are_refused(void)
{
	must_refuse("[fe80::1%]:80", 9, "the zone is missing");
	must_refuse("[fe80::1%0]:80", 8, "zone 0 means none");
	must_refuse("[fe80::1%02]:80", 9, "leading zero");
	must_refuse("[fe80::1%4294967296]:80", 9, "above 4294967295");
	must_refuse("[fe80::1%a b]:80", 10, "interface");
	must_refuse("[fe80::1%a/b]:80", 10, "interface");
	must_refuse("[fe80::1%1234567890abcdef]:80", 9, "15 bytes");
	must_refuse("[fe80::1%eth0]:80", 9, "write its number");
	must_refuse("[%eth0]:80", 1, "in brackets stands an IPv6");
}

static void malformed_ports_are_refused(void)
{
	must_refuse("127.0.0.1", 9, "the port is missing");
	must_refuse("127.0.0.1:", 10, "the port is missing");
	must_refuse("[::1]:", 6, "the port is missing");
	must_refuse("127.0.0.1:65536", 10, "above 65535");
	must_refuse("127.0.0.1:99999999999999999999999", 10, "above 65535");
	must_refuse("127.0.0.1:+80", 10, "decimal digits");
	must_refuse("127.0.0.1:-80", 10, "decimal digits");
	must_refuse("127.0.0.1: 80", 10, "decimal digits");
	must_refuse("127.0.0.1:80 ", 12, "decimal digits");
	must_refuse("127.0.0.1:080", 10, "leading zero");
	must_refuse("127.0.0.1:0x50", 11, "decimal digits");
	must_refuse("127.0.0.1:http", 10, "decimal digits");
	must_refuse("[::1]:http", 6, "decimal digits");
}

static void malformed_unix_names_are_refused(void)
{
	must_refuse("unix:", 5, "the path is missing");
	must_refuse("unix:@", 6, "the abstract name is missing");
	must_refuse("unix:/x\n", 7, "write \\x0a");
	must_refuse("unix:/\x7f", 6, "write \\x7f");
	must_refuse("unix:/a\\x00", 7, "cannot hold");
	must_refuse("unix:" PATH_107 "8", 112, "107 bytes");
	must_refuse("unix:@" PATH_107 "8", 113, "107 bytes");
}

static void what_is_no_literal_is_refused(void)
{
	must_refuse("", 0, "empty");
	must_refuse("localhost:80", 0, "a name");
	must_refuse("localhost:http", 0, "a name");
	must_refuse(":80", 0, "every interface");
	must_refuse("*:80", 0, "every interface");
	must_refuse("fd:3", 0, "no address");
	must_refuse("/run/x.sock", 0, "unix:/a/path");
	must_refuse("http://127.0.0.1:80", 0, "no URL");
	must_refuse(" 127.0.0.1:80", 0, "no space");
}

static void null_text_is_refused(void)
{
	struct snt_addr addr;

	assert_int_equal(snt__addr_parse(&addr, NULL, NULL), -EINVAL);
	assert_string_equal(snt_errmsg(), "address: NULL is no text");
}

static void a_message_holds_no_byte_that_a_terminal_obeys(void)
{
	must_refuse("\x1b[2J\xc2\x9b:80", 0, "\"\\x1b[2J\\xc2\\x9b:80\"");
}

static void a_message_quotes_no_more_than_64_bytes(void)
{
	char text[5000];

	memset(text, 1, sizeof text);
	text[sizeof text - 1] = '\0';
	must_refuse(text, (int)sizeof text - 1, "\\x01...\"");
	assert_true(strlen(snt_errmsg()) < 400);
}

/* Every text ends at an unreadable page, so a look past its NUL is fatal. */
static void no_byte_behind_the_text_is_read(void)
{
	static const char *const texts[] = {
		"",          "u",        "unix:",      "unix:@", "unix:/a\\x4",
		"unix:a\\x", "unix:a\\", "[",          "[]",     "[::1]",
		"[::1]:",    "[::1%",    "[::1%]",     "f",      "fd:",
		":",         "*",        "*:",         "1.",     "1.2.3.4",
		"1.2.3.4:",  "[::",      "[::1.2.3.4", "[1:2",   "a.:",
		"a:",        "0x:1",     "a",          "a..:1",  "a:/",
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t size = strlen(texts[i]) + 1;
		struct snt_addr addr;
		int code;

		memcpy(pages + page - size, texts[i], size);
		code = snt__addr_parse(&addr, pages + page - size, NULL);
		assert_true(code == 0 || code == -EINVAL);
	}
	munmap(pages, 2 * page);
}

static const struct test_case cases[] = {
	TEST(ipv4_literals_are_read),
	TEST(ipv6_literals_are_read),
	TEST(unix_paths_are_read),
	TEST(abstract_names_are_read),
	TEST(a_numeric_zone_is_read),
	TEST(a_named_zone_is_looked_up_by_the_caller),
	TEST(a_numeric_zone_is_never_looked_up),
	TEST(an_unknown_zone_is_refused),
	TEST(a_failing_zone_lookup_keeps_its_code),
	TEST(malformed_ipv4_is_refused),
	TEST(numbers_are_not_passed_off_as_names),
	TEST(malformed_ipv6_is_refused),
	TEST(ipv6_without_brackets_is_refused),
	TEST(malformed_zones_are_refused),
	TEST(malformed_ports_are_refused),
	TEST(malformed_unix_names_are_refused),
	TEST(what_is_no_literal_is_refused),
	TEST(null_text_is_refused),
	TEST(a_message_holds_no_byte_that_a_terminal_obeys),
	TEST(a_message_quotes_no_more_than_64_bytes),
	TEST(no_byte_behind_the_text_is_read),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
