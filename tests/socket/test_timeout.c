/* SPDX-License-Identifier: MIT */
/* Limits of time: the handle's own, and those of scopes around. */
#include "waits.h"

/* Long enough to wait at all, and what a busy machine may add to it: now and
 * then, but not so many times in a row. */
#define LIMIT MILLISECONDS(30)
#define SLACK (simulated() ? 0 : MILLISECONDS(700) * test_slowness())
#define TRIES 5

/* It took at least that long, and not much longer, on this try or another. */
static void each_in_time(unsigned unfit, int64_t limit,
			 void (*try)(struct stage *stage))
{
	EACH_WAIT(row)
	{
		int64_t took = SNT_FOREVER, began;

		if (row->flags & unfit)
			continue;
		for (int i = 0; i < TRIES && took > limit + SLACK; i++) {
			struct stage stage;

			stage_set_up(&stage, row);
			began = snt_now();
			try(&stage);
			took = snt_now() - began;
			clean_up(&stage);
		}
		if (took < limit || took > limit + SLACK)
			fail_msg("%s took %lld us, its limit is %lld us",
				 row->name, (long long)(took / 1000),
				 (long long)(limit / 1000));
	}
}

static void run_into_a_scope(struct stage *stage)
{
	snt_timeout_scope(outer, 30 * SNT_SECOND);
	snt_timeout_scope(scope, LIMIT);

	FAILS(stage->wait->call(stage), -ETIMEDOUT);
	TELLS("timed out");
	assert_true(snt_scope_expired(&scope));
	assert_false(snt_scope_expired(&outer));
}

static void a_scope_ends_every_waiting_call_and_says_so(void)
{
	each_in_time(0, LIMIT, run_into_a_scope);
}

static void run_into_the_outer_scope(struct stage *stage)
{
	snt_timeout_scope(outer, LIMIT);
	snt_timeout_scope(inner, 30 * SNT_SECOND);

	FAILS(stage->wait->call(stage), -ETIMEDOUT);
	assert_true(snt_scope_expired(&outer));
	assert_false(snt_scope_expired(&inner));
}

static void of_nested_scopes_the_earliest_deadline_counts(void)
{
	each_in_time(0, LIMIT, run_into_the_outer_scope);
}

/* Also when there would be nothing to wait for. */
static void an_expired_scope_refuses_every_call(void)
{
	EACH_WAIT(row)
	{
		struct stage stage;

		stage_set_up(&stage, row);
		if (row->let_go != NULL)
			row->let_go(&stage);
		{
			snt_timeout_scope(scope, SNT_NOWAIT);

			for (int i = 0; i < 2; i++)
				FAILS(row->call(&stage), -ETIMEDOUT);
			assert_true(snt_scope_expired(&scope));
		}
		clean_up(&stage);
	}
}

static void run_into_the_handles_timeout(struct stage *stage)
{
	snt_timeout_scope(scope, 30 * SNT_SECOND);

	snt_settimeout(stage->socket, LIMIT);
	FAILS(stage->wait->call(stage), -ETIMEDOUT);
	assert_false(snt_scope_expired(&scope));
}

static void the_handles_timeout_ends_every_waiting_call(void)
{
	each_in_time(NO_HANDLE | NO_TIMEOUT, LIMIT,
		     run_into_the_handles_timeout);
}

static int call_in_fiber(void *arg)
{
	struct stage *stage = arg;

	run_wait(stage);
	assert_result(stage, -ETIMEDOUT);
	return 0;
}

static void run_into_the_timeout_in_a_fiber(struct stage *stage)
{
	struct snt_group *group = group_open();

	snt_settimeout(stage->socket, LIMIT);
	spawn(group, call_in_fiber, stage);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
}

static void timeouts_hold_for_fibers_too(void)
{
	each_in_time(NO_HANDLE | NO_TIMEOUT, LIMIT,
		     run_into_the_timeout_in_a_fiber);
}

static void a_call_that_timed_out_leaves_its_handle_usable(void)
{
	EACH_WAIT(row)
	{
		struct stage stage;
		ptrdiff_t result;

		if (row->let_go == NULL || (row->flags & NO_TIMEOUT))
			continue;
		stage_set_up(&stage, row);
		snt_settimeout(stage.socket, MILLISECONDS(2));
		FAILS(row->call(&stage), -ETIMEDOUT);
		snt_settimeout(stage.socket, 0);
		row->let_go(&stage);
		result = row->call(&stage);
		if (result < 0)
			fail_msg("%s: %s", row->name, snt_errmsg());
		clean_up(&stage);
	}
}

static void call_without_waiting(struct stage *stage)
{
	snt_settimeout(stage->socket, SNT_NOWAIT);
	FAILS(stage->wait->call(stage), -EAGAIN);
	TELLS("would have to wait");
}

static void nowait_answers_eagain_where_a_call_would_wait(void)
{
	each_in_time(NO_HANDLE | NO_TIMEOUT, 0, call_without_waiting);
}

static void nowait_does_what_can_be_done_at_once(void)
{
	EACH_WAIT(row)
	{
		struct stage stage;
		ptrdiff_t result;

		if (row->let_go == NULL || (row->flags & NO_TIMEOUT))
			continue;
		stage_set_up(&stage, row);
		snt_settimeout(stage.socket, SNT_NOWAIT);
		FAILS(row->call(&stage), -EAGAIN);
		row->let_go(&stage);
		result = row->call(&stage);
		if (result < 0)
			fail_msg("%s: %s", row->name, snt_errmsg());
		clean_up(&stage);
	}
}

static const struct {
	int64_t set, got;
} timeouts[] = {
	{ 0, 0 },
	{ SNT_NOWAIT, SNT_NOWAIT },
	{ -7, SNT_NOWAIT },
	{ INT64_MIN, SNT_NOWAIT },
	{ SNT_SECOND, SNT_SECOND },
	{ SNT_FOREVER, SNT_FOREVER },
};

static void the_timeout_reads_as_set_and_any_negative_is_nowait(void)
{
	struct snt_socket *socket;

	OK(snt_socket(&socket, AF_INET, SOCK_STREAM, 0));
	assert_int_equal(snt_gettimeout(socket), 0);
	for (size_t i = 0; i < COUNT(timeouts); i++) {
		snt_settimeout(socket, timeouts[i].set);
		assert_int_equal(snt_gettimeout(socket), timeouts[i].got);
	}
	snt_close(socket);
}

/* A limit so long that it cannot be added to the clock. */
static void a_limit_of_centuries_is_no_limit(void)
{
	static const int64_t limits[] = { SNT_FOREVER, SNT_FOREVER - 1 };

	for (size_t i = 0; i < COUNT(limits); i++) {
		snt_timeout_scope(scope, limits[i]);
		struct snt_socket *a, *b;
		char byte;

		OK(snt_socketpair(&a, &b, SOCK_STREAM));
		snt_settimeout(a, limits[i]);
		OK(snt_sendall(b, "x", 1));
		OK(snt_recv_exact(a, &byte, 1));
		snt_settimeout(a, MILLISECONDS(1));
		FAILS(snt_recv(a, &byte, 1), -ETIMEDOUT);
		assert_false(snt_scope_expired(&scope));
		snt_close(a);
		snt_close(b);
	}
}

struct drip {
	struct snt_socket *socket;
	int count;
};

static int send_drops(void *arg)
{
	struct drip *drip = arg;

	for (int i = 0; i < drip->count; i++) {
		OK(snt_sleep(MILLISECONDS(10)));
		OK(snt_sendall(drip->socket, "x", 1));
	}
	return 0;
}

/* Not one that begins again at every byte. */
static void the_timeout_is_of_the_whole_message(void)
{
	char bytes[64];
	struct snt_socket *a;
	struct drip drip = { .count = 30 };
	struct snt_group *group = group_open();

	OK(snt_socketpair(&a, &drip.socket, SOCK_STREAM));
	snt_settimeout(a, MILLISECONDS(60));
	spawn(group, send_drops, &drip);
	FAILS(snt_recv_exact(a, bytes, sizeof bytes), -ETIMEDOUT);
	assert_in_range(snt_done(), simulated() ? 5 : 0, 7);
	FAILS(snt_recv_until(a, "\n", 1, bytes, sizeof bytes), -ETIMEDOUT);
	assert_in_range(snt_done(), 0, 7);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(a);
	snt_close(drip.socket);
}

/* One deadline over several calls: each of them is in time, their sum not. */
static void a_scope_is_shared_by_all_calls_in_it(void)
{
	struct drip drip = { .count = 10 };
	struct snt_group *group = group_open();
	struct snt_socket *a;
	int received = 0, code = 0;
	char byte;

	OK(snt_socketpair(&a, &drip.socket, SOCK_STREAM));
	spawn(group, send_drops, &drip);
	{
		snt_timeout_scope(scope, MILLISECONDS(55));

		while (code >= 0) {
			code = (int)snt_recv(a, &byte, 1);
			received += code == 1;
		}
		assert_int_equal(code, -ETIMEDOUT);
		assert_true(snt_scope_expired(&scope));
	}
	assert_in_range(received, simulated() ? 5 : 0, simulated() ? 5 : 6);
	for (; received < 10; received++)
		assert_int_equal(OK(snt_recv(a, &byte, 1)), 1);
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	snt_close(a);
	snt_close(drip.socket);
}

static const struct test_case cases[] = {
	TEST(a_scope_ends_every_waiting_call_and_says_so),
	TEST(of_nested_scopes_the_earliest_deadline_counts),
	TEST(an_expired_scope_refuses_every_call),
	TEST(the_handles_timeout_ends_every_waiting_call),
	TEST(timeouts_hold_for_fibers_too),
	TEST(a_call_that_timed_out_leaves_its_handle_usable),
	TEST(nowait_answers_eagain_where_a_call_would_wait),
	TEST(nowait_does_what_can_be_done_at_once),
	TEST(the_timeout_reads_as_set_and_any_negative_is_nowait),
	TEST(a_limit_of_centuries_is_no_limit),
	TEST(the_timeout_is_of_the_whole_message),
	TEST(a_scope_is_shared_by_all_calls_in_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
