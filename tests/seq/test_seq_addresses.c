/* SPDX-License-Identifier: MIT */
/* A server on every address of its machine: whoever asks it at one of them is
 * answered from there, or would not know the answer for one. */
#include "sessions.h"

#include "forge.h"
#include <sennit/datagram.h>
#include "seq/datagram.h"

/* What listens, and where it is asked. */
static const struct {
	const char *server, *asked;
} ways[] = {
	{ ":0", "127.0.0.1" },
	{ ":0", "127.0.0.5" },
	{ ":0", "[::1]" },
	{ "0.0.0.0:0", "127.0.0.1" },
	{ "0.0.0.0:0", "127.0.0.5" },
	{ "[::]:0", "[::1]" },
};

static const struct snt_seq_opts plain = { .insecure_plain = true };

#define EACH_WAY(way) for (size_t way = 0; way < COUNT(ways); way++)

static const char *reached(const struct snt_seq_endpoint *server,
			   const char *asked)
{
	static char text[64];
	struct snt_addr addr;

	OK(snt_seq_endpoint_getsockname(server, &addr));
	snprintf(text, sizeof text, "%s:%u", asked, snt_addr_port(&addr));
	return text;
}

/* All that a session says in both directions, till its end and the server's. */
static void talk(struct snt_seq_endpoint *server, const char *asked,
		 const struct snt_seq_opts *opts)
{
	static char large[100000];
	struct ends ends = { .server = server };
	struct snt_seq_message message;

	OK(snt_seq_create_connection(&ends.asking, reached(ends.server, asked),
				     opts));
	OK(snt_seq_accept(ends.server, &ends.asked));
	OK(snt_seq_send(ends.asking, 1, large, sizeof large));
	OK(snt_seq_recv(ends.asked, &message));
	assert_int_equal(message.size, sizeof large);
	say(ends.asking, 0, "there");
	HEARS(ends.asked, 0, "there");
	OK(snt_seq_send(ends.asked, 0, large, sizeof large));
	OK(snt_seq_recv(ends.asking, &message));
	assert_int_equal(message.size, sizeof large);
	/* The goodbye, too. */
	snt_seq_close(ends.asked);
	FAILS(snt_seq_recv(ends.asking, &message), -ECONNRESET);
	snt_seq_close(ends.asking);
	snt_seq_endpoint_close(ends.server);
}

static void a_session_is_with_the_address_that_was_asked(void)
{
	EACH_WAY(way)
	EACH_SEAL(opts)
	{
		opts.insecure_plain = true;
		talk(endpoint_on(ways[way].server, &opts), ways[way].asked,
		     &opts);
	}
}

static void a_refusal_comes_from_there(void)
{
	const struct snt_seq_opts sealed = { .key = some_key,
					     .key_size = sizeof some_key };

	EACH_WAY(way)
	{
		struct snt_seq_endpoint *server =
			endpoint_on(ways[way].server, &sealed);
		struct snt_seq *seq;

		FAILS(snt_seq_create_connection(
			      &seq, reached(server, ways[way].asked), NULL),
		      -EKEYREJECTED);
		snt_seq_endpoint_close(server);
	}
}

/* Data of a session that the server does not know, said to one of its addresses
 * by who takes nothing from another. NULL: from wherever. */
static void ask_of_a_lost_one(const char *place, const char *asked,
			      const char *from)
{
	struct snt_seq_endpoint *server = endpoint_on(place, &plain);
	unsigned char bytes[64] = { SNT__SEQ_DATA, 1, 2, 3 };
	struct snt_addr addr = parsed(reached(server, asked)), own;
	struct snt_socket *socket;

	OK(snt_socket(&socket, addr.sa.any.sa_family, SOCK_DGRAM, 0));
	if (from != NULL) {
		own = parsed(from);
		OK(snt_bind(socket, &own));
	}
	OK(snt_connect(socket, &addr));
	OK(snt_send(socket, bytes, 25));
	snt_settimeout(socket, 10 * SNT_SECOND);
	assert_int_equal(OK(snt_recv(socket, bytes, sizeof bytes)), 25);
	assert_int_equal(bytes[0], SNT__SEQ_GONE);
	snt_close(socket);
	snt_seq_endpoint_close(server);
}

static void what_is_told_of_a_lost_session_comes_from_there(void)
{
	EACH_WAY(way)
	ask_of_a_lost_one(ways[way].server, ways[way].asked, NULL);
}

static void many_clients_at_several_addresses_are_told_apart(void)
{
	struct snt_seq_endpoint *server = endpoint_on(":0", &plain);
	struct snt_seq *asking[COUNT(ways)], *asked[COUNT(ways)];

	EACH_WAY(way)
	{
		OK(snt_seq_create_connection(
			&asking[way], reached(server, ways[way].asked), NULL));
		OK(snt_seq_accept(server, &asked[way]));
	}
	EACH_WAY(way)
	say(asked[way], 0, ways[way].asked);
	EACH_WAY(way)
	{
		HEARS(asking[way], 0, ways[way].asked);
		snt_seq_close(asking[way]);
		snt_seq_close(asked[way]);
	}
	snt_seq_endpoint_close(server);
}

/* The handle's owner may have asked for items, and for datagrams put together:
 * the endpoint wants its own. */
static void what_the_handle_was_asked_before_does_no_harm(void)
{
	static const char *const places[] = { ":0", "127.0.0.5:0" };
	const struct snt_server_opts opts = { .type = SOCK_DGRAM };

	for (size_t i = 0; i < COUNT(places); i++) {
		struct snt_seq_endpoint *server;
		struct snt_socket *socket;

		OK(snt_create_server(&socket, places[i], &opts));
		OK(snt_set_control(socket,
				   SNT_CONTROL_TTL | SNT_CONTROL_SEGMENT));
		OK(snt_seq_open(&server, socket, &plain));
		talk(server, "127.0.0.5", &plain);
	}
}

/* Asked from another address of this machine, the system would take that for its
 * own, too. A link's own address is nothing without its interface. */
static void so_it_is_with_addresses_beyond_loopback(void)
{
	own_network();
	add_address6("[fd00::2]:0");
	add_address6("[fd00::3]:0");
	add_address6("[fe80::5]:0");
	talk(endpoint_on(":0", &plain), "[fd00::2]", &plain);
	talk(endpoint_on("[::]:0", &plain), "[fd00::3]", &plain);
	ask_of_a_lost_one(":0", "[fd00::2]", "[fd00::3]:0");
	ask_of_a_lost_one("[::]:0", "[fd00::3]", "[fd00::2]:0");
	ask_of_a_lost_one(":0", "[fe80::5%lo]", "[fd00::2]:0");
	talk(endpoint_on(":0", &plain), "[fe80::5%lo]", &plain);
}

static const struct test_case cases[] = {
	TEST(a_session_is_with_the_address_that_was_asked),
	TEST(a_refusal_comes_from_there),
	TEST(what_is_told_of_a_lost_session_comes_from_there),
	TEST(many_clients_at_several_addresses_are_told_apart),
	TEST(what_the_handle_was_asked_before_does_no_harm),
	TEST_KERNEL(so_it_is_with_addresses_beyond_loopback),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
