/* SPDX-License-Identifier: MIT */
/* What arrives, and when, through links that lose, double, delay and cut. */
#include "network.h"

#include "../runner.h"

#include <stdlib.h>
#include <string.h>

#define MS SNT_MILLISECOND
#define COUNT 400

static unsigned char of(uint64_t number, size_t at)
{
	return (unsigned char)(number * 31 + at * 7 + at / 251);
}

static size_t size_of(uint64_t number)
{
	static const size_t sizes[] = {
		100, 0, 1, 1130, 1144, 5000, 33, 20000
	};

	return sizes[number % 8] + (number % 5 == 0 ? number : 0);
}

/* COUNT messages of all sizes on channel 0, and beside them what is lost. */
static void program_of_many(struct flow *flow, int64_t now)
{
	static unsigned char bytes[32768];
	uint64_t *left = flow->arg;

	(void)now;
	while (*left > 0) {
		size_t size = size_of(flow->told);

		for (size_t i = 0; i < size; i++)
			bytes[i] = of(flow->told, i);
		if (snt__seq_outbound_send(&flow->out, 0, bytes, size) != 0)
			return;
		flow->told++;
		--*left;
		if (*left % 3 == 0)
			assert_int_equal(snt__seq_outbound_send(&flow->out, 130,
								bytes, 50),
					 0);
	}
	snt__seq_outbound_finish(&flow->out);
}

static bool finished(struct network *net)
{
	return snt__seq_outbound_finished(&network_flow_at(net, 0)->out);
}

static void assert_all_came(const struct flow *flow)
{
	assert_int_equal(flow->told, COUNT);
	assert_int_equal(flow->whole, COUNT);
	for (uint64_t n = 0; n < COUNT; n++) {
		const struct arrived *m = &flow->messages[n];

		assert_true(m->known);
		assert_int_equal(m->total, size_of(n));
		for (size_t i = 0; i < m->total; i++)
			if (m->bytes[i] != of(n, i))
				fail_msg("message %u differs", (unsigned)n);
	}
	assert_true(flow->fins > 0);
	assert_int_equal(flow->out.queue.open, 0);
}

static struct flow *many(struct network *net, struct link *link,
			 const struct snt__seq_out_setup *setup)
{
	static uint64_t left;
	struct flow *flow = network_flow(net, link, setup);

	left = COUNT;
	flow->program = program_of_many;
	flow->arg = &left;
	flow->messages = calloc(MESSAGES, sizeof *flow->messages);
	assert_non_null(flow->messages);
	return flow;
}

static void through(uint64_t seed, struct link link,
		    struct snt__seq_out_setup setup)
{
	struct network *net = network_new(seed);
	struct flow *flow = many(net, &link, &setup);
	int64_t until = network_now(net) + 600 * SNT_SECOND;

	network_run(net, until, finished);
	assert_true(network_now(net) < until);
	assert_all_came(flow);
	network_run(net, network_now(net) + 60 * SNT_SECOND, NULL);
	assert_int_equal(flow->out.queue.held, 0);
	network_free(net);
}

static void every_message_arrives_whole_at_forty_percent_loss(void)
{
	for (uint64_t seed = 0; seed < 30; seed++)
		through(seed,
			(struct link){ .rate = 1250000,
				       .queue = 60000,
				       .delay = 20 * MS,
				       .loss = 400,
				       .back = 400 },
			usual_setup());
}

static void every_message_arrives_through_copies_and_disorder(void)
{
	for (uint64_t seed = 0; seed < 30; seed++)
		through(seed,
			(struct link){ .delay = 10 * MS,
				       .jitter = 40 * MS,
				       .loss = 300,
				       .back = 300,
				       .copies = 200 },
			usual_setup());
}

static void numbers_wrap_at_once(void)
{
	struct snt__seq_out_setup setup = usual_setup();
	static const uint32_t first[] = { 0,          1,
					  UINT32_MAX, UINT32_MAX - 40,
					  INT32_MAX,  UINT32_C(1) << 31 };

	for (unsigned i = 0; i < 6; i++) {
		setup.first_number = first[i];
		through(i,
			(struct link){
				.delay = 10 * MS, .loss = 200, .back = 200 },
			setup);
	}
}

static void message_numbers_wrap(void)
{
	struct network *net = network_new(1);
	struct link link = { .delay = 5 * MS };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, &link, &setup);

	for (unsigned i = 0; i < 70000; i++) {
		while (snt__seq_outbound_send(&flow->out, 64, "wrap", 4) != 0)
			network_run(net, network_now(net) + MS, NULL);
	}
	network_run(net, network_now(net) + 60 * SNT_SECOND, NULL);
	assert_int_equal(flow->bytes, 4 * 70000);
	assert_int_equal(flow->out.queue.open, 0);
	network_free(net);
}

static void a_slow_receiver_is_never_sent_more_than_it_allows(void)
{
	struct network *net = network_new(3);
	struct link link = { .delay = 10 * MS, .loss = 100, .back = 100 };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow;

	setup.credit = 65536;
	flow = many(net, &link, &setup);
	flow->credit = setup.credit;
	for (int i = 0; i < 100; i++) {
		network_run(net, network_now(net) + 100 * MS, NULL);
		assert_true(flow->charged <= flow->credit);
		assert_true(flow->credit - flow->charged < 30000 ||
			    flow->told == COUNT);
		flow->credit += 20000;
		snt__seq_outbound_credit(&flow->out, flow->credit);
	}
	assert_all_came(flow);
	network_free(net);
}

static void a_partition_that_heals_costs_time_and_nothing_else(void)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct network *net = network_new(seed);
		struct link link = { .rate = 1250000,
				     .queue = 60000,
				     .delay = 20 * MS };
		struct snt__seq_out_setup setup = usual_setup();
		struct flow *flow = many(net, &link, &setup);

		network_run(net, network_now(net) + 300 * MS, finished);
		link.loss = link.back = 1000;
		network_run(net, network_now(net) + 25 * SNT_SECOND, finished);
		assert_false(finished(net));
		assert_true(snt__seq_outbound_silence(&flow->out) >= 5);
		link.loss = link.back = 0;
		network_run(net, network_now(net) + 20 * SNT_SECOND, finished);
		assert_all_came(flow);
		network_free(net);
	}
}

/* The largest messages, one byte each in a datagram of its own. */
static void program_of_crumbs(struct flow *flow, int64_t now)
{
	struct snt__seq_outbound *out = &flow->out;

	(void)now;
	if (!snt__list_empty(&out->queue.reliable))
		return;
	assert_int_equal(snt__seq_outbound_send(out, 64, "x", 1), 0);
}

static void no_more_than_1024_are_under_way(void)
{
	struct network *net = network_new(1);
	struct link link = { .delay = 200 * MS, .loss = 20, .back = 20 };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, &link, &setup);

	flow->program = program_of_crumbs;
	network_run(net, network_now(net) + 20 * SNT_SECOND, NULL);
	assert_int_equal(flow->most_under_way, SNT__SEQ_SENT_MAX);
	flow->program = NULL;
	network_run(net, network_now(net) + 60 * SNT_SECOND, NULL);
	assert_int_equal(flow->out.queue.open, 0);
	assert_int_equal(flow->out.congestion.in_flight, 0);
	network_free(net);
}

#define LONE 4000
static int64_t told_at[LONE];
static int64_t took[LONE];

static void program_of_lone_ones(struct flow *flow, int64_t now)
{
	int64_t apart = *(int64_t *)flow->arg;
	unsigned char bytes[100] = { 0 };

	if (now < flow->program_at && flow->program_at != SNT_FOREVER)
		return;
	if (flow->told == LONE) {
		flow->program_at = SNT_FOREVER;
		return;
	}
	told_at[flow->told++] = now;
	assert_int_equal(snt__seq_outbound_send(&flow->out, 0, bytes, 100), 0);
	flow->program_at = now + apart;
}

static void note_time(struct flow *flow, unsigned channel, uint64_t number,
		      int64_t now)
{
	(void)flow;
	(void)channel;
	took[number] = now - told_at[number];
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* In hundredths of the round trip. */
static int64_t ninety_nine_of_hundred_within(int64_t apart, unsigned loss)
{
	struct network *net = network_new(5);
	struct link link = { .delay = 20 * MS, .loss = loss, .back = loss };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, &link, &setup);

	flow->messages = calloc(MESSAGES, sizeof *flow->messages);
	assert_non_null(flow->messages);
	flow->program = program_of_lone_ones;
	flow->arg = &apart;
	flow->delivered = note_time;
	network_run(net, network_now(net) + LONE * apart + 60 * SNT_SECOND,
		    NULL);
	assert_int_equal(flow->whole, LONE);
	network_free(net);
	qsort(took, LONE, sizeof *took, by_size);
	return took[LONE / 100 * 99] * 100 / (40 * MS);
}

static void a_lone_message_is_late_by_timeouts_of_some_round_trips(void)
{
	/* Half a round trip there; 1 in 25 waits for a timeout of two and a
	 * half round trips at most, 1 in 100 for one more, twice that. */
	assert_in_range(ninety_nine_of_hundred_within(500 * MS, 0), 50, 51);
	assert_in_range(ninety_nine_of_hundred_within(500 * MS, 20), 50, 300);
	assert_in_range(ninety_nine_of_hundred_within(500 * MS, 200), 50, 500);
}

static void in_a_stream_a_loss_costs_little_more_than_a_round_trip(void)
{
	assert_in_range(ninety_nine_of_hundred_within(2 * MS, 20), 50, 180);
	assert_in_range(ninety_nine_of_hundred_within(2 * MS, 100), 50, 300);
	assert_in_range(ninety_nine_of_hundred_within(2 * MS, 200), 50, 420);
}

static size_t bulk = 10000;

static void where_datagrams_overtake_little_goes_twice(void)
{
	struct network *net = network_new(5);
	struct link link = { .rate = 2500000,
			     .queue = 250000,
			     .delay = 30 * MS,
			     .jitter = 5 * MS };
	struct snt__seq_out_setup setup = usual_setup();
	struct flow *flow = network_flow(net, &link, &setup);
	struct snt__seq_out_info info;

	flow->program = program_of_bulk;
	flow->arg = &bulk;
	network_run(net, network_now(net) + 20 * SNT_SECOND, NULL);
	snt__seq_outbound_info(&flow->out, &info);
	assert_true(link.dropped < 100);
	assert_true(info.again < info.sent / 50);
	network_free(net);
}

static const struct test_case cases[] = {
	TEST_SLOW(every_message_arrives_whole_at_forty_percent_loss, 120),
	TEST_SLOW(every_message_arrives_through_copies_and_disorder, 120),
	TEST_SLOW(numbers_wrap_at_once, 60),
	TEST_SLOW(message_numbers_wrap, 60),
	TEST_SLOW(a_slow_receiver_is_never_sent_more_than_it_allows, 60),
	TEST_SLOW(a_partition_that_heals_costs_time_and_nothing_else, 60),
	TEST_SLOW(no_more_than_1024_are_under_way, 60),
	TEST_SLOW(a_lone_message_is_late_by_timeouts_of_some_round_trips, 60),
	TEST_SLOW(in_a_stream_a_loss_costs_little_more_than_a_round_trip, 60),
	TEST_SLOW(where_datagrams_overtake_little_goes_twice, 60),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
