/* SPDX-License-Identifier: MIT */
/* Python's selectors: what is registered, and what a select tells of it. */
#include "../threads.h"
#include "selecting.h"

#include "io/io.h"

static int send_later(void *arg)
{
	OK(snt_yield());
	send_byte(arg);
	return 0;
}

static void select_waits_for_the_one_that_gets_something(void)
{
	EACH_STREAM(text)
	{
		struct snt_group *group = group_open();
		struct snt_selector *selector;
		struct snt_selected ready[5];
		struct pairs pairs;

		pairs_open(&pairs, text, 5);
		selector = selector_on(&pairs);
		for (size_t i = 0; i < 5; i++) {
			spawn(group, send_later, pairs.theirs[i]);
			assert_int_equal(
				OK(snt_selector_select(selector, ready, 5, 0)),
				1);
			assert_ptr_equal(ready[0].socket, pairs.mine[i]);
			assert_int_equal(ready[0].events, SNT_READABLE);
			assert_ptr_equal(ready[0].data, (void *)i);
			take_byte(pairs.mine[i]);
		}
		assert_int_equal(ready_now(selector), 0);
		snt_selector_close(selector);
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

static void a_lone_thread_selects_too(void)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected ready;
	struct snt_socket *handle;
	struct part part;
	int peer = raw_peer("[::1]:0", &handle);

	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, handle, SNT_READABLE, NULL));
	part_start(&part, LONE, send_from_thread, &peer);
	assert_int_equal(OK(snt_selector_select(selector, &ready, 1, 0)), 1);
	assert_ptr_equal(ready.socket, handle);
	OK(part_join(&part));
	snt_close(handle);
	raw_close(peer);
}

/* As Python's; an edge would be told once. */
static void what_is_not_read_is_told_each_time(void)
{
	EACH_STREAM(text)
	{
		struct snt_selector *selector;
		struct pairs pairs;
		char two[2];

		pairs_open(&pairs, text, 2);
		selector = selector_on(&pairs);
		assert_int_equal(ready_now(selector), 0);
		send_to(&pairs, 1);
		OK(snt_sendall(pairs.theirs[1], "yz", 2));
		for (int i = 0; i < 3; i++)
			assert_int_equal(ready_now(selector), SET(1));
		take_byte(pairs.mine[1]);
		let_arrive(pairs.mine[1]);
		assert_int_equal(ready_now(selector), SET(1));
		OK(snt_recv_exact(pairs.mine[1], two, 2));
		assert_int_equal(ready_now(selector), 0);
		snt_close(pairs.theirs[1]);
		pairs.theirs[1] = NULL;
		let_arrive(pairs.mine[1]);
		for (int i = 0; i < 3; i++)
			assert_int_equal(ready_now(selector), SET(1));
		snt_selector_close(selector);
		pairs_close(&pairs);
	}
}

static void what_is_always_ready_hides_no_other(void)
{
	struct snt_selector *selector;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 3);
	selector = selector_on(&pairs);
	send_to(&pairs, 0);
	assert_int_equal(ready_now(selector), SET(0));
	send_to(&pairs, 2);
	assert_int_equal(ready_now(selector), SET(0) | SET(2));
	take_byte(pairs.mine[0]);
	assert_int_equal(ready_now(selector), SET(2));
	snt_selector_close(selector);
	pairs_close(&pairs);
}

/* More are ready than there is room for. */
static void with_little_room_all_have_their_turn(void)
{
	struct snt_selector *selector;
	struct snt_selected ready[3];
	unsigned told[MANY] = { 0 };
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", MANY);
	selector = selector_on(&pairs);
	for (size_t i = 0; i < MANY; i++)
		send_to(&pairs, i);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(OK(snt_selector_select(selector, ready, 3, 0)),
				 3);
		for (int n = 0; n < 3; n++)
			told[(size_t)ready[n].data]++;
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(told[i], 3);
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static void a_timeout_is_no_failure_but_a_scopes_is(void)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected one;
	int64_t began = snt_now();

	OK(snt_selector_open(&selector));
	assert_int_equal(OK(snt_selector_select(selector, &one, 1, SNT_NOWAIT)),
			 0);
	assert_int_equal(
		OK(snt_selector_select(selector, &one, 1, MILLISECONDS(5))), 0);
	assert_in_range(snt_now() - began, MILLISECONDS(5),
			simulated() ? MILLISECONDS(5) : SNT_FOREVER);
	{
		snt_timeout_scope(limit, MILLISECONDS(5));

		FAILS(snt_selector_select(selector, &one, 1, SNT_SECOND * 30),
		      -ETIMEDOUT);
		assert_true(snt_scope_expired(&limit));
	}
}

static void a_server_of_several_addresses_counts_as_one(void)
{
	struct snt_socket *server = server_on("localhost:0"), *conn;
	snt_auto(selector) selector = NULL;
	struct snt_addr addrs[2];

	assert_int_equal(OK(snt_getsocknames(server, addrs, 2)), 2);
	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, server, SNT_READABLE, NULL));
	assert_int_equal(ready_now(selector), 0);
	for (int i = 0; i < 2; i++) {
		struct snt_selected ready[4];
		struct snt_socket *client;

		OK(snt_socket(&client, addrs[i].sa.any.sa_family, SOCK_STREAM,
			      0));
		OK(snt_connect(client, &addrs[i]));
		assert_int_equal(OK(snt_selector_select(selector, ready, 4, 0)),
				 1);
		assert_ptr_equal(ready[0].socket, server);
		OK(snt_accept(server, &conn));
		assert_int_equal(ready_now(selector), 0);
		snt_close(conn);
		snt_close(client);
	}
	/* All of it, at any of its addresses. */
	snt_close(server);
	assert_int_equal(OK(snt_selector_get_map(selector, NULL, 0)), 0);
}

static void modify_changes_what_is_waited_for(void)
{
	struct snt_selector *selector;
	struct snt_selected ready, key;
	struct pairs pairs;

	pairs_open(&pairs, "[::1]:0", 1);
	selector = selector_on(&pairs);
	assert_int_equal(ready_now(selector), 0);
	OK(snt_selector_modify(selector, pairs.mine[0],
			       SNT_READABLE | SNT_WRITABLE, &ready));
	assert_int_equal(OK(snt_selector_select(selector, &ready, 1, 0)), 1);
	assert_int_equal(ready.events, SNT_WRITABLE);
	assert_ptr_equal(ready.data, &ready);
	send_to(&pairs, 0);
	assert_int_equal(OK(snt_selector_select(selector, &ready, 1, 0)), 1);
	assert_int_equal(ready.events, SNT_READABLE | SNT_WRITABLE);
	OK(snt_selector_modify(selector, pairs.mine[0], SNT_READABLE, NULL));
	OK(snt_selector_get_key(selector, pairs.mine[0], &key));
	assert_int_equal(key.events, SNT_READABLE);
	assert_ptr_equal(key.data, NULL);
	assert_int_equal(ready_now(selector), SET(0));
	take_byte(pairs.mine[0]);
	assert_int_equal(ready_now(selector), 0);
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static void what_is_unregistered_is_not_told(void)
{
	struct snt_selector *selector;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 3);
	selector = selector_on(&pairs);
	send_to(&pairs, 0);
	send_to(&pairs, 1);
	assert_int_equal(ready_now(selector), SET(0) | SET(1));
	OK(snt_selector_unregister(selector, pairs.mine[0]));
	assert_int_equal(ready_now(selector), SET(1));
	/* It still is what it was, for others. */
	take_byte(pairs.mine[0]);
	OK(snt_selector_register(selector, pairs.mine[0], SNT_READABLE,
				 (void *)9));
	send_to(&pairs, 0);
	assert_int_equal(ready_now(selector), SET(9) | SET(1));
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static void what_is_closed_is_unregistered(void)
{
	struct snt_selector *selector;
	struct snt_selected keys[4];
	struct pairs pairs;
	int fd;

	pairs_open(&pairs, "127.0.0.1:0", 4);
	selector = selector_on(&pairs);
	for (size_t i = 0; i < 4; i++)
		send_to(&pairs, i);
	assert_int_equal(ready_now(selector), 15);
	snt_close(pairs.mine[0]);
	snt_abort(pairs.mine[2]);
	fd = snt_detach(pairs.mine[3]);
	pairs.mine[0] = pairs.mine[2] = pairs.mine[3] = NULL;
	assert_int_equal(ready_now(selector), SET(1));
	assert_int_equal(OK(snt_selector_get_map(selector, keys, 4)), 1);
	assert_ptr_equal(keys[0].socket, pairs.mine[1]);
	raw_close(fd);
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static void a_socket_may_be_in_several_selectors(void)
{
	struct snt_selector *first, *second;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 2);
	first = selector_on(&pairs);
	second = selector_on(&pairs);
	send_to(&pairs, 1);
	assert_int_equal(ready_now(first), SET(1));
	assert_int_equal(ready_now(second), SET(1));
	snt_selector_close(first);
	assert_int_equal(ready_now(second), SET(1));
	snt_close(pairs.mine[1]);
	pairs.mine[1] = NULL;
	assert_int_equal(ready_now(second), 0);
	snt_selector_close(second);
	pairs_close(&pairs);
}

static void registered_wrongly_is_told(void)
{
	snt_auto(selector) selector = NULL;
	struct snt_selected one = { .events = 77 };
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	OK(snt_selector_open(&selector));
	OK(snt_selector_register(selector, a, SNT_READABLE, &one));
	FAILS(snt_selector_register(selector, a, SNT_WRITABLE, NULL), -EEXIST);
	TELLS("registered already");
	FAILS(snt_selector_register(selector, b, 0, NULL), -EINVAL);
	FAILS(snt_selector_register(selector, b, 4, NULL), -EINVAL);
	TELLS("events 0x4 are neither readable nor writable");
	FAILS(snt_selector_register(selector, NULL, 1, NULL), -EINVAL);
	TELLS("no socket");
	FAILS(snt_selector_modify(selector, b, SNT_READABLE, NULL), -ENOENT);
	TELLS("modify: the socket is not registered");
	FAILS(snt_selector_modify(selector, a, 0, NULL), -EINVAL);
	FAILS(snt_selector_unregister(selector, b), -ENOENT);
	FAILS(snt_selector_get_key(selector, b, &one), -ENOENT);
	FAILS(snt_selector_select(selector, &one, 0, SNT_NOWAIT), -EINVAL);
	TELLS("no room for any");
	assert_int_equal(one.events, 77);
	OK(snt_selector_get_key(selector, a, &one));
	assert_int_equal(one.events, SNT_READABLE);
	assert_ptr_equal(one.data, &one);
	snt_close(a);
	snt_close(b);
}

static void the_map_tells_all_that_are_registered(void)
{
	struct snt_selected keys[5] = { { .events = 77 } };
	struct snt_selector *selector;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 5);
	selector = selector_on(&pairs);
	assert_int_equal(OK(snt_selector_get_map(selector, NULL, 0)), 5);
	assert_int_equal(OK(snt_selector_get_map(selector, keys, 5)), 5);
	for (size_t i = 0; i < 5; i++) {
		assert_ptr_equal(keys[i].socket, pairs.mine[i]);
		assert_int_equal(keys[i].events, SNT_READABLE);
		assert_ptr_equal(keys[i].data, (void *)i);
	}
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static int looks;

static int counted_look(int fd, unsigned directions)
{
	looks++;
	return real_io()->look(fd, directions);
}

/* The number of sockets is bounded by descriptors only. */
static void of_many_registered_only_the_active_cost_calls(void)
{
	enum {
		COUNT_ = 400
	};
	static struct snt__io table;
	static struct snt_socket *mine[COUNT_], *theirs[COUNT_];
	snt_auto(selector) selector = NULL;
	struct snt_selected ready[8];

	table = *real_io();
	table.look = counted_look;
	OK(snt_selector_open(&selector));
	for (size_t i = 0; i < COUNT_; i++) {
		OK(snt_socketpair(&mine[i], &theirs[i], SOCK_STREAM));
		OK(snt_selector_register(selector, mine[i], SNT_READABLE,
					 NULL));
	}
	assert_int_equal(ready_now(selector), 0);
	snt__io = &table;
	for (size_t i = 0; i < COUNT_; i++) {
		send_byte(theirs[i]);
		assert_int_equal(OK(snt_selector_select(selector, ready, 8, 0)),
				 1);
		assert_ptr_equal(ready[0].socket, mine[i]);
		take_byte(mine[i]);
	}
	snt__io = real_io();
	/* Once when it is told; a Unix socket is looked at once more. */
	assert_true(looks <= 2 * COUNT_);
	for (size_t i = 0; i < COUNT_; i++) {
		snt_close(mine[i]);
		snt_close(theirs[i]);
	}
}

static int select_elsewhere(void *arg)
{
	struct snt_selected one;
	struct snt_socket *a, *b;

	OK(snt_socketpair(&a, &b, SOCK_STREAM));
	FAILS(snt_selector_select(arg, &one, 1, SNT_NOWAIT), -SNT_ETHREAD);
	TELLS("it belongs to another thread");
	FAILS(snt_selector_register(arg, a, SNT_READABLE, NULL), -SNT_ETHREAD);
	FAILS(snt_selector_modify(arg, a, SNT_READABLE, NULL), -SNT_ETHREAD);
	FAILS(snt_selector_unregister(arg, a), -SNT_ETHREAD);
	FAILS(snt_selector_get_key(arg, a, &one), -SNT_ETHREAD);
	FAILS(snt_selector_get_map(arg, &one, 1), -SNT_ETHREAD);
	snt_close(a);
	snt_close(b);
	snt_selector_close(arg);
	return 0;
}

/* Closing it too, which cannot say so. */
static void on_another_thread_it_is_refused(void)
{
	struct snt_selector *selector;
	struct pairs pairs;
	struct part part;

	pairs_open(&pairs, "[::1]:0", 2);
	selector = selector_on(&pairs);
	part_start(&part, LONE, select_elsewhere, selector);
	OK(part_join(&part));
	send_to(&pairs, 1);
	assert_int_equal(ready_now(selector), SET(1));
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static int select_for_ever(void *arg)
{
	struct snt_selected one;
	int code;

	do
		code = snt_selector_select(arg, &one, 1, 0);
	while (code > 0);
	return code;
}

static void ready_sockets_let_others_run(void)
{
	struct snt_group *group = group_open();
	struct snt_selector *selector;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 1);
	selector = selector_on(&pairs);
	send_to(&pairs, 0);
	spawn(group, select_for_ever, selector);
	OK(snt_sleep(MILLISECONDS(1)));
	OK(snt_group_end(group));
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static const struct test_case cases[] = {
	TEST(select_waits_for_the_one_that_gets_something),
	TEST(a_lone_thread_selects_too),
	TEST(what_is_not_read_is_told_each_time),
	TEST(what_is_always_ready_hides_no_other),
	TEST(with_little_room_all_have_their_turn),
	TEST(a_timeout_is_no_failure_but_a_scopes_is),
	TEST(a_server_of_several_addresses_counts_as_one),
	TEST(modify_changes_what_is_waited_for),
	TEST(what_is_unregistered_is_not_told),
	TEST(what_is_closed_is_unregistered),
	TEST(a_socket_may_be_in_several_selectors),
	TEST(registered_wrongly_is_told),
	TEST(the_map_tells_all_that_are_registered),
	TEST(of_many_registered_only_the_active_cost_calls),
	TEST(on_another_thread_it_is_refused),
	TEST(ready_sockets_let_others_run),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
