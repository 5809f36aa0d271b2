/* SPDX-License-Identifier: MIT */
/* Channels: every item sent is received once, in order, whatever happens. */
#include "fibers.h"

static struct snt_channel *channel;

static void open_channel(size_t capacity)
{
	OK(snt_channel_open(&channel, sizeof(int), capacity));
}

static int send_number(int number)
{
	return snt_channel_send(channel, &number);
}

static int receive_number(void)
{
	int number = -1;

	assert_int_equal(snt_channel_recv(channel, &number), 1);
	return number;
}

static void mark_code(int code, char good)
{
	leave_mark(code >= 0            ? good
		   : code == -EBADF     ? 'B'
		   : code == -ECANCELED ? 'C'
		   : code == -ETIMEDOUT ? 'T'
		   : code == -EPIPE     ? 'P'
					: '?');
}

/* Marks the digit sent, or why it was not. */
static int send_digit(void *arg)
{
	int number = *(const int *)arg;

	mark_code(send_number(number), (char)('0' + number));
	return 0;
}

/* Marks a letter for the number received: a is 0; or why there was none. */
static int receive_one(void *arg)
{
	int number = -1, code = snt_channel_recv(channel, &number);

	(void)arg;
	mark_code(code, code == 0 ? '.' : (char)('a' + number));
	return 0;
}

static int digits[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static void without_a_buffer_a_sender_waits_for_its_receiver(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, send_digit, &digits[1]);
	let_others_run();
	assert_string_equal(trail, "");
	assert_int_equal(snt_channel_count(channel), 0);
	assert_int_equal(receive_number(), 1);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "1");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void a_waiting_receiver_is_handed_the_item(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, receive_one, NULL);
	let_others_run();
	OK(send_number(3));
	OK(snt_group_wait(group));
	assert_string_equal(trail, "d");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void a_buffer_takes_items_until_it_is_full(void)
{
	open_channel(3);
	for (int i = 0; i < 3; i++)
		OK(send_number(i));
	assert_int_equal(snt_channel_count(channel), 3);
	{
		snt_timeout_scope(limit, MS);
		FAILS(send_number(9), -ETIMEDOUT);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive_number(), i);
	assert_int_equal(snt_channel_count(channel), 0);
	snt_channel_close(channel);
}

static void order_is_kept_when_the_buffer_wraps(void)
{
	open_channel(3);
	for (int i = 0; i < 20; i++) {
		OK(send_number(2 * i));
		OK(send_number(2 * i + 1));
		assert_int_equal(receive_number(), 2 * i);
		assert_int_equal(receive_number(), 2 * i + 1);
	}
	snt_channel_close(channel);
}

static void order_is_kept_across_buffer_and_waiting_senders(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(2);
	for (int i = 0; i < 6; i++)
		start(group, send_digit, &digits[i]);
	let_others_run();
	for (int i = 0; i < 6; i++)
		assert_int_equal(receive_number(), i);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "012345");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void receivers_are_served_in_order(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(4);
	for (int i = 0; i < 3; i++)
		start(group, receive_one, NULL);
	let_others_run();
	for (int i = 0; i < 3; i++)
		OK(send_number(i));
	OK(snt_group_wait(group));
	assert_string_equal(trail, "abc");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void shutdown_refuses_more_and_lets_the_rest_be_received(void)
{
	open_channel(4);
	OK(send_number(1));
	OK(send_number(2));
	snt_channel_shutdown(channel);
	FAILS(send_number(3), -EPIPE);
	assert_int_equal(receive_number(), 1);
	assert_int_equal(receive_number(), 2);
	for (int i = 0; i < 3; i++) {
		int number = 7;

		assert_int_equal(snt_channel_recv(channel, &number), 0);
		assert_int_equal(number, 7);
	}
	snt_channel_close(channel);
}

static void shutdown_wakes_waiting_receivers(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, receive_one, NULL);
	start(group, receive_one, NULL);
	let_others_run();
	snt_channel_shutdown(channel);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "..");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void what_waiting_senders_hold_survives_a_shutdown(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(1);
	for (int i = 0; i < 3; i++)
		start(group, send_digit, &digits[i]);
	let_others_run();
	snt_channel_shutdown(channel);
	for (int i = 0; i < 3; i++)
		assert_int_equal(receive_number(), i);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "012");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void closing_wakes_both_sides_with_ebadf(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, receive_one, NULL);
	let_others_run();
	snt_channel_close(channel);
	open_channel(0);
	start(group, send_digit, &digits[1]);
	let_others_run();
	snt_channel_close(channel);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "BB");
	OK(snt_group_end(group));
}

static void a_cancelled_receiver_loses_no_item(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(1);
	start(group, receive_one, NULL);
	let_others_run();
	snt_group_cancel(group);
	OK(send_number(5)); /* it is ready, but told to stop: not to it */
	OK(snt_group_wait(group));
	assert_string_equal(trail, "C");
	assert_int_equal(receive_number(), 5);
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void an_item_handed_over_before_the_cancel_is_received(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, receive_one, NULL);
	let_others_run();
	OK(send_number(5));
	snt_group_cancel(group);
	OK(snt_group_wait(group));
	assert_string_equal(trail, "f");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void a_cancelled_senders_item_is_not_received(void)
{
	struct snt_group *group = group_with(NULL);

	open_channel(0);
	start(group, send_digit, &digits[4]);
	let_others_run();
	snt_group_cancel(group);
	{
		snt_timeout_scope(limit, 2 * MS);
		int number;

		FAILS(snt_channel_recv(channel, &number), -ETIMEDOUT);
	}
	OK(snt_group_wait(group));
	assert_string_equal(trail, "C");
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static int received[3];

static int receive_with_deadlines(void *arg)
{
	for (;;) {
		snt_timeout_scope(limit, 50 * SNT_MICROSECOND);
		int number, code = snt_channel_recv(channel, &number);

		if (code == 0)
			return 0;
		if (code == -ETIMEDOUT)
			continue;
		SNT_TRY(code);
		assert_int_equal(number, received[*(int *)arg]);
		received[*(int *)arg]++;
	}
}

/* Deadlines that hit at any moment: all arrive, once, in order. */
static void deadlines_lose_no_item(void)
{
	struct snt_group *group = group_with(NULL);
	int64_t pause;

	open_channel(0);
	start(group, receive_with_deadlines, &digits[0]);
	for (int i = 0; i < 500; i++) {
		pause = i % 7 * 13 * SNT_MICROSECOND;
		OK(send_number(i));
		OK(snt_sleep(pause));
	}
	snt_channel_shutdown(channel);
	OK(snt_group_wait(group));
	assert_int_equal(received[0], 500);
	OK(snt_group_end(group));
	snt_channel_close(channel);
}

static void items_are_copied_whole(void)
{
	struct snt_channel *wide;
	char out[1000], in[1000];

	OK(snt_channel_open(&wide, sizeof out, 2));
	memset(out, 'x', sizeof out);
	OK(snt_channel_send(wide, out));
	memset(out, 'y', sizeof out);
	assert_int_equal(snt_channel_recv(wide, in), 1);
	for (size_t i = 0; i < sizeof in; i++)
		assert_int_equal(in[i], 'x');
	snt_channel_close(wide);
}

static void impossible_sizes_are_refused(void)
{
	FAILS(snt_channel_open(&channel, 0, 5), -EINVAL);
	FAILS(snt_channel_open(&channel, 16, SIZE_MAX / 8), -EINVAL);
	FAILS(snt_channel_open(&channel, SIZE_MAX, 2), -EINVAL);
	assert_null(channel);
}

static void closing_nothing_is_fine(void)
{
	snt_channel_close(NULL);
	snt_auto_channel(&channel);
}

static void who_closes_by_scope_has_nothing_left(void)
{
	OK(snt_channel_open(&channel, 1, 1));
	snt_auto_channel(&channel);
	assert_null(channel);
	snt_auto_channel(&channel);
}

static const struct test_case cases[] = {
	TEST(without_a_buffer_a_sender_waits_for_its_receiver),
	TEST(a_waiting_receiver_is_handed_the_item),
	TEST(a_buffer_takes_items_until_it_is_full),
	TEST(order_is_kept_when_the_buffer_wraps),
	TEST(order_is_kept_across_buffer_and_waiting_senders),
	TEST(receivers_are_served_in_order),
	TEST(shutdown_refuses_more_and_lets_the_rest_be_received),
	TEST(shutdown_wakes_waiting_receivers),
	TEST(what_waiting_senders_hold_survives_a_shutdown),
	TEST(closing_wakes_both_sides_with_ebadf),
	TEST(a_cancelled_receiver_loses_no_item),
	TEST(an_item_handed_over_before_the_cancel_is_received),
	TEST(a_cancelled_senders_item_is_not_received),
	TEST(deadlines_lose_no_item),
	TEST(items_are_copied_whole),
	TEST(impossible_sizes_are_refused),
	TEST(closing_nothing_is_fine),
	TEST(who_closes_by_scope_has_nothing_left),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
