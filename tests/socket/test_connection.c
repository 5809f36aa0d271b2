/* SPDX-License-Identifier: MIT */
/* create_connection: every address raced as RFC 8305 says, every reason told. */
#include "race.h"
#include "world.h"

#define GOOD "127.0.0.3"
#define SILENT "127.0.0.2"
#define REFUSED "127.0.0.4"

static struct snt_socket *server;
static uint16_t port;

/* What a busy machine may add: now and then, but not so many times in a row. */
#define SLACK (simulated() ? 0 : MILLISECONDS(400) * test_slowness())
#define TRIES 5

static void serve_good(void)
{
	struct snt_addr addr;

	server = server_on(GOOD ":0");
	addr = name_of(server);
	port = snt_addr_port(&addr);
}

/* Connects, asserts who answered; how long it took. */
static int64_t connect_takes(const struct snt_connection_opts *opts)
{
	struct snt_socket *socket;
	struct snt_addr peer, expected = name_of(server);
	int64_t began = snt_now(), took;

	OK(snt_create_connection(&socket, name_at(port), opts));
	took = snt_now() - began;
	OK(snt_getpeername(socket, &peer));
	assert_true(snt_addr_equal(&peer, &expected));
	snt_close(socket);
	return took;
}

/* The shortest of some times, if the first is too long. */
static void assert_connect_takes(const struct snt_connection_opts *opts,
				 int64_t least, int64_t most)
{
	int64_t took = connect_takes(opts);

	for (int i = 1; i < TRIES && took > most; i++)
		took = connect_takes(opts);
	assert_in_range(took, least, most);
}

static void the_first_address_that_answers_is_the_only_one_tried(void)
{
	serve_good();
	NAMES_MEAN(GOOD, REFUSED, SILENT);
	connect_takes(NULL);
	assert_int_equal(race.tries, 1);
	snt_close(server);
}

static void after_a_quarter_second_of_silence_the_next_is_tried(void)
{
	struct silent silent;

	serve_good();
	silent = silent_on(SILENT, port);
	NAMES_MEAN(SILENT, GOOD);
	assert_connect_takes(NULL, MILLISECONDS(250),
			     MILLISECONDS(250) + SLACK);
	silent_end(&silent);
	snt_close(server);
}

static void how_long_silence_is_borne_can_be_set(void)
{
	struct snt_connection_opts opts = { .attempt_delay = MILLISECONDS(20) };
	struct silent silent;

	serve_good();
	silent = silent_on(SILENT, port);
	NAMES_MEAN(SILENT, SILENT, GOOD);
	assert_connect_takes(&opts, MILLISECONDS(40), MILLISECONDS(40) + SLACK);
	silent_end(&silent);
	snt_close(server);
}

static void a_refused_address_is_passed_over_at_once(void)
{
	serve_good();
	NAMES_MEAN(REFUSED, "127.0.0.5", "127.0.0.6", GOOD);
	assert_connect_takes(
		NULL, 0, simulated() ? 0 : MILLISECONDS(200) * test_slowness());
	snt_close(server);
}

/* It has been silent, not refused; it may yet answer first. */
static void a_slow_first_address_can_still_win(void)
{
	struct snt_connection_opts opts = { .attempt_delay = MILLISECONDS(10),
					    .timeout = 30 * SNT_SECOND };
	struct silent late = silent_on(GOOD, 0);
	struct snt_socket *socket;
	struct snt_addr peer;
	struct silent never;
	int accepted;

	port = snt_addr_port(&late.addr);
	never = silent_on(SILENT, port);
	NAMES_MEAN(GOOD, SILENT);
	/* Room in its queue: the client's next SYN, after a second, gets in. */
	accepted = raw_accept(late.listener);
	assert_true(accepted >= 0);
	raw_close(late.filler);
	late.filler = accepted;
	OK(snt_create_connection(&socket, name_at(port), &opts));
	OK(snt_getpeername(socket, &peer));
	assert_true(snt_addr_equal(&peer, &late.addr));
	snt_close(socket);
	silent_end(&late);
	silent_end(&never);
}

static void when_all_fail_every_reason_is_told(void)
{
	struct snt_connection_opts opts = { .timeout = SNT_SECOND,
					    .attempt_delay = MILLISECONDS(10) };
	struct silent silent = silent_on(SILENT, 0);
	struct snt_socket *socket;
	char words[64];

	port = snt_addr_port(&silent.addr);
	NAMES_MEAN(REFUSED, SILENT, "127.0.0.5");
	FAILS(snt_create_connection(&socket, name_at(port), &opts), -ETIMEDOUT);
	TELLS("connect name.test:");
	snprintf(words, sizeof words, REFUSED ":%u: connection refused", port);
	TELLS(words);
	snprintf(words, sizeof words, SILENT ":%u: timed out", port);
	TELLS(words);
	snprintf(words, sizeof words, "127.0.0.5:%u: connection refused", port);
	TELLS(words);
	silent_end(&silent);
}

static void the_code_is_that_of_the_last_failure(void)
{
	struct snt_socket *socket;

	own_network();
	NAMES_MEAN("192.0.2.1", REFUSED);
	FAILS(snt_create_connection(&socket, name_at(1), NULL), -ECONNREFUSED);
	TELLS("192.0.2.1:1: network unreachable; " REFUSED
	      ":1: connection refused");
	NAMES_MEAN(REFUSED, "192.0.2.1");
	FAILS(snt_create_connection(&socket, name_at(1), NULL), -ENETUNREACH);
}

static void a_literal_that_fails_is_named_with_its_reason(void)
{
	struct snt_socket *socket;

	FAILS(snt_create_connection(&socket, "127.0.0.1:1", NULL),
	      -ECONNREFUSED);
	TELLS("127.0.0.1:1: connection refused");
}

static void many_reasons_are_cut_and_harm_nobody(void)
{
	static const char *hosts[33];
	static char texts[32][16];
	struct snt_socket *socket;

	for (int i = 0; i < 32; i++) {
		snprintf(texts[i], sizeof texts[i], "127.77.177.%d", 100 + i);
		hosts[i] = texts[i];
	}
	names_mean(hosts);
	FAILS(snt_create_connection(&socket, name_at(1), NULL), -ECONNREFUSED);
	assert_int_equal(race.tries, 32);
	TELLS("127.77.177.100:1: connection refused; 127.77.177.101:1");
}

static void assert_order(const char *const *order, size_t count)
{
	struct snt_socket *socket;

	race.refuse = true;
	FAILS(snt_create_connection(&socket, name_at(1), NULL), -ECONNREFUSED);
	assert_int_equal(race.tries, count);
	for (size_t i = 0; i < count; i++) {
		char text[64];
		struct snt_addr expected;

		snprintf(text, sizeof text, "%s:1", order[i]);
		expected = parsed(text);
		assert_true(snt_addr_equal(&race.tried[i], &expected));
	}
}

static void the_families_take_turns(void)
{
	static const char *const order[] = { "[2001:db8::1]", "192.0.2.1",
					     "[2001:db8::2]", "192.0.2.2",
					     "[2001:db8::3]", "[2001:db8::4]" };

	NAMES_MEAN("[2001:db8::1]", "[2001:db8::2]", "[2001:db8::3]",
		   "[2001:db8::4]", "192.0.2.1", "192.0.2.2");
	assert_order(order, COUNT(order));
}

static void the_family_of_the_first_address_begins(void)
{
	static const char *const order[] = { "192.0.2.1", "[2001:db8::1]",
					     "192.0.2.2", "[2001:db8::2]" };

	NAMES_MEAN("192.0.2.1", "[2001:db8::1]", "[2001:db8::2]", "192.0.2.2");
	assert_order(order, COUNT(order));
}

/* Eight are under way and silent; the others have to wait for a failure. */
static void no_more_than_eight_attempts_are_under_way(void)
{
	struct snt_connection_opts opts = { .timeout = SNT_SECOND,
					    .attempt_delay = MILLISECONDS(1) };
	struct silent silent = silent_on(SILENT, 0);
	struct snt_socket *socket;

	NAMES_MEAN(SILENT, SILENT, SILENT, SILENT, SILENT, SILENT, SILENT,
		   SILENT, SILENT, SILENT, SILENT, SILENT);
	FAILS(snt_create_connection(
		      &socket, name_at(snt_addr_port(&silent.addr)), &opts),
	      -ETIMEDOUT);
	assert_int_equal(race.tries, 8);
	silent_end(&silent);
}

static void descriptors_used_up_is_a_reason(void)
{
	int before;
	struct snt_socket *socket;

	NAMES_MEAN(REFUSED, "127.0.0.5");
	before = limit_descriptors(3);
	FAILS(snt_create_connection(&socket, name_at(1), NULL), -EMFILE);
	limit_descriptors(before);
	TELLS("no descriptors left");
}

static void a_source_address_is_bound_and_decides_the_family(void)
{
	struct snt_connection_opts opts = { .source = parsed("127.0.0.9:0") };
	struct snt_socket *conn, *socket;
	struct snt_addr peer;

	serve_good();
	NAMES_MEAN("[::1]", GOOD);
	connect_takes(&opts);
	OK(snt_accept(server, &conn));
	OK(snt_getpeername(conn, &peer));
	assert_int_equal(peer.sa.in.sin_addr.s_addr, htonl(0x7f000009));
	snt_close(conn);
	NAMES_MEAN("[::1]");
	FAILS(snt_create_connection(&socket, name_at(port), &opts),
	      -EAFNOSUPPORT);
	opts.source = parsed("192.0.2.1:0");
	FAILS(snt_create_connection(&socket, GOOD ":1", &opts), -EADDRNOTAVAIL);
	TELLS(GOOD ":1: address not available here");
	snt_close(server);
}

/* The port the kernel chooses for us is the one we want to connect to. */
static void a_connection_to_itself_is_refused(void)
{
	struct snt_socket *socket;

	own_network();
	set_port_range(40000, 40000);
	FAILS(snt_create_connection(&socket, "127.0.0.1:40000", NULL),
	      -ECONNREFUSED);
}

static void small_pieces_are_sent_at_once_unless_told_otherwise(void)
{
	serve_good();
	for (int nagle = 0; nagle < 2; nagle++) {
		struct snt_connection_opts opts = { .nagle = nagle };
		struct snt_addr addr = name_of(server);
		struct snt_socket *socket;

		OK(snt_create_connection(&socket, text_of(&addr), &opts));
		assert_int_equal(raw_get_int(snt_fileno(socket), IPPROTO_TCP,
					     TCP_NODELAY) != 0,
				 !nagle);
		snt_close(socket);
	}
	snt_close(server);
}

static void a_failed_look_up_is_the_answer(void)
{
	struct snt_socket *socket;

	NAMES_MEAN(GOOD);
	race.code = -SNT_ENONAME;
	FAILS(snt_create_connection(&socket, "name.test:1", NULL),
	      -SNT_ENONAME);
	TELLS("name.test");
	TELLS("does not exist");
	race.code = -SNT_ERESOLVE;
	FAILS(snt_create_connection(&socket, "name.test:1", NULL),
	      -SNT_ERESOLVE);
	assert_int_equal(race.tries, 0);
}

static void localhost_finds_a_server_of_either_family(void)
{
	static const char *const hosts[] = { "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct snt_socket *socket, *only;
		struct snt_addr addr;
		char text[64];

		snprintf(text, sizeof text, "%s:0", hosts[i]);
		only = server_on(text);
		addr = name_of(only);
		snprintf(text, sizeof text, "localhost:%u",
			 snt_addr_port(&addr));
		OK(snt_create_connection(&socket, text, NULL));
		snt_close(socket);
		snt_close(only);
	}
}

static void datagrams_connect_to_the_first_address(void)
{
	struct snt_connection_opts opts = { .type = SOCK_DGRAM };
	struct snt_socket *socket;
	struct snt_addr peer;

	NAMES_MEAN("127.0.0.5", GOOD);
	OK(snt_create_connection(&socket, name_at(7), &opts));
	OK(snt_getpeername(socket, &peer));
	assert_string_equal(text_of(&peer), "127.0.0.5:7");
	snt_close(socket);
}

static const struct test_case cases[] = {
	TEST(the_first_address_that_answers_is_the_only_one_tried),
	TEST(after_a_quarter_second_of_silence_the_next_is_tried),
	TEST(how_long_silence_is_borne_can_be_set),
	TEST(a_refused_address_is_passed_over_at_once),
	TEST(a_slow_first_address_can_still_win),
	TEST(when_all_fail_every_reason_is_told),
	TEST(the_code_is_that_of_the_last_failure),
	TEST(a_literal_that_fails_is_named_with_its_reason),
	TEST(many_reasons_are_cut_and_harm_nobody),
	TEST(the_families_take_turns),
	TEST(the_family_of_the_first_address_begins),
	TEST(no_more_than_eight_attempts_are_under_way),
	TEST(descriptors_used_up_is_a_reason),
	TEST(a_source_address_is_bound_and_decides_the_family),
	TEST(a_connection_to_itself_is_refused),
	TEST(small_pieces_are_sent_at_once_unless_told_otherwise),
	TEST(a_failed_look_up_is_the_answer),
	TEST(localhost_finds_a_server_of_either_family),
	TEST(datagrams_connect_to_the_first_address),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
