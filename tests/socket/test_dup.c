/* SPDX-License-Identifier: MIT */
/* A second handle on the same socket: alike, and closed by itself. */
#include "net.h"

static void a_copy_receives_and_sends_as_the_first_does(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *a, *b, *copy;
		char bytes[8];

		pair_on(text, &a, &b);
		snt_settimeout(b, MILLISECONDS(5));
		OK(snt_dup(b, &copy));
		assert_int_equal(snt_gettimeout(copy), MILLISECONDS(5));
		assert_true(snt_fileno(copy) != snt_fileno(b));
		assert_true(raw_is_close_on_exec(snt_fileno(copy)));
		OK(snt_sendall(a, "12345678", 8));
		assert_int_equal(OK(snt_recv(b, bytes, 4)), 4);
		assert_int_equal(OK(snt_recv(copy, bytes, 8)), 4);
		FAILS(snt_recv(copy, bytes, 8), -ETIMEDOUT);
		FAILS(snt_recv(b, bytes, 8), -ETIMEDOUT);
		OK(snt_sendall(copy, "x", 1));
		assert_int_equal(OK(snt_recv(a, bytes, 8)), 1);
		snt_close(copy);
		snt_close(a);
		snt_close(b);
	}
}

struct reader {
	struct snt_socket *socket;
	ptrdiff_t result;
};

static int wait_to_receive(void *arg)
{
	struct reader *reader = arg;
	char bytes[8];

	reader->result = snt_recv(reader->socket, bytes, sizeof bytes);
	return 0;
}

/* Both have waited, so that a poller knows both. */
static void closing_either_leaves_the_other_waiting(void)
{
	EACH_STREAM(text)
	for (int first = 0; first < 2; first++) {
		struct reader readers[2] = { { NULL, 99 }, { NULL, 99 } };
		struct snt_group *group = group_open();
		struct snt_socket *a;
		char byte;

		pair_on(text, &a, &readers[0].socket);
		OK(snt_dup(readers[0].socket, &readers[1].socket));
		for (int i = 0; i < 2; i++)
			spawn(group, wait_to_receive, &readers[i]);
		let_them_wait();
		snt_close(readers[first].socket);
		let_them_wait();
		assert_int_equal(readers[first].result, -EBADF);
		assert_int_equal(readers[!first].result, 99);
		OK(snt_sendall(a, "1234", 4));
		OK(snt_group_wait(group));
		assert_int_equal(readers[!first].result, 4);
		/* Only now is the connection at its end. */
		snt_close(readers[!first].socket);
		assert_int_equal(OK(snt_recv(a, &byte, 1)), 0);
		OK(snt_group_end(group));
		snt_close(a);
	}
}

static void a_listener_can_have_a_copy_that_accepts(void)
{
	EACH_STREAM(text)
	{
		struct snt_socket *server = server_on(text), *copy, *peer,
				  *conn;

		OK(snt_dup(server, &copy));
		peer = connected_to(server);
		snt_close(server);
		OK(snt_accept(copy, &conn));
		snt_close(conn);
		snt_close(peer);
		peer = connected_to(copy);
		OK(snt_accept(copy, &conn));
		snt_close(conn);
		snt_close(peer);
		snt_close(copy);
	}
}

static void a_server_of_several_addresses_has_no_copy(void)
{
	struct snt_socket *server = server_on("localhost:0"), *copy;

	FAILS(snt_dup(server, &copy), -EINVAL);
	TELLS("dup: this server has 2 descriptors");
	snt_close(server);
}

static void datagrams_and_pipes_have_copies(void)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	struct snt_socket *a, *b, *copy;
	char bytes[8];
	int ends[2];

	for (size_t i = 0; i < COUNT(types); i++) {
		OK(snt_socketpair(&a, &b, types[i]));
		OK(snt_dup(b, &copy));
		OK(snt_send(a, "12345", 5));
		FAILS(snt_recv(copy, bytes, 2), -EMSGSIZE);
		snt_close(a);
		snt_close(b);
		snt_close(copy);
	}
	raw_pipe(ends);
	OK(snt_fromfd(&a, ends[0]));
	OK(snt_dup(a, &copy));
	snt_close(a);
	raw_write(ends[1], "abc", 3);
	assert_int_equal(OK(snt_recv(copy, bytes, 8)), 3);
	snt_settimeout(copy, MILLISECONDS(1));
	FAILS(snt_recv(copy, bytes, 8), -ETIMEDOUT);
	snt_close(copy);
	raw_close(ends[0]);
	raw_close(ends[1]);
}

static void a_copy_knows_what_broke_the_connection(void)
{
	struct snt_socket *socket, *copy;
	int fd = raw_peer("127.0.0.1:0", &socket);
	char byte;

	raw_reset(fd);
	FAILS(snt_recv(socket, &byte, 1), -ECONNRESET);
	OK(snt_dup(socket, &copy));
	snt_close(socket);
	FAILS(snt_recv(copy, &byte, 1), -ECONNRESET);
	TELLS("127.0.0.1:");
	snt_close(copy);
}

static const struct test_case cases[] = {
	TEST(a_copy_receives_and_sends_as_the_first_does),
	TEST(closing_either_leaves_the_other_waiting),
	TEST(a_listener_can_have_a_copy_that_accepts),
	TEST(a_server_of_several_addresses_has_no_copy),
	TEST(datagrams_and_pipes_have_copies),
	TEST(a_copy_knows_what_broke_the_connection),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
