/* SPDX-License-Identifier: MIT */
/* How a session begins, and how it does not: limits, keys, nobody there, and a
 * relay between both ends that loses, repeats and changes what goes through. */
#include "sessions.h"

#include "seq/datagram.h"

/* Between a client and a server; what it does to a datagram says act. */
struct relay {
	struct snt_socket *front, *back; /* to the client, to the server */
	struct snt_addr client;
	size_t to_server, to_client; /* so many have come */
	int (*act)(struct relay *relay, bool to_server, unsigned char *bytes,
		   size_t size);
	size_t victim;
	bool backwards; /* of those to the client */
	struct snt_group *group;
	char text[SNT_ADDR_TEXT];
};

/* act: how often it goes on. */
static int pass(struct relay *relay, bool to_server)
{
	struct snt_socket *from = to_server ? relay->front : relay->back;
	unsigned char bytes[9001];
	struct snt_addr sender;
	ptrdiff_t n;
	int times;

	SNT_TRY(n = snt_recvfrom(from, bytes, sizeof bytes, &sender));
	if (to_server)
		relay->client = sender;
	times = relay->act(relay, to_server, bytes, (size_t)n);
	++*(to_server ? &relay->to_server : &relay->to_client);
	for (; times > 0; times--) {
		ptrdiff_t sent =
			to_server ? snt_send(relay->back, bytes, (size_t)n)
				  : snt_sendto(relay->front, bytes, (size_t)n,
					       &relay->client);

		if (sent < 0 && sent != -ECONNREFUSED)
			return (int)sent;
	}
	return 0;
}

static int forth(void *arg)
{
	for (;;)
		SNT_TRY(pass(arg, true));
}

static int back(void *arg)
{
	int code;

	do
		code = pass(arg, false);
	while (code == 0 || code == -ECONNREFUSED);
	return code;
}

static void relay_open(struct relay *relay, const char *server)
{
	const struct snt_connection_opts opts = { .type = SOCK_DGRAM };
	const struct snt_server_opts front = { .type = SOCK_DGRAM };
	struct snt_addr addr;

	OK(snt_create_server(&relay->front, "127.0.0.1:0", &front));
	OK(snt_create_connection(&relay->back, server, &opts));
	addr = name_of(relay->front);
	snt_addr_format(&addr, relay->text, sizeof relay->text);
	relay->group = group_open();
	spawn(relay->group, forth, relay);
	spawn(relay->group, back, relay);
}

static void relay_close(struct relay *relay)
{
	assert_int_equal(snt_group_end(relay->group), 0);
	snt_close(relay->front);
	snt_close(relay->back);
}

/* A client, a relay and a server, and a word each way. */
static void talk_through(struct relay *relay, const struct snt_seq_opts *opts)
{
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", opts);
	struct snt_seq *asking, *asked;

	relay_open(relay, where(server));
	OK(snt_seq_create_connection(&asking, relay->text, opts));
	OK(snt_seq_accept(server, &asked));
	for (int i = 0; i < 5; i++) {
		say(asking, SNT_SEQ_ORDERED, "question");
		HEARS(asked, SNT_SEQ_ORDERED, "question");
		say(asked, SNT_SEQ_ORDERED, "answer");
		HEARS(asking, SNT_SEQ_ORDERED, "answer");
	}
	snt_seq_close(asking);
	snt_seq_close(asked);
	snt_seq_endpoint_close(server);
	relay_close(relay);
}

static int lose_one(struct relay *relay, bool to_server, unsigned char *bytes,
		    size_t size)
{
	size_t count = to_server ? relay->to_server : relay->to_client;

	(void)bytes;
	(void)size;
	return !(to_server != relay->backwards && count == relay->victim);
}

static void any_datagram_of_the_beginning_may_be_lost(void)
{
	EACH_SEAL(opts)
	for (int backwards = 0; backwards < 2; backwards++)
		for (size_t victim = 0; victim < 4; victim++) {
			struct relay relay = { .act = lose_one,
					       .victim = victim,
					       .backwards = backwards };

			talk_through(&relay, &opts);
		}
}

static int all_twice(struct relay *relay, bool to_server, unsigned char *bytes,
		     size_t size)
{
	(void)relay;
	(void)to_server;
	(void)bytes;
	(void)size;
	return 2;
}

static void everything_may_come_twice(void)
{
	EACH_SEAL(opts)
	{
		struct relay relay = { .act = all_twice };

		talk_through(&relay, &opts);
	}
}

/* Each DATA is followed by what it is with another bit: that changes nothing.
 * Of the head it is another's, or of another number. */
static int flip(struct relay *relay, bool to_server, unsigned char *bytes,
		size_t size)
{
	unsigned char changed[9001];
	size_t count = to_server ? relay->to_server : relay->to_client;

	if (bytes[0] != SNT__SEQ_DATA)
		return 1;
	memcpy(changed, bytes, size);
	changed[(count * 7) % size] ^= (unsigned char)(1 << count % 8);
	if (to_server)
		OK(snt_send(relay->back, changed, size));
	else
		OK(snt_sendto(relay->front, changed, size, &relay->client));
	return 1;
}

static void sealed_data_that_was_changed_is_dropped(void)
{
	const struct snt_seq_opts opts = { .key = some_key,
					   .key_size = sizeof some_key };
	struct relay relay = { .act = flip };

	talk_through(&relay, &opts);
}

/* What each DATA to the server names is said to be gone. */
static int forge_gone(struct relay *relay, bool to_server, unsigned char *bytes,
		      size_t size)
{
	unsigned char gone[25] = { SNT__SEQ_GONE };

	if (!to_server || bytes[0] != SNT__SEQ_DATA)
		return 1;
	assert_true(size >= sizeof gone);
	memcpy(gone + 1, bytes + 1, 8);
	OK(snt_sendto(relay->front, gone, sizeof gone, &relay->client));
	return 1;
}

static void a_sealed_session_is_not_ended_by_others(void)
{
	const struct snt_seq_opts opts = { .key = some_key,
					   .key_size = sizeof some_key };
	struct relay relay = { .act = forge_gone };

	talk_through(&relay, &opts);
}

static void a_place_with_nobody_refuses_at_once(void)
{
	EACH_PLACE(text)
	{
		struct snt_seq_endpoint *server = endpoint_on(text, NULL);
		char gone[SNT_ADDR_TEXT];
		struct snt_seq *seq;

		snprintf(gone, sizeof gone, "%s", where(server));
		snt_seq_endpoint_close(server);
		FAILS(snt_seq_create_connection(&seq, gone, NULL),
		      -ECONNREFUSED);
		TELLS(gone);
	}
}

static void a_silent_place_takes_the_handshakes_time(void)
{
	const struct snt_seq_opts opts = { .handshake_timeout =
						   MILLISECONDS(300) };
	struct snt_server_opts deaf = { .type = SOCK_DGRAM };
	struct snt_socket *socket;
	struct snt_addr addr;
	struct snt_seq *seq;
	int64_t began = snt_now();

	OK(snt_create_server(&socket, "127.0.0.1:0", &deaf));
	addr = name_of(socket);
	FAILS(snt_seq_create_connection(&seq, text_of(&addr), &opts),
	      -ETIMEDOUT);
	TELLS("answered");
	assert_true(snt_now() - began >= MILLISECONDS(300));
	snt_close(socket);
}

static int connect_in_vain(void *arg)
{
	struct snt_seq *seq;

	FAILS(snt_seq_create_connection(&seq, arg, NULL), -ECANCELED);
	return 0;
}

static void a_handshake_can_be_given_up(void)
{
	const struct snt_server_opts deaf = { .type = SOCK_DGRAM };
	struct snt_seq_endpoint *endpoint = endpoint_on("127.0.0.1:0", NULL);
	struct snt_group *group = group_open();
	struct snt_seq_endpoint_info info;
	struct snt_socket *socket;
	char text[SNT_ADDR_TEXT];
	struct snt_scope scope;
	struct snt_addr addr;
	struct snt_seq *seq;

	OK(snt_create_server(&socket, "127.0.0.1:0", &deaf));
	addr = name_of(socket);
	snt_addr_format(&addr, text, sizeof text);
	spawn(group, connect_in_vain, text);
	let_them_wait();
	snt_group_cancel(group);
	OK(snt_group_end(group));
	snt_timeout_begin(&scope, MILLISECONDS(20));
	FAILS(snt_seq_connect(endpoint, &seq, &addr), -ETIMEDOUT);
	snt_scope_end(&scope);
	assert_true(snt_scope_expired(&scope));
	OK(snt_seq_endpoint_get_info(endpoint, &info));
	assert_int_equal(info.sessions, 0);
	snt_seq_endpoint_close(endpoint);
	snt_close(socket);
}

static void keys_have_to_be_the_same(void)
{
	static const unsigned char other_key[SNT_SEQ_KEY] = "another";
	const struct snt_seq_opts none = { .key = NULL };
	const struct snt_seq_opts a = { .key = some_key,
					.key_size = sizeof some_key };
	const struct snt_seq_opts b = { .key = other_key,
					.key_size = sizeof other_key };
	const struct {
		const struct snt_seq_opts *server, *client;
		const char *words;
	} rows[] = {
		{ &a, &b, "another key" },
		{ &a, &none, "wants a key" },
		{ &none, &b, "has no key" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_seq_endpoint *server =
			endpoint_on("127.0.0.1:0", rows[i].server);
		struct snt_seq_endpoint_info info;
		struct snt_seq *seq;

		FAILS(snt_seq_create_connection(&seq, where(server),
						rows[i].client),
		      -EKEYREJECTED);
		TELLS(rows[i].words);
		OK(snt_seq_endpoint_get_info(server, &info));
		assert_int_equal(info.refused, 1);
		assert_int_equal(info.sessions, 0);
		snt_seq_endpoint_close(server);
	}
}

static void plain_beyond_loopback_has_to_be_asked_for(void)
{
	const struct snt_seq_opts plain = { .insecure_plain = true };
	struct snt_seq_endpoint *endpoint;
	struct snt_seq *seq;

	FAILS(snt_seq_create_server(&endpoint, ":0", NULL), -EPERM);
	TELLS("insecure_plain");
	FAILS(snt_seq_create_connection(&seq, "192.0.2.1:7", NULL), -EPERM);
	TELLS("192.0.2.1:7");
	OK(snt_seq_create_server(&endpoint, ":0", &plain));
	snt_seq_endpoint_close(endpoint);
}

static void options_that_cannot_be_are_refused(void)
{
	const struct snt_seq_opts bad[] = {
		{ .key = some_key, .key_size = 16 }, { .key_size = 32 },
		{ .message_max = (size_t)65 << 20 }, { .keep_alive = -1 },
		{ .send_buffer = SIZE_MAX },
	};
	struct snt_seq_endpoint *endpoint;
	struct snt_socket *socket;

	for (size_t i = 0; i < COUNT(bad); i++)
		FAILS(snt_seq_create_server(&endpoint, "127.0.0.1:0", &bad[i]),
		      -EINVAL);
	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	FAILS(snt_seq_open(&endpoint, socket, NULL), -EINVAL);
	TELLS("UDP");
	snt_close(socket);
}

static void one_address_has_many_sessions(void)
{
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", NULL);
	struct snt_seq_endpoint *client = endpoint_on("127.0.0.1:0", NULL);
	struct snt_seq *asking[3], *asked[3];
	struct snt_addr to;

	OK(snt_seq_endpoint_getsockname(server, &to));
	for (size_t i = 0; i < COUNT(asking); i++) {
		OK(snt_seq_connect(client, &asking[i], &to));
		OK(snt_seq_accept(server, &asked[i]));
	}
	for (size_t i = 0; i < COUNT(asking); i++)
		say(asking[i], (unsigned)i, "of this one");
	for (size_t i = 0; i < COUNT(asking); i++) {
		HEARS(asked[i], (unsigned)i, "of this one");
		snt_seq_close(asked[i]);
		snt_seq_close(asking[i]);
	}
	snt_seq_endpoint_close(client);
	snt_seq_endpoint_close(server);
}

static void sessions_have_limits_on_both_sides(void)
{
	const struct snt_seq_opts rows[] = { { .sessions = 2 },
					     { .sessions_per_peer = 2 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_seq_endpoint *server =
			endpoint_on("127.0.0.1:0", &rows[i]);
		struct snt_seq_endpoint *client =
			endpoint_on("127.0.0.1:0", &rows[i]);
		struct snt_seq *seq[2], *more;
		struct snt_addr to;

		OK(snt_seq_endpoint_getsockname(server, &to));
		OK(snt_seq_connect(client, &seq[0], &to));
		OK(snt_seq_connect(client, &seq[1], &to));
		FAILS(snt_seq_connect(client, &more, &to), -SNT_ELIMIT);
		FAILS(snt_seq_create_connection(&more, text_of(&to), NULL),
		      -ECONNREFUSED);
		TELLS(i == 0 ? "full" : "too many");
		snt_seq_close(seq[0]);
		OK(snt_sleep(MILLISECONDS(10)));
		OK(snt_seq_create_connection(&more, text_of(&to), NULL));
		snt_seq_close(more);
		snt_seq_close(seq[1]);
		snt_seq_endpoint_close(client);
		snt_seq_endpoint_close(server);
	}
}

/* The way to the client is shut when the server dies, so no goodbye gets
 * there. */
static int shut(struct relay *relay, bool to_server, unsigned char *bytes,
		size_t size)
{
	(void)bytes;
	(void)size;
	return to_server || relay->victim == 0;
}

static void a_peer_that_begins_anew_has_lost_the_session(void)
{
	EACH_SEAL(opts)
	{
		struct snt_seq_endpoint *server =
			endpoint_on("127.0.0.1:0", &opts);
		struct relay relay = { .act = shut };
		struct snt_seq_message message;
		struct snt_seq *asking, *asked;
		char text[SNT_ADDR_TEXT];

		snprintf(text, sizeof text, "%s", where(server));
		relay_open(&relay, text);
		OK(snt_seq_create_connection(&asking, relay.text, &opts));
		OK(snt_seq_accept(server, &asked));
		say(asking, 0, "before");
		HEARS(asked, 0, "before");
		relay.victim = 1;
		snt_seq_close(asked);
		snt_seq_endpoint_close(server);
		server = endpoint_on(text, &opts);
		OK(snt_sleep(MILLISECONDS(20)));
		relay.victim = 0;
		say(asking, 0, "after");
		FAILS(snt_seq_recv(asking, &message), -ECONNRESET);
		TELLS("lost the session");
		snt_seq_close(asking);
		snt_seq_endpoint_close(server);
		relay_close(&relay);
	}
}

static const struct test_case cases[] = {
	TEST_SLOW(any_datagram_of_the_beginning_may_be_lost, 60),
	TEST(everything_may_come_twice),
	TEST(sealed_data_that_was_changed_is_dropped),
	TEST(a_sealed_session_is_not_ended_by_others),
	TEST(a_place_with_nobody_refuses_at_once),
	TEST(a_silent_place_takes_the_handshakes_time),
	TEST(a_handshake_can_be_given_up),
	TEST(keys_have_to_be_the_same),
	TEST(plain_beyond_loopback_has_to_be_asked_for),
	TEST(options_that_cannot_be_are_refused),
	TEST(one_address_has_many_sessions),
	TEST(sessions_have_limits_on_both_sides),
	TEST(a_peer_that_begins_anew_has_lost_the_session),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
