/* SPDX-License-Identifier: MIT */
#include "seq/path.h"

#include "network.h"

#include "../runner.h"

#define BASE 1150
#define MAX 1450

static struct snt__seq_path path_to(size_t max)
{
	struct snt__seq_path path;

	snt__seq_path_init(&path, BASE, max);
	path.wanted = true;
	return path;
}

/* Probes until nothing more is probed, through a path that takes so much. */
static unsigned search(struct snt__seq_path *path, size_t passes, int64_t now)
{
	unsigned probes = 0;
	size_t size;

	while ((size = snt__seq_path_probe(path, now)) != 0) {
		assert_true(size > path->body && size <= path->max);
		snt__seq_path_probe_sent(path);
		assert_int_equal(snt__seq_path_probe(path, now), 0);
		if (size <= passes)
			snt__seq_path_probe_came(path, size, now);
		else
			snt__seq_path_probe_lost(path, now);
		assert_true(++probes < 100);
	}
	return probes;
}

static void nothing_is_probed_until_larger_ones_would_be_used(void)
{
	struct snt__seq_path path;

	snt__seq_path_init(&path, BASE, MAX);
	assert_int_equal(snt__seq_path_probe(&path, 0), 0);
	path.wanted = true;
	assert_int_equal(snt__seq_path_probe(&path, 0), MAX);
}

static void what_the_interface_takes_is_tried_first(void)
{
	struct snt__seq_path path = path_to(MAX);

	assert_int_equal(search(&path, MAX, 0), 1);
	assert_int_equal(path.body, MAX);
}

static void a_smaller_path_is_found_by_halves(void)
{
	for (size_t passes = BASE; passes < 9000; passes += 97) {
		struct snt__seq_path path = path_to(9000);

		assert_true(search(&path, passes, 0) < 60);
		assert_true(path.body <= passes && path.body + 16 >= passes);
	}
}

static void one_lost_probe_decides_nothing(void)
{
	struct snt__seq_path path = path_to(MAX);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(snt__seq_path_probe(&path, 0), MAX);
		snt__seq_path_probe_sent(&path);
		snt__seq_path_probe_lost(&path, 0);
	}
	assert_int_equal(search(&path, MAX, 0), 1);
	assert_int_equal(path.body, MAX);
}

static void after_ten_minutes_it_is_tried_again(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, 1300, 0);
	assert_int_equal(search(&path, MAX, 599 * SNT_SECOND), 0);
	assert_int_equal(search(&path, MAX, 601 * SNT_SECOND), 1);
	assert_int_equal(path.body, MAX);
}

static void large_ones_lost_while_small_ones_come_is_a_black_hole(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, MAX, 0);
	for (int i = 0; i < 4; i++)
		snt__seq_path_lost(&path, MAX, 0);
	assert_int_equal(path.body, MAX);
	snt__seq_path_came(&path, 100, 0);
	snt__seq_path_came(&path, BASE, 0);
	assert_int_equal(path.body, BASE);
	/* And below, in the same way. */
	for (int i = 0; i < 4; i++)
		snt__seq_path_lost(&path, BASE, 0);
	snt__seq_path_came(&path, 100, 0);
	snt__seq_path_came(&path, path.floor, 0);
	assert_int_equal(path.body, path.floor);
	for (int i = 0; i < 100; i++) {
		snt__seq_path_lost(&path, path.floor, 0);
		snt__seq_path_came(&path, 100, 0);
	}
	assert_int_equal(path.body, path.floor);
}

static void one_large_one_that_comes_clears_the_path(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, MAX, 0);
	for (int i = 0; i < 50; i++) {
		for (int k = 0; k < 3; k++)
			snt__seq_path_lost(&path, MAX, 0);
		snt__seq_path_came(&path, 100, 0);
		snt__seq_path_came(&path, 100, 0);
		snt__seq_path_came(&path, MAX, 0);
	}
	assert_int_equal(path.body, MAX);
}

static void small_ones_lost_blame_no_size(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, MAX, 0);
	for (int i = 0; i < 50; i++) {
		snt__seq_path_lost(&path, 200, 0);
		snt__seq_path_came(&path, 100, 0);
	}
	assert_int_equal(path.body, MAX);
}

static void each_black_hole_is_believed_longer(void)
{
	struct snt__seq_path path = path_to(MAX);
	int64_t now = 0, before = 0;

	for (int round = 0; round < 10; round++) {
		assert_true(search(&path, MAX, now) > 0);
		for (int i = 0; i < 4; i++)
			snt__seq_path_lost(&path, path.body, now);
		snt__seq_path_came(&path, 100, now);
		snt__seq_path_came(&path, 100, now);
		assert_true(path.probe_at - now >= before);
		before = path.probe_at - now;
		/* All sizes again: else there is nothing left to find. */
		path.upper = path.max;
		now = path.probe_at;
	}
	assert_int_equal(before, 64 * SNT_SECOND);
}

static void what_the_system_says_holds_at_once(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, MAX, 0);
	snt__seq_path_too_big(&path, 1300, 0);
	assert_int_equal(path.body, 1300);
	assert_int_equal(search(&path, MAX, 0), 0);
	/* No larger one was meant. */
	snt__seq_path_too_big(&path, 1400, 0);
	assert_int_equal(path.body, 1300);
	/* A forged one costs no more than that. */
	snt__seq_path_too_big(&path, 0, 0);
	assert_int_equal(path.body, path.floor);
}

static void an_interface_smaller_than_all_is_left_alone(void)
{
	struct snt__seq_path path;

	snt__seq_path_init(&path, 300, 200);
	path.wanted = true;
	assert_int_equal(path.body, 300);
	assert_int_equal(path.floor, 300);
	assert_int_equal(snt__seq_path_probe(&path, 0), 0);
}

static void who_waits_for_answers_sends_small_ones(void)
{
	struct snt__seq_path path = path_to(MAX);

	search(&path, MAX, 0);
	assert_int_equal(snt__seq_path_careful(&path, 0), MAX);
	assert_int_equal(snt__seq_path_careful(&path, 1), BASE);
	assert_int_equal(snt__seq_path_careful(&path, 3), path.floor);
}

static size_t size = 20000;

static bool all_whole(struct network *net)
{
	struct flow *flow = network_flow_at(net, 0);

	return flow->out.queue.open == 0 && flow->program == NULL;
}

static void messages_pass_a_path_that_shrinks_under_way(void)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct network *net = network_new(seed);
		struct link link = { .rate = 2500000,
				     .queue = 125000,
				     .delay = 20 * SNT_MILLISECOND,
				     .loss = seed % 2 * 200,
				     .back = seed % 2 * 200 };
		struct snt__seq_out_setup setup = usual_setup();
		struct flow *flow;
		uint64_t bytes;

		setup.body_max = 1500 - OVERHEAD;
		flow = network_flow(net, &link, &setup);
		flow->program = program_of_bulk;
		flow->arg = &size;
		network_run(net, network_now(net) + 3 * SNT_SECOND, NULL);
		assert_int_equal(flow->out.path.body, 1500 - OVERHEAD);
		link.mtu = 1280 - OVERHEAD;
		network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
		assert_true(flow->out.path.body <= link.mtu);
		link.mtu = 548 - OVERHEAD;
		network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
		assert_true(flow->out.path.body <= link.mtu);
		bytes = flow->bytes;
		network_run(net, network_now(net) + 3 * SNT_SECOND, NULL);
		assert_true(flow->bytes > bytes + 500000);
		flow->program = NULL;
		network_run(net, network_now(net) + 60 * SNT_SECOND, all_whole);
		assert_true(all_whole(net));
		network_free(net);
	}
}

static void random_loss_alone_is_no_black_hole_for_long(void)
{
	struct network *net = network_new(7);
	struct link link = { .rate = 2500000,
			     .queue = 125000,
			     .delay = 20 * SNT_MILLISECOND,
			     .loss = 300,
			     .back = 300 };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow;
	unsigned large = 0;

	setup.body_max = 1500 - OVERHEAD;
	flow = network_flow(net, &link, &setup);
	flow->program = program_of_bulk;
	flow->arg = &size;
	for (int i = 0; i < 60; i++) {
		network_run(net, network_now(net) + SNT_SECOND, NULL);
		large += flow->out.path.body == 1500 - OVERHEAD;
	}
	assert_true(large >= 50);
	network_free(net);
}

static const struct test_case cases[] = {
	TEST(nothing_is_probed_until_larger_ones_would_be_used),
	TEST(what_the_interface_takes_is_tried_first),
	TEST(a_smaller_path_is_found_by_halves),
	TEST(one_lost_probe_decides_nothing),
	TEST(after_ten_minutes_it_is_tried_again),
	TEST(large_ones_lost_while_small_ones_come_is_a_black_hole),
	TEST(one_large_one_that_comes_clears_the_path),
	TEST(small_ones_lost_blame_no_size),
	TEST(each_black_hole_is_believed_longer),
	TEST(what_the_system_says_holds_at_once),
	TEST(an_interface_smaller_than_all_is_left_alone),
	TEST(who_waits_for_answers_sends_small_ones),
	TEST_SLOW(messages_pass_a_path_that_shrinks_under_way, 120),
	TEST_SLOW(random_loss_alone_is_no_black_hole_for_long, 120),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
