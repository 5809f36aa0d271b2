/* SPDX-License-Identifier: MIT */
/* Handshakes: how they come about. */
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
	TEST(two_clients_do_not_get_on),
	TEST(a_callback_of_openssls_cannot_wait),
	TEST(a_session_is_resumed),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
