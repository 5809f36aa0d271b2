/* SPDX-License-Identifier: MIT */
/* What a link does to what goes over it, and which link is whose: datagrams
 * that carry their number, and when each arrived. */
#include "worlds.h"

#define MOST 200

struct flow {
	const char *to;
	int count; /* to send */
	int64_t interval;
	size_t size; /* of each; 0: 4 */
	int64_t sent[MOST];
	int arrived; /* copies included */
	int number[2 * MOST];
	int64_t at[2 * MOST];
};

static int receive_all(void *arg)
{
	struct flow *flow = arg;
	snt_auto(socket) socket = NULL;
	struct snt_addr any;
	char buf[4096];

	SNT_TRY(snt_addr_parse(&any, "0.0.0.0:7000"));
	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	SNT_TRY(snt_bind(socket, &any));
	for (;;) {
		SNT_TRY(snt_recv(socket, buf, sizeof buf));
		assert_in_range(flow->arrived, 0, 2 * MOST - 1);
		memcpy(&flow->number[flow->arrived], buf, sizeof(int));
		flow->at[flow->arrived++] = snt_now();
	}
}

static int send_all(void *arg)
{
	struct flow *flow = arg;
	snt_auto(socket) socket = NULL;
	char buf[4096] = "";
	struct snt_addr to;

	SNT_TRY(snt_addr_parse(&to, flow->to));
	SNT_TRY(snt_socket(&socket, AF_INET, SOCK_DGRAM, 0));
	for (int i = 0; i < flow->count; i++) {
		memcpy(buf, &i, sizeof i);
		flow->sent[i] = snt_now();
		SNT_TRY(snt_sendto(socket, buf,
				   flow->size > 0 ? flow->size : sizeof i,
				   &to));
		if (flow->interval > 0)
			SNT_TRY(snt_sleep(flow->interval));
	}
	return 0;
}

/* a sends to b, and c to d; what else there is, the test says. */
struct four {
	struct snt_sim_host *a, *b, *c, *d;
	struct flow ab, cd;
	void (*prepare)(struct snt_sim *sim, struct four *four);
	int (*meanwhile)(struct snt_sim *sim, struct four *four);
};

static int direct(struct snt_sim *sim, void *arg)
{
	const struct snt_sim_link none = { 0 };
	struct four *four = arg;

	SNT_TRY(snt_sim_add(sim, &four->a, "a", NULL));
	SNT_TRY(snt_sim_add(sim, &four->b, "b", NULL));
	SNT_TRY(snt_sim_add(sim, &four->c, "c", NULL));
	SNT_TRY(snt_sim_add(sim, &four->d, "d", NULL));
	snt_sim_set_link(sim, NULL, NULL, &none);
	if (four->prepare != NULL)
		four->prepare(sim, four);
	four->ab.to = "10.0.0.2:7000";
	four->cd.to = "10.0.0.4:7000";
	SNT_TRY(snt_sim_start(four->b, receive_all, &four->ab));
	SNT_TRY(snt_sim_start(four->d, receive_all, &four->cd));
	SNT_TRY(snt_sleep(SNT_SECOND));
	SNT_TRY(snt_sim_start(four->a, send_all, &four->ab));
	SNT_TRY(snt_sim_start(four->c, send_all, &four->cd));
	if (four->meanwhile != NULL)
		SNT_TRY(four->meanwhile(sim, four));
	SNT_TRY(snt_sim_join(four->a, NULL));
	SNT_TRY(snt_sim_join(four->c, NULL));
	return snt_sleep(SNT_MINUTE);
}

static int64_t took(const struct flow *flow, int i)
{
	return flow->at[i] - flow->sent[flow->number[i]];
}

static void set_latency(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link slow = { .latency = 30 * MS };
	const struct snt_sim_link slower = { .latency = 70 * MS };

	snt_sim_set_link(sim, NULL, NULL, &slow);
	/* A link has two ends and no direction. */
	snt_sim_set_link(sim, four->d, four->c, &slower);
}

static void a_link_of_two_hosts_is_theirs_alone(void)
{
	struct four four = { .ab.count = 3,
			     .cd.count = 3,
			     .prepare = set_latency };

	goes_well(direct, &four, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(took(&four.ab, i), 30 * MS);
		assert_int_equal(took(&four.cd, i), 70 * MS);
	}
}

static void set_one_and_then_all(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link slow = { .latency = 30 * MS };
	const struct snt_sim_link slower = { .latency = 70 * MS };

	snt_sim_set_link(sim, four->c, four->d, &slower);
	snt_sim_set_link(sim, four->a, NULL, &slower);
	snt_sim_set_link(sim, NULL, NULL, &slow);
}

static void the_last_word_on_a_link_counts(void)
{
	struct four four = { .ab.count = 1,
			     .cd.count = 1,
			     .prepare = set_one_and_then_all };

	goes_well(direct, &four, 1);
	assert_int_equal(took(&four.ab, 0), 30 * MS);
	assert_int_equal(took(&four.cd, 0), 30 * MS);
}

static void set_one_way(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link slow = { .latency = 30 * MS };

	snt_sim_set_link_one_way(sim, four->a, four->b, &slow);
	snt_sim_set_link_one_way(sim, four->d, four->c, &slow);
}

static void a_link_may_be_of_one_direction(void)
{
	struct four four = { .ab.count = 1,
			     .cd.count = 1,
			     .prepare = set_one_way };

	goes_well(direct, &four, 1);
	assert_int_equal(took(&four.ab, 0), 30 * MS);
	assert_int_equal(took(&four.cd, 0), 0);
}

static void set_jitter(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .latency = 10 * MS,
					   .jitter = 5 * MS };

	(void)four;
	snt_sim_set_link(sim, NULL, NULL, &link);
}

static void jitter_adds_up_to_its_length(void)
{
	struct four four = { .ab.count = 100,
			     .ab.interval = 20 * MS,
			     .prepare = set_jitter };
	int64_t least = SNT_SECOND, most = 0;

	goes_well(direct, &four, 1);
	assert_int_equal(four.ab.arrived, 100);
	for (int i = 0; i < 100; i++) {
		int64_t time = took(&four.ab, i);

		least = time < least ? time : least;
		most = time > most ? time : most;
	}
	assert_in_range(least, 10 * MS, 11 * MS);
	assert_in_range(most, 14 * MS, 15 * MS);
}

static void set_bandwidth(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .bandwidth = 1000000 };

	(void)four;
	snt_sim_set_link(sim, NULL, NULL, &link);
}

/* 972 bytes and 28 of headers: a millisecond each. */
static void a_narrow_link_lets_one_after_the_other_pass(void)
{
	struct four four = { .ab.count = 10,
			     .ab.size = 972,
			     .prepare = set_bandwidth };

	goes_well(direct, &four, 1);
	assert_int_equal(four.ab.arrived, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(took(&four.ab, i), (i + 1) * MS);
}

static int number_of_faults(struct four *four, const char *kind)
{
	struct snt_sim_report report = goes_well(direct, four, 1);

	for (int i = 0; i < SNT_SIM_KINDS; i++)
		if (strcmp(report.faults[i].kind, kind) == 0)
			return (int)report.faults[i].count;
	return 0;
}

static void set_loss(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .loss = 300000 };

	snt_sim_set_link_one_way(sim, four->a, four->b, &link);
}

static void what_is_lost_is_counted(void)
{
	struct four four = { .ab.count = 100,
			     .cd.count = 100,
			     .prepare = set_loss };
	int lost = number_of_faults(&four, "loss");

	assert_in_range(lost, 10, 60);
	assert_int_equal(four.ab.arrived, 100 - lost);
	assert_int_equal(four.cd.arrived, 100);
}

static void set_duplicate(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .duplicate = 300000 };

	snt_sim_set_link_one_way(sim, four->a, four->b, &link);
}

static void what_comes_twice_is_counted(void)
{
	struct four four = { .ab.count = 100, .prepare = set_duplicate };
	int twice = number_of_faults(&four, "duplicate");

	assert_in_range(twice, 10, 60);
	assert_int_equal(four.ab.arrived, 100 + twice);
}

static void set_stall(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .stall = 300000 };

	snt_sim_set_link_one_way(sim, four->a, four->b, &link);
}

static void what_stalls_takes_one_to_twenty_seconds(void)
{
	struct four four = { .ab.count = 100, .prepare = set_stall };
	int stalled = number_of_faults(&four, "stall"), late = 0;

	assert_in_range(stalled, 10, 60);
	assert_int_equal(four.ab.arrived, 100);
	for (int i = 0; i < 100; i++) {
		if (took(&four.ab, i) == 0)
			continue;
		assert_in_range(took(&four.ab, i), SNT_SECOND, 20 * SNT_SECOND);
		late++;
	}
	assert_int_equal(late, stalled);
}

static void set_reorder(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .latency = MS, .reorder = 100000 };

	snt_sim_set_link_one_way(sim, four->a, four->b, &link);
}

static void what_is_overtaken_comes_later(void)
{
	struct four four = { .ab.count = 100,
			     .ab.interval = MS / 10,
			     .prepare = set_reorder };
	int late = number_of_faults(&four, "reorder"), before = 0;

	assert_in_range(late, 3, 30);
	assert_int_equal(four.ab.arrived, 100);
	for (int i = 1; i < 100; i++)
		before += four.ab.number[i] < four.ab.number[i - 1];
	assert_true(before > 0);
}

static int part_and_heal(struct snt_sim *sim, struct four *four)
{
	struct snt_sim_host *const pair[] = { four->a, four->b };

	/* Ten a second: 0 to 9 before. Among themselves a and b go on. */
	SNT_TRY(snt_sleep(950 * MS));
	SNT_TRY(snt_sim_partition(sim, pair, 2));
	SNT_TRY(snt_sleep(SNT_SECOND));
	SNT_TRY(snt_sim_partition(sim, &four->b, 1));
	SNT_TRY(snt_sleep(SNT_SECOND));
	snt_sim_heal(sim);
	return 0;
}

static void a_partition_cuts_off_and_heals(void)
{
	struct four four = { .ab.count = 40,
			     .ab.interval = 100 * MS,
			     .cd.count = 40,
			     .cd.interval = 100 * MS,
			     .meanwhile = part_and_heal };

	goes_well(direct, &four, 1);
	assert_int_equal(four.ab.arrived, 30);
	for (int i = 0; i < 30; i++)
		assert_int_equal(four.ab.number[i], i < 20 ? i : i + 10);
	assert_int_equal(four.cd.arrived, 40);
}

static int part_between(struct snt_sim *sim, struct four *four)
{
	SNT_TRY(snt_sleep(5 * MS));
	return snt_sim_partition(sim, &four->a, 1);
}

static void what_is_on_its_way_arrives(void)
{
	struct four four = { .ab.count = 10,
			     .ab.interval = MS,
			     .prepare = set_latency,
			     .meanwhile = part_between };

	goes_well(direct, &four, 1);
	assert_in_range(four.ab.arrived, 5, 6);
	assert_int_equal(took(&four.ab, 0), 30 * MS);
}

static void set_silence(struct snt_sim *sim, struct four *four)
{
	const struct snt_sim_link link = { .silent = true };

	snt_sim_set_link_one_way(sim, four->a, four->b, &link);
}

static void a_silent_link_is_no_fault_of_chance(void)
{
	struct four four = { .ab.count = 10,
			     .cd.count = 10,
			     .prepare = set_silence };
	struct snt_sim_report report = goes_well(direct, &four, 1);

	assert_int_equal(four.ab.arrived, 0);
	assert_int_equal(four.cd.arrived, 10);
	assert_string_equal(report.faults[0].kind, "");
	assert_int_equal(report.packets, 20);
}

static const struct test_case cases[] = {
	TEST(a_link_of_two_hosts_is_theirs_alone),
	TEST(the_last_word_on_a_link_counts),
	TEST(a_link_may_be_of_one_direction),
	TEST(jitter_adds_up_to_its_length),
	TEST(a_narrow_link_lets_one_after_the_other_pass),
	TEST(what_is_lost_is_counted),
	TEST(what_comes_twice_is_counted),
	TEST(what_stalls_takes_one_to_twenty_seconds),
	TEST(what_is_overtaken_comes_later),
	TEST(a_partition_cuts_off_and_heals),
	TEST(what_is_on_its_way_arrives),
	TEST(a_silent_link_is_no_fault_of_chance),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
