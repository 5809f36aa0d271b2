/* SPDX-License-Identifier: MIT */
/* Copies that are told to stop: by a close, a cancel, a limit. */
#include "relay.h"

static int rest_a_while(void *arg, int64_t copied)
{
	struct told *told = arg;

	told->copied = copied;
	OK(snt_sleep(MILLISECONDS(5)));
	told->calls++;
	return 0;
}

/* What progress waits for is its own affair. */
static void a_close_does_not_disturb_progress(void)
{
	struct told told = { 0 };
	const struct snt_copy_opts opts = { .progress = rest_a_while,
					    .arg = &told };
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();

	relay.opts = &opts;
	OK(snt_sendall(relay.source, "x", 1));
	spawn(group, run_copy, &relay);
	while (told.copied == 0)
		OK(snt_yield());
	snt_close(relay.to);
	relay.to = NULL;
	OK(snt_group_wait(group));
	assert_int_equal(told.calls, 1);
	assert_int_equal(relay.result, -EBADF);
	assert_int_equal(relay.done, 1);
	OK(snt_group_end(group));
	close_relay(&relay);
}

static void closing_either_end_stops_it(void)
{
	EACH_STREAM(text)
	{
		for (int sending = 0; sending <= 1; sending++) {
			for (int end = 0; end <= 1; end++) {
				struct relay relay = relay_on(text);
				struct snt_group *group = group_open();
				struct snt_socket **doomed =
					end ? &relay.to : &relay.from;

				if (sending) {
					fill(relay.to);
					OK(snt_sendall(relay.source, "x", 1));
					raw_wait_readable(
						snt_fileno(relay.from));
				}
				spawn(group, run_copy, &relay);
				let_them_wait();
				snt_close(*doomed);
				*doomed = NULL;
				OK(snt_yield());
				assert_int_equal(relay.result, -EBADF);
				OK(snt_group_end(group));
				/* The other is as good as before. */
				if (end) {
					char got[2];

					OK(snt_sendall(relay.source, "y", 1));
					OK(snt_recv(relay.from, got, 2));
				}
				close_relay(&relay);
			}
		}
	}
}

/* Both in one turn, in either order, and after data came. */
static void closing_both_ends_stops_it(void)
{
	for (int order = 0; order <= 1; order++) {
		for (int data = 0; data <= 1; data++) {
			struct relay relay = relay_on("127.0.0.1:0");
			struct snt_group *group = group_open();

			spawn(group, run_copy, &relay);
			let_them_wait();
			if (data)
				OK(snt_sendall(relay.source, "x", 1));
			snt_close(order ? relay.to : relay.from);
			snt_close(order ? relay.from : relay.to);
			relay.from = relay.to = NULL;
			OK(snt_yield());
			assert_int_equal(relay.result, -EBADF);
			OK(snt_group_end(group));
			close_relay(&relay);
		}
	}
}

static void closing_the_handle_of_an_echo_stops_it(void)
{
	struct snt_group *group = group_open();
	struct relay relay = { .result = 99 };
	struct snt_socket *peer;

	pair_on("127.0.0.1:0", &relay.from, &peer);
	relay.to = relay.from;
	spawn(group, run_copy, &relay);
	let_them_wait();
	snt_close(relay.from);
	OK(snt_yield());
	assert_int_equal(relay.result, -EBADF);
	OK(snt_group_end(group));
	snt_close(peer);
}

static void a_cancel_and_the_timeouts_stop_it(void)
{
	struct relay relay = relay_on("127.0.0.1:0");
	struct snt_group *group = group_open();

	spawn(group, run_copy, &relay);
	let_them_wait();
	OK(snt_group_end(group));
	assert_int_equal(relay.result, -ECANCELED);
	snt_settimeout(relay.from, SNT_MILLISECOND);
	FAILS(snt_copy(relay.to, relay.from, NULL), -ETIMEDOUT);
	TELLS("copy from 127.0.0.1:");
	close_relay(&relay);
	relay = relay_on(exact_kind());
	fill(relay.to);
	snt_settimeout(relay.to, SNT_NOWAIT);
	OK(snt_sendall(relay.source, "x", 1));
	FAILS(snt_copy(relay.to, relay.from, NULL), -EAGAIN);
	TELLS("copy to unix:@");
	close_relay(&relay);
}

static const struct test_case cases[] = {
	TEST(a_close_does_not_disturb_progress),
	TEST(closing_either_end_stops_it),
	TEST(closing_both_ends_stops_it),
	TEST(closing_the_handle_of_an_echo_stops_it),
	TEST(a_cancel_and_the_timeouts_stop_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
