/* SPDX-License-Identifier: MIT */
/* The ends of TLS on a handle that goes on: unwrapped, wrapped again, moved to
 * another thread, used by a forked child. */
#include "../forked.h"
#include "../threads.h"
#include "secure.h"

#include "base/alloc.h"

static struct ends ends;

static int unwrap_server(void *arg)
{
	(void)arg;
	OK(snt_unwrap(ends.server));
	return 0;
}

static void unwrap_both(void)
{
	spawn(ends.group, unwrap_server, NULL);
	OK(snt_unwrap(ends.client));
	OK(snt_group_wait(ends.group));
}

static void tls_comes_and_goes_on_one_connection(void)
{
	EACH_STREAM(text)
	EACH_VERSION(version)
	{
		ends_plain(&ends, text, version);
		for (int i = 0; i < 3; i++) {
			passes(ends.client, ends.server, "STARTTLS\r\n");
			passes(ends.server, ends.client, "go on\r\n");
			ends_wrap(&ends);
			passes(ends.client, ends.server, "secret");
			unwrap_both();
		}
		passes(ends.client, ends.server, "in the open");
		ends_close(&ends);
	}
}

static int unwrap_and_go_on(void *arg)
{
	(void)arg;
	OK(snt_unwrap(ends.server));
	OK(snt_sendall(ends.server, "right behind it\n", 16));
	return 0;
}

static void what_comes_right_behind_the_goodbye_is_received(void)
{
	EACH_VERSION(version)
	{
		char line[32];

		ends_open_on(&ends, "127.0.0.1:0", version);
		spawn(ends.group, unwrap_and_go_on, NULL);
		OK(snt_unwrap(ends.client));
		assert_int_equal(OK(snt_recv_until(ends.client, "\n", 1, line,
						   sizeof line)),
				 16);
		assert_memory_equal(line, "right behind it\n", 16);
		OK(snt_group_wait(ends.group));
		passes(ends.client, ends.server, "plain");
		ends_close(&ends);
	}
}

static int no_memory(void)
{
	return 1;
}

/* The client's goodbye, and bytes right behind it that are not TLS, are there
 * for the server as one. */
static void open_with_bytes_behind(void)
{
	ends_open(&ends);
	snt_settimeout(ends.client, SNT_NOWAIT);
	FAILS(snt_unwrap(ends.client), -EAGAIN);
	snt_settimeout(ends.client, 0);
	assert_int_equal(raw_send(snt_fileno(ends.client), "STARTTLS", 8, 0),
			 8);
	while (raw_unsent(snt_fileno(ends.client)) > 0)
		OK(snt_sleep(SNT_MILLISECOND));
}

static void bytes_in_the_same_piece_are_kept_for_the_plain_handle(void)
{
	open_with_bytes_behind();
	OK(snt_unwrap(ends.server));
	assert_non_null(snt__rest_of(ends.server, &(size_t){ 0 }));
	receives(ends.server, "STARTTLS");
	ends_close(&ends);
}

static void without_memory_for_them_unwrap_has_failed(void)
{
	open_with_bytes_behind();
	snt__alloc_fails = no_memory;
	FAILS(snt_unwrap(ends.server), -ENOMEM);
	snt__alloc_fails = NULL;
	FAILS(snt_unwrap(ends.server), -ENOMEM);
	ends_close(&ends);
}

static void what_came_early_begins_the_next_handshake(void)
{
	struct snt__layer *rest;
	unsigned char hello[2048];
	ptrdiff_t n;

	ends_plain(&ends, "127.0.0.1:0", 0);
	spawn(ends.group, shake_server, &ends);
	/* The server's plain handle has the client's first flight already. */
	OK(snt_wrap_socket(
		ends.client, ends.client_context,
		&(struct snt_wrap_opts){ .server_hostname = "localhost",
					 .lazy = true }));
	snt_settimeout(ends.client, SNT_NOWAIT);
	FAILS(snt_recv(ends.client, hello, 1), -EAGAIN);
	snt_settimeout(ends.client, 0);
	n = OK(snt_recv(ends.server, hello, sizeof hello));
	rest = snt__rest_make(hello, (size_t)n);
	assert_non_null(rest);
	snt__layer_put(ends.server, rest);
	OK(snt_do_handshake(ends.client));
	OK(snt_group_wait(ends.group));
	passes(ends.client, ends.server, "secret");
	ends_close(&ends);
}

static void unwrap_loses_nothing_that_was_not_received(void)
{
	char buffer[16];

	ends_open(&ends);
	OK(snt_sendall(ends.client, "wait!", 5));
	raw_wait_readable(snt_fileno(ends.server));
	FAILS(snt_unwrap(ends.server), -EPROTO);
	TELLS("nobody has received");
	receives(ends.server, "wait!");
	assert_int_equal(OK(snt_recv(ends.client, buffer, 1)), 0);
	unwrap_both();
	passes(ends.client, ends.server, "plain");
	ends_close(&ends);
}

static void unwrap_ends_by_its_deadline(void)
{
	ends_open(&ends);
	snt_settimeout(ends.client, MILLISECONDS(1));
	FAILS(snt_unwrap(ends.client), -ETIMEDOUT);
	snt_settimeout(ends.client, 0);
	unwrap_both();
	ends_close(&ends);
}

static void a_cut_while_unwrapping_is_told(void)
{
	ends_open(&ends);
	raw_shutdown(snt_fileno(ends.server), SHUT_WR);
	FAILS(snt_unwrap(ends.client), -SNT_ETRUNCATED);
	ends_close(&ends);
}

static int echo_once(void *arg)
{
	receives(arg, "over there");
	OK(snt_sendall(arg, "over there", 10));
	return snt_release(arg);
}

static void it_moves_to_another_thread(void)
{
	EACH_WAY(way)
	{
		struct part part;

		ends_open(&ends);
		passes(ends.client, ends.server, "here");
		OK(snt_release(ends.server));
		part_start(&part, way, echo_once, ends.server);
		passes(ends.client, ends.client, "over there");
		OK(part_join(&part));
		passes(ends.client, ends.server, "back here");
		ends_close(&ends);
	}
}

static int serve_in_child(void)
{
	char byte;

	receives(ends.server, "for the child");
	OK(snt_sendall(ends.server, "from it", 7));
	assert_int_equal(OK(snt_recv(ends.server, &byte, 1)), 0);
	snt_close(ends.server);
	return 0;
}

static void a_child_serves_what_its_parent_accepted(void)
{
	const struct snt_wrap_opts lazy = { .lazy = true };
	char byte;
	pid_t pid;

	ends.server_context = server_context(NULL);
	ends.client_context = client_context(ends.server_context, NULL);
	pair_on("127.0.0.1:0", &ends.client, &ends.server);
	OK(snt_wrap_socket(ends.server, ends.server_context, &lazy));
	pid = forked();
	if (pid == 0)
		_exit(serve_in_child());
	/* Ours says nothing: the handshake was not here. */
	snt_close(ends.server);
	OK(snt_wrap_socket(ends.client, ends.client_context, &to_localhost));
	OK(snt_sendall(ends.client, "for the child", 13));
	receives(ends.client, "from it");
	OK(snt_shutdown(ends.client, SHUT_WR));
	assert_int_equal(OK(snt_recv(ends.client, &byte, 1)), 0);
	child_succeeds(pid);
	snt_close(ends.client);
	snt_tls_context_close(ends.client_context);
	snt_tls_context_close(ends.server_context);
}

static const struct test_case cases[] = {
	TEST(tls_comes_and_goes_on_one_connection),
	TEST(what_comes_right_behind_the_goodbye_is_received),
	TEST(bytes_in_the_same_piece_are_kept_for_the_plain_handle),
	TEST(without_memory_for_them_unwrap_has_failed),
	TEST(what_came_early_begins_the_next_handshake),
	TEST(unwrap_loses_nothing_that_was_not_received),
	TEST(unwrap_ends_by_its_deadline),
	TEST(a_cut_while_unwrapping_is_told),
	TEST(it_moves_to_another_thread),
	TEST_KERNEL(a_child_serves_what_its_parent_accepted),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
