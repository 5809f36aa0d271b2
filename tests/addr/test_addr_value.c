/* SPDX-License-Identifier: MIT */
/* Ports and equality of addresses. */
#include "addr/endpoint.h"
#include "../runner.h"

#include <arpa/inet.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct snt_addr parsed(const char *text)
{
	struct snt_addr addr;

	if (snt__addr_parse(&addr, text, NULL) != 0)
		fail_msg("%s", snt_errmsg());
	return addr;
}

static void all_zero_is_no_address(void)
{
	struct snt_addr a = { 0 }, b = { 0 };

	assert_int_equal(snt_addr_port(&a), 0);
	assert_true(snt_addr_equal(&a, &b));
}

static void the_port_is_in_host_order(void)
{
	struct snt_addr v4 = parsed("127.0.0.1:7000");
	struct snt_addr v6 = parsed("[::1]:7001");
	struct snt_addr path = parsed("unix:/x");

	assert_int_equal(snt_addr_port(&v4), 7000);
	assert_int_equal(snt_addr_port(&v6), 7001);
	assert_int_equal(snt_addr_port(&path), 0);
}

static void set_port_changes_the_port_alone(void)
{
	struct snt_addr v4 = parsed("127.0.0.1:7000");
	struct snt_addr v6 = parsed("[fe80::1%3]:7000");
	struct snt_addr v4_wanted = parsed("127.0.0.1:65535");
	struct snt_addr v6_wanted = parsed("[fe80::1%3]:65535");

	assert_int_equal(snt_addr_set_port(&v4, 65535), 0);
	assert_memory_equal(&v4, &v4_wanted, sizeof v4);
	assert_int_equal(snt_addr_set_port(&v6, 65535), 0);
	assert_memory_equal(&v6, &v6_wanted, sizeof v6);
}

static void set_port_is_refused_where_there_is_none(void)
{
	struct snt_addr none = { 0 }, path = parsed("unix:/x");
	struct snt_addr path_before = path, cut = parsed("127.0.0.1:1"),
			cut_before;

	assert_int_equal(snt_addr_set_port(&none, 1), -EAFNOSUPPORT);
	assert_int_equal(snt_addr_set_port(&path, 1), -EAFNOSUPPORT);
	assert_memory_equal(&path, &path_before, sizeof path);
	cut.size--;
	cut_before = cut;
	assert_int_equal(snt_addr_set_port(&cut, 1), -EAFNOSUPPORT);
	assert_memory_equal(&cut, &cut_before, sizeof cut);
	assert_int_equal(snt_addr_port(&cut), 0);
}

static void different_addresses_are_not_equal(void)
{
	static const char *const texts[] = {
		"127.0.0.1:1", "127.0.0.1:2",  "127.0.0.2:1",
		"[::1]:1",     "[::1]:2",      "[::2]:1",
		"[::1%1]:1",   "[::1%2]:1",    "[::ffff:127.0.0.1]:1",
		"unix:/a",     "unix:/b",      "unix:/ab",
		"unix:@a",     "unix:@a\\x00", "unix:@ab",
		"unix:a",      "unix:\\x40a",  "unix:@\\x00",
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		for (size_t j = 0; j < COUNT(texts); j++) {
			struct snt_addr a = parsed(texts[i]);
			struct snt_addr b = parsed(texts[j]);

			if (snt_addr_equal(&a, &b) != (i == j))
				fail_msg("%s and %s", texts[i], texts[j]);
		}
}

static void flow_label_and_padding_do_not_count(void)
{
	struct snt_addr a = parsed("[::1]:1"), b = a;

	b.sa.in6.sin6_flowinfo = 7;
	assert_true(snt_addr_equal(&a, &b));
	a = b = parsed("127.0.0.1:1");
	memset(b.sa.in.sin_zero, 1, sizeof b.sa.in.sin_zero);
	b.size += 4;
	assert_true(snt_addr_equal(&a, &b));
}

static void a_path_ends_at_its_nul_or_its_size(void)
{
	struct snt_addr a = parsed("unix:/a"), b = a;

	b.size--;
	assert_true(snt_addr_equal(&a, &b));
	b.size = sizeof b.sa.un;
	b.sa.un.sun_path[50] = 'x';
	assert_true(snt_addr_equal(&a, &b));
	b.size = UINT32_MAX;
	assert_true(snt_addr_equal(&a, &b));
}

static void an_unnamed_socket_equals_no_named_one(void)
{
	struct snt_addr none = { .sa.un.sun_family = AF_UNIX, .size = 2 };
	struct snt_addr also = none, empty = none;

	empty.size = 3;
	assert_true(snt_addr_equal(&none, &also));
	assert_false(snt_addr_equal(&none, &empty));
	assert_false(snt_addr_equal(&empty, &none));
}

static void an_address_cut_short_equals_only_its_like(void)
{
	struct snt_addr whole = parsed("127.0.0.1:1"), cut = whole, also;

	cut.size--;
	also = cut;
	assert_false(snt_addr_equal(&whole, &cut));
	assert_false(snt_addr_equal(&cut, &whole));
	assert_true(snt_addr_equal(&cut, &also));
	also.sa.in.sin_port = htons(2);
	assert_false(snt_addr_equal(&cut, &also));
}

static void unknown_families_are_compared_byte_by_byte(void)
{
	struct snt_addr a = { .sa.any.sa_family = AF_NETLINK, .size = 12 };
	struct snt_addr b = a;

	assert_true(snt_addr_equal(&a, &b));
	b.sa.any.sa_data[9] = 1;
	assert_false(snt_addr_equal(&a, &b));
	a.size = b.size = 11;
	assert_true(snt_addr_equal(&a, &b));
	a.size = 12;
	assert_false(snt_addr_equal(&a, &b));
	a.size = b.size = UINT32_MAX;
	assert_false(snt_addr_equal(&a, &b));
}

static const struct test_case cases[] = {
	TEST(all_zero_is_no_address),
	TEST(the_port_is_in_host_order),
	TEST(set_port_changes_the_port_alone),
	TEST(set_port_is_refused_where_there_is_none),
	TEST(different_addresses_are_not_equal),
	TEST(flow_label_and_padding_do_not_count),
	TEST(a_path_ends_at_its_nul_or_its_size),
	TEST(an_unnamed_socket_equals_no_named_one),
	TEST(an_address_cut_short_equals_only_its_like),
	TEST(unknown_families_are_compared_byte_by_byte),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
