/* SPDX-License-Identifier: MIT */
/* Bytes through a stream: every size, order, ends and half-closes. */
#include "net.h"

#include <sennit/options.h>

struct flow {
	struct snt_socket *socket;
	size_t total;
	size_t piece;
};

static int send_pieces(void *arg)
{
	const struct flow *flow = arg;
	unsigned char *bytes = pattern_bytes(flow->total);
	size_t sent = 0;

	while (sent < flow->total) {
		size_t left = flow->total - sent;

		sent += (size_t)OK(
			snt_send(flow->socket, bytes + sent,
				 left < flow->piece ? left : flow->piece));
	}
	OK(snt_shutdown(flow->socket, SHUT_WR));
	test_free(bytes);
	return 0;
}

static int send_all_at_once(void *arg)
{
	const struct flow *flow = arg;
	unsigned char *bytes = pattern_bytes(flow->total);

	OK(snt_sendall(flow->socket, bytes, flow->total));
	OK(snt_shutdown(flow->socket, SHUT_WR));
	test_free(bytes);
	return 0;
}

/* Until the end; checks every byte. */
static int recv_pieces(void *arg)
{
	const struct flow *flow = arg;
	unsigned char *bytes = test_malloc(flow->piece);
	size_t received = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv(flow->socket, bytes, flow->piece))) > 0) {
		assert_pattern(bytes, (size_t)n, received);
		received += (size_t)n;
	}
	assert_int_equal(received, flow->total);
	test_free(bytes);
	return 0;
}

static void flow_once(struct snt_socket *a, struct snt_socket *b, size_t total,
		      size_t out, size_t in)
{
	struct flow from = { a, total, out }, to = { b, total, in };
	struct snt_group *group = group_open();

	spawn(group, out ? send_pieces : send_all_at_once, &from);
	spawn(group, recv_pieces, &to);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(a);
	snt_close(b);
}

/* total, piece sent (0: sendall), piece received */
static const struct {
	size_t total, out, in;
} sizes[] = {
	{ 1, 1, 1 },
	{ 2000, 1, 1 },
	{ 5000, 1, 65536 },
	{ 5000, 65536, 1 },
	{ 5000, 0, 1 },
	{ 100000, 7, 4096 },
	{ 100000, 4096, 7 },
	{ 100000, 4096, 4096 },
	{ 100000, 4095, 4097 },
	{ 3000000, 65536, 65536 },
	{ 3000000, 1 << 20, 1000 },
	{ 3000000, 1000, 1 << 20 },
	{ 20000000, 0, 65537 },
	{ 20000000, 0, 1 << 24 },
};

static void bytes_arrive_in_order_in_pieces_of_every_size(void)
{
	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct snt_socket *a, *b;

		pair_on(text, &a, &b);
		flow_once(a, b, sizes[i].total, sizes[i].out, sizes[i].in);
	}
}

static void bytes_arrive_through_the_smallest_buffers(void)
{
	static const struct {
		size_t total, out, in;
	} rows[] = { { 20000, 0, 1 << 16 },
		     { 3000, 1, 100 },
		     { 10000, 3000, 1 } };

	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct snt_socket *a, *b;

		pair_on(text, &a, &b);
		OK(snt_set_sndbuf(a, 1));
		OK(snt_set_rcvbuf(b, 1));
		flow_once(a, b, rows[i].total, rows[i].out, rows[i].in);
	}
}

static void send_returns_how_many_bytes_the_kernel_took(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *handle;
		int fd = raw_peer(text, &handle);
		static char bytes[65536];
		size_t sent, seen = 0;
		ptrdiff_t n;

		OK(snt_set_sndbuf(handle, 5000));
		sent = fill(handle);
		snt_close(handle);
		while ((n = raw_recv(fd, bytes, sizeof bytes, 0)) > 0)
			seen += (size_t)n;
		assert_int_equal(seen, sent);
		raw_close(fd);
	}
}

static void recv_returns_zero_at_end_as_often_as_asked(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		char byte;

		pair_on(text, &a, &b);
		snt_close(a);
		for (int i = 0; i < 3; i++)
			assert_int_equal(OK(snt_recv(b, &byte, 1)), 0);
		snt_close(b);
	}
}

struct reading {
	struct snt_socket *socket;
	size_t piece;
	size_t received;
	bool ended;
};

static int read_to_end(void *arg)
{
	struct reading *reading = arg;
	char bytes[256];
	ptrdiff_t n;

	while ((n = OK(snt_recv(reading->socket, bytes, reading->piece))) > 0)
		reading->received += (size_t)n;
	reading->ended = true;
	return 0;
}

/* The reader waits first, so that both are told to it at once. */
static void data_and_end_in_one_event_are_data_and_then_end(void)
{
	static const size_t pieces[] = { 1, 4, 5, 6, 256 };

	EACH_STREAM(text)
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct reading reading = { .piece = pieces[i] };
		int fd = raw_peer(text, &reading.socket);
		struct snt_group *group = group_open();

		spawn(group, read_to_end, &reading);
		let_them_wait();
		raw_write(fd, "five!", 5);
		raw_close(fd);
		OK(snt_group_wait(group));
		assert_int_equal(reading.received, 5);
		assert_true(reading.ended);
		OK(snt_group_end(group));
		snt_close(reading.socket);
	}
}

/* The first event is data alone; a short read; data and end come after it. */
static void data_and_end_after_a_short_read_are_seen(void)
{
	EACH_STREAM(text)
	{
		struct reading reading = { .piece = 256 };
		int fd = raw_peer(text, &reading.socket);
		struct snt_group *group = group_open();

		spawn(group, read_to_end, &reading);
		for (int i = 0; i < 3; i++) {
			let_them_wait();
			raw_write(fd, "five!", 5);
		}
		raw_close(fd);
		OK(snt_group_wait(group));
		assert_int_equal(reading.received, 15);
		OK(snt_group_end(group));
		snt_close(reading.socket);
	}
}

static void an_end_long_before_reading_is_found_after_the_data(void)
{
	EACH_STREAM(text)
	{
		struct reading reading = { .piece = 3 };
		int fd = raw_peer(text, &reading.socket);

		raw_write(fd, "long before", 11);
		raw_close(fd);
		/* The poller sees the end, too, before the first recv. */
		OK(snt_wait_readable(reading.socket));
		OK(snt_sleep(1));
		read_to_end(&reading);
		assert_int_equal(reading.received, 11);
		snt_close(reading.socket);
	}
}

static void after_half_close_the_other_direction_goes_on(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		char bytes[8];

		pair_on(text, &a, &b);
		OK(snt_sendall(a, "question", 8));
		OK(snt_shutdown(a, SHUT_WR));
		assert_int_equal(OK(snt_recv_exact(b, bytes, 8)), 8);
		assert_int_equal(OK(snt_recv(b, bytes, 8)), 0);
		FAILS(snt_send(a, "x", 1), -EPIPE);
		for (int i = 0; i < 3; i++) {
			OK(snt_sendall(b, "answer", 6));
			assert_int_equal(OK(snt_recv(a, bytes, 8)), 6);
		}
		OK(snt_shutdown(b, SHUT_WR));
		assert_int_equal(OK(snt_recv(a, bytes, 8)), 0);
		snt_close(a);
		snt_close(b);
	}
}

static int recv_one(void *arg)
{
	char byte;

	return (int)snt_recv(arg, &byte, 1);
}

static void shutdown_of_reading_ends_a_reader_that_waits(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;

		pair_on(text, &a, &b);
		spawn(group, recv_one, a);
		let_them_wait();
		OK(snt_shutdown(a, SHUT_RD));
		assert_int_equal(OK(snt_group_wait(group)), 0);
		OK(snt_group_end(group));
		snt_close(a);
		snt_close(b);
	}
}

/* Four fibers: each side reads and writes at the same time. */
static void both_directions_flow_at_once_through_one_handle(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_socket *a, *b;
		size_t total = 16 << 20;

		pair_on(text, &a, &b);
		struct flow flows[] = { { a, total, 30000 },
					{ b, total, 65536 },
					{ b, total, 0 },
					{ a, total, 10000 } };

		spawn(group, send_pieces, &flows[0]);
		spawn(group, recv_pieces, &flows[1]);
		spawn(group, send_all_at_once, &flows[2]);
		spawn(group, recv_pieces, &flows[3]);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		snt_close(a);
		snt_close(b);
	}
}

static void nothing_to_send_is_sent_at_once(void)
{
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	fill(a);
	OK(snt_sendall(a, "", 0));
	snt_close(a);
	snt_close(b);
}

static void wait_readable_returns_at_data_and_at_the_end(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b;
		char byte;

		pair_on(text, &a, &b);
		snt_settimeout(b, MILLISECONDS(20));
		FAILS(snt_wait_readable(b), -ETIMEDOUT);
		OK(snt_sendall(a, "xy", 2));
		OK(snt_wait_readable(b));
		OK(snt_wait_readable(b));
		assert_int_equal(OK(snt_recv(b, &byte, 1)), 1);
		OK(snt_wait_readable(b));
		assert_int_equal(OK(snt_recv(b, &byte, 1)), 1);
		FAILS(snt_wait_readable(b), -ETIMEDOUT);
		snt_close(a);
		OK(snt_wait_readable(b));
		assert_int_equal(OK(snt_recv(b, &byte, 1)), 0);
		snt_close(b);
	}
}

static void wait_writable_returns_when_there_is_room(void)
{
	EACH_STREAM(text)
	{
		static char bytes[65536];
		struct snt_socket *a;
		int fd = raw_peer(text, &a);
		size_t left;

		OK(snt_wait_writable(a));
		left = fill(a);
		snt_settimeout(a, MILLISECONDS(20));
		FAILS(snt_wait_writable(a), -ETIMEDOUT);
		snt_settimeout(a, 0);
		while (left > 0)
			left -= (size_t)raw_recv(fd, bytes, sizeof bytes, 0);
		OK(snt_wait_writable(a));
		OK(snt_sendall(a, "x", 1));
		snt_close(a);
		raw_close(fd);
	}
}

static const struct test_case cases[] = {
	TEST_SLOW(bytes_arrive_in_order_in_pieces_of_every_size, 60),
	TEST_SLOW(bytes_arrive_through_the_smallest_buffers, 60),
	TEST(send_returns_how_many_bytes_the_kernel_took),
	TEST(recv_returns_zero_at_end_as_often_as_asked),
	TEST(data_and_end_in_one_event_are_data_and_then_end),
	TEST(data_and_end_after_a_short_read_are_seen),
	TEST(an_end_long_before_reading_is_found_after_the_data),
	TEST(after_half_close_the_other_direction_goes_on),
	TEST(shutdown_of_reading_ends_a_reader_that_waits),
	TEST_SLOW(both_directions_flow_at_once_through_one_handle, 60),
	TEST(nothing_to_send_is_sent_at_once),
	TEST(wait_readable_returns_at_data_and_at_the_end),
	TEST(wait_writable_returns_when_there_is_room),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
