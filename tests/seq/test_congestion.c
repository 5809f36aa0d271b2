/* SPDX-License-Identifier: MIT */
/*
 * How much goes: through paths that lose, and beside others. Bounds are far
 * from what is reached; they tell a design from another, not a figure from the
 * next. Time is virtual and chance a seed's, so they hold anywhere.
 */
#include "network.h"

#include "../runner.h"

#define MS SNT_MILLISECOND
#define RATE 2500000 /* bytes a second */
#define SEEDS 5

static size_t bulk = 10000;

static struct flow *bulk_flow(struct network *net, struct link *link)
{
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, link, &setup);

	flow->program = program_of_bulk;
	flow->arg = &bulk;
	return flow;
}

static struct snt__seq_out_info info_of(const struct flow *flow)
{
	struct snt__seq_out_info info;

	snt__seq_outbound_info(&flow->out, &info);
	return info;
}

static struct link usual_link(size_t queue)
{
	return (struct link){ .rate = RATE, .queue = queue, .delay = 25 * MS };
}

/* Of 1,000 of the link's rate, after a second to begin. */
static uint64_t goodput(uint64_t seed, struct link link, uint64_t *lost)
{
	struct network *net = network_new(seed);
	struct flow *flow = bulk_flow(net, &link);
	uint64_t before, bytes;

	network_run(net, network_now(net) + SNT_SECOND, NULL);
	before = flow->bytes;
	network_run(net, network_now(net) + 20 * SNT_SECOND, NULL);
	bytes = (flow->bytes - before) * 1000 / (20 * link.rate);
	if (lost != NULL)
		*lost = info_of(flow).lost * 1000 / info_of(flow).sent;
	network_free(net);
	return bytes;
}

static void a_path_is_filled(void)
{
	static const size_t queues[] = { 30000, 60000, 125000, 500000 };

	for (unsigned i = 0; i < 4; i++) {
		assert_true(goodput(i, usual_link(queues[i]), NULL) >= 700);
	}
}

static void random_loss_costs_little_more_than_what_is_lost(void)
{
	for (unsigned loss = 50; loss <= 400; loss += 50) {
		uint64_t sum = 0;

		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct link link = usual_link(125000);

			link.loss = link.back = loss;
			sum += goodput(seed, link, NULL);
		}
		assert_true(sum / SEEDS >= (1000 - loss) * 7 / 10);
	}
}

static void jitter_is_no_queue(void)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct link link = usual_link(250000);

		link.loss = 100;
		link.jitter = 20 * MS;
		assert_true(goodput(seed, link, NULL) >= 600);
		link.rate /= 8;
		link.jitter = 40 * MS;
		assert_true(goodput(seed, link, NULL) >= 600);
	}
}

static void short_and_long_paths_are_filled(void)
{
	struct link near = { .rate = 10 * RATE, .queue = 500000, .delay = MS };
	struct link far = { .rate = RATE, .queue = 500000, .delay = 150 * MS };

	assert_true(goodput(1, near, NULL) >= 600);
	near.loss = near.back = 100;
	assert_true(goodput(1, near, NULL) >= 500);
	assert_true(goodput(1, far, NULL) >= 600);
	far.loss = far.back = 100;
	assert_true(goodput(1, far, NULL) >= 400);
}

static void a_shallow_queue_is_not_hammered(void)
{
	static const size_t queues[] = { 12000, 30000, 60000 };
	uint64_t lost;

	for (unsigned i = 0; i < 3; i++) {
		assert_true(goodput(i, usual_link(queues[i]), &lost) >= 400);
		assert_true(lost <= 20);
	}
}

static void a_deep_queue_is_not_filled(void)
{
	struct network *net = network_new(1);
	struct link link = usual_link(2500000);
	struct flow *flow = bulk_flow(net, &link);

	network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
	for (int i = 0; i < 40; i++) {
		network_run(net, network_now(net) + SNT_SECOND, NULL);
		assert_true(info_of(flow).rtt < 75 * MS);
	}
	network_free(net);
}

static void the_window_falls_when_the_path_slows_down(void)
{
	static const size_t queues[] = { 30000, 125000, 1000000 };

	for (unsigned i = 0; i < 3; i++) {
		struct network *net = network_new(i);
		struct link link = usual_link(queues[i]);
		struct flow *flow = bulk_flow(net, &link);
		size_t window;
		uint64_t bytes;

		network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
		window = info_of(flow).window;
		link.rate /= 10;
		network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
		assert_true(info_of(flow).window < window / 2);
		bytes = flow->bytes;
		network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
		assert_true(flow->bytes - bytes > link.rate * 10 / 2);
		/* And grows again with it. */
		link.rate *= 10;
		network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
		bytes = flow->bytes;
		network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
		assert_true(flow->bytes - bytes > link.rate * 10 / 2);
		network_free(net);
	}
}

static void a_longer_route_is_believed_after_a_while(void)
{
	struct network *net = network_new(1);
	struct link link = usual_link(125000);
	struct flow *flow = bulk_flow(net, &link);
	uint64_t bytes;

	network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
	link.delay = 75 * MS;
	link.loss = 50;
	network_run(net, network_now(net) + 25 * SNT_SECOND, NULL);
	assert_true(info_of(flow).rtt_least >= 150 * MS);
	bytes = flow->bytes;
	network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
	assert_true(flow->bytes - bytes > 6 * RATE);
	network_free(net);
}

static void share(size_t queue, bool tcp, uint64_t sums[2])
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct network *net = network_new(seed);
		struct link link = usual_link(queue);
		struct flow *flow, *other;
		uint64_t bytes;

		/* Who comes second finds a full path. */
		flow = bulk_flow(net, &link);
		network_run(net,
			    network_now(net) + (int64_t)(5 + seed) * SNT_SECOND,
			    NULL);
		other = tcp ? network_tcp(net, &link) : bulk_flow(net, &link);
		network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
		bytes = flow->bytes;
		other->bytes = other->tcp_bytes = 0;
		network_run(net, network_now(net) + 40 * SNT_SECOND, NULL);
		sums[0] += flow->bytes - bytes;
		sums[1] += other->bytes + other->tcp_bytes;
		network_free(net);
	}
}

static const size_t queues[] = { 12000, 30000, 125000, 500000 };

static void two_share_a_bottleneck_within_a_factor_of_two(void)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t sums[2] = { 0, 0 };

		share(queues[i], false, sums);
		assert_true(sums[0] < 2 * sums[1] && sums[1] < 2 * sums[0]);
	}
}

static void a_tcp_flow_beside_it_has_its_part(void)
{
	for (unsigned i = 0; i < 4; i++) {
		uint64_t sums[2] = { 0, 0 };
		uint64_t all = (uint64_t)RATE * 40 * SEEDS;

		share(queues[i], true, sums);
		/* A queue of ten is too small for TCP anyway. */
		assert_true(sums[1] * (i == 0 ? 8 : 3) >= all);
		assert_true(sums[0] * 30 >= all);
	}
}

static void where_most_is_lost_little_is_sent(void)
{
	struct network *net = network_new(1);
	struct link link = usual_link(125000);
	struct flow *flow = bulk_flow(net, &link);
	uint64_t sent;

	network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
	link.loss = 700;
	network_run(net, network_now(net) + 10 * SNT_SECOND, NULL);
	sent = info_of(flow).sent;
	network_run(net, network_now(net) + 20 * SNT_SECOND, NULL);
	assert_true(info_of(flow).sent - sent < 400 * 4);
	network_free(net);
}

static void program_of_ticks(struct flow *flow, int64_t now)
{
	if (now < flow->program_at && flow->program_at != SNT_FOREVER)
		return;
	flow->program_at = now + 10 * MS;
	assert_int_equal(snt__seq_outbound_send(&flow->out, 0, "tick", 4), 0);
}

static void what_is_not_used_does_not_grow_nor_shrink(void)
{
	struct network *net = network_new(1);
	struct link link = usual_link(125000);
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, &link, &setup);

	flow->program = program_of_ticks;
	network_run(net, network_now(net) + 30 * SNT_SECOND, NULL);
	assert_int_equal(info_of(flow).window, 12000);
	network_free(net);
}

static void after_a_rest_it_begins_anew(void)
{
	struct network *net = network_new(1);
	struct link link = usual_link(125000);
	struct flow *flow = bulk_flow(net, &link);

	network_run(net, network_now(net) + 5 * SNT_SECOND, NULL);
	assert_true(info_of(flow).window > 60000);
	flow->program = NULL;
	network_run(net, network_now(net) + 60 * SNT_SECOND, NULL);
	flow->program = program_of_bulk;
	network_run(net, network_now(net) + 10 * MS, NULL);
	assert_true(info_of(flow).in_flight <= 14000);
	network_free(net);
}

static const struct test_case cases[] = {
	TEST_SLOW(a_path_is_filled, 120),
	TEST_SLOW(random_loss_costs_little_more_than_what_is_lost, 120),
	TEST_SLOW(jitter_is_no_queue, 120),
	TEST_SLOW(short_and_long_paths_are_filled, 120),
	TEST_SLOW(a_shallow_queue_is_not_hammered, 120),
	TEST_SLOW(a_deep_queue_is_not_filled, 120),
	TEST_SLOW(the_window_falls_when_the_path_slows_down, 120),
	TEST_SLOW(a_longer_route_is_believed_after_a_while, 120),
	TEST_SLOW(two_share_a_bottleneck_within_a_factor_of_two, 120),
	TEST_SLOW(a_tcp_flow_beside_it_has_its_part, 120),
	TEST_SLOW(where_most_is_lost_little_is_sent, 120),
	TEST_SLOW(what_is_not_used_does_not_grow_nor_shrink, 120),
	TEST_SLOW(after_a_rest_it_begins_anew, 120),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
