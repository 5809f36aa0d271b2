/* SPDX-License-Identifier: MIT */
/* Many datagrams in one call: all that are there, each with its address. */
#include "batches.h"

#include <sennit/message.h>
#include <sennit/options.h>

/* Receives as many as were sent, and looks at each. */
static void recv_all(struct snt_socket *socket, const struct many *many,
		     const struct snt_addr *from)
{
	size_t done = 0;

	while (done < MANY) {
		size_t n = (size_t)OK(snt_recvmany(
			socket, batch_room, sizeof batch_room, got, MANY));

		assert_true(n > 0 && n <= MANY - done);
		for (size_t i = 0; i < n; i++, done++) {
			size_t size = many->datagrams[done].size;

			assert_int_equal(got[i].size, size);
			assert_int_equal(got[i].real_size, size);
			assert_memory_equal(got[i].buffer, many->bytes[done],
					    size);
			assert_null(got[i].control);
			if (from != NULL)
				assert_true(snt_addr_equal(got[i].addr, from));
		}
	}
}

static void a_hundred_arrive_in_order_with_their_address(void)
{
	for (int of_one_size = 0; of_one_size < 2; of_one_size++)
		EACH_WAY(way)
		{
			struct ends ends = ends_of(way);
			struct many *many = many_to(&ends.addr, of_one_size);
			struct snt_addr from = name_of(ends.from);

			send_all(ends.from, many->datagrams, MANY);
			recv_all(ends.to, many, way < 2 ? &from : NULL);
			test_free(many);
			ends_close(&ends);
		}
}

static void one_call_takes_all_that_is_there_and_waits_for_no_more(void)
{
	struct ends ends = ends_of(0);

	for (int i = 0; i < 3; i++)
		OK(snt_sendto(ends.from, "abc", (size_t)i, &ends.addr));
	OK(snt_wait_readable(ends.to));
	OK(snt_sleep(MILLISECONDS(20)));
	assert_int_equal(OK(snt_recvmany(ends.to, batch_room, sizeof batch_room,
					 got, MANY)),
			 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(got[i].size, i);
	ends_close(&ends);
}

static void a_batch_of_one_is_one(void)
{
	struct ends ends = ends_of(1);
	char room[SNT_BATCH_SIZE(1, 8)];
	struct snt_datagram one = { .buffer = (char[]){ "12345678" },
				    .size = 8,
				    .addr = &ends.addr };

	assert_int_equal(OK(snt_sendmany(ends.from, &one, 1)), 1);
	assert_int_equal(OK(snt_sendmany(ends.from, &one, 1)), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			OK(snt_recvmany(ends.to, room, sizeof room, got, 1)),
			1);
		assert_int_equal(got[0].real_size, 8);
		assert_int_equal(got[0].size, 8);
		assert_memory_equal(got[0].buffer, "12345678", 8);
	}
	ends_close(&ends);
}

static void sending_none_is_none(void)
{
	struct ends ends = ends_of(0);

	assert_int_equal(OK(snt_sendmany(ends.from, NULL, 0)), 0);
	ends_close(&ends);
}

static void the_buffer_may_begin_anywhere(void)
{
	struct ends ends = ends_of(0);
	char *room = test_malloc(SNT_BATCH_SIZE(3, 5) + 16);

	for (size_t skip = 0; skip < 16; skip++) {
		for (int i = 0; i < 3; i++)
			OK(snt_sendto(ends.from, "12345", 5, &ends.addr));
		for (size_t n = 0; n < 3;) {
			size_t more = (size_t)OK(
				snt_recvmany(ends.to, room + skip,
					     SNT_BATCH_SIZE(3, 5), got, 3));

			for (size_t i = 0; i < more; i++)
				assert_memory_equal(got[i].buffer, "12345", 5);
			n += more;
		}
	}
	test_free(room);
	ends_close(&ends);
}

static void a_buffer_without_room_for_one_is_refused(void)
{
	struct ends ends = ends_of(0);

	FAILS(snt_recvmany(ends.to, batch_room, 16, got, 1), -EINVAL);
	TELLS("SNT_BATCH_SIZE");
	FAILS(snt_recvmany(ends.to, batch_room, sizeof batch_room, got, 0),
	      -EINVAL);
	ends_close(&ends);
}

static void one_that_does_not_fit_tells_its_size(void)
{
	static char bytes[5000];

	EACH_WAY(way)
	{
		struct ends ends = ends_of(way);

		memset(bytes, 'x', sizeof bytes);
		OK(snt_sendto(ends.from, bytes, sizeof bytes, &ends.addr));
		OK(snt_sendto(ends.from, "next", 4, &ends.addr));
		for (size_t n = 0; n < 2;) {
			size_t more = (size_t)OK(snt_recvmany(
				ends.to, batch_room, SNT_BATCH_SIZE(2, 64), got,
				2 - n));

			for (size_t i = 0; i < more; i++, n++) {
				assert_int_equal(got[i].real_size,
						 n == 0 ? 5000 : 4);
				assert_true(n == 0 ? got[i].size < 5000
						   : got[i].size == 4);
				assert_memory_equal(got[i].buffer,
						    n == 0 ? bytes : "next",
						    got[i].size);
			}
		}
		ends_close(&ends);
	}
}

static void the_longest_goes_and_one_more_byte_does_not(void)
{
	static char bytes[65508], room[SNT_BATCH_SIZE(1, 65507)];
	struct ends ends = ends_of(0);
	struct snt_datagram datagrams[] = {
		{ .buffer = bytes, .size = 65507, .addr = &ends.addr },
		{ .buffer = bytes, .size = 65508, .addr = &ends.addr },
	};

	assert_int_equal(OK(snt_sendmany(ends.from, datagrams, 2)), 1);
	FAILS(snt_sendmany(ends.from, datagrams + 1, 1), -EMSGSIZE);
	TELLS(text_of(&ends.addr));
	assert_int_equal(OK(snt_recvmany(ends.to, room, sizeof room, got, 1)),
			 1);
	assert_int_equal(got[0].size, 65507);
	ends_close(&ends);
}

static void what_went_before_a_failure_is_counted(void)
{
	struct ends ends = ends_of(0);
	struct snt_addr nowhere = ends.addr;
	struct snt_datagram datagrams[] = {
		{ .buffer = (char[]){ "a" }, .size = 1, .addr = &ends.addr },
		{ .buffer = (char[]){ "bb" }, .size = 2, .addr = &ends.addr },
		{ .buffer = (char[]){ "ccc" }, .size = 3, .addr = &nowhere },
		{ .buffer = (char[]){ "dd" }, .size = 2, .addr = &ends.addr },
	};

	OK(snt_addr_set_port(&nowhere, 0));
	assert_int_equal(OK(snt_sendmany(ends.from, datagrams, 4)), 2);
	FAILS(snt_sendmany(ends.from, datagrams + 2, 2), -EINVAL);
	assert_int_equal(OK(snt_sendmany(ends.from, datagrams + 3, 1)), 1);
	for (size_t n = 0; n < 3;)
		n += (size_t)OK(snt_recvmany(ends.to, batch_room,
					     sizeof batch_room, got, MANY));
	snt_settimeout(ends.to, SNT_NOWAIT);
	FAILS(snt_recvmany(ends.to, batch_room, sizeof batch_room, got, MANY),
	      -EAGAIN);
	ends_close(&ends);
}

static void set_not_to_wait_it_does_not(void)
{
	struct ends ends = ends_of(0);

	snt_settimeout(ends.to, SNT_NOWAIT);
	FAILS(snt_recvmany(ends.to, batch_room, sizeof batch_room, got, MANY),
	      -EAGAIN);
	OK(snt_sendto(ends.from, "x", 1, &ends.addr));
	snt_settimeout(ends.to, 0);
	OK(snt_wait_readable(ends.to));
	snt_settimeout(ends.to, SNT_NOWAIT);
	assert_int_equal(OK(snt_recvmany(ends.to, batch_room, sizeof batch_room,
					 got, MANY)),
			 1);
	ends_close(&ends);
}

static void a_deadline_ends_it(void)
{
	struct ends ends = ends_of(1);

	snt_settimeout(ends.to, MILLISECONDS(5));
	FAILS(snt_recvmany(ends.to, batch_room, sizeof batch_room, got, MANY),
	      -ETIMEDOUT);
	ends_close(&ends);
}

struct waiter {
	struct snt_socket *socket;
	ptrdiff_t code;
};

static int wait_for_many(void *arg)
{
	struct waiter *waiter = arg;

	waiter->code = snt_recvmany(waiter->socket, batch_room,
				    sizeof batch_room, got, MANY);
	return 0;
}

static void a_cancel_ends_it(void)
{
	struct snt_group *group = group_open();
	struct waiter waiter = { udp_on("127.0.0.1:0"), 0 };

	spawn(group, wait_for_many, &waiter);
	let_them_wait();
	snt_group_cancel(group);
	OK(snt_group_end(group));
	assert_int_equal(waiter.code, -ECANCELED);
	snt_close(waiter.socket);
}

static void a_close_meanwhile_ends_it(void)
{
	struct snt_group *group = group_open();
	struct waiter waiter = { udp_on("127.0.0.1:0"), 0 };

	spawn(group, wait_for_many, &waiter);
	let_them_wait();
	snt_close(waiter.socket);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(waiter.code, -EBADF);
}

static void shutdown_of_reading_ends_it(void)
{
	struct snt_group *group = group_open();
	struct waiter waiter = { udp_on("127.0.0.1:0"), -1 };
	struct snt_addr own = name_of(waiter.socket);

	OK(snt_connect(waiter.socket, &own));
	spawn(group, wait_for_many, &waiter);
	let_them_wait();
	OK(snt_shutdown(waiter.socket, SHUT_RD));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(waiter.code, 0);
	snt_close(waiter.socket);
}

static void what_comes_while_it_waits_is_received(void)
{
	struct snt_group *group = group_open();
	struct ends ends = ends_of(0);
	struct waiter waiter = { ends.to, 0 };

	spawn(group, wait_for_many, &waiter);
	let_them_wait();
	OK(snt_sendto(ends.from, "x", 1, &ends.addr));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	assert_int_equal(waiter.code, 1);
	ends_close(&ends);
}

static void a_server_of_two_addresses_answers_batches_on_both(void)
{
	static const char *const kinds[] = { "127.0.0.1:0", "[::1]:0" };
	struct snt_socket *server = udp_on("localhost:0"), *clients[2];
	struct snt_addr names[2];

	assert_int_equal(OK(snt_getsocknames(server, names, 2)), 2);
	for (int i = 0; i < 2; i++) {
		clients[i] = udp_on(kinds[i]);
		for (int k = 0; k < 2; k++)
			OK(snt_sendto(
				clients[i], "ask", 3,
				&names[names[0].sa.any.sa_family == AF_INET
					       ? i
					       : 1 - i]));
	}
	for (size_t n = 0; n < 4;) {
		size_t more = (size_t)OK(snt_recvmany(
			server, batch_room, sizeof batch_room, got, MANY));

		assert_int_equal(OK(snt_sendmany(server, got, more)), more);
		n += more;
	}
	/* Both at once, by each one's own part. */
	for (int i = 0; i < 2; i++) {
		names[i] = name_of(clients[i]);
		got[i] = (struct snt_datagram){ .buffer = digits,
						.size = 4,
						.addr = &names[i] };
	}
	assert_int_equal(OK(snt_sendmany(server, got, 2)), 2);
	for (int i = 0; i < 2; i++) {
		char bytes[8];

		for (int k = 0; k < 3; k++)
			assert_int_equal(OK(snt_recv(clients[i], bytes, 8)),
					 k < 2 ? 3 : 4);
		snt_close(clients[i]);
	}
	snt_close(server);
}

static void a_connected_socket_needs_no_address(void)
{
	struct ends ends = ends_of(0);
	struct many *many = many_to(NULL, true);

	OK(snt_connect(ends.from, &ends.addr));
	send_all(ends.from, many->datagrams, MANY);
	recv_all(ends.to, many, NULL);
	test_free(many);
	ends_close(&ends);
}

static void a_refusal_is_told_and_then_it_goes_on(void)
{
	struct ends ends = ends_of(0);
	struct snt_datagram one = { .buffer = (char[]){ "x" }, .size = 1 };

	OK(snt_connect(ends.from, &ends.addr));
	snt_close(ends.to);
	assert_int_equal(OK(snt_sendmany(ends.from, &one, 1)), 1);
	FAILS(snt_recvmany(ends.from, batch_room, sizeof batch_room, got, MANY),
	      -ECONNREFUSED);
	TELLS(text_of(&ends.addr));
	OK(snt_socket(&ends.to, AF_INET, SOCK_DGRAM, 0));
	OK(snt_bind(ends.to, &ends.addr));
	assert_int_equal(OK(snt_sendmany(ends.from, &one, 1)), 1);
	assert_int_equal(OK(snt_recvmany(ends.to, batch_room, sizeof batch_room,
					 got, MANY)),
			 1);
	ends_close(&ends);
}

static void what_is_no_datagram_socket_has_no_batches(void)
{
	struct snt_socket *a, *b;

	pair_on("127.0.0.1:0", &a, &b);
	FAILS(snt_recvmany(a, batch_room, sizeof batch_room, got, MANY),
	      -EOPNOTSUPP);
	TELLS("not a datagram socket");
	FAILS(snt_sendmany(a, got, 1), -EOPNOTSUPP);
	snt_close(a);
	snt_close(b);
	OK(snt_socketpair(&a, &b, SOCK_SEQPACKET));
	FAILS(snt_recvmany(a, batch_room, sizeof batch_room, got, MANY),
	      -EOPNOTSUPP);
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(a_hundred_arrive_in_order_with_their_address),
	TEST(one_call_takes_all_that_is_there_and_waits_for_no_more),
	TEST(a_batch_of_one_is_one),
	TEST(sending_none_is_none),
	TEST(the_buffer_may_begin_anywhere),
	TEST(a_buffer_without_room_for_one_is_refused),
	TEST(one_that_does_not_fit_tells_its_size),
	TEST(the_longest_goes_and_one_more_byte_does_not),
	TEST(what_went_before_a_failure_is_counted),
	TEST(set_not_to_wait_it_does_not),
	TEST(a_deadline_ends_it),
	TEST(a_cancel_ends_it),
	TEST(a_close_meanwhile_ends_it),
	TEST(shutdown_of_reading_ends_it),
	TEST(what_comes_while_it_waits_is_received),
	TEST(a_server_of_two_addresses_answers_batches_on_both),
	TEST(a_connected_socket_needs_no_address),
	TEST(a_refusal_is_told_and_then_it_goes_on),
	TEST(what_is_no_datagram_socket_has_no_batches),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
