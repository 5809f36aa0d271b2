/* SPDX-License-Identifier: MIT */
/* Datagrams that nobody should have sent: forged, cut, repeated, by the
 * thousand. No answer is longer than what it answers, and nothing is kept. */
#include "sessions.h"

#include "base/alloc.h"
#include "seq/datagram.h"

/* Who speaks without a session, and counts what comes back. */
struct stranger {
	struct snt_socket *socket;
	struct snt_addr server;
	unsigned char answer[2048];
};

static struct stranger stranger_to(const struct snt_seq_endpoint *endpoint)
{
	struct stranger stranger;

	OK(snt_seq_endpoint_getsockname(endpoint, &stranger.server));
	OK(snt_socket(&stranger.socket, stranger.server.sa.any.sa_family,
		      SOCK_DGRAM, 0));
	return stranger;
}

/* Says that, and returns how long all of the answers are. The server answers
 * before it is asked for the next thing, which is known to have one. */
static size_t answered(struct stranger *stranger, const void *bytes,
		       size_t size)
{
	size_t all = 0;
	ptrdiff_t n;

	OK(snt_sendto(stranger->socket, bytes, size, &stranger->server));
	snt_settimeout(stranger->socket, MILLISECONDS(20) * test_slowness());
	while ((n = snt_recv(stranger->socket, stranger->answer,
			     sizeof stranger->answer)) > 0)
		all += (size_t)n;
	assert_int_equal(n, -ETIMEDOUT);
	return all;
}

static const unsigned char random_bytes[SNT__SEQ_RANDOM] = "by a stranger";
static const unsigned char no_cookie[SNT__SEQ_COOKIE];

static size_t question(unsigned char *bytes, uint8_t type)
{
	struct snt__seq_datagram packet = {
		.type = type,
		.client = 77,
		.server = 78,
		.id = 79,
		.random = random_bytes,
		.number = 1,
		.greatest = 1000,
		.credit = 100000,
		.cookie = no_cookie,
	};
	size_t size = snt__seq_datagram_write(&packet, bytes);

	if (type == SNT__SEQ_DATA)
		bytes[size++] = 1;
	return size;
}

static void no_answer_is_longer_than_its_question(void)
{
	EACH_SEAL(opts)
	{
		struct snt_seq_endpoint *server =
			endpoint_on("127.0.0.1:0", &opts);
		struct stranger stranger = stranger_to(server);
		unsigned char bytes[512];

		for (uint8_t type = SNT__SEQ_HELLO; type <= SNT__SEQ_GONE;
		     type++)
			for (int sealing = 0; sealing < 2; sealing++) {
				size_t size = question(bytes, type);

				if (type == SNT__SEQ_HELLO ||
				    type == SNT__SEQ_OPEN)
					bytes[1] = (unsigned char)sealing;
				assert_true(answered(&stranger, bytes, size) <=
					    size);
				memset(bytes + size, 0, sizeof bytes - size);
				assert_true(answered(&stranger, bytes,
						     sizeof bytes) <=
					    sizeof bytes);
				assert_int_equal(
					answered(&stranger, bytes, size - 2),
					0);
			}
		snt_close(stranger.socket);
		snt_seq_endpoint_close(server);
	}
}

static void data_for_nobody_is_answered_if_it_is_long_enough(void)
{
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", NULL);
	struct stranger stranger = stranger_to(server);
	unsigned char bytes[64] = { 0 };

	question(bytes, SNT__SEQ_DATA);
	assert_int_equal(answered(&stranger, bytes, 24), 0);
	assert_int_equal(answered(&stranger, bytes, 25), 25);
	assert_int_equal(stranger.answer[0], SNT__SEQ_GONE);
	assert_memory_equal(stranger.answer + 1, bytes + 1, 8);
	snt_close(stranger.socket);
	snt_seq_endpoint_close(server);
}

static void a_flood_of_hellos_leaves_nothing(void)
{
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", NULL);
	struct stranger stranger = stranger_to(server);
	struct snt_seq_endpoint_info info;
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t before, said = 0, heard = 0;

	heard += answered(&stranger, bytes, question(bytes, SNT__SEQ_HELLO));
	before = snt__alloc_live();
	for (unsigned i = 0; i < 2000; i++) {
		size_t size =
			question(bytes, i % 2 ? SNT__SEQ_OPEN : SNT__SEQ_HELLO);

		memcpy(bytes + 2, &i, sizeof i);
		OK(snt_sendto(stranger.socket, bytes, size, &stranger.server));
		said += size;
		if (i % 16 == 0)
			OK(snt_yield());
	}
	heard = answered(&stranger, bytes, question(bytes, SNT__SEQ_HELLO));
	assert_true(heard > 0 && heard <= said);
	if (!simulated())
		assert_int_equal(snt__alloc_live(), before);
	OK(snt_seq_endpoint_get_info(server, &info));
	assert_int_equal(info.sessions, 0);
	assert_int_equal(info.half_open, 0);
	snt_close(stranger.socket);
	snt_seq_endpoint_close(server);
}

/* Asks for a cookie, and opens with it; how much was answered to that. */
static size_t open_half(struct stranger *stranger, unsigned id)
{
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = question(bytes, SNT__SEQ_HELLO);

	memcpy(bytes + 2, &id, sizeof id);
	assert_int_equal(answered(stranger, bytes, size), 29);
	size = question(bytes, SNT__SEQ_OPEN);
	memcpy(bytes + 2, &id, sizeof id);
	memcpy(bytes + 42, stranger->answer + 9, SNT__SEQ_COOKIE);
	return answered(stranger, bytes, size);
}

static void half_open_sessions_are_few_and_end(void)
{
	const struct snt_seq_opts opts = { .backlog = 16 };
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", &opts);
	struct stranger stranger = stranger_to(server);
	struct snt_seq_endpoint_info info;
	struct snt_seq *seq;
	size_t before;

	/* A first failure takes memory for its words. */
	answered(&stranger, "", 1);
	before = snt__alloc_live();
	for (unsigned id = 1; id <= 8; id++)
		assert_int_equal(open_half(&stranger, id), id <= 5 ? 65 : 0);
	OK(snt_seq_endpoint_get_info(server, &info));
	assert_int_equal(info.half_open, 5);
	/* The same again is no other session. */
	assert_int_equal(open_half(&stranger, 3), 65);
	OK(snt_sleep(5 * SNT_SECOND + MILLISECONDS(200)));
	OK(snt_seq_endpoint_get_info(server, &info));
	assert_int_equal(info.half_open, 0);
	assert_int_equal(info.sessions, 0);
	/* A world's datagrams take some, too. */
	if (!simulated())
		assert_int_equal(snt__alloc_live(), before);
	OK(snt_seq_create_connection(&seq, where(server), NULL));
	snt_seq_close(seq);
	snt_close(stranger.socket);
	snt_seq_endpoint_close(server);
}

static void a_cookie_is_good_for_its_address_and_id_only(void)
{
	struct snt_seq_endpoint *server = endpoint_on("127.0.0.1:0", NULL);
	struct stranger a = stranger_to(server), b = stranger_to(server);
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = question(bytes, SNT__SEQ_HELLO);

	answered(&a, bytes, size);
	size = question(bytes, SNT__SEQ_OPEN);
	memcpy(bytes + 42, a.answer + 9, SNT__SEQ_COOKIE);
	/* Another RETRY, each time. */
	assert_int_equal(answered(&b, bytes, size), 29);
	bytes[9] ^= 1;
	assert_int_equal(answered(&a, bytes, size), 29);
	bytes[9] ^= 1;
	bytes[20] ^= 1;
	assert_int_equal(answered(&a, bytes, size), 29);
	bytes[20] ^= 1;
	bytes[45] ^= 1;
	assert_int_equal(answered(&a, bytes, size), 29);
	bytes[45] ^= 1;
	assert_int_equal(answered(&a, bytes, size), 65);
	snt_close(a.socket);
	snt_close(b.socket);
	snt_seq_endpoint_close(server);
}

static const struct test_case cases[] = {
	TEST_SLOW(no_answer_is_longer_than_its_question, 120),
	TEST(data_for_nobody_is_answered_if_it_is_long_enough),
	TEST(a_flood_of_hellos_leaves_nothing),
	TEST_SLOW(half_open_sessions_are_few_and_end, 60),
	TEST(a_cookie_is_good_for_its_address_and_id_only),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
