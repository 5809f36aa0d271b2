/* SPDX-License-Identifier: MIT */
/*
 * Which names a certificate is good for: RFC 6125 and 9525, stricter than
 * openssl-verify(1) in two things, of which it is told: a common name never
 * counts, and a wildcard is a whole label.
 */
#include "rows.h"

#include <openssl/x509_vfy.h>

#define WRONG_NAME X509_V_ERR_HOSTNAME_MISMATCH
#define WRONG_IP X509_V_ERR_IP_ADDRESS_MISMATCH
#define TOOL_ACCEPTS 0

static void a_wrong_host_is_refused(void)
{
	REFUSED(.leaf = { .names = "DNS:a.example,DNS:b.example" },
		.host = "c.example",
		.says = "certificate of c.example is for DNS:a.example, "
			"DNS:b.example, not for c.example",
		.error = WRONG_NAME);
}

static void a_wrong_address_is_refused(void)
{
	REFUSED(.leaf = { .names = "DNS:a.example,IP:192.0.2.1" },
		.host = "192.0.2.7",
		.says = "is for DNS:a.example, IP:192.0.2.1, not for 192.0.2.7",
		.error = WRONG_IP);
}

static void a_wrong_ipv6_address_is_refused(void)
{
	REFUSED(.leaf = { .names = "IP:2001:db8::1" }, .host = "2001:db8::7",
		.says = "is for IP:2001:db8::1, not for 2001:db8::7",
		.error = WRONG_IP);
}

static void a_name_is_no_address(void)
{
	REFUSED(.leaf = { .names = "DNS:192.0.2.1" }, .host = "192.0.2.1",
		.says = "is for DNS:192.0.2.1, not for 192.0.2.1",
		.error = WRONG_IP);
}

static void an_address_is_no_name(void)
{
	REFUSED(.leaf = { .names = "IP:192.0.2.1" },
		.says = "is for IP:192.0.2.1, not for a.example",
		.error = WRONG_NAME);
}

static void a_common_name_does_not_count(void)
{
	REFUSED(.leaf = { .cn = "a.example", .names = "" },
		.says = "is for no host, not for a.example: it has no subject "
			"alternative names, and CN=a.example does not count",
		.error = TOOL_ACCEPTS);
}

static void a_common_name_that_is_an_address_does_not_count(void)
{
	REFUSED(.leaf = { .cn = "192.0.2.1", .names = "" }, .host = "192.0.2.1",
		.says = "CN=192.0.2.1 does not count", .error = WRONG_IP);
}

static void a_common_name_beside_other_names_does_not_count(void)
{
	REFUSED(.leaf = { .cn = "a.example", .names = "DNS:b.example" },
		.says = "is for DNS:b.example, not for a.example",
		.error = WRONG_NAME);
}

static void a_name_with_a_nul_is_not_what_stands_before_it(void)
{
	REFUSED(.leaf = { .raw_name = "a.example\0.evil.example",
			  .raw_size = 23 },
		.says = "is for DNS:a.example\\x00.evil.example, not for "
			"a.example",
		.error = WRONG_NAME);
}

static void a_name_cannot_paint_the_terminal(void)
{
	REFUSED(.leaf = { .raw_name = "\x1b[31mred", .raw_size = 8 },
		.says = "is for DNS:\\x1b[31mred, not for a.example",
		.error = WRONG_NAME);
}

static void an_empty_name_is_nobody(void)
{
	REFUSED(.leaf = { .raw_name = "", .raw_size = 0 },
		.says = "not for a.example", .error = WRONG_NAME);
}

/* Wildcards. */

static void a_wildcard_is_one_label(void)
{
	REFUSED(.leaf = { .names = "DNS:*.a.example" }, .host = "x.y.a.example",
		.says = "is for DNS:*.a.example, not for x.y.a.example",
		.error = WRONG_NAME);
}

static void a_wildcard_is_at_least_one_label(void)
{
	REFUSED(.leaf = { .names = "DNS:*.a.example" }, .host = "a.example",
		.says = "not for a.example", .error = WRONG_NAME);
}

static void a_wildcard_is_a_whole_label(void)
{
	REFUSED(.leaf = { .names = "DNS:w*.a.example" },
		.host = "www.a.example", .says = "not for www.a.example",
		.error = TOOL_ACCEPTS);
}

static void a_wildcard_is_the_first_label(void)
{
	REFUSED(.leaf = { .names = "DNS:x.*.a.example" },
		.host = "x.y.a.example", .says = "not for x.y.a.example",
		.error = WRONG_NAME);
}

static void a_wildcard_is_alone(void)
{
	REFUSED(.leaf = { .names = "DNS:*.*.example" }, .host = "x.a.example",
		.says = "not for x.a.example", .error = WRONG_NAME);
}

static void a_wildcard_is_not_for_all_that_ends_in_one_label(void)
{
	REFUSED(.leaf = { .names = "DNS:*.example" },
		.says = "not for a.example", .error = WRONG_NAME);
}

static void a_wildcard_is_no_name_by_itself(void)
{
	REFUSED(.leaf = { .names = "DNS:*" }, .host = "localhost",
		.says = "not for localhost", .error = WRONG_NAME);
}

static void a_wildcard_does_not_stand_in_an_encoded_label(void)
{
	REFUSED(.leaf = { .names = "DNS:xn--*.a.example" },
		.host = "xn--bcher-kva.a.example",
		.says = "not for xn--bcher-kva.a.example", .error = WRONG_NAME);
}

static void a_wildcard_is_no_address(void)
{
	REFUSED(.leaf = { .names = "DNS:*.0.2.1" }, .host = "192.0.2.1",
		.says = "not for 192.0.2.1", .error = WRONG_IP);
}

/* Good ones. */

static void one_of_several_names_is_enough(void)
{
	ACCEPTED(.leaf = { .names = "DNS:b.example,DNS:a.example" });
}

static void names_have_no_case(void)
{
	ACCEPTED(.leaf = { .names = "DNS:A.Example" }, .host = "a.eXAMPLE");
}

static void a_wildcard_is_good_for_each_label(void)
{
	ACCEPTED(.leaf = { .names = "DNS:*.a.example" },
		 .host = "anything-1.a.example");
}

static void a_wildcard_is_good_for_an_encoded_label(void)
{
	ACCEPTED(.leaf = { .names = "DNS:*.a.example" },
		 .host = "xn--bcher-kva.a.example");
}

static void an_encoded_name_is_good_for_itself(void)
{
	ACCEPTED(.leaf = { .names = "DNS:xn--bcher-kva.example" },
		 .host = "xn--bcher-kva.example");
}

static void an_address_is_good_for_itself(void)
{
	ACCEPTED(.leaf = { .names = "IP:192.0.2.1" }, .host = "192.0.2.1");
}

static void an_ipv6_address_is_good_in_every_spelling(void)
{
	ACCEPTED(.leaf = { .names = "IP:2001:db8::1" },
		 .host = "2001:DB8:0:0::1");
}

/* The tool takes no dot at the end, so this is no row. */
static void a_dot_at_the_end_of_the_host_does_not_matter(void)
{
	struct snt_tls_context *server =
		made_server((const char *[]){ "a.example", NULL });
	struct snt_tls_context *client = client_of(server, NULL);
	struct handshake handshake;

	shake(&handshake, client, server, "A.example.");
	assert_ended(&handshake.at_client, 0, NULL);
	assert_string_equal(
		SSL_get_servername(handshake.server, TLSEXT_NAMETYPE_host_name),
		"a.example");
	handshake_end(&handshake);
	snt_tls_context_close(client);
	snt_tls_context_close(server);
}

static const struct test_case cases[] = {
	TEST(a_wrong_host_is_refused),
	TEST(a_wrong_address_is_refused),
	TEST(a_wrong_ipv6_address_is_refused),
	TEST(a_name_is_no_address),
	TEST(an_address_is_no_name),
	TEST(a_common_name_does_not_count),
	TEST(a_common_name_that_is_an_address_does_not_count),
	TEST(a_common_name_beside_other_names_does_not_count),
	TEST(a_name_with_a_nul_is_not_what_stands_before_it),
	TEST(a_name_cannot_paint_the_terminal),
	TEST(an_empty_name_is_nobody),
	TEST(a_wildcard_is_one_label),
	TEST(a_wildcard_is_at_least_one_label),
	TEST(a_wildcard_is_a_whole_label),
	TEST(a_wildcard_is_the_first_label),
	TEST(a_wildcard_is_alone),
	TEST(a_wildcard_is_not_for_all_that_ends_in_one_label),
	TEST(a_wildcard_is_no_name_by_itself),
	TEST(a_wildcard_does_not_stand_in_an_encoded_label),
	TEST(a_wildcard_is_no_address),
	TEST(one_of_several_names_is_enough),
	TEST(names_have_no_case),
	TEST(a_wildcard_is_good_for_each_label),
	TEST(a_wildcard_is_good_for_an_encoded_label),
	TEST(an_encoded_name_is_good_for_itself),
	TEST(an_address_is_good_for_itself),
	TEST(an_ipv6_address_is_good_in_every_spelling),
	TEST(a_dot_at_the_end_of_the_host_does_not_matter),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
