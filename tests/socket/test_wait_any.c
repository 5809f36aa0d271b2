/* SPDX-License-Identifier: MIT */
/* Waiting for any of several sockets: a level, told of all that are ready. */
#include "../threads.h"
#include "pairs.h"

#include "io/io.h"

/* Exactly those are ready. */
static void assert_ready(const struct pairs *pairs, size_t a, size_t b)
{
	for (size_t i = 0; i < pairs->count; i++)
		assert_int_equal(pairs->waits[i].ready,
				 i == a || i == b ? SNT_READABLE : 0);
}

static void assert_none_ready(struct snt_wait *waits, size_t count)
{
	snt_timeout_scope(limit, MILLISECONDS(5));

	FAILS(snt_wait_any(waits, count), -ETIMEDOUT);
}

static int send_later(void *arg)
{
	OK(snt_yield());
	OK(snt_sendall(arg, "x", 1));
	return 0;
}

static void the_one_that_gets_something_ends_the_wait(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct pairs pairs;

		pairs_open(&pairs, text, 5);
		for (size_t i = 0; i < 5; i++) {
			spawn(group, send_later, pairs.theirs[i]);
			assert_int_equal(OK(snt_wait_any(pairs.waits, 5)), 1);
			assert_ready(&pairs, i, i);
			take_byte(pairs.mine[i]);
		}
		assert_none_ready(pairs.waits, 5);
		OK(snt_group_end(group));
		pairs_close(&pairs);
	}
}

static int send_from_thread(void *arg)
{
	stand_still(MILLISECONDS(1));
	raw_write(*(const int *)arg, "x", 1);
	return 0;
}

static void a_lone_thread_waits_too(void)
{
	struct snt_socket *handles[2];
	struct snt_wait waits[2];
	struct part part;
	int peers[2];

	for (int i = 0; i < 2; i++) {
		peers[i] = raw_peer("127.0.0.1:0", &handles[i]);
		waits[i] = (struct snt_wait){ handles[i], SNT_READABLE, 0 };
	}
	part_start(&part, LONE, send_from_thread, &peers[1]);
	assert_int_equal(OK(snt_wait_any(waits, 2)), 1);
	assert_int_equal(waits[0].ready, 0);
	assert_int_equal(waits[1].ready, SNT_READABLE);
	OK(part_join(&part));
	for (int i = 0; i < 2; i++) {
		snt_close(handles[i]);
		raw_close(peers[i]);
	}
}

/* Whatever stands first and is never read. */
static void one_that_is_always_ready_hides_no_other(void)
{
	EACH_STREAM(text)
	{
		struct pairs pairs;

		pairs_open(&pairs, text, 3);
		assert_none_ready(pairs.waits, 3);
		send_to(&pairs, 0);
		assert_int_equal(OK(snt_wait_any(pairs.waits, 3)), 1);
		assert_ready(&pairs, 0, 0);
		for (size_t i = 1; i < 3; i++) {
			send_to(&pairs, i);
			assert_int_equal(OK(snt_wait_any(pairs.waits, 3)), 2);
			assert_ready(&pairs, 0, i);
			take_byte(pairs.mine[i]);
		}
		assert_int_equal(OK(snt_wait_any(pairs.waits, 3)), 1);
		pairs_close(&pairs);
	}
}

static void more_than_a_few_are_waited_for_as_well(void)
{
	struct pairs pairs;

	pairs_open(&pairs, "[::1]:0", MANY);
	assert_none_ready(pairs.waits, MANY);
	send_to(&pairs, 7);
	send_to(&pairs, MANY - 1);
	assert_int_equal(OK(snt_wait_any(pairs.waits, MANY)), 2);
	assert_ready(&pairs, 7, MANY - 1);
	pairs_close(&pairs);
}

static void room_to_send_is_waited_for(void)
{
	static char bytes[65536];
	struct snt_socket *a, *b;
	struct snt_wait both;
	ptrdiff_t n;

	pair_on("127.0.0.1:0", &a, &b);
	both = (struct snt_wait){ a, SNT_READABLE | SNT_WRITABLE, 0 };
	assert_int_equal(OK(snt_wait_any(&both, 1)), 1);
	assert_int_equal(both.ready, SNT_WRITABLE);
	send_byte(b);
	let_arrive(a);
	assert_int_equal(OK(snt_wait_any(&both, 1)), 1);
	assert_int_equal(both.ready, SNT_READABLE | SNT_WRITABLE);
	take_byte(a);
	fill(a);
	assert_none_ready(&both, 1);
	snt_settimeout(b, SNT_NOWAIT);
	while ((n = snt_recv(b, bytes, sizeof bytes)) > 0)
		;
	assert_int_equal(n, -EAGAIN);
	assert_int_equal(OK(snt_wait_any(&both, 1)), 1);
	assert_int_equal(both.ready, SNT_WRITABLE);
	snt_close(a);
	snt_close(b);
}

static void the_same_socket_may_stand_there_twice(void)
{
	struct snt_socket *a, *b;
	struct snt_wait waits[3];

	pair_on("127.0.0.1:0", &a, &b);
	fill(a);
	waits[0] = (struct snt_wait){ a, SNT_READABLE, 0 };
	waits[1] = (struct snt_wait){ a, SNT_WRITABLE, 0 };
	waits[2] = (struct snt_wait){ a, SNT_READABLE, 0 };
	assert_none_ready(waits, 3);
	send_byte(b);
	let_arrive(a);
	assert_int_equal(OK(snt_wait_any(waits, 3)), 2);
	assert_int_equal(waits[0].ready, SNT_READABLE);
	assert_int_equal(waits[1].ready, 0);
	assert_int_equal(waits[2].ready, SNT_READABLE);
	take_byte(a);
	snt_close(a);
	snt_close(b);
}

static void the_end_and_a_reset_are_ready(void)
{
	static const char *const hosts[] = { "127.0.0.1:0", "[::1]:0" };

	for (size_t i = 0; i < 4; i++) {
		struct snt_socket *handle;
		struct snt_wait wait;
		int peer = raw_peer(hosts[i / 2], &handle);
		char byte;

		wait = (struct snt_wait){ handle, SNT_READABLE, 0 };
		assert_none_ready(&wait, 1);
		if (i % 2 == 0)
			raw_close(peer);
		else
			raw_reset(peer);
		let_arrive(handle);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(OK(snt_wait_any(&wait, 1)), 1);
			assert_int_equal(wait.ready, SNT_READABLE);
		}
		assert_int_equal(snt_recv(handle, &byte, 1),
				 i % 2 == 0 ? 0 : -ECONNRESET);
		snt_close(handle);
	}
}

/* On either of its addresses, and beside others. */
static void a_server_of_several_addresses_counts_as_one(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn;
	struct pairs pairs;
	struct snt_addr addrs[2];

	assert_int_equal(OK(snt_getsocknames(server, addrs, 2)), 2);
	pairs_open(&pairs, "127.0.0.1:0", 2);
	pairs.waits[1].socket = server;
	assert_none_ready(pairs.waits, 2);
	for (int i = 0; i < 2; i++) {
		struct snt_socket *client;

		OK(snt_socket(&client, addrs[i].sa.any.sa_family, SOCK_STREAM,
			      0));
		OK(snt_connect(client, &addrs[i]));
		assert_int_equal(OK(snt_wait_any(pairs.waits, 2)), 1);
		assert_ready(&pairs, 1, 1);
		OK(snt_accept(server, &conn));
		snt_close(conn);
		snt_close(client);
		assert_none_ready(pairs.waits, 2);
	}
	snt_close(server);
	pairs_close(&pairs);
}

/* What never waits itself can be waited for. */
static void the_sockets_own_timeouts_do_not_count(void)
{
	struct snt_group *group = group_open();
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 2);
	snt_settimeout(pairs.mine[0], SNT_NOWAIT);
	snt_settimeout(pairs.mine[1], 1);
	spawn(group, send_later, pairs.theirs[1]);
	assert_int_equal(OK(snt_wait_any(pairs.waits, 2)), 1);
	assert_ready(&pairs, 1, 1);
	OK(snt_group_end(group));
	pairs_close(&pairs);
}

static int recv_in_fiber(void *arg)
{
	take_byte(arg);
	return 0;
}

static void where_a_fiber_waits_already_it_is_refused(void)
{
	struct snt_group *group = group_open();
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 3);
	spawn(group, recv_in_fiber, pairs.mine[2]);
	let_them_wait();
	FAILS(snt_wait_any(pairs.waits, 3), -EBUSY);
	TELLS("another fiber is in the midst of the same");
	assert_int_equal(snt_done(), 0);
	assert_int_equal(pairs.waits[0].ready, 99);
	/* The others were not taken. */
	send_byte(pairs.theirs[0]);
	take_byte(pairs.mine[0]);
	/* Nor is the other direction. */
	pairs.waits[2].events = SNT_WRITABLE;
	assert_int_equal(OK(snt_wait_any(pairs.waits, 3)), 1);
	assert_int_equal(pairs.waits[2].ready, SNT_WRITABLE);
	send_byte(pairs.theirs[2]);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	pairs_close(&pairs);
}

struct waiting {
	struct pairs pairs;
	int result;
};

static int wait_in_fiber(void *arg)
{
	struct waiting *waiting = arg;

	waiting->result =
		snt_wait_any(waiting->pairs.waits, waiting->pairs.count);
	return 0;
}

static void meanwhile_others_are_refused(void)
{
	struct snt_group *group = group_open();
	struct waiting waiting = { .result = 1234567 };
	char byte;

	pairs_open(&waiting.pairs, "127.0.0.1:0", 2);
	spawn(group, wait_in_fiber, &waiting);
	let_them_wait();
	FAILS(snt_recv(waiting.pairs.mine[1], &byte, 1), -EBUSY);
	FAILS(snt_wait_any(&waiting.pairs.waits[1], 1), -EBUSY);
	send_byte(waiting.pairs.mine[1]);
	assert_int_equal(waiting.result, 1234567);
	send_byte(waiting.pairs.theirs[1]);
	OK(snt_group_wait(group));
	assert_int_equal(waiting.result, 1);
	take_byte(waiting.pairs.mine[1]);
	OK(snt_group_end(group));
	pairs_close(&waiting.pairs);
}

static void a_close_of_one_ends_the_wait_and_leaves_the_others(void)
{
	for (int ready = 0; ready < 2; ready++) {
		struct snt_group *group = group_open();
		struct waiting waiting = { .result = 1234567 };
		struct pairs *pairs = &waiting.pairs;

		pairs_open(pairs, "127.0.0.1:0", 3);
		spawn(group, wait_in_fiber, &waiting);
		let_them_wait();
		if (ready)
			send_byte(pairs->theirs[2]);
		snt_close(pairs->mine[1]);
		snt_close(pairs->mine[0]);
		pairs->mine[0] = pairs->mine[1] = NULL;
		OK(snt_group_wait(group));
		assert_int_equal(waiting.result, -EBADF);
		assert_int_equal(pairs->waits[2].ready, 99);
		if (!ready)
			send_byte(pairs->theirs[2]);
		take_byte(pairs->mine[2]);
		spawn(group, recv_in_fiber, pairs->mine[2]);
		let_them_wait();
		send_byte(pairs->theirs[2]);
		OK(snt_group_wait(group));
		OK(snt_group_end(group));
		pairs_close(pairs);
	}
}

static int looks;

static int counted_look(int fd, unsigned directions)
{
	looks++;
	return real_io()->look(fd, directions);
}

static void what_is_known_to_wait_costs_no_call(void)
{
	static struct snt__io table;
	struct pairs pairs;

	table = *real_io();
	table.look = counted_look;
	pairs_open(&pairs, "127.0.0.1:0", MANY);
	assert_none_ready(pairs.waits, MANY);
	send_to(&pairs, 3);
	snt__io = &table;
	assert_int_equal(OK(snt_wait_any(pairs.waits, MANY)), 1);
	assert_int_equal(OK(snt_wait_any(pairs.waits, MANY)), 1);
	assert_int_equal(looks, 2);
	snt__io = real_io();
	pairs_close(&pairs);
}

static void what_cannot_be_waited_for_is_refused(void)
{
	struct snt_socket *a, *b;
	struct snt_wait wait = { .events = SNT_READABLE, .ready = 99 };

	FAILS(snt_wait_any(&wait, 0), -EINVAL);
	TELLS("wait for any of no sockets");
	FAILS(snt_wait_any(&wait, 1), -EINVAL);
	TELLS("no socket in 0");
	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	wait.socket = a;
	wait.events = 0;
	FAILS(snt_wait_any(&wait, 1), -EINVAL);
	wait.events = SNT_WRITABLE | 8;
	FAILS(snt_wait_any(&wait, 1), -EINVAL);
	TELLS("events 0xa");
	assert_int_equal(wait.ready, 99);
	snt_close(a);
	snt_close(b);
}

/* That number is a descriptor's again. */
static void open_again(int fd)
{
	int others[MANY], count = 0, other;

	if (!simulated()) {
		assert_int_equal(dup3(STDERR_FILENO, fd, O_CLOEXEC), fd);
		return;
	}
	while ((other = raw_socket(AF_INET, SOCK_DGRAM)) != fd)
		others[count++] = other;
	while (count > 0)
		raw_close(others[--count]);
}

/* As poll(2) tells it: the try says what is wrong. */
static void a_descriptor_closed_behind_our_back_is_ready(void)
{
	struct snt_selected ready[2];
	struct snt_selector *selector;
	struct pairs pairs;
	char byte;
	int fd;

	pairs_open(&pairs, "127.0.0.1:0", 2);
	OK(snt_selector_open(&selector));
	for (size_t i = 0; i < 2; i++)
		OK(snt_selector_register(selector, pairs.mine[i], SNT_READABLE,
					 NULL));
	fd = snt_fileno(pairs.mine[1]);
	raw_close(fd);
	assert_int_equal(OK(snt_wait_any(pairs.waits, 2)), 1);
	assert_ready(&pairs, 1, 1);
	assert_int_equal(
		OK(snt_selector_select(selector, ready, 2, SNT_NOWAIT)), 1);
	assert_ptr_equal(ready[0].socket, pairs.mine[1]);
	FAILS(snt_recv(pairs.mine[1], &byte, 1), -EBADF);
	/* Its close closes this one. */
	open_again(fd);
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static int wait_elsewhere(void *arg)
{
	struct pairs *pairs = arg;
	struct snt_selector *selector;

	FAILS(snt_wait_any(pairs->waits, 2), -SNT_ETHREAD);
	OK(snt_selector_open(&selector));
	FAILS(snt_selector_register(selector, pairs->mine[0], SNT_READABLE,
				    NULL),
	      -SNT_ETHREAD);
	snt_selector_close(selector);
	return 0;
}

static void another_threads_socket_is_refused(void)
{
	struct pairs pairs;
	struct part part;

	pairs_open(&pairs, "127.0.0.1:0", 2);
	assert_none_ready(&pairs.waits[1], 1);
	part_start(&part, LONE, wait_elsewhere, &pairs);
	OK(part_join(&part));
	snt_close(pairs.mine[0]);
	snt_close(pairs.mine[1]);
	snt_close(pairs.theirs[0]);
	snt_close(pairs.theirs[1]);
}

static int wait_for_ever(void *arg)
{
	struct snt_wait wait = { arg, SNT_WRITABLE, 0 };
	int code;

	do
		code = snt_wait_any(&wait, 1);
	while (code > 0);
	return code;
}

static void ready_sockets_let_others_run(void)
{
	struct snt_group *group = group_open();
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	spawn(group, wait_for_ever, a);
	OK(snt_sleep(MILLISECONDS(1)));
	OK(snt_group_end(group));
	snt_close(a);
	snt_close(b);
}

static const struct test_case cases[] = {
	TEST(the_one_that_gets_something_ends_the_wait),
	TEST(a_lone_thread_waits_too),
	TEST(one_that_is_always_ready_hides_no_other),
	TEST(more_than_a_few_are_waited_for_as_well),
	TEST(room_to_send_is_waited_for),
	TEST(the_same_socket_may_stand_there_twice),
	TEST(the_end_and_a_reset_are_ready),
	TEST(a_server_of_several_addresses_counts_as_one),
	TEST(the_sockets_own_timeouts_do_not_count),
	TEST(where_a_fiber_waits_already_it_is_refused),
	TEST(meanwhile_others_are_refused),
	TEST(a_close_of_one_ends_the_wait_and_leaves_the_others),
	TEST(what_is_known_to_wait_costs_no_call),
	TEST(what_cannot_be_waited_for_is_refused),
	TEST(a_descriptor_closed_behind_our_back_is_ready),
	TEST(another_threads_socket_is_refused),
	TEST(ready_sockets_let_others_run),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
