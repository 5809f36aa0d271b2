/* SPDX-License-Identifier: MIT */
/* copy: from one handle to another, as relays do it. */
#include "relay.h"

static void copies_to_the_end_and_ends_the_other(void)
{
	static const struct snt_copy_opts rows[] = {
		{ .end = true },
		{ .end = true, .size = 1000 },
		{ .end = true, .size = 1 << 20 },
	};
	const size_t total = 500000;

	EACH_STREAM(text)
	{
		for (size_t i = 0; i < COUNT(rows); i++) {
			unsigned char *bytes = pattern_bytes(total);
			struct relay relay = relay_on(text);
			struct sending sending = { relay.source, bytes, total };
			struct expected expected = { relay.sink, total };
			struct snt_group *group = group_open();

			spawn(group, send_all_and_end, &sending);
			spawn(group, receive_pattern, &expected);
			assert_int_equal(
				OK(snt_copy(relay.to, relay.from, &rows[i])),
				total);
			OK(snt_group_wait(group));
			OK(snt_group_end(group));
			close_relay(&relay);
			test_free(bytes);
		}
	}
}

static void without_end_the_other_goes_on(void)
{
	struct relay relay = relay_on("127.0.0.1:0");
	char got[8];

	OK(snt_sendall(relay.source, "abc", 3));
	OK(snt_shutdown(relay.source, SHUT_WR));
	assert_int_equal(OK(snt_copy(relay.to, relay.from, NULL)), 3);
	assert_int_equal(OK(snt_copy(relay.to, relay.from, NULL)), 0);
	OK(snt_sendall(relay.to, "def", 3));
	assert_int_equal(OK(snt_recv_exact(relay.sink, got, 6)), 6);
	assert_memory_equal(got, "abcdef", 6);
	close_relay(&relay);
}

static void a_limit_is_kept_and_what_follows_stays(void)
{
	const struct snt_copy_opts opts = { .limit = 5, .end = true };
	struct relay relay = relay_on("127.0.0.1:0");
	char got[8];

	OK(snt_sendall(relay.source, "12345678", 8));
	assert_int_equal(OK(snt_copy(relay.to, relay.from, &opts)), 5);
	assert_int_equal(OK(snt_recv_exact(relay.from, got, 3)), 3);
	assert_memory_equal(got, "678", 3);
	OK(snt_sendall(relay.to, "9", 1));
	assert_int_equal(OK(snt_recv_exact(relay.sink, got, 6)), 6);
	assert_memory_equal(got, "123459", 6);
	close_relay(&relay);
}

/* An echo. */
static void both_may_be_the_same_handle(void)
{
	EACH_STREAM(text)
	{
		const struct snt_copy_opts opts = { .end = true };
		struct snt_group *group = group_open();
		struct relay relay = { .opts = &opts };
		struct snt_socket *peer;
		char got[8];

		pair_on(text, &relay.from, &peer);
		relay.to = relay.from;
		spawn(group, run_copy, &relay);
		for (int i = 0; i < 3; i++) {
			OK(snt_sendall(peer, "echo", 4));
			assert_int_equal(OK(snt_recv_exact(peer, got, 4)), 4);
		}
		OK(snt_shutdown(peer, SHUT_WR));
		assert_int_equal(OK(snt_recv(peer, got, 4)), 0);
		OK(snt_group_wait(group));
		assert_int_equal(relay.result, 12);
		OK(snt_group_end(group));
		snt_close(relay.from);
		snt_close(peer);
	}
}

static size_t drain(struct snt_socket *socket)
{
	static char gone[65536];
	size_t total = 0;
	ptrdiff_t n;

	while ((n = OK(snt_recv(socket, gone, sizeof gone))) > 0)
		total += (size_t)n;
	return total;
}

/* What cannot be sent is not received: so the source is held back. */
static void a_slow_receiver_slows_the_sender_down(void)
{
	const struct snt_copy_opts opts = { .end = true };
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();
	size_t through = fill(relay.to), sent;

	relay.opts = &opts;
	spawn(group, run_copy, &relay);
	sent = fill(relay.source);
	raw_wait_readable(snt_fileno(relay.from));
	let_them_wait();
	raw_wait_readable(snt_fileno(relay.from));
	assert_int_equal(relay.result, 99);
	OK(snt_shutdown(relay.source, SHUT_WR));
	assert_int_equal(drain(relay.sink), through + sent);
	OK(snt_group_wait(group));
	assert_int_equal(relay.result, sent);
	OK(snt_group_end(group));
	close_relay(&relay);
}

static int note(void *arg, int64_t copied)
{
	struct told *told = arg;

	assert_true(copied > told->copied);
	told->copied = copied;
	told->calls++;
	if (told->code < 0 && told->words)
		return snt_fail(told->code, "that is enough");
	return told->code;
}

static void progress_is_told_of_each_piece(void)
{
	struct told told = { 0 };
	const struct snt_copy_opts opts = { .size = 2,
					    .progress = note,
					    .arg = &told };
	struct relay relay = relay_on("127.0.0.1:0");

	OK(snt_sendall(relay.source, "12345", 5));
	OK(snt_shutdown(relay.source, SHUT_WR));
	assert_int_equal(OK(snt_copy(relay.to, relay.from, &opts)), 5);
	assert_int_equal(told.copied, 5);
	assert_int_equal(told.calls, 3);
	close_relay(&relay);
}

static void progress_may_stop_it_and_nothing_is_lost(void)
{
	for (int words = 0; words <= 1; words++) {
		struct told told = { .code = -EDQUOT, .words = words };
		const struct snt_copy_opts opts = { .size = 2,
						    .progress = note,
						    .arg = &told };
		struct relay relay = relay_on("127.0.0.1:0");
		char got[4];

		OK(snt_sendall(relay.source, "12345", 5));
		FAILS(snt_copy(relay.to, relay.from, &opts), -EDQUOT);
		assert_int_equal(snt_done(), 2);
		TELLS(words ? "that is enough"
			    : "copy: stopped by its progress function");
		assert_int_equal(OK(snt_recv_exact(relay.from, got, 3)), 3);
		assert_memory_equal(got, "345", 3);
		assert_int_equal(OK(snt_recv(relay.sink, got, 4)), 2);
		close_relay(&relay);
	}
}

static int note_how_far(void *arg)
{
	struct told *told = arg;

	told->code = told->calls;
	return 0;
}

static int note_only(void *arg, int64_t copied)
{
	struct told *told = arg;

	told->copied = copied;
	told->calls++;
	return 0;
}

static int send_too_much(void *arg)
{
	static const char zeros[65536];
	int code = 0;

	while (code == 0)
		code = snt_sendall(arg, zeros, sizeof zeros);
	return code;
}

static int let_another_send(void *arg, int64_t copied)
{
	struct relay *relay = arg;

	assert_int_equal(copied, 1);
	fill(relay->to);
	let_them_wait();
	return 0;
}

/* Where another is found to send, what he keeps from going stays. */
static void nothing_is_received_that_cannot_be_sent(void)
{
	struct relay relay = relay_on("127.0.0.1:0");
	const struct snt_copy_opts opts = { .size = 1,
					    .progress = let_another_send,
					    .arg = &relay };
	struct snt_group *group = group_open();
	char byte;

	OK(snt_sendall(relay.source, "12", 2));
	raw_wait_readable(snt_fileno(relay.from));
	spawn(group, send_too_much, relay.to);
	FAILS(snt_copy(relay.to, relay.from, &opts), -EBUSY);
	TELLS("copy to");
	assert_int_equal(snt_done(), 1);
	assert_int_equal(OK(snt_recv(relay.from, &byte, 1)), 1);
	assert_int_equal(byte, '2');
	OK(snt_group_end(group));
	close_relay(&relay);
}

/* Although the copy never has to wait. */
static void others_run_between_pieces(void)
{
	struct told told = { .code = 99 };
	const struct snt_copy_opts opts = {
		.size = 1, .limit = 5, .progress = note_only, .arg = &told
	};
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();

	OK(snt_sendall(relay.source, "12345", 5));
	raw_wait_readable(snt_fileno(relay.from));
	OK(snt_wait_readable(relay.from));
	spawn(group, note_how_far, &told);
	assert_int_equal(OK(snt_copy(relay.to, relay.from, &opts)), 5);
	assert_true(told.code < 5);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	close_relay(&relay);
}

static void a_reset_source_and_a_receiver_that_is_gone_are_told(void)
{
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();

	snt_abort(relay.source);
	relay.source = NULL;
	FAILS(snt_copy(relay.to, relay.from, NULL), -ECONNRESET);
	TELLS("copy from");
	close_relay(&relay);

	relay = relay_on("127.0.0.1:0");
	snt_abort(relay.sink);
	relay.sink = NULL;
	OK(snt_wait_readable(relay.to));
	OK(snt_sendall(relay.source, "x", 1));
	FAILS(snt_copy(relay.to, relay.from, NULL), -ECONNRESET);
	TELLS("copy to");
	OK(snt_group_end(group));
	close_relay(&relay);
}

static void nobody_else_may_use_either_end(void)
{
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();
	char byte;

	spawn(group, run_copy, &relay);
	let_them_wait();
	FAILS(snt_recv(relay.from, &byte, 1), -EBUSY);
	FAILS(snt_copy(relay.sink, relay.from, NULL), -EBUSY);
	FAILS(snt_release(relay.from), -EBUSY);
	FAILS(snt_release(relay.to), -EBUSY);
	OK(snt_group_end(group));
	OK(snt_release(relay.from));
	OK(snt_release(relay.to));
	close_relay(&relay);
}

static void what_cannot_be_copied_is_refused(void)
{
	const struct snt_copy_opts negative = { .limit = -1 };
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_socket *server = server_on("127.0.0.1:0"), *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_DGRAM));
	FAILS(snt_copy(relay.to, a, NULL), -EOPNOTSUPP);
	FAILS(snt_copy(a, relay.from, NULL), -EOPNOTSUPP);
	TELLS("copy: only for streams");
	FAILS(snt_copy(relay.to, server, NULL), -EOPNOTSUPP);
	FAILS(snt_copy(server, relay.from, NULL), -EOPNOTSUPP);
	TELLS("a listener has no peer");
	FAILS(snt_copy(relay.to, relay.from, &negative), -EINVAL);
	TELLS("cannot be negative");
	snt_close(a);
	snt_close(b);
	snt_close(server);
	close_relay(&relay);
}

static void a_pipe_is_copied_but_not_ended(void)
{
	const struct snt_copy_opts opts = { .end = true };
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_socket *in, *out;
	int ends[2];
	char got[4];

	raw_pipe(ends);
	OK(snt_fromfd(&in, ends[0]));
	OK(snt_fromfd(&out, ends[1]));
	OK(snt_sendall(relay.source, "pipe", 4));
	OK(snt_shutdown(relay.source, SHUT_WR));
	FAILS(snt_copy(out, relay.from, &opts), -EOPNOTSUPP);
	TELLS("by closing it");
	assert_int_equal(OK(snt_copy(out, relay.from, NULL)), 4);
	snt_close(out);
	raw_close(ends[1]);
	assert_int_equal(OK(snt_copy(relay.to, in, &opts)), 4);
	assert_int_equal(OK(snt_recv_exact(relay.sink, got, 4)), 4);
	assert_memory_equal(got, "pipe", 4);
	assert_int_equal(OK(snt_recv(relay.sink, got, 4)), 0);
	FAILS(snt_copy(in, relay.from, NULL), 0);
	snt_close(in);
	raw_close(ends[0]);
	close_relay(&relay);
}

static const struct test_case cases[] = {
	TEST(copies_to_the_end_and_ends_the_other),
	TEST(without_end_the_other_goes_on),
	TEST(a_limit_is_kept_and_what_follows_stays),
	TEST(both_may_be_the_same_handle),
	TEST(a_slow_receiver_slows_the_sender_down),
	TEST(progress_is_told_of_each_piece),
	TEST(progress_may_stop_it_and_nothing_is_lost),
	TEST(nothing_is_received_that_cannot_be_sent),
	TEST(others_run_between_pieces),
	TEST(a_reset_source_and_a_receiver_that_is_gone_are_told),
	TEST(nobody_else_may_use_either_end),
	TEST(what_cannot_be_copied_is_refused),
	TEST_KERNEL(a_pipe_is_copied_but_not_ended),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
