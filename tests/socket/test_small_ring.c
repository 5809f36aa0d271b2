/* SPDX-License-Identifier: MIT */
/*
 * A ring with room for few completions: where they find none the kernel ends
 * the poll, as it also does when it is short of memory. Whoever waits above
 * must not notice. On every backend, for it may not matter which it is.
 */
#include "selecting.h"

#include "base/thread.h"
#include "io/ring.h"

static int setup_small(uint32_t entries, struct snt__ring_params *params)
{
	(void)entries;
	params->flags |= SNT__RING_SETUP_CQSIZE;
	params->cq_entries = 4;
	return snt__kernel_ring_calls.setup(4, params);
}

static struct snt__ring_calls small_calls;

static void begin_small(void)
{
	/* In a simulated world there is no ring. */
	if (simulated())
		return;
	small_calls = snt__kernel_ring_calls;
	small_calls.setup = setup_small;
	snt__ring_calls = &small_calls;
	/* The next call sets the thread up anew. */
	snt__thread_end();
}

static void a_selector_goes_on_after_polls_have_ended(void)
{
	struct snt_selector *selector;
	struct pairs pairs;

	begin_small();
	pairs_open(&pairs, "127.0.0.1:0", MANY);
	selector = selector_on(&pairs);
	for (int round = 0; round < 5; round++) {
		struct snt_selected ready[MANY];
		size_t got = 0;

		for (size_t i = 0; i < MANY; i++)
			send_to(&pairs, i);
		while (got < MANY) {
			int count = (int)OK(
				snt_selector_select(selector, ready, MANY, 0));

			for (int i = 0; i < count; i++)
				take_byte(ready[i].socket);
			got += (size_t)count;
		}
		assert_int_equal(ready_now(selector), 0);
	}
	snt_selector_close(selector);
	pairs_close(&pairs);
}

static int echo(void *arg)
{
	char byte;

	while (OK(snt_recv(arg, &byte, 1)) > 0)
		OK(snt_sendall(arg, &byte, 1));
	return 0;
}

static void fibers_go_on_after_polls_have_ended(void)
{
	struct snt_group *group;
	struct pairs pairs;

	begin_small();
	group = group_open();
	pairs_open(&pairs, "[::1]:0", MANY);
	for (size_t i = 0; i < MANY; i++)
		spawn(group, echo, pairs.mine[i]);
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < MANY; i++)
			send_to(&pairs, i);
		for (size_t i = 0; i < MANY; i++)
			take_byte(pairs.theirs[i]);
	}
	for (size_t i = 0; i < MANY; i++)
		OK(snt_shutdown(pairs.theirs[i], SHUT_WR));
	OK(snt_group_wait(group));
	OK(snt_group_end(group));
	pairs_close(&pairs);
}

static const struct test_case cases[] = {
	TEST(a_selector_goes_on_after_polls_have_ended),
	TEST(fibers_go_on_after_polls_have_ended),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_EVERYWHERE(cases);
}
