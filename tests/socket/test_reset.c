/* SPDX-License-Identifier: MIT */
/* Connections that end by RST, and peers that take no more. */
#include "net.h"

#include <signal.h>
#include <sennit/options.h>

#define BIG ((size_t)16 << 20)

struct sending {
	struct snt_socket *socket;
	int result;
	size_t done;
	char message[256];
};

static int send_big(void *arg)
{
	struct sending *sending = arg;
	char *bytes = test_calloc(1, BIG);

	sending->result = snt_sendall(sending->socket, bytes, BIG);
	sending->done = snt_done();
	snprintf(sending->message, sizeof sending->message, "%s", snt_errmsg());
	test_free(bytes);
	return 0;
}

/* Receives as much, while others run. */
static void take(int fd, char *bytes, size_t size)
{
	while (size > 0) {
		ptrdiff_t n = raw_recv(fd, bytes, size, MSG_DONTWAIT);

		if (n == -EAGAIN) {
			OK(snt_sleep(MILLISECONDS(1)));
			continue;
		}
		assert_true(n > 0);
		size -= (size_t)n;
	}
}

static void a_reset_in_mid_send_tells_who_why_and_how_far(void)
{
	struct snt_group *group = group_open();
	struct sending sending = { 0 };
	int fd = raw_peer("127.0.0.1:0", &sending.socket);
	static char bytes[100000];
	struct snt_addr peer;

	OK(snt_getpeername(sending.socket, &peer));
	spawn(group, send_big, &sending);
	let_them_wait();
	take(fd, bytes, sizeof bytes);
	raw_reset(fd);
	OK(snt_group_wait(group));
	assert_int_equal(sending.result, -ECONNRESET);
	assert_in_range(sending.done, sizeof bytes, BIG - 1);
	assert_non_null(strstr(sending.message, text_of(&peer)));
	assert_non_null(strstr(sending.message, "connection reset by peer"));
	OK(snt_group_end(group));
	snt_close(sending.socket);
}

static void after_a_reset_sending_fails_and_raises_nothing(void)
{
	signal(SIGPIPE, SIG_DFL);
	EACH_STREAM(text)
	{
		struct snt_socket *handle;
		int fd = raw_peer(text, &handle), code = 0;

		raw_reset(fd);
		for (int i = 0; i < 100 && code >= 0; i++)
			code = snt_sendall(handle, "x", 1);
		assert_true(code == -EPIPE || code == -ECONNRESET);
		FAILS(snt_send(handle, "x", 1), -EPIPE);
		FAILS(snt_sendall(handle, "x", 1), -EPIPE);
		assert_int_equal(snt_done(), 0);
		snt_close(handle);
	}
}

static int recv_one(void *arg)
{
	char byte;
	ptrdiff_t n = snt_recv(arg, &byte, 1);

	return (int)n;
}

static void a_reset_ends_a_waiting_reader(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *handle;
	int fd = raw_peer("[::1]:0", &handle);

	spawn(group, recv_one, handle);
	let_them_wait();
	raw_reset(fd);
	FAILS(snt_group_wait(group), -ECONNRESET);
	TELLS("[::1]:");
	snt_group_end(group);
	snt_close(handle);
}

static void bytes_that_came_before_the_reset_can_be_received(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	char bytes[16];

	raw_write(fd, "before", 6);
	raw_reset(fd);
	assert_int_equal(OK(snt_recv(handle, bytes, 4)), 4);
	assert_int_equal(OK(snt_recv(handle, bytes, 16)), 2);
	FAILS(snt_recv(handle, bytes, 16), -ECONNRESET);
	snt_close(handle);
}

/* The kernel tells a reset once; to whoever asks first. */
static void after_a_reset_nobody_is_told_of_an_orderly_end(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	char byte;

	raw_reset(fd);
	FAILS(snt_send(handle, "x", 1), -ECONNRESET);
	FAILS(snt_recv(handle, &byte, 1), -ECONNRESET);
	FAILS(snt_recv(handle, &byte, 1), -ECONNRESET);
	FAILS(snt_recv_exact(handle, &byte, 1), -ECONNRESET);
	FAILS(snt_recv_until(handle, "\n", 1, &byte, 1), -ECONNRESET);
	snt_close(handle);
}

static void a_reset_reaches_the_reader_and_the_writer(void)
{
	struct snt_group *group = group_open();
	struct sending sending = { 0 };
	int fd = raw_peer("127.0.0.1:0", &sending.socket), result;
	struct snt_fiber *reader;

	OK(snt_spawn(group, recv_one, sending.socket,
		     &(struct snt_spawn_opts){ .fiber = &reader }));
	spawn(group, send_big, &sending);
	let_them_wait();
	raw_reset(fd);
	OK(snt_join(reader, &result));
	assert_int_equal(result, -ECONNRESET);
	snt_group_end(group);
	assert_true(sending.result == -ECONNRESET || sending.result == -EPIPE);
	snt_close(sending.socket);
}

static void the_peers_name_is_known_after_a_reset(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	struct snt_addr expected = raw_name(fd), peer;
	char byte;

	raw_reset(fd);
	FAILS(snt_recv(handle, &byte, 1), -ECONNRESET);
	OK(snt_getpeername(handle, &peer));
	assert_true(snt_addr_equal(&peer, &expected));
	TELLS(text_of(&expected));
	snt_close(handle);
}

static void closing_with_unread_input_resets_the_peer(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	char byte;

	raw_write(fd, "unread", 6);
	OK(snt_wait_readable(handle));
	snt_close(handle);
	assert_int_equal(raw_recv(fd, &byte, 1, 0), -ECONNRESET);
	raw_close(fd);
}

static void abort_resets_the_peer_and_drops_what_was_not_sent(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	char byte;

	snt_abort(handle);
	assert_int_equal(raw_recv(fd, &byte, 1, 0), -ECONNRESET);
	raw_close(fd);
}

static void abort_of_a_unix_stream_is_a_close(void)
{
	struct snt_socket *a, *b;
	char byte;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	snt_abort(a);
	assert_int_equal(OK(snt_recv(b, &byte, 1)), 0);
	snt_close(b);
}

static void close_delivers_what_was_sent_before(void)
{
	struct snt_socket *handle;
	int fd = raw_peer("127.0.0.1:0", &handle);
	static char bytes[65536];
	size_t sent = fill(handle), seen = 0;
	ptrdiff_t n;

	snt_close(handle);
	while ((n = raw_recv(fd, bytes, sizeof bytes, 0)) > 0)
		seen += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(seen, sent);
	raw_close(fd);
}

static const struct test_case cases[] = {
	TEST(a_reset_in_mid_send_tells_who_why_and_how_far),
	TEST(after_a_reset_sending_fails_and_raises_nothing),
	TEST(a_reset_ends_a_waiting_reader),
	TEST(bytes_that_came_before_the_reset_can_be_received),
	TEST(after_a_reset_nobody_is_told_of_an_orderly_end),
	TEST(a_reset_reaches_the_reader_and_the_writer),
	TEST(the_peers_name_is_known_after_a_reset),
	TEST(closing_with_unread_input_resets_the_peer),
	TEST(abort_resets_the_peer_and_drops_what_was_not_sent),
	TEST(abort_of_a_unix_stream_is_a_close),
	TEST(close_delivers_what_was_sent_before),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
