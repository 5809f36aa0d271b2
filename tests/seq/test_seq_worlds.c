/* SPDX-License-Identifier: MIT */
/*
 * Sessions over links that lose, double, reorder and shrink: two hosts of a
 * simulated world send each other messages on channels of each kind, and look
 * at all that comes.
 */
#include "sessions.h"

#include <sennit/sim.h>
#include <sennit/sim_net.h>

#define CHANNELS 3 /* of each kind */
#define LATEST_MOST 900

struct plan {
	struct snt_sim_link link;
	const struct snt_seq_opts *opts;
	unsigned messages; /* of each channel */
	size_t most;       /* bytes of one */
	int64_t pause;     /* between two of them */
	bool slow;         /* the receivers are */
	void (*meddle)(struct snt_sim *sim, const struct plan *plan);
};

static const struct plan *plan;

/* Two hosts at once, so in both ways. */
struct talk {
	struct snt_seq *seq;
	unsigned came[CHANNELS * 3];
	unsigned char seen[CHANNELS][2048];
};

static unsigned channel_of(unsigned n)
{
	static const unsigned bases[] = { SNT_SEQ_ORDERED, SNT_SEQ_RELIABLE,
					  SNT_SEQ_LATEST };

	return bases[n / CHANNELS] + n % CHANNELS;
}

/* The i-th message of a channel is as long and has the bytes that those say. */
static size_t size_of(unsigned channel, unsigned i)
{
	size_t most = channel >= SNT_SEQ_LATEST && plan->most > LATEST_MOST
			      ? LATEST_MOST
			      : plan->most;

	return 4 + (i * 7919u + channel * 104729u) % (most - 3);
}

static void fill_in(unsigned char *bytes, unsigned channel, unsigned i)
{
	size_t size = size_of(channel, i);

	memcpy(bytes, &i, 4);
	for (size_t at = 4; at < size; at++)
		bytes[at] = pattern(at + i + channel);
}

static int say_all(void *arg)
{
	struct talk *talk = arg;
	unsigned char *bytes = test_malloc(plan->most + 4);
	int code = 0;

	for (unsigned i = 0; i < plan->messages && code == 0; i++) {
		for (unsigned n = 0; n < CHANNELS * 3 && code == 0; n++) {
			unsigned channel = channel_of(n);

			fill_in(bytes, channel, i);
			code = snt_seq_send(talk->seq, channel, bytes,
					    size_of(channel, i));
		}
		if (code == 0 && plan->pause > 0)
			code = snt_sleep(plan->pause);
	}
	test_free(bytes);
	return code < 0 ? code : snt_seq_shutdown(talk->seq);
}

static void look_at(struct talk *talk, const struct snt_seq_message *message)
{
	unsigned kind = message->channel / 64, i;
	unsigned n = message->channel % 64;
	unsigned *came = &talk->came[kind * CHANNELS + n];

	assert_true(message->size >= 4 && n < CHANNELS);
	memcpy(&i, message->data, 4);
	assert_int_equal(message->size, size_of(message->channel, i));
	for (size_t at = 4; at < message->size; at++)
		if ((unsigned char)message->data[at] !=
		    pattern(at + i + message->channel))
			fail_msg("byte %zu of a message", at);
	if (kind == 0) {
		assert_int_equal(i, *came);
		(*came)++;
	} else if (kind == 1) {
		assert_int_equal(talk->seen[n][i], 0);
		talk->seen[n][i] = 1;
		(*came)++;
	} else {
		assert_true(i >= *came);
		*came = i + 1;
	}
}

static int hear_all(struct talk *talk)
{
	struct snt_seq_message message;
	int code;

	while ((code = snt_seq_recv(talk->seq, &message)) == 1) {
		look_at(talk, &message);
		if (plan->slow)
			SNT_TRY(snt_sleep(20 * SNT_MILLISECOND));
	}
	for (unsigned n = 0; code == 0 && n < CHANNELS * 2; n++)
		assert_int_equal(talk->came[n], plan->messages);
	return code;
}

static int talk_both_ways(struct snt_seq *seq)
{
	struct talk *talk = test_calloc(1, sizeof *talk);
	struct snt_group *group;
	int code;

	talk->seq = seq;
	SNT_TRY(snt_group_open(&group, NULL));
	code = snt_spawn(group, say_all, talk, NULL);
	if (code == 0)
		code = hear_all(talk);
	if (code == 0)
		code = snt_group_wait(group);
	if (snt_group_end(group) < 0 && code == 0)
		code = -EPROTO;
	test_free(talk);
	return code;
}

static int be_server(void *arg)
{
	snt_auto(seq_endpoint) endpoint = NULL;
	snt_auto(seq) seq = NULL;

	(void)arg;
	SNT_TRY(snt_seq_create_server(&endpoint, ":7000", plan->opts));
	SNT_TRY(snt_seq_accept(endpoint, &seq));
	SNT_TRY(talk_both_ways(seq));
	/* Who has asked may still have to hear that all has come. */
	return snt_sleep(SNT_MINUTE);
}

static int be_client(void *arg)
{
	snt_auto(seq) seq = NULL;
	int code;

	(void)arg;
	do
		code = snt_seq_create_connection(&seq, "server:7000",
						 plan->opts);
	while (code == -ETIMEDOUT || code == -ECONNREFUSED);
	SNT_TRY(code);
	return talk_both_ways(seq);
}

static int direct(struct snt_sim *sim, void *arg)
{
	struct snt_sim_host *server, *client;

	(void)arg;
	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
	snt_sim_set_link(sim, NULL, NULL, &plan->link);
	SNT_TRY(snt_sim_start(server, be_server, NULL));
	SNT_TRY(snt_sim_start(client, be_client, NULL));
	if (plan->meddle != NULL)
		plan->meddle(sim, plan);
	SNT_TRY(snt_sim_join(client, NULL));
	return snt_sim_join(server, NULL);
}

static void run(const struct plan *these, unsigned seeds)
{
	plan = these;
	for (unsigned seed = 1; seed <= seeds; seed++) {
		const struct snt_sim_opts opts = { .seed = seed };
		struct snt_sim_report report = { .seed = 0 };

		if (snt_sim_run(direct, NULL, &opts, &report) < 0)
			fail_msg("%s", snt_errmsg());
		snt_sim_report_release(&report);
	}
}

static const struct snt_seq_opts plain = { .insecure_plain = true };
static const struct snt_seq_opts sealed = { .key = some_key,
					    .key_size = sizeof some_key };

static void a_calm_link_carries_all(void)
{
	const struct plan calm = {
		.link = { .latency = 100 * SNT_MICROSECOND },
		.opts = &plain,
		.messages = 200,
		.most = 3000,
	};

	run(&calm, 20);
}

static void thirty_percent_lost_twenty_doubled_and_all_mixed_up(void)
{
	const struct plan rough = {
		.link = { .latency = 5 * SNT_MILLISECOND,
			  .jitter = 10 * SNT_MILLISECOND,
			  .loss = 300000,
			  .duplicate = 200000,
			  .reorder = 300000 },
		.opts = &sealed,
		.messages = 60,
		.most = 4000,
		.pause = SNT_MILLISECOND,
	};

	run(&rough, 40);
}

static void shrink_and_part(struct snt_sim *sim, const struct plan *these)
{
	struct snt_sim_link link = these->link;

	for (int i = 0; i < 4; i++) {
		(void)!snt_sleep(300 * SNT_MILLISECOND);
		link.mtu = i % 2 ? 1500 : 576 + (size_t)snt_sim_random(700);
		snt_sim_set_link(sim, NULL, NULL, &link);
		(void)!snt_sleep(300 * SNT_MILLISECOND);
		link.silent = true;
		snt_sim_set_link(sim, NULL, NULL, &link);
		(void)!snt_sleep((int64_t)snt_sim_random(8 * SNT_SECOND));
		link.silent = false;
		snt_sim_set_link(sim, NULL, NULL, &link);
	}
}

static void a_path_that_shrinks_and_parts_and_heals(void)
{
	const struct plan path = {
		.link = { .latency = 5 * SNT_MILLISECOND,
			  .mtu = 1500,
			  .loss = 20000 },
		.opts = &plain,
		.messages = 400,
		.most = 6000,
		.pause = 5 * SNT_MILLISECOND,
		.meddle = shrink_and_part,
	};

	run(&path, 25);
}

static void a_slow_receiver_holds_its_sender_back(void)
{
	const struct snt_seq_opts small = { .insecure_plain = true,
					    .message_max = 4000,
					    .send_buffer = 16384,
					    .recv_buffer = 16384 };
	const struct plan slow = {
		.link = { .latency = SNT_MILLISECOND, .loss = 50000 },
		.opts = &small,
		.messages = 40,
		.most = 4000,
		.slow = true,
	};

	run(&slow, 20);
}

static const struct test_case cases[] = {
	TEST_SLOW(a_calm_link_carries_all, 60),
	TEST_SLOW(thirty_percent_lost_twenty_doubled_and_all_mixed_up, 120),
	TEST_SLOW(a_path_that_shrinks_and_parts_and_heals, 120),
	TEST_SLOW(a_slow_receiver_holds_its_sender_back, 60),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
