/* SPDX-License-Identifier: MIT */
/* Sockets closed under a wait for any of several that need not wait: one of
 * them is ready, so nothing ever parks. */
#include "pairs.h"

#include <pthread.h>

static void assert_none_ready(struct snt_wait *waits, size_t count)
{
	snt_timeout_scope(limit, MILLISECONDS(5));

	FAILS(snt_wait_any(waits, count), -ETIMEDOUT);
}

static void *close_it(void *arg)
{
	snt_close(arg);
	return NULL;
}

/* The letter that says so is read while the call looks around. */
static void one_closed_on_another_thread_ends_a_wait_that_need_not_wait(void)
{
	for (size_t closed = 0; closed < 2; closed++) {
		struct pairs pairs;
		pthread_t thread;

		pairs_open(&pairs, "127.0.0.1:0", 2);
		assert_none_ready(pairs.waits, 2);
		send_to(&pairs, 0);
		assert_int_equal(OK(snt_wait_any(pairs.waits, 2)), 1);
		assert_int_equal(pthread_create(&thread, NULL, close_it,
						pairs.mine[closed]),
				 0);
		pthread_join(thread, NULL);
		FAILS(snt_wait_any(pairs.waits, 2), -EBADF);
		pairs.mine[closed] = NULL;
		pairs_close(&pairs);
	}
}

struct busy {
	struct pairs pairs;
	bool inside;
	int code;
};

static int wait_again_and_again(void *arg)
{
	struct busy *busy = arg;

	do {
		busy->inside = true;
		busy->code = snt_wait_any(busy->pairs.waits, 2);
		busy->inside = false;
	} while (busy->code > 0);
	return 0;
}

/* A call that lets others run in its midst notices what they close. */
static void one_closed_while_the_call_lets_others_run_ends_it(void)
{
	struct snt_group *group = group_open();
	struct busy busy = { .inside = false };

	pairs_open(&busy.pairs, "[::1]:0", 2);
	send_to(&busy.pairs, 0);
	spawn(group, wait_again_and_again, &busy);
	do
		OK(snt_yield());
	while (!busy.inside);
	snt_close(busy.pairs.mine[1]);
	busy.pairs.mine[1] = NULL;
	OK(snt_group_wait(group));
	assert_int_equal(busy.code, -EBADF);
	OK(snt_group_end(group));
	pairs_close(&busy.pairs);
}

static const struct test_case cases[] = {
	TEST(one_closed_on_another_thread_ends_a_wait_that_need_not_wait),
	TEST(one_closed_while_the_call_lets_others_run_ends_it),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
