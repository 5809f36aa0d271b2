/* SPDX-License-Identifier: MIT */
/* Handshakes: how they come about, and all the ways in which they end early. */
#include "secure.h"

#include <sennit/wait.h>

static struct ends ends;

/* A server that accepts TLS, and what is needed to connect to it. */
static struct snt_socket *listener;
static struct snt_addr where;

static void serve_on(const char *text)
{
	struct snt_server_opts opts = { 0 };

	ends.server_context = server_context(NULL);
	ends.client_context = client_context(ends.server_context, NULL);
	opts.tls = ends.server_context;
	OK(snt_create_server(&listener, text, &opts));
	where = name_of(listener);
	ends.group = group_open();
}

static void stop_serving(void)
{
	snt_close(listener);
	ends_close(&ends);
	ends = (struct ends){ 0 };
}

static int accept_and_echo(void *arg)
{
	snt_auto(socket) conn = NULL;
	char buffer[64];
	ptrdiff_t n;

	(void)arg;
	OK(snt_accept(listener, &conn));
	while ((n = snt_recv(conn, buffer, sizeof buffer)) > 0)
		OK(snt_sendall(conn, buffer, (size_t)n));
	return n == -SNT_ETLS || n == -SNT_ETRUNCATED || n == -ECONNRESET
		       ? 0
		       : (int)n;
}

static int connect_tls(const char *text, const char *expected)
{
	struct snt_connection_opts opts = { .tls = ends.client_context,
					    .server_hostname = expected };

	return snt_create_connection(&ends.client, text, &opts);
}

static void a_server_and_a_connection_of_tls_need_no_other_call(void)
{
	EACH_STREAM(text)
	{
		const char *expected =
			strncmp(text, "unix:", 5) == 0 ? "localhost" : NULL;

		serve_on(text);
		spawn(ends.group, accept_and_echo, NULL);
		OK(connect_tls(text_of(&where), expected));
		passes(ends.client, ends.client, "goes around");
		stop_serving();
	}
}

static void a_name_that_is_not_the_servers_is_refused(void)
{
	serve_on("127.0.0.1:0");
	spawn(ends.group, accept_and_echo, NULL);
	FAILS(connect_tls(text_of(&where), "example.org"), -SNT_ECERTIFICATE);
	TELLS("example.org");
	OK(snt_group_wait(ends.group));
	stop_serving();
}

static void whom_to_expect_must_be_said(void)
{
	serve_on("unix:@sennit-tls");
	FAILS(connect_tls("unix:@sennit-tls", NULL), -EINVAL);
	TELLS("server_hostname");
	stop_serving();
}

static void a_server_that_cannot_serve_is_told_at_once(void)
{
	struct snt_tls_context *context;
	struct snt_server_opts opts = { 0 };

	OK(snt_create_default_context(&context, SNT_TLS_SERVER, NULL));
	opts.tls = context;
	FAILS(snt_create_server(&listener, "127.0.0.1:0", &opts), -EINVAL);
	TELLS("no certificate");
	opts.type = SOCK_DGRAM;
	FAILS(snt_create_server(&listener, "127.0.0.1:0", &opts), -EINVAL);
	snt_tls_context_close(context);
	OK(snt_create_default_context(&context, SNT_TLS_CLIENT, NULL));
	opts = (struct snt_server_opts){ .tls = context };
	FAILS(snt_create_server(&listener, "127.0.0.1:0", &opts), -EINVAL);
	snt_tls_context_close(context);
}

static void what_cannot_be_wrapped_is_told_so(void)
{
	struct snt_tls_info info;

	ends_plain(&ends, "127.0.0.1:0", 0);
	FAILS(snt_do_handshake(ends.client), -EINVAL);
	FAILS(snt_unwrap(ends.client), -EINVAL);
	FAILS(snt_get_tls_info(ends.client, &info), -EINVAL);
	FAILS(snt_wrap_socket(ends.client, ends.client_context, NULL), -EINVAL);
	OK(snt_wrap_socket(ends.server, ends.server_context,
			   &(struct snt_wrap_opts){ .lazy = true }));
	FAILS(snt_get_tls_info(ends.server, &info), -ENOTCONN);
	FAILS(snt_wrap_socket(ends.server, ends.server_context, NULL), -EINVAL);
	TELLS("already");
	ends_close(&ends);
}

static void lazily(void)
{
	struct snt_wrap_opts opts = { .lazy = true };

	ends_plain(&ends, "127.0.0.1:0", 0);
	OK(snt_wrap_socket(ends.server, ends.server_context, &opts));
	opts.server_hostname = "localhost";
	OK(snt_wrap_socket(ends.client, ends.client_context, &opts));
}

static int send_hello(void *arg)
{
	OK(snt_sendall(arg, "hello", 5));
	return 0;
}

static int receive_hello(void *arg)
{
	receives(arg, "hello");
	return 0;
}

static int shake_hands(void *arg)
{
	OK(snt_do_handshake(arg));
	return 0;
}

static void whoever_comes_first_shakes_hands(void)
{
	int (*const ways[])(void *arg) = { send_hello, receive_hello,
					   shake_hands };

	for (size_t i = 0; i < COUNT(ways); i++) {
		lazily();
		spawn(ends.group, ways[i], ends.server);
		if (ways[i] == send_hello)
			receive_hello(ends.client);
		else if (ways[i] == receive_hello)
			send_hello(ends.client);
		else
			shake_hands(ends.client);
		OK(snt_group_wait(ends.group));
		ends_close(&ends);
	}
}

static void a_reader_and_a_writer_may_come_at_once(void)
{
	lazily();
	spawn(ends.group, receive_hello, ends.server);
	spawn(ends.group, send_hello, ends.server);
	let_them_wait();
	spawn(ends.group, send_hello, ends.client);
	spawn(ends.group, receive_hello, ends.client);
	OK(snt_group_wait(ends.group));
	ends_close(&ends);
}

static void waiting_for_readiness_shakes_hands(void)
{
	struct snt_selector *selector;
	struct snt_selected ready;
	struct snt_wait wait;

	lazily();
	spawn(ends.group, send_hello, ends.client);
	OK(snt_wait_readable(ends.server));
	receives(ends.server, "hello");
	OK(snt_wait_writable(ends.server));
	OK(snt_group_wait(ends.group));
	ends_close(&ends);

	lazily();
	spawn(ends.group, send_hello, ends.client);
	wait = (struct snt_wait){ ends.server, SNT_READABLE, 0 };
	assert_int_equal(OK(snt_wait_any(&wait, 1)), 1);
	receives(ends.server, "hello");
	OK(snt_group_wait(ends.group));
	ends_close(&ends);

	lazily();
	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, ends.server, SNT_READABLE, NULL));
	spawn(ends.group, send_hello, ends.client);
	assert_int_equal(OK(snt_selector_select(selector, &ready, 1, 0)), 1);
	receives(ends.server, "hello");
	OK(snt_group_wait(ends.group));
	snt_selector_close(selector);
	ends_close(&ends);
}

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

static int serve_in_vain(void *arg)
{
	FAILS(snt_wrap_socket(ends.server, arg, &to_localhost), -SNT_ETLS);
	return 0;
}

static void two_clients_do_not_get_on(void)
{
	ends_plain(&ends, "127.0.0.1:0", 0);
	spawn(ends.group, serve_in_vain, ends.client_context);
	FAILS(snt_wrap_socket(ends.client, ends.client_context, &to_localhost),
	      -SNT_ETLS);
	OK(snt_group_wait(ends.group));
	ends_close(&ends);
}

static int waited;

static void wait_in_callback(const SSL *ssl, int what, int value)
{
	(void)ssl;
	(void)what;
	(void)value;
	FAILS(snt_sleep(SNT_MILLISECOND), -EDEADLK);
	FAILS(snt_yield(), -EDEADLK);
	waited++;
}

static void a_callback_of_openssls_cannot_wait(void)
{
	ends_plain(&ends, "127.0.0.1:0", 0);
	SSL_CTX_set_info_callback(snt_tls_context_native(ends.client_context),
				  wait_in_callback);
	ends_wrap(&ends);
	assert_true(waited > 0);
	passes(ends.client, ends.server, "unharmed");
	ends_close(&ends);
}

static void a_session_is_resumed(void)
{
	EACH_VERSION(version)
	{
		struct snt_wrap_opts again = to_localhost;
		struct snt_tls_info info;

		ends_open_on(&ends, "127.0.0.1:0", version);
		passes(ends.server, ends.client, "with it comes a ticket");
		OK(snt_get_tls_session(ends.client, &again.session));
		snt_close(ends.client);
		snt_close(ends.server);
		pair_on("127.0.0.1:0", &ends.client, &ends.server);
		spawn(ends.group, shake_server, &ends);
		OK(snt_wrap_socket(ends.client, ends.client_context, &again));
		OK(snt_group_wait(ends.group));
		OK(snt_get_tls_info(ends.client, &info));
		assert_true(info.resumed && info.verified);
		passes(ends.client, ends.server, "resumed");
		snt_tls_session_close(again.session);
		ends_close(&ends);
	}
}

static const struct test_case cases[] = {
	TEST(a_server_and_a_connection_of_tls_need_no_other_call),
	TEST(a_name_that_is_not_the_servers_is_refused),
	TEST(whom_to_expect_must_be_said),
	TEST(a_server_that_cannot_serve_is_told_at_once),
	TEST(what_cannot_be_wrapped_is_told_so),
	TEST(whoever_comes_first_shakes_hands),
	TEST(a_reader_and_a_writer_may_come_at_once),
	TEST(waiting_for_readiness_shakes_hands),
	TEST(a_stalling_handshake_ends_by_its_deadline),
	TEST(what_is_no_tls_is_told_so),
	TEST(a_client_that_vanishes_after_any_byte_is_told),
	TEST_SLOW(a_server_that_vanishes_after_any_byte_is_told, 60),
	TEST(a_cancel_and_a_close_reach_it_after_any_byte),
	TEST(two_clients_do_not_get_on),
	TEST(a_callback_of_openssls_cannot_wait),
	TEST(a_session_is_resumed),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
