/* SPDX-License-Identifier: MIT */
/* Handshakes that end early: in all the ways, after any byte. */
#include "secure.h"

static struct ends ends;

static void a_stalling_handshake_ends_by_its_deadline(void)
{
	struct snt_tls_opts opts = { .handshake_timeout =
					     20 * SNT_MILLISECOND };
	struct snt_tls_context *context = server_context(&opts);
	char byte;

	ends_plain(&ends, "127.0.0.1:0", 0);
	OK(snt_wrap_socket(ends.server, context,
			   &(struct snt_wrap_opts){ .lazy = true }));
	snt_settimeout(ends.server, MILLISECONDS(1));
	FAILS(snt_recv(ends.server, &byte, 1), -ETIMEDOUT);
	TELLS("recv from");
	snt_settimeout(ends.server, 0);
	{
		snt_timeout_scope(limit, MILLISECONDS(1));
		FAILS(snt_do_handshake(ends.server), -ETIMEDOUT);
	}
	FAILS(snt_recv(ends.server, &byte, 1), -ETIMEDOUT);
	TELLS("handshake_timeout");
	FAILS(snt_send(ends.server, "x", 1), -ETIMEDOUT);
	TELLS("handshake_timeout");
	snt_tls_context_close(context);
	ends_close(&ends);
}

/* A raw peer that sends those bytes to a server of TLS and then does nothing
 * more, or ends the connection. */
static int raw_client(const void *bytes, size_t size)
{
	int fd = raw_peer("127.0.0.1:0", &ends.server);

	OK(snt_wrap_socket(ends.server, ends.server_context,
			   &(struct snt_wrap_opts){ .lazy = true }));
	if (size > 0)
		assert_int_equal(raw_send(fd, bytes, size, 0), size);
	return fd;
}

static void contexts(void)
{
	ends.server_context = server_context(NULL);
	ends.client_context = client_context(ends.server_context, NULL);
	ends.group = group_open();
}

static void what_is_no_tls_is_told_so(void)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
	static const char noise[] = "\x16\x03\x01\x00\x05noise and more";
	char byte;
	int fd;

	contexts();
	fd = raw_client(http, sizeof http - 1);
	FAILS(snt_recv(ends.server, &byte, 1), -SNT_ETLS);
	TELLS("does not speak TLS");
	TELLS("GET / HTTP/1.1");
	FAILS(snt_recv(ends.server, &byte, 1), -SNT_ETLS);
	TELLS("GET / HTTP/1.1");
	FAILS(snt_sendall(ends.server, "x", 1), -SNT_ETLS);
	snt_close(ends.server);
	raw_close(fd);
	fd = raw_client(noise, sizeof noise - 1);
	FAILS(snt_do_handshake(ends.server), -SNT_ETLS);
	raw_close(fd);
	ends_close(&ends);
}

/* What a client sends in a handshake, as it goes over the wire. */
static size_t record_client(unsigned char *bytes, size_t size)
{
	const struct snt_wrap_opts lazy = { .server_hostname = "localhost",
					    .lazy = true };
	struct snt_socket *far;
	char byte;
	ptrdiff_t n;

	pair_on("127.0.0.1:0", &ends.client, &far);
	OK(snt_wrap_socket(ends.client, ends.client_context, &lazy));
	snt_settimeout(ends.client, SNT_NOWAIT);
	FAILS(snt_recv(ends.client, &byte, 1), -EAGAIN);
	n = OK(snt_recv(far, bytes, size));
	snt_close(far);
	snt_abort(ends.client);
	ends.client = NULL;
	return (size_t)n;
}

static void a_client_that_vanishes_after_any_byte_is_told(void)
{
	unsigned char hello[2048];
	size_t size, step;

	contexts();
	size = record_client(hello, sizeof hello);
	assert_true(size > 100 && size < sizeof hello);
	step = size / 150 + 1;
	for (size_t n = 0; n <= size; n += n < 12 ? 1 : step) {
		int fd = raw_client(hello, n);
		int code;

		raw_shutdown(fd, SHUT_WR);
		code = snt_do_handshake(ends.server);
		if (code != -SNT_ETRUNCATED)
			fail_msg("after %zu bytes: %d, %s", n, code,
				 snt_errmsg());
		snt_close(ends.server);
		raw_close(fd);
		fd = raw_client(hello, n);
		raw_reset(fd);
		code = snt_do_handshake(ends.server);
		assert_true(code == -ECONNRESET || code == -SNT_ETRUNCATED ||
			    code == -EPIPE);
		snt_close(ends.server);
	}
	ends.server = NULL;
	ends_close(&ends);
}

/* Forwards what the server sends, but no more than so many bytes. */
struct relay {
	struct snt_socket *from, *to;
	size_t left;
	size_t passed;
};

static int forward(void *arg)
{
	struct relay *relay = arg;
	char buffer[512];
	ptrdiff_t n = 1;

	while (n > 0 && relay->left > 0) {
		n = snt_recv(relay->from, buffer,
			     relay->left < sizeof buffer ? relay->left
							 : sizeof buffer);
		if (n > 0 && snt_sendall(relay->to, buffer, (size_t)n) < 0)
			break;
		if (n > 0) {
			relay->left -= (size_t)n;
			relay->passed += (size_t)n;
		}
	}
	(void)!snt_shutdown(relay->to, SHUT_WR);
	return 0;
}

static int serve_through_relay(void *arg)
{
	(void)arg;
	if (snt_wrap_socket(ends.server, ends.server_context, NULL) == 0 &&
	    snt_sendall(ends.server, "hello", 5) == 0)
		(void)!snt_shutdown(ends.server, SHUT_WR);
	return 0;
}

/* How the client's part ended, and how many bytes of the server's passed. */
static int cut_after(size_t most, size_t *passed)
{
	struct relay there, back;
	struct snt_socket *near, *far;
	struct snt_group *group = group_open();
	char buffer[8];
	ptrdiff_t n;

	pair_on("127.0.0.1:0", &ends.client, &near);
	pair_on("127.0.0.1:0", &far, &ends.server);
	there = (struct relay){ .from = near, .to = far, .left = SIZE_MAX };
	back = (struct relay){ .from = far, .to = near, .left = most };
	spawn(group, forward, &there);
	spawn(group, forward, &back);
	spawn(group, serve_through_relay, NULL);
	n = snt_wrap_socket(ends.client, ends.client_context, &to_localhost);
	if (n == 0)
		n = snt_recv_exact(ends.client, buffer, 5);
	if (n == 5)
		n = snt_recv(ends.client, buffer, 1);
	snt_group_cancel(group);
	snt_group_end(group);
	*passed = back.passed;
	snt_close(near);
	snt_close(far);
	snt_close(ends.client);
	snt_close(ends.server);
	return (int)n;
}

static void a_server_that_vanishes_after_any_byte_is_told(void)
{
	EACH_VERSION(version)
	{
		const struct snt_tls_opts opts = { .maximum_version = version };
		int code;
		size_t passed = 0, step = 1, total, n = 1;

		ends.server_context = server_context(&opts);
		ends.client_context = client_context(ends.server_context, NULL);
		for (; (code = cut_after(n, &passed)) != 0; n += step) {
			if (code != -SNT_ETRUNCATED)
				fail_msg("after %zu bytes: %d, %s", n, code,
					 snt_errmsg());
			step = n < 12 ? 1 : 23;
		}
		/* A signature's length differs by some bytes. */
		assert_int_equal(cut_after(SIZE_MAX, &total), 0);
		assert_true(passed > 500 && passed + 8 >= total);
		snt_tls_context_close(ends.client_context);
		snt_tls_context_close(ends.server_context);
	}
}

static int shake_until_told(void *arg)
{
	FAILS(snt_do_handshake(ends.server), *(const int *)arg);
	return 0;
}

static void a_cancel_and_a_close_reach_it_after_any_byte(void)
{
	static int codes[] = { -ECANCELED, -EBADF };
	unsigned char hello[2048];
	size_t size;

	contexts();
	size = record_client(hello, sizeof hello);
	for (size_t n = 0; n <= size; n += n < 6 ? 1 : size / 10) {
		for (int i = 0; i < 2; i++) {
			struct snt_group *group = group_open();
			int fd = raw_client(hello, n);

			spawn(group, shake_until_told, &codes[i]);
			let_them_wait();
			if (i == 0)
				snt_group_cancel(group);
			else
				snt_close(ends.server);
			let_them_wait();
			snt_group_end(group);
			if (i == 0)
				snt_close(ends.server);
			raw_close(fd);
		}
	}
	ends.server = NULL;
	ends_close(&ends);
}

static const struct test_case cases[] = {
	TEST(a_stalling_handshake_ends_by_its_deadline),
	TEST(what_is_no_tls_is_told_so),
	TEST(a_client_that_vanishes_after_any_byte_is_told),
	TEST_SLOW(a_server_that_vanishes_after_any_byte_is_told, 60),
	TEST(a_cancel_and_a_close_reach_it_after_any_byte),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
