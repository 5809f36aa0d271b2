/* SPDX-License-Identifier: MIT */
/* All calls on a connection through a layer, which is a toy: rot13.h. */
#include "rot13.h"

#include <sennit/file.h>
#include <sennit/message.h>
#include <sennit/wait.h>

static struct snt_socket *mine, *theirs; /* mine has the layer */
static struct rot13 *rot;

static void open_on(const char *text)
{
	pair_on(text, &mine, &theirs);
	rot = rot13_put(mine);
}

static void open_both(void)
{
	open_on("127.0.0.1:0");
}

static void close_both(void)
{
	snt_close(mine);
	snt_close(theirs);
}

static void receives(struct snt_socket *socket, const char *text)
{
	char buffer[256] = "";

	assert_true(strlen(text) < sizeof buffer);
	assert_int_equal(OK(snt_recv_exact(socket, buffer, strlen(text))),
			 strlen(text));
	assert_string_equal(buffer, text);
}

static void what_is_sent_and_received_passes_through_it(void)
{
	EACH_STREAM(text)
	{
		open_on(text);
		OK(snt_sendall(mine, "hello", 5));
		receives(theirs, "uryyb");
		OK(snt_sendall(theirs, "uryyb", 5));
		receives(mine, "hello");
		close_both();
	}
}

static void what_it_holds_is_received_before_the_end(void)
{
	char buffer[8] = "";

	open_both();
	OK(snt_sendall(theirs, "nopq", 4));
	OK(snt_shutdown(theirs, SHUT_WR));
	receives(mine, "a");
	assert_int_equal(OK(snt_recv(mine, buffer, sizeof buffer)), 3);
	assert_int_equal(OK(snt_recv(mine, buffer, sizeof buffer)), 0);
	close_both();
}

static void recv_until_leaves_what_follows_in_it(void)
{
	char line[16] = "";

	open_both();
	OK(snt_sendall(theirs, "bar\ngjb\n", 8));
	assert_int_equal(OK(snt_recv_until(mine, "\n", 1, line, sizeof line)),
			 4);
	assert_memory_equal(line, "one\n", 4);
	assert_int_equal(OK(snt_peek(mine, line, sizeof line)), 4);
	assert_int_equal(OK(snt_recvfrom(mine, line, sizeof line, NULL)), 4);
	assert_memory_equal(line, "two\n", 4);
	close_both();
}

static void a_message_is_gathered_and_scattered_through_it(void)
{
	char a[2], b[8] = "", ab[] = "ab", cd[] = "cd";
	const struct iovec parts[] = { { ab, 2 }, { ab, 0 }, { cd, 2 } };
	const struct iovec places[] = { { a, 2 }, { b, sizeof b } };
	struct snt_message out = { .buffers = parts, .buffer_count = 3 };
	struct snt_message in = { .buffers = places, .buffer_count = 2 };

	open_both();
	assert_int_equal(OK(snt_sendmsg(mine, &out)), 4);
	OK(snt_sendmsg_all(mine, &out));
	receives(theirs, "nopqnopq");
	OK(snt_sendall(theirs, "nopqr", 5));
	assert_int_equal(OK(snt_recvmsg(mine, &in)), 5);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(b, "cde", 3);
	close_both();
}

static void nothing_goes_around_it(void)
{
	struct snt_addr addr;
	char control[64] = "";
	const struct iovec part = { control, 1 };
	struct snt_message message = { .buffers = &part,
				       .buffer_count = 1,
				       .control = control,
				       .control_size = sizeof control };
	struct snt_socket *copy;
	int fd = 0;
	size_t count = 1;

	open_on("unix:@sennit-layer");
	addr = name_of(theirs);
	FAILS(snt_dup(mine, &copy), -EOPNOTSUPP);
	TELLS("rot13");
	FAILS(snt_detach(mine), -EOPNOTSUPP);
	TELLS("rot13");
	FAILS(snt_send_fds(mine, "x", 1, &fd, 1), -EOPNOTSUPP);
	FAILS(snt_recv_fds(mine, control, 1, &fd, &count), -EOPNOTSUPP);
	FAILS(snt_sendmsg(mine, &message), -EOPNOTSUPP);
	FAILS(snt_sendmsg_all(mine, &message), -EOPNOTSUPP);
	FAILS(snt_recvmsg(mine, &message), -EOPNOTSUPP);
	TELLS("rot13");
	FAILS(snt_sendto(mine, "x", 1, &addr), -EISCONN);
	FAILS(snt_listen(mine, 0), -EINVAL);
	OK(snt_sendall(mine, "a", 1));
	receives(theirs, "n");
	close_both();
}

static void a_file_is_sent_through_it(void)
{
	static char bytes[40000];
	char *got = test_calloc(1, sizeof bytes);
	FILE *file = tmpfile();

	assert_non_null(file);
	memset(bytes, 'a', sizeof bytes);
	assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
	assert_int_equal(fflush(file), 0);
	open_both();
	assert_int_equal(OK(snt_sendfile(mine, fileno(file), NULL)),
			 sizeof bytes);
	OK(snt_recv_exact(theirs, got, sizeof bytes));
	memset(bytes, 'n', sizeof bytes);
	assert_memory_equal(got, bytes, sizeof bytes);
	close_both();
	fclose(file);
	test_free(got);
}

static void what_it_holds_counts_as_readable(void)
{
	struct snt_wait wait;

	open_both();
	OK(snt_sendall(theirs, "nn", 2));
	receives(mine, "a");
	for (int i = 0; i < 2; i++) {
		wait = (struct snt_wait){ mine, SNT_READABLE, 0 };
		OK(snt_wait_readable(mine));
		assert_int_equal(OK(snt_wait_any(&wait, 1)), 1);
		assert_int_equal(wait.ready, SNT_READABLE);
	}
	receives(mine, "a");
	snt_settimeout(mine, SNT_NOWAIT);
	FAILS(snt_wait_readable(mine), -EAGAIN);
	close_both();
}

static int take_one(struct snt_selector *selector, int64_t timeout)
{
	struct snt_selected ready;

	return (int)OK(snt_selector_select(selector, &ready, 1, timeout));
}

static void a_selector_tells_what_it_holds(void)
{
	struct snt_selector *selector;

	open_both();
	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, mine, SNT_READABLE, NULL));
	assert_int_equal(take_one(selector, SNT_NOWAIT), 0);
	OK(snt_sendall(theirs, "nnn", 3));
	assert_int_equal(take_one(selector, 0), 1);
	receives(mine, "a");
	assert_int_equal(take_one(selector, 0), 1);
	assert_int_equal(take_one(selector, 0), 1);
	receives(mine, "aa");
	assert_int_equal(take_one(selector, SNT_NOWAIT), 0);
	/* Taken from the descriptor between two selects. */
	OK(snt_sendall(theirs, "nnn", 3));
	receives(mine, "a");
	assert_int_equal(take_one(selector, 0), 1);
	snt_selector_close(selector);
	close_both();
}

/* The next bytes that are read must be answered, and there is no room. */
static size_t make_it_owe(void)
{
	size_t filled;

	open_both();
	filled = fill(mine);
	rot->answers = true;
	OK(snt_sendall(theirs, "!n", 2));
	return filled;
}

static int take_zeros(void *arg)
{
	size_t left = *(const size_t *)arg;
	char *buffer = test_malloc(65536);

	while (left > 0) {
		ptrdiff_t n = OK(
			snt_recv(theirs, buffer, left < 65536 ? left : 65536));
		left -= (size_t)n;
	}
	test_free(buffer);
	return 0;
}

static int take_all(void *arg)
{
	take_zeros(arg);
	receives(theirs, "?");
	return 0;
}

static void a_reader_waits_for_room_where_it_must_answer(void)
{
	size_t filled = make_it_owe();
	struct snt_group *group = group_open();

	spawn(group, take_all, &filled);
	receives(mine, "!a");
	OK(snt_group_wait(group));
	snt_group_end(group);
	close_both();
}

static void who_waits_for_any_waits_for_room_too(void)
{
	size_t filled = make_it_owe();
	struct snt_group *group = group_open();
	struct snt_wait wait = { mine, SNT_READABLE, 0 };

	spawn(group, take_all, &filled);
	assert_int_equal(OK(snt_wait_any(&wait, 1)), 1);
	assert_int_equal(wait.ready, SNT_READABLE);
	receives(mine, "!a");
	OK(snt_group_wait(group));
	snt_group_end(group);
	close_both();
}

static void a_selector_waits_for_room_too(void)
{
	size_t filled = make_it_owe();
	struct snt_group *group = group_open();
	struct snt_selector *selector;

	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, mine, SNT_READABLE, NULL));
	spawn(group, take_all, &filled);
	assert_int_equal(take_one(selector, 0), 1);
	receives(mine, "!a");
	assert_int_equal(take_one(selector, SNT_NOWAIT), 0);
	OK(snt_group_wait(group));
	snt_group_end(group);
	snt_selector_close(selector);
	close_both();
}

static int receive_one(void *arg)
{
	(void)arg;
	receives(mine, "a");
	return 0;
}

static void a_stir_wakes_whom_no_event_would(void)
{
	struct snt_group *group;

	open_both();
	rot->stuck = true;
	group = group_open();
	spawn(group, receive_one, NULL);
	OK(snt_sendall(theirs, "n", 1));
	let_them_wait();
	assert_int_equal(rot->tries, 1);
	rot->stuck = false;
	snt__layer_stir(mine);
	OK(snt_group_wait(group));
	snt_group_end(group);
	close_both();
}

static int wait_in_vain(void *arg)
{
	char byte;

	FAILS(snt_recv(mine, &byte, 1), *(const int *)arg);
	return 0;
}

static void who_waits_through_it_hears_of_cancel_close_and_limits(void)
{
	int codes[] = { -ECANCELED, -EBADF };

	for (int i = 0; i < 2; i++) {
		struct snt_group *group;
		char byte;

		open_both();
		group = group_open();
		spawn(group, wait_in_vain, &codes[i]);
		let_them_wait();
		FAILS(snt_recv(mine, &byte, 1), -EBUSY);
		if (i == 0)
			snt_group_cancel(group);
		else
			snt_close(mine);
		let_them_wait();
		snt_group_end(group);
		if (i == 0)
			snt_close(mine);
		snt_close(theirs);
	}
	open_both();
	snt_settimeout(mine, SNT_MILLISECOND);
	FAILS(snt_wait_readable(mine), -ETIMEDOUT);
	close_both();
}

static void a_limit_of_its_own_ends_a_wait_for_another_try(void)
{
	char byte;

	open_both();
	rot->stuck = true;
	rot->layer.limit = snt_now() + SNT_MILLISECOND;
	snt_settimeout(mine, SNT_SECOND);
	OK(snt__call_wait(mine, SNT__READ, &(int64_t){ 0 }));
	rot->layer.limit = snt_now() + SNT_SECOND;
	snt_settimeout(mine, SNT_MILLISECOND);
	FAILS(snt_recv(mine, &byte, 1), -ETIMEDOUT);
	close_both();
}

static void a_failure_of_its_own_is_told_in_its_words(void)
{
	open_both();
	FAILS(snt__call_fail(mine, -EPROTO, 3, "recv from"), -EPROTO);
	assert_string_equal(snt_errmsg(), "thirteen is an unlucky number");
	assert_int_equal(snt_done(), 3);
	FAILS(snt__call_fail(mine, -ECONNRESET, 0, "recv from"), -ECONNRESET);
	TELLS("recv from 127.0.0.1");
	close_both();
}

static void a_cancelled_sends_rest_goes_in_front_of_the_next(void)
{
	struct snt_group *group;
	size_t filled;

	open_both();
	filled = fill(mine);
	/* What does not wait has counted what still stands in the queue. */
	assert_true(rot->queued > 0);
	snt_settimeout(mine, SNT_MILLISECOND);
	FAILS(snt_sendall(mine, "a", 1), -ETIMEDOUT);
	assert_int_equal(snt_done(), 0);
	group = group_open();
	spawn(group, take_zeros, &filled);
	snt_settimeout(mine, 0);
	OK(snt_wait_writable(mine));
	assert_int_equal(rot->queued, 0);
	OK(snt_group_wait(group));
	snt_group_end(group);
	close_both();
}

static void a_close_says_goodbye_and_an_abort_does_not(void)
{
	int fd = raw_peer("127.0.0.1:0", &mine);
	char buffer[8];

	rot13_put(mine);
	snt_close(mine);
	assert_int_equal(raw_recv(fd, buffer, sizeof buffer, 0), 3);
	assert_int_equal(rot13_ended, 1);
	raw_close(fd);
	fd = raw_peer("127.0.0.1:0", &mine);
	rot13_put(mine);
	snt_abort(mine);
	assert_int_equal(raw_recv(fd, buffer, sizeof buffer, 0), -ECONNRESET);
	assert_int_equal(rot13_ended, 2);
	raw_close(fd);
}

static void bytes_that_came_early_are_received_first(void)
{
	struct snt__layer *rest = snt__rest_make("early", 5);
	char buffer[16] = "";
	size_t size;

	pair_on("127.0.0.1:0", &mine, &theirs);
	assert_null(snt__rest_of(mine, &size));
	snt__layer_put(mine, rest);
	assert_memory_equal(snt__rest_of(mine, &size), "early", 5);
	assert_int_equal(size, 5);
	OK(snt_sendall(mine, "ab", 2));
	receives(theirs, "ab");
	OK(snt_sendall(theirs, " late\n", 6));
	OK(snt_wait_readable(mine));
	assert_int_equal(OK(snt_peek(mine, buffer, sizeof buffer)), 5);
	assert_int_equal(
		OK(snt_recv_until(mine, "\n", 1, buffer, sizeof buffer)), 11);
	assert_memory_equal(buffer, "early late\n", 11);
	assert_int_equal(mine->kind, SNT__TCP);
	OK(snt_wait_writable(mine));
	close_both();
}

static const struct test_case cases[] = {
	TEST(what_is_sent_and_received_passes_through_it),
	TEST(what_it_holds_is_received_before_the_end),
	TEST(recv_until_leaves_what_follows_in_it),
	TEST(a_message_is_gathered_and_scattered_through_it),
	TEST(nothing_goes_around_it),
	TEST_KERNEL(a_file_is_sent_through_it),
	TEST(what_it_holds_counts_as_readable),
	TEST(a_selector_tells_what_it_holds),
	TEST(a_reader_waits_for_room_where_it_must_answer),
	TEST(who_waits_for_any_waits_for_room_too),
	TEST(a_selector_waits_for_room_too),
	TEST(a_stir_wakes_whom_no_event_would),
	TEST(who_waits_through_it_hears_of_cancel_close_and_limits),
	TEST(a_limit_of_its_own_ends_a_wait_for_another_try),
	TEST(a_failure_of_its_own_is_told_in_its_words),
	TEST(a_cancelled_sends_rest_goes_in_front_of_the_next),
	TEST(a_close_says_goodbye_and_an_abort_does_not),
	TEST(bytes_that_came_early_are_received_first),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
