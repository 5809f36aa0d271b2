/* SPDX-License-Identifier: MIT */
/*
 * Sources that are others': who has not proved that it gets what is sent to its
 * address never gets more bytes than came from there, and nothing is kept for
 * it. The others listen, count, and never speak.
 */
#include "forge.h"
#include "sessions.h"

#include "base/alloc.h"
#include "seq/session.h"
#include <sennit/datagram.h>

/* 127.1.0.0 and so on. */
#define SOURCES 20000
#define FIRST_SOURCE 0x7f010000u
/* Forged ones, between two looks at what came of them. */
#define AT_ONCE 32

/* Who is spoken for, on all of those addresses with one port; and who asks by
 * itself, from 127.0.0.1 or ::1. */
struct victim {
	struct snt_socket *socket;
	struct snt_addr server;
	int raw;
	uint16_t port;
	uint64_t asked;
	unsigned char cookie[SNT__SEQ_COOKIE]; /* its own, of the first time */
	size_t said, heard;                    /* in all */
};

static unsigned said[SOURCES], heard[SOURCES];

static const unsigned char random_bytes[SNT__SEQ_RANDOM] = "of the victim";

static struct victim victim_of(const struct snt_seq_endpoint *server,
			       const char *place, const char *server_place)
{
	const struct snt_server_opts opts = { .type = SOCK_DGRAM };
	struct victim victim = { .server = parsed(server_place) };
	struct snt_addr addr;

	OK(snt_seq_endpoint_getsockname(server, &addr));
	OK(snt_addr_set_port(&victim.server, snt_addr_port(&addr)));
	OK(snt_create_server(&victim.socket, place, &opts));
	OK(snt_set_control(victim.socket, SNT_CONTROL_LOCAL));
	addr = name_of(victim.socket);
	victim.port = snt_addr_port(&addr);
	victim.raw = forger(addr.sa.any.sa_family);
	return victim;
}

static void victim_close(struct victim *victim)
{
	close(victim->raw);
	snt_close(victim->socket);
}

static void count(struct victim *victim, const struct snt_addr *local,
		  size_t size)
{
	uint32_t ip = ntohl(local->sa.in.sin_addr.s_addr);

	victim->heard += size;
	if (local->sa.any.sa_family != AF_INET)
		return;
	assert_true(ip >= FIRST_SOURCE && ip - FIRST_SOURCE < SOURCES);
	heard[ip - FIRST_SOURCE] += (unsigned)size;
}

static bool is_own(const struct snt_addr *local)
{
	return local->sa.any.sa_family == AF_INET
		       ? local->sa.in.sin_addr.s_addr == htonl(0x7f000001)
		       : IN6_IS_ADDR_LOOPBACK(&local->sa.in6.sin6_addr);
}

/* Counts what comes until its own question is answered; false: it was lost. */
static bool hear(struct victim *victim)
{
	unsigned char bytes[2048];
	struct snt_control control;
	struct snt_datagram one = { .buffer = bytes, .control = &control };
	ptrdiff_t n;

	for (;;) {
		one.size = sizeof bytes;
		n = snt_recv_datagram(victim->socket, &one);
		if (n == -ETIMEDOUT)
			return false;
		OK(n);
		assert_int_equal(control.has, SNT_CONTROL_LOCAL);
		if (!is_own(&control.local)) {
			count(victim, &control.local, (size_t)n);
			continue;
		}
		assert_true(n >= 10);
		if (victim->asked == 1 && n == 29)
			memcpy(victim->cookie, bytes + 9, SNT__SEQ_COOKIE);
		if (memcmp(bytes + 1, &victim->asked, 8) == 0)
			return true;
	}
}

/* All that was sent before has been looked at, and what was answered counted:
 * the server takes things in their order. */
static void settle(struct victim *victim)
{
	unsigned char hello[SNT__SEQ_PADDED] = { SNT__SEQ_HELLO };

	snt_settimeout(victim->socket, SNT_SECOND * test_slowness());
	victim->asked++;
	memcpy(hello + 2, &victim->asked, 8);
	memcpy(hello + 10, random_bytes, sizeof random_bytes);
	do
		OK(snt_sendto(victim->socket, hello, sizeof hello,
			      &victim->server));
	while (!hear(victim));
}

static size_t garbage(unsigned char *bytes, unsigned seed)
{
	size_t size = seed / 8 % 200;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)((seed * 2654435761u + i * 40503u) >>
					   (i % 13));
	if (size > 0 && seed % 3 > 0)
		bytes[0] = (unsigned char)(SNT__SEQ_HELLO + seed % 8);
	return size;
}

/* What a forger may say; each number another thing. */
static size_t forged_bytes(const struct victim *victim, unsigned char *bytes,
			   unsigned number)
{
	static const uint8_t types[] = { SNT__SEQ_HELLO,  SNT__SEQ_HELLO,
					 SNT__SEQ_OPEN,   SNT__SEQ_OPEN,
					 SNT__SEQ_DATA,   SNT__SEQ_GONE,
					 SNT__SEQ_WELCOME };
	static const unsigned char made_up[SNT__SEQ_COOKIE] = "made up";
	uint64_t replayed = 1;
	struct snt__seq_datagram packet = {
		.sealing = number / 8 % 2,
		.client = number,
		.server = number,
		.id = number,
		.random = random_bytes,
		.number = 1,
		.greatest = 1000,
		.credit = 100000,
		.cookie = number % 8 == 2 ? made_up : victim->cookie,
	};
	size_t size;

	if (number % 8 == 7)
		return garbage(bytes, number);
	packet.type = types[number % 8];
	size = snt__seq_datagram_write(&packet, bytes);
	/* The very OPEN that would be right of the one who got the cookie. */
	if (number % 8 == 3)
		memcpy(bytes + 2, &replayed, sizeof replayed);
	while (packet.type == SNT__SEQ_DATA &&
	       size < SNT__SEQ_HEAD + number / 8 % 100)
		bytes[size++] = (unsigned char)(number % 3);
	return number / 16 % 4 == 3 ? number / 64 % (size + 1) : size;
}

static void nothing_is_kept(const struct snt_seq_endpoint *server, size_t live)
{
	struct snt_seq_endpoint_info info;

	OK(snt_seq_endpoint_get_info(server, &info));
	assert_int_equal(info.sessions, 0);
	assert_int_equal(info.half_open, 0);
	assert_int_equal(snt__alloc_live(), live);
}

static void forge_from_all(struct victim *victim)
{
	struct snt_addr from = parsed("127.0.0.1:0");
	unsigned char bytes[512];

	OK(snt_addr_set_port(&from, victim->port));
	for (unsigned i = 0; i < SOURCES; i++) {
		size_t size = forged_bytes(victim, bytes, i);

		from.sa.in.sin_addr.s_addr = htonl(FIRST_SOURCE + i);
		forge(victim->raw, &from, &victim->server, bytes, size);
		said[i] = (unsigned)size;
		if (i % AT_ONCE == AT_ONCE - 1)
			settle(victim);
	}
	settle(victim);
}

static void no_source_of_a_flood_hears_more_than_was_said_in_its_name(void)
{
	own_network();
	EACH_SEAL(opts)
	{
		struct snt_seq_endpoint *server;
		struct victim victim;
		unsigned answered = 0;
		size_t live;

		server = endpoint_on(opts.key ? "0.0.0.0:0" : "127.0.0.1:0",
				     &opts);
		victim = victim_of(server, "0.0.0.0:0", "127.0.0.1:0");
		memset(heard, 0, sizeof heard);
		settle(&victim);
		live = snt__alloc_live();
		forge_from_all(&victim);
		for (size_t i = 0; i < SOURCES; i++) {
			assert_true(heard[i] <= said[i]);
			answered += heard[i] > 0;
		}
		/* It was not all for nothing. */
		assert_true(answered > SOURCES / 8);
		nothing_is_kept(server, live);
		victim_close(&victim);
		snt_seq_endpoint_close(server);
	}
}

static void nor_does_one_of_ipv6(void)
{
	struct snt_seq_opts opts = { .insecure_plain = true };
	struct snt_seq_endpoint *server;
	struct victim victim;
	struct snt_addr from;
	unsigned char bytes[512];
	size_t live;

	own_network();
	add_address6("[fd00::2]:0");
	server = endpoint_on("[::1]:0", &opts);
	victim = victim_of(server, "[::]:0", "[::1]:0");
	from = parsed("[fd00::2]:0");
	OK(snt_addr_set_port(&from, victim.port));
	settle(&victim);
	live = snt__alloc_live();
	for (unsigned i = 0; i < 1000; i++) {
		size_t size = forged_bytes(&victim, bytes, i);

		victim.heard = 0;
		forge(victim.raw, &from, &victim.server, bytes, size);
		settle(&victim);
		assert_true(victim.heard <= size);
		victim.said += victim.heard;
	}
	assert_true(victim.said > 0);
	nothing_is_kept(server, live);
	victim_close(&victim);
	snt_seq_endpoint_close(server);
}

static const char *const homes[][2] = {
	{ "127.0.0.1:0", "127.0.0.9:0" },
	{ "[::1]:0", "[fd00::2]:0" },
};

/* Says DATA and GONE of the right ids in another's name. */
static void forge_within(const struct ends *ends, const struct victim *victim,
			 const struct snt_addr *from)
{
	static const unsigned char closes[] = { 5, 0 };
	struct snt__seq_datagram packet = { .type = SNT__SEQ_DATA,
					    .id = ends->asked->id,
					    .cookie = victim->cookie };
	unsigned char bytes[512];
	size_t size;

	for (uint32_t i = 0; i < 8; i++) {
		packet.number = ends->asked->peer_first + i;
		size = snt__seq_datagram_write(&packet, bytes);
		memset(bytes + size, 0, 32);
		memcpy(bytes + size, closes, sizeof closes);
		forge(victim->raw, from, &victim->server, bytes, size + 32);
	}
	packet.type = SNT__SEQ_GONE;
	packet.id = ends->asked->peer_id;
	size = snt__seq_datagram_write(&packet, bytes);
	forge(victim->raw, from, &victim->server, bytes, size);
}

static void
who_knows_the_ids_but_not_the_address_does_nothing_to_a_session(void)
{
	const struct snt_seq_opts opts = { .insecure_plain = true };

	own_network();
	add_address6("[fd00::2]:0");
	for (size_t i = 0; i < COUNT(homes); i++) {
		struct ends ends = ends_on(homes[i][0], &opts);
		struct snt_addr from = parsed(homes[i][1]);
		struct victim victim =
			victim_of(ends.server, homes[i][1], homes[i][0]);
		struct snt_seq_endpoint_info info;

		OK(snt_addr_set_port(&from, victim.port));
		forge_within(&ends, &victim, &from);
		say(ends.asking, 0, "still here");
		HEARS(ends.asked, 0, "still here");
		OK(snt_seq_endpoint_get_info(ends.server, &info));
		assert_int_equal(info.forged, 9);
		assert_int_equal(info.sessions, 1);
		snt_settimeout(victim.socket, SNT_NOWAIT);
		assert_int_equal(snt_recv(victim.socket, &info, sizeof info),
				 -EAGAIN);
		victim_close(&victim);
		ends_close(&ends);
	}
}

/* So nobody can set two servers upon each other. */
static void what_is_an_answer_has_none(void)
{
	static const uint8_t answers[] = { SNT__SEQ_RETRY, SNT__SEQ_WELCOME,
					   SNT__SEQ_REFUSE, SNT__SEQ_GONE };
	struct snt_addr from = parsed("127.1.0.0:0");

	own_network();
	EACH_SEAL(opts)
	{
		struct snt_seq_endpoint *server =
			endpoint_on("127.0.0.1:0", &opts);
		struct victim victim =
			victim_of(server, "0.0.0.0:0", "127.0.0.1:0");

		OK(snt_addr_set_port(&from, victim.port));
		for (size_t i = 0; i < COUNT(answers); i++) {
			unsigned char bytes[512] = { answers[i] };

			forge(victim.raw, &from, &victim.server, bytes,
			      sizeof bytes);
		}
		settle(&victim);
		assert_int_equal(victim.heard, 0);
		victim_close(&victim);
		snt_seq_endpoint_close(server);
	}
}

static const struct test_case cases[] = {
	TEST_KERNEL_SLOW(
		no_source_of_a_flood_hears_more_than_was_said_in_its_name, 120),
	TEST_KERNEL_SLOW(nor_does_one_of_ipv6, 60),
	TEST_KERNEL(
		who_knows_the_ids_but_not_the_address_does_nothing_to_a_session),
	TEST_KERNEL(what_is_an_answer_has_none),
};

int main(int argc, char **argv)
{
	return RUN_TESTS(cases);
}
