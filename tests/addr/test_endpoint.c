/* SPDX-License-Identifier: MIT */
/* Everything that may stand where an address may stand, names included. */
#include "addr/endpoint.h"
#include "../runner.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define LABEL_63                                                               \
	"abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"
#define NAME_253                                                               \
	LABEL_63 "." LABEL_63 "." LABEL_63 ".abcdefghijklmnopqrstuvwxyz012345" \
		 "6789-abcdefghijklmnopqrstuvwx"

static void must_parse(struct snt__endpoint *endpoint, const char *text)
{
	int code;

	memset(endpoint, 0xa5, sizeof *endpoint);
	code = snt__endpoint_parse(endpoint, text, NULL);
	if (code != 0)
		fail_msg("%s: %d %s", text, code, snt_errmsg());
}

static void must_refuse(const char *text, int offset, const char *words)
{
	struct snt__endpoint endpoint, before;
	char place[32];
	int code;

	memset(&endpoint, 0xa5, sizeof endpoint);
	memset(&before, 0xa5, sizeof before);
	code = snt__endpoint_parse(&endpoint, text, NULL);
	if (code != -EINVAL)
		fail_msg("\"%s\" gives %d", text, code);
	snprintf(place, sizeof place, "\": at offset %d: ", offset);
	if (strstr(snt_errmsg(), place) == NULL ||
	    strstr(snt_errmsg(), words) == NULL)
		fail_msg("want offset %d and \"%s\" in: %s", offset, words,
			 snt_errmsg());
	assert_memory_equal(&endpoint, &before, sizeof endpoint);
}

static void names_are_kept_for_the_resolver(void)
{
	static const struct {
		const char *text;
		const char *host;
		const char *service;
		uint16_t port;
	} rows[] = {
		{ "localhost:7000", "localhost", "", 7000 },
		{ "example.org:https", "example.org", "https", 0 },
		{ "example.org.:0", "example.org.", "", 0 },
		{ "LocalHost:65535", "LocalHost", "", 65535 },
		{ "_dns._udp.example.org:53", "_dns._udp.example.org", "", 53 },
		{ "xn--bcher-kva.example:80", "xn--bcher-kva.example", "", 80 },
		{ "a:80", "a", "", 80 },
		{ "3com.com:3com-tsmux", "3com.com", "3com-tsmux", 0 },
		{ "web.1:80", "web.1", "", 80 },
		{ "1.2.3.4a:80", "1.2.3.4a", "", 80 },
		{ "0xg:80", "0xg", "", 80 },
		{ "unix.:80", "unix.", "", 80 },
		{ "fd.:80", "fd.", "", 80 },
		{ LABEL_63 ":80", LABEL_63, "", 80 },
		{ NAME_253 ":80", NAME_253, "", 80 },
		{ NAME_253 ".:80", NAME_253 ".", "", 80 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt__endpoint endpoint;

		must_parse(&endpoint, rows[i].text);
		assert_int_equal(endpoint.kind, SNT__ENDPOINT_NAME);
		assert_string_equal(endpoint.host, rows[i].host);
		assert_string_equal(endpoint.service, rows[i].service);
		assert_int_equal(endpoint.port, rows[i].port);
		assert_int_equal(endpoint.addr.size, 0);
	}
}

static void no_host_or_a_star_means_every_interface(void)
{
	static const struct {
		const char *text;
		const char *service;
		uint16_t port;
	} rows[] = {
		{ ":7000", "", 7000 },   { "*:7000", "", 7000 },
		{ ":0", "", 0 },         { ":http", "http", 0 },
		{ "*:http", "http", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt__endpoint endpoint;

		must_parse(&endpoint, rows[i].text);
		assert_int_equal(endpoint.kind, SNT__ENDPOINT_ANY);
		assert_string_equal(endpoint.host, "");
		assert_string_equal(endpoint.service, rows[i].service);
		assert_int_equal(endpoint.port, rows[i].port);
	}
}

static void literals_are_read_as_addresses(void)
{
	static const struct {
		const char *text;
		enum snt__endpoint_kind kind;
		uint16_t port;
	} rows[] = {
		{ "127.0.0.1:7000", SNT__ENDPOINT_IP, 7000 },
		{ "[::1]:7000", SNT__ENDPOINT_IP, 7000 },
		{ "[fe80::1%2]:7000", SNT__ENDPOINT_IP, 7000 },
		{ "unix:/run/x.sock", SNT__ENDPOINT_UNIX, 0 },
		{ "unix:relative/path", SNT__ENDPOINT_UNIX, 0 },
		{ "unix:7000", SNT__ENDPOINT_UNIX, 0 },
		{ "unix:@abstract", SNT__ENDPOINT_UNIX, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt__endpoint endpoint;
		char text[SNT_ADDR_TEXT];

		must_parse(&endpoint, rows[i].text);
		assert_int_equal(endpoint.kind, rows[i].kind);
		assert_int_equal(endpoint.port, rows[i].port);
		snt_addr_format(&endpoint.addr, text, sizeof text);
		assert_string_equal(text, rows[i].text);
		assert_string_equal(endpoint.host, "");
		assert_string_equal(endpoint.service, "");
	}
}

static void a_descriptor_is_a_plain_number(void)
{
	struct snt__endpoint endpoint;

	must_parse(&endpoint, "fd:3");
	assert_int_equal(endpoint.kind, SNT__ENDPOINT_FD);
	assert_int_equal(endpoint.fd, 3);
	must_parse(&endpoint, "fd:0");
	assert_int_equal(endpoint.fd, 0);
	must_parse(&endpoint, "fd:2147483647");
	assert_int_equal(endpoint.fd, 2147483647);
	must_refuse("fd:", 3, "is missing");
	must_refuse("fd:-1", 3, "decimal digits");
	must_refuse("fd:+3", 3, "decimal digits");
	must_refuse("fd:03", 3, "leading zero");
	must_refuse("fd:3 ", 4, "decimal digits");
	must_refuse("fd:2147483648", 3, "above 2147483647");
	must_refuse("fd:99999999999", 3, "above 2147483647");
	must_refuse("fd:http", 3, "decimal digits");
}

static void malformed_names_are_refused(void)
{
	must_refuse(" localhost:80", 0, "no space");
	must_refuse("local host:80", 5, "no space");
	must_refuse("localhost\n:80", 9, "no control byte");
	must_refuse("local\thost:80", 5, "no control byte");
	must_refuse("a\x7f:80", 1, "no control byte");
	must_refuse("b\xc3\xbc"
		    "cher.example:80",
		    1, "xn--");
	must_refuse("a..b:80", 2, "is empty");
	must_refuse(".a:80", 0, "is empty");
	must_refuse("a..:80", 2, "is empty");
	must_refuse("-a:80", 0, "begin with \"-\"");
	must_refuse("b.-a:80", 2, "begin with \"-\"");
	must_refuse("a-.b:80", 1, "end with \"-\"");
	must_refuse("a-:80", 1, "end with \"-\"");
	must_refuse("a/b:80", 1, "no \"/\"");
	must_refuse("user@host:80", 4, "no \"@\"");
	must_refuse("*.org:80", 0, "no \"*\"");
	must_refuse("a%b:80", 1, "no \"%\"");
	must_refuse("::1]:80", 0, "brackets");
	must_refuse("a.x" LABEL_63 ":80", 2, "63 bytes");
	must_refuse(NAME_253 "y:80", 0, "253 bytes");
	must_refuse(NAME_253 "y.:80", 0, "253 bytes");
}

static void malformed_ports_and_services_are_refused(void)
{
	must_refuse("localhost", 9, "the port is missing");
	must_refuse("*", 1, "the port is missing");
	must_refuse("localhost:", 10, "the port is missing");
	must_refuse(":", 1, "the port is missing");
	must_refuse("*:", 2, "the port is missing");
	must_refuse("localhost:65536", 10, "above 65535");
	must_refuse("localhost:00", 10, "leading zero");
	must_refuse("localhost:-80", 10, "without sign");
	must_refuse("localhost:+80", 10, "0 to 65535");
	must_refuse("localhost: 80", 10, "0 to 65535");
	must_refuse("localhost:80 ", 12, "0 to 65535");
	must_refuse("localhost:80\n", 12, "0 to 65535");
	must_refuse("localhost:1-2", 10, "a letter");
	must_refuse("localhost:http-", 10, "either end");
	must_refuse("localhost:http/tcp", 14, "0 to 65535");
	must_refuse("localhost:abcdefghijklmnopqrstuvwxyz-01234", 10,
		    "31 bytes");
	must_refuse("localhost:80:81", 9, "more than one \":\"");
}

static void the_longest_service_is_kept_whole(void)
{
	struct snt__endpoint endpoint;

	must_parse(&endpoint, ":abcdefghijklmnopqrstuvwxyz-0123");
	assert_string_equal(endpoint.service,
			    "abcdefghijklmnopqrstuvwxyz-0123");
}

static void a_form_is_chosen_by_its_first_bytes_alone(void)
{
	must_refuse("unix:", 5, "the path is missing");
	must_refuse("UNIX:/x", 5, "0 to 65535");
	must_refuse("tcp://localhost:80", 0, "no URL");
	must_refuse("[localhost]:80", 1, "IPv6");
	must_refuse("", 0, "empty");
}

static const struct test_case cases[] = {
	TEST(names_are_kept_for_the_resolver),
	TEST(no_host_or_a_star_means_every_interface),
	TEST(literals_are_read_as_addresses),
	TEST(a_descriptor_is_a_plain_number),
	TEST(malformed_names_are_refused),
	TEST(malformed_ports_and_services_are_refused),
	TEST(the_longest_service_is_kept_whole),
	TEST(a_form_is_chosen_by_its_first_bytes_alone),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
