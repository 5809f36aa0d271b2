/* SPDX-License-Identifier: MIT */
/* Peers that say nothing, for a while or any more, in simulated worlds. */
#include "sessions.h"

#include <sennit/sim.h>
#include <sennit/sim_net.h>

static const struct snt_seq_opts plain = { .insecure_plain = true,
					   .handshake_timeout =
						   2 * SNT_MINUTE };
static const struct snt_seq_opts sealed = { .key = some_key,
					    .key_size = sizeof some_key };

/* Two hosts, each with its program. */
struct pair {
	int (*server)(void *arg);
	int (*client)(void *arg);
	struct snt_sim_link link;
	int64_t silent_for; /* a second after the beginning; 0: never */
};

static int direct(struct snt_sim *sim, void *arg)
{
	const struct pair *pair = arg;
	struct snt_sim_link link = pair->link;
	struct snt_sim_host *server, *client;

	SNT_TRY(snt_sim_add(sim, &server, "server", NULL));
	SNT_TRY(snt_sim_add(sim, &client, "client", NULL));
	snt_sim_set_link(sim, NULL, NULL, &link);
	SNT_TRY(snt_sim_start(server, pair->server, NULL));
	SNT_TRY(snt_sim_start(client, pair->client, NULL));
	if (pair->silent_for > 0) {
		SNT_TRY(snt_sleep(SNT_SECOND));
		link.silent = true;
		snt_sim_set_link(sim, NULL, NULL, &link);
		SNT_TRY(snt_sleep(pair->silent_for));
		link.silent = false;
		snt_sim_set_link(sim, NULL, NULL, &link);
	}
	SNT_TRY(snt_sim_join(client, NULL));
	return snt_sim_join(server, NULL);
}

static void run(struct pair pair, unsigned seeds)
{
	for (unsigned seed = 1; seed <= seeds; seed++) {
		const struct snt_sim_opts opts = { .seed = seed };

		if (snt_sim_run(direct, &pair, &opts, NULL) < 0)
			fail_msg("%s", snt_errmsg());
	}
}

static int begin(struct snt_seq *seq)
{
	struct snt_seq_message message;

	SNT_TRY(snt_seq_send(seq, 0, "one", 3));
	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return 0;
}

static int find_it_dead(struct snt_seq *seq)
{
	struct snt_seq_message message;
	int64_t began;

	SNT_TRY(begin(seq));
	began = snt_now();
	FAILS(snt_seq_recv(seq, &message), -ETIMEDOUT);
	TELLS("silent for 30 s");
	assert_in_range(snt_now() - began, 30 * SNT_SECOND, 33 * SNT_SECOND);
	FAILS(snt_seq_send(seq, 0, "", 0), -ETIMEDOUT);
	return 0;
}

static int find_it_alive(struct snt_seq *seq)
{
	struct snt_seq_message message;

	SNT_TRY(begin(seq));
	SNT_TRY(snt_sleep(40 * SNT_SECOND));
	OK(snt_seq_send(seq, 0, "lives", 5));
	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return snt_seq_shutdown(seq);
}

static int serve(int (*talk)(struct snt_seq *seq))
{
	snt_auto(seq_endpoint) endpoint = NULL;
	snt_auto(seq) seq = NULL;

	SNT_TRY(snt_seq_create_server(&endpoint, ":7000", &sealed));
	SNT_TRY(snt_seq_accept(endpoint, &seq));
	return talk(seq);
}

static int ask(int (*talk)(struct snt_seq *seq))
{
	snt_auto(seq) seq = NULL;

	SNT_TRY(snt_seq_create_connection(&seq, "server:7000", &sealed));
	return talk(seq);
}

static int serve_the_dead(void *arg)
{
	(void)arg;
	return serve(find_it_dead);
}

static int ask_the_dead(void *arg)
{
	(void)arg;
	return ask(find_it_dead);
}

static int serve_the_living(void *arg)
{
	(void)arg;
	return serve(find_it_alive);
}

static int ask_the_living(void *arg)
{
	(void)arg;
	return ask(find_it_alive);
}

static void a_peer_that_is_silent_for_long_is_dead(void)
{
	run((struct pair){ .server = serve_the_dead,
			   .client = ask_the_dead,
			   .link = { .latency = SNT_MILLISECOND },
			   .silent_for = SNT_MINUTE },
	    10);
}

static void a_silence_that_ends_in_time_ends_nothing(void)
{
	run((struct pair){ .server = serve_the_living,
			   .client = ask_the_living,
			   .link = { .latency = SNT_MILLISECOND },
			   .silent_for = 20 * SNT_SECOND },
	    10);
}

/* A thread that stood still for minutes finds what has come meanwhile. */
static int stand_still_and_hear(void *arg)
{
	snt_auto(seq_endpoint) endpoint = NULL;
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;

	(void)arg;
	SNT_TRY(snt_seq_create_server(&endpoint, ":7000", &plain));
	SNT_TRY(snt_seq_accept(endpoint, &seq));
	stand_still(2 * SNT_MINUTE);
	SNT_TRY(snt_seq_send(seq, 0, "awake", 5));
	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return snt_seq_shutdown(seq);
}

static int wait_for_who_sleeps(void *arg)
{
	const struct snt_seq_opts patient = { .insecure_plain = true,
					      .dead_after = 5 * SNT_MINUTE };
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;

	(void)arg;
	SNT_TRY(snt_seq_create_connection(&seq, "server:7000", &patient));
	SNT_TRY(snt_seq_send(seq, 0, "asleep?", 7));
	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return snt_seq_shutdown(seq);
}

static void a_clock_that_jumps_ends_nothing(void)
{
	run((struct pair){ .server = stand_still_and_hear,
			   .client = wait_for_who_sleeps },
	    10);
}

static unsigned in_time;

/* Says nothing of its own before the client has left. */
static int answer_the_last(void *arg)
{
	snt_auto(seq_endpoint) endpoint = NULL;
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;
	int64_t began;

	(void)arg;
	SNT_TRY(snt_seq_create_server(&endpoint, ":7000", &plain));
	SNT_TRY(snt_seq_accept(endpoint, &seq));
	while (snt_seq_recv(seq, &message) == 1)
		SNT_TRY(snt_seq_send(seq, 0, message.data, message.size));
	began = snt_now();
	SNT_TRY(snt_seq_shutdown(seq));
	in_time += snt_now() - began < 10 * SNT_SECOND;
	return 0;
}

static int leave_at_once(void *arg)
{
	snt_auto(seq) seq = NULL;
	struct snt_seq_message message;

	(void)arg;
	SNT_TRY(snt_seq_create_connection(&seq, "server:7000", &plain));
	SNT_TRY(snt_seq_send(seq, 0, "one", 3));
	SNT_TRY(snt_seq_shutdown(seq));
	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return snt_seq_recv(seq, &message);
}

/* The peer closes as soon as it has all; whether it is known that it knows
 * is a matter of luck, but not that it missed nothing. */
static void the_last_word_need_not_be_acknowledged(void)
{
	run((struct pair){ .server = answer_the_last,
			   .client = leave_at_once,
			   .link = { .latency = SNT_MILLISECOND,
				     .loss = 450000 } },
	    60);
	assert_in_range(in_time, 45, 60);
}

static int say_one_thing(struct snt_seq *seq)
{
	struct snt_seq_info info;

	SNT_TRY(snt_sleep(SNT_SECOND));
	SNT_TRY(snt_seq_send(seq, 0, "one", 3));
	SNT_TRY(snt_sleep(20 * SNT_MILLISECOND));
	OK(snt_seq_get_info(seq, &info));
	assert_int_equal(info.in_flight, 0);
	assert_int_equal(info.queued, 0);
	assert_int_equal(info.retransmitted, 0);
	return snt_seq_shutdown(seq);
}

static int hear_one_thing(struct snt_seq *seq)
{
	struct snt_seq_message message;

	assert_int_equal(OK(snt_seq_recv(seq, &message)), 1);
	return (int)snt_seq_recv(seq, &message);
}

static int ask_one_thing(void *arg)
{
	(void)arg;
	return ask(say_one_thing);
}

static int serve_one_thing(void *arg)
{
	(void)arg;
	return serve(hear_one_thing);
}

static void what_is_not_answered_is_acknowledged_soon(void)
{
	run((struct pair){ .server = serve_one_thing,
			   .client = ask_one_thing,
			   .link = { .latency = SNT_MILLISECOND } },
	    5);
}

static const struct test_case cases[] = {
	TEST(a_peer_that_is_silent_for_long_is_dead),
	TEST(a_silence_that_ends_in_time_ends_nothing),
	TEST(what_is_not_answered_is_acknowledged_soon),
	TEST(a_clock_that_jumps_ends_nothing),
	TEST_SLOW(the_last_word_need_not_be_acknowledged, 60),
};

int main(int argc, char **argv)
{
	return RUN_TESTS_ONCE(cases);
}
