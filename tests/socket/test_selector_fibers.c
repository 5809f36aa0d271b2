/* SPDX-License-Identifier: MIT */
/* A selector while other fibers run, and while its thread gets some. */
#include "selecting.h"

#include "io/io.h"

#include <pthread.h>
#include <stdlib.h>

struct selecting {
	struct snt_selector *selector;
	struct snt_selected ready[4];
	int result;
};

static int select_in_fiber(void *arg)
{
	struct selecting *selecting = arg;

	selecting->result = snt_selector_select(selecting->selector,
						selecting->ready, 4, 0);
	return 0;
}

/* Not its reader: another fiber may be that. */
static int recv_in_fiber(void *arg)
{
	take_byte(arg);
	return 0;
}

static void a_registered_socket_can_be_used_by_any_fiber(void)
{
	struct snt_group *group = group_open();
	struct selecting selecting = { .result = 1234567 };
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 2);
	selecting.selector = selector_on(&pairs);
	spawn(group, recv_in_fiber, pairs.mine[0]);
	let_them_wait();
	spawn(group, select_in_fiber, &selecting);
	let_them_wait();
	/* Its reader gives up its place; the selector goes on. */
	snt_settimeout(pairs.mine[1], MILLISECONDS(2));
	FAILS(snt_wait_readable(pairs.mine[1]), -ETIMEDOUT);
	assert_int_equal(selecting.result, 1234567);
	send_to(&pairs, 1);
	OK(snt_sleep(MILLISECONDS(1)));
	while (selecting.result == 1234567)
		OK(snt_yield());
	assert_int_equal(selecting.result, 1);
	assert_ptr_equal(selecting.ready[0].socket, pairs.mine[1]);
	/* And the other way round. */
	send_byte(pairs.theirs[0]);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_selector_close(selecting.selector);
	pairs_close(&pairs);
}

static void what_is_registered_meanwhile_is_waited_for(void)
{
	for (int ready = 0; ready < 2; ready++) {
		struct snt_group *group = group_open();
		struct selecting selecting = { .result = 1234567 };
		struct pairs pairs;

		pairs_open(&pairs, "127.0.0.1:0", 3);
		OK(snt_selector_open(&selecting.selector));
		OK(snt_selector_register(selecting.selector, pairs.mine[0],
					 SNT_READABLE, NULL));
		spawn(group, select_in_fiber, &selecting);
		let_them_wait();
		if (ready)
			send_to(&pairs, 1);
		OK(snt_selector_register(selecting.selector, pairs.mine[2],
					 SNT_READABLE, NULL));
		OK(snt_selector_register(selecting.selector, pairs.mine[1],
					 SNT_READABLE, NULL));
		OK(snt_selector_unregister(selecting.selector, pairs.mine[2]));
		let_them_wait();
		if (!ready) {
			assert_int_equal(selecting.result, 1234567);
			send_to(&pairs, 1);
		}
		OK(snt_group_wait(group));
		assert_int_equal(selecting.result, 1);
		assert_ptr_equal(selecting.ready[0].socket, pairs.mine[1]);
		OK(snt_group_end(group));
		snt_selector_close(selecting.selector);
		pairs_close(&pairs);
	}
}

static void a_second_select_is_refused(void)
{
	struct snt_group *group = group_open();
	struct selecting selecting = { .result = 1234567 };
	struct snt_selected one;
	struct pairs pairs;

	pairs_open(&pairs, "127.0.0.1:0", 1);
	selecting.selector = selector_on(&pairs);
	spawn(group, select_in_fiber, &selecting);
	let_them_wait();
	FAILS(snt_selector_select(selecting.selector, &one, 1, SNT_NOWAIT),
	      -EBUSY);
	send_byte(pairs.theirs[0]);
	OK(snt_group_wait(group));
	assert_int_equal(selecting.result, 1);
	OK(snt_group_end(group));
	snt_selector_close(selecting.selector);
	pairs_close(&pairs);
}

static void a_close_of_the_selector_ends_the_wait(void)
{
	for (int ready = 0; ready < 2; ready++) {
		struct snt_group *group = group_open();
		struct selecting selecting = { .result = 1234567 };
		struct pairs pairs;

		pairs_open(&pairs, "127.0.0.1:0", 2);
		selecting.selector = selector_on(&pairs);
		spawn(group, select_in_fiber, &selecting);
		let_them_wait();
		if (ready) {
			snt_close(pairs.mine[0]);
			pairs.mine[0] = NULL;
			send_to(&pairs, 1);
		}
		snt_selector_close(selecting.selector);
		OK(snt_group_wait(group));
		assert_int_equal(selecting.result, -EBADF);
		OK(snt_group_end(group));
		pairs_close(&pairs);
	}
}

/* Also while it lets others run before it looks. */
static int close_selector(void *arg)
{
	snt_selector_close(arg);
	return 0;
}

static void a_close_while_select_lets_others_run_is_told(void)
{
	struct snt_group *group = group_open();
	struct snt_selector *selector;
	struct snt_selected one;
	struct pairs pairs;
	int code = 0;

	pairs_open(&pairs, "127.0.0.1:0", 1);
	selector = selector_on(&pairs);
	send_to(&pairs, 0);
	spawn(group, close_selector, selector);
	for (int i = 0; i < 1000 && code >= 0; i++)
		code = snt_selector_select(selector, &one, 1, 0);
	FAILS(code, -EBADF);
	OK(snt_group_end(group));
	pairs_close(&pairs);
}

static int clock_reads;

static int64_t counted_now(void)
{
	clock_reads++;
	return real_io()->now();
}

/* direct asks for levels: whoever still asked for it would spin. */
static void between_two_selects_a_ready_socket_wakes_nobody(void)
{
	static struct snt__io table;
	struct snt_selector *selector;
	struct pairs pairs;

	table = *real_io();
	table.now = counted_now;
	pairs_open(&pairs, "127.0.0.1:0", 2);
	selector = selector_on(&pairs);
	assert_int_equal(ready_now(selector), 0);
	send_to(&pairs, 1);
	assert_int_equal(ready_now(selector), SET(1));
	snt__io = &table;
	OK(snt_sleep(MILLISECONDS(50)));
	snt__io = real_io();
	assert_true(clock_reads < 30);
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* The body on a thread of its own, which begins as a program's would that has
 * not been told how to wait. */
static void on_auto(void *(*body)(void *))
{
	char *told = strdup(getenv("SENNIT_IO"));
	pthread_t thread;

	assert_int_equal(setenv("SENNIT_IO", "auto", 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, body, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(setenv("SENNIT_IO", told, 1), 0);
	free(told);
}

static void *get_a_fiber(void *unused)
{
	struct snt_selector *selector;
	struct snt_group *group;
	struct pairs pairs;

	(void)unused;
	pairs_open(&pairs, "127.0.0.1:0", 2);
	selector = selector_on(&pairs);
	assert_int_equal(ready_now(selector), 0);
	assert_string_equal(snt_backend(), "direct");
	group = group_open();
	spawn(group, nothing, NULL);
	OK(snt_group_end(group));
	assert_string_not_equal(snt_backend(), "direct");
	send_to(&pairs, 1);
	assert_int_equal(ready_now(selector), SET(1));
	take_byte(pairs.mine[1]);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ready_now(selector), 0);
	send_to(&pairs, 0);
	assert_int_equal(ready_now(selector), SET(0));
	snt_selector_close(selector);
	pairs_close(&pairs);
	return NULL;
}

static void what_a_lone_thread_registered_goes_along_to_its_fibers(void)
{
	on_auto(get_a_fiber);
}

static void *get_many(void *unused)
{
	struct snt_selector *selector;
	struct pairs pairs;

	(void)unused;
	pairs_open(&pairs, "127.0.0.1:0", MANY);
	pairs.count = 16;
	selector = selector_on(&pairs);
	assert_int_equal(ready_now(selector), 0);
	assert_string_equal(snt_backend(), "direct");
	send_to(&pairs, 3);
	for (size_t i = 16; i < MANY; i++)
		OK(snt_selector_register(selector, pairs.mine[i], SNT_READABLE,
					 (void *)i));
	assert_string_not_equal(snt_backend(), "direct");
	assert_int_equal(ready_now(selector), SET(3));
	send_to(&pairs, 4);
	send_to(&pairs, MANY - 1);
	assert_int_equal(ready_now(selector), SET(3) | SET(4) | SET(MANY - 1));
	snt_selector_close(selector);
	pairs.count = MANY;
	pairs_close(&pairs);
	return NULL;
}

static void a_lone_thread_with_many_sockets_need_not_poll_them_all(void)
{
	on_auto(get_many);
}

static const struct test_case cases[] = {
	TEST(a_registered_socket_can_be_used_by_any_fiber),
	TEST(what_is_registered_meanwhile_is_waited_for),
	TEST(a_second_select_is_refused),
	TEST(a_close_of_the_selector_ends_the_wait),
	TEST(a_close_while_select_lets_others_run_is_told),
	TEST(between_two_selects_a_ready_socket_wakes_nobody),
	/* A simulated thread has one way to wait. */
	TEST_KERNEL(what_a_lone_thread_registered_goes_along_to_its_fibers),
	TEST_KERNEL(a_lone_thread_with_many_sockets_need_not_poll_them_all),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
