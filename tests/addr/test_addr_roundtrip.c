/* SPDX-License-Identifier: MIT */
/*
 * What is printed reads back as the same address, and what is read agrees
 * with inet_pton(3); over many addresses and texts that a fixed seed decides.
 */
#include "addr/endpoint.h"
#include "../runner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 200000
#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)

static uint64_t state = 0x5e4417;

static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % below;
}

static void must_read_back(const struct snt_addr *addr)
{
	struct snt_addr back;
	char text[1024];

	assert_true(snt_addr_format(addr, text, sizeof text) < sizeof text);
	if (snt__addr_parse(&back, text, NULL) != 0)
		fail_msg("%s", snt_errmsg());
	if (!snt_addr_equal(addr, &back))
		fail_msg("%s reads back as another address", text);
}

static void every_ipv4_address_reads_back(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct snt_addr addr = { .sa.in.sin_family = AF_INET,
					 .size = sizeof addr.sa.in };

		addr.sa.in.sin_addr.s_addr = (in_addr_t)draw(UINT32_MAX);
		addr.sa.in.sin_port = (in_port_t)draw(UINT16_MAX + 1);
		must_read_back(&addr);
	}
}

static void every_ipv6_address_reads_back(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct snt_addr addr = { .sa.in6.sin6_family = AF_INET6,
					 .size = sizeof addr.sa.in6 };
		struct sockaddr_in6 *in6 = &addr.sa.in6;
		char text[SNT_ADDR_TEXT];
		struct in6_addr read;

		/* Mostly zeros and ones, so that every shape of runs occurs. */
		for (int i = 0; i < 16; i++)
			in6->sin6_addr.s6_addr[i] =
				(uint8_t)(draw(3) > 0   ? 0
					  : draw(2) > 0 ? 0xff
							: draw(256));
		in6->sin6_port = (in_port_t)draw(UINT16_MAX + 1);
		in6->sin6_flowinfo = draw(UINT32_MAX);
		snt_addr_format(&addr, text, sizeof text);
		*strchr(text, ']') = '\0';
		assert_int_equal(inet_pton(AF_INET6, text + 1, &read), 1);
		assert_memory_equal(&read, &in6->sin6_addr, sizeof read);
		in6->sin6_scope_id = draw(2) > 0 ? 0 : draw(UINT32_MAX);
		must_read_back(&addr);
	}
}

/* 1 to 107 bytes besides the NUL: of any value, or of those that escapes are
 * made of, which is where reading could go astray. */
static void every_unix_name_reads_back(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct snt_addr addr = { .sa.un.sun_family = AF_UNIX };
		size_t abstract = draw(2), length = 1 + draw(107);
		uint32_t escapes = draw(2);

		for (size_t i = 0; i < length; i++) {
			uint32_t byte =
				escapes ? (uint8_t) "\\x40aF@\n"[draw(8)]
					: draw(256);

			if (byte == 0 && !abstract)
				byte = '/';
			addr.sa.un.sun_path[abstract + i] = (char)byte;
		}
		/* Of a path the size may count the NUL or not. */
		addr.size = (socklen_t)(PATH_OFFSET + length +
					(abstract ? 1 : draw(2)));
		must_read_back(&addr);
	}
}

static void texts_are_read_as_inet_pton_reads_them(void)
{
	int agreed[2] = { 0, 0 };

	for (int round = 0; round < 10 * ROUNDS; round++) {
		static const char *const pieces[] = {
			":", ":", ":",   "::",    "0",   "1",   "ffff",
			"a", ".", "1.2", "3.4.5", "255", "256", "01",
		};
		char text[128] = "", literal[160];
		unsigned char expected[16];
		struct snt_addr addr;
		int valid, code;

		for (uint32_t n = 1 + draw(16); n > 0; n--)
			strcat(text, pieces[draw(14)]);
		if (strchr(text, ':') == NULL) {
			valid = inet_pton(AF_INET, text, expected);
			snprintf(literal, sizeof literal, "%s:1", text);
		} else {
			valid = inet_pton(AF_INET6, text, expected);
			snprintf(literal, sizeof literal, "[%s]:1", text);
		}
		code = snt__addr_parse(&addr, literal, NULL);
		if ((code == 0) != (valid == 1))
			fail_msg("%s: inet_pton says %d, we say %d", text,
				 valid, code);
		agreed[valid]++;
		if (valid && addr.sa.any.sa_family == AF_INET)
			assert_memory_equal(expected, &addr.sa.in.sin_addr, 4);
		else if (valid)
			assert_memory_equal(expected, &addr.sa.in6.sin6_addr,
					    16);
	}
	/* Both answers must have been asked for often. */
	assert_true(agreed[0] > ROUNDS && agreed[1] > ROUNDS / 20);
}

static const struct test_case cases[] = {
	TEST(every_ipv4_address_reads_back),
	TEST(every_ipv6_address_reads_back),
	TEST(every_unix_name_reads_back),
	TEST_SLOW(texts_are_read_as_inet_pton_reads_them, 30),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
