/* SPDX-License-Identifier: MIT */
/*
 * What a seed makes of the network: which kinds of faults there are, at all,
 * and how much of each. That each world has some kinds only finds more than
 * worlds with a little of everything (Groce and others, "Swarm Testing", 2012):
 * much of one kind keeps the others from ever getting anywhere.
 */
#include "scene.h"

/* Of a hundred worlds: in so many nothing goes wrong, in so many nothing that a
 * call could fail of; and in the others each kind does in so many. */
#define CALM 10
#define SOUND 25
#define KIND 55

/* What no call needs in those. */
#define ENOUGH (10 * SNT_MINUTE)

static bool is_on(struct dice *dice)
{
	return draw(dice, 100) < KIND;
}

static unsigned some(struct dice *dice, int64_t least, int64_t most)
{
	int64_t value = draw_wide(dice, least, most);

	return is_on(dice) ? (unsigned)value : 0;
}

static void draw_link(struct snt_sim_link *link, struct dice *dice,
		      const struct weather *weather)
{
	link->latency =
		draw_wide(dice, 20 * SNT_MICROSECOND, 100 * SNT_MILLISECOND);
	if (draw(dice, 2) == 0)
		link->jitter = draw_wide(dice, SNT_MICROSECOND, link->latency);
	if (draw(dice, 4) == 0)
		link->bandwidth =
			(uint64_t)draw_wide(dice, 64 * 1024, 64 * 1024 * 1024);
	if (draw(dice, 4) == 0)
		link->mtu = 576 + (size_t)draw(dice, 9000);
	if (weather->calm)
		return;
	link->loss = some(dice, 5000, 100000);
	link->duplicate = some(dice, 5000, 100000);
	link->reorder = some(dice, 5000, 200000);
	link->stall = some(dice, 4000, 30000);
	if (!weather->sound)
		link->reset = some(dice, 4000, 30000);
}

static void draw_failures(struct weather *weather, struct dice *dice)
{
	static const char *const calls[] = {
		"accept",  "bind",        "connect",    "getpeername",
		"listen",  "getsockname", "look",       "notifier",
		"recv",    "recvfrom",    "recvmsg",    "send",
		"sendmsg", "sendto",      "setsockopt", "shutdown",
		"socket",  "socketpair",  "submit",     "thread_start",
		"dup",     "describe",
	};
	struct snt_sim_failure *failure = weather->failures;

	if (is_on(dice)) {
		*failure++ = (struct snt_sim_failure){
			.call = "memory",
			.chance = (unsigned)draw_wide(dice, 2000, 200000),
		};
	}
	if (is_on(dice)) {
		size_t count = 1 + (size_t)draw(dice, 3);

		/* Sometimes whatever can. */
		if (draw(dice, 3) == 0)
			*failure++ = (struct snt_sim_failure){
				.chance = (unsigned)draw_wide(dice, 2000, 30000)
			};
		else
			for (size_t i = 0; i < count; i++)
				*failure++ = (struct snt_sim_failure){
					.call = calls[draw(dice, COUNT(calls))],
					.chance = (unsigned)draw_wide(
						dice, 10000, 200000),
				};
	}
	weather->failure_count = (unsigned)(failure - weather->failures);
}

static void draw_host(struct snt_sim_host_opts *host, struct dice *dice,
		      bool sound)
{
	host->cores = 1 + (int)draw(dice, 4);
	if (draw(dice, 3) == 0)
		host->rcvbuf = (size_t)draw_wide(dice, 4096, 262144);
	if (draw(dice, 3) == 0)
		host->sndbuf = (size_t)draw_wide(dice, 4096, 262144);
	/* Ports that rest in TIME_WAIT are missed soon. */
	if (!sound && draw(dice, 6) == 0) {
		host->port_first = 40000;
		host->port_last = (uint16_t)(40000 + draw_wide(dice, 20, 400));
	}
}

void weather_draw(struct weather *weather, uint64_t seed)
{
	struct dice dice = dice_of(seed, 1);
	uint64_t kind = draw(&dice, 100);

	*weather = (struct weather){
		.calm = kind < CALM,
		.sound = kind < CALM + SOUND,
		.in_order = draw(&dice, 4) == 0,
		.pace = draw_wide(&dice, SNT_MILLISECOND, SNT_SECOND),
		.limit = draw_wide(&dice, 2 * SNT_SECOND, 20 * SNT_SECOND),
		.trouble = draw_wide(&dice, SNT_SECOND, 60 * SNT_SECOND),
	};
	weather->turn = 2 * weather->pace +
			draw_wide(&dice, SNT_MILLISECOND, SNT_SECOND);
	draw_link(&weather->link, &dice, weather);
	draw_host(&weather->host, &dice, weather->sound);
	weather->resolver.latency =
		draw_wide(&dice, 100 * SNT_MICROSECOND, 500 * SNT_MILLISECOND);
	weather->resolver.jitter = weather->resolver.latency;
	if (!weather->calm)
		weather->pause = some(&dice, 50000, 500000);
	if (weather->sound) {
		weather->limit = ENOUGH;
		return;
	}
	weather->resolver.fail = some(&dice, 20000, 300000);
	weather->resolver.wrong = some(&dice, 20000, 300000);
	weather->partition = some(&dice, 50000, 500000);
	weather->kill = some(&dice, 50000, 500000);
	draw_failures(weather, &dice);
}

void weather_begin(struct world *world)
{
	const struct weather *weather = &world->weather;

	snt_sim_set_link(world->sim, NULL, NULL, &weather->link);
	snt_sim_set_resolver(world->sim, NULL, &weather->resolver);
	for (unsigned i = 0; i < weather->failure_count; i++)
		if (snt_sim_set_failure(world->sim, NULL,
					&weather->failures[i]) < 0)
			snt_sim_fail("swarm", "%s", snt_errmsg());
}

void weather_end(struct world *world)
{
	const struct snt_sim_link *link = &world->weather.link;
	const struct snt_sim_link good = { .latency = link->latency,
					   .jitter = link->jitter,
					   .bandwidth = link->bandwidth,
					   .mtu = link->mtu };
	struct snt_sim_resolver resolver = world->weather.resolver;

	resolver.fail = resolver.wrong = 0;
	snt_sim_heal(world->sim);
	snt_sim_set_link(world->sim, NULL, NULL, &good);
	snt_sim_set_resolver(world->sim, NULL, &resolver);
	if (snt_sim_set_failure(world->sim, NULL, NULL) < 0)
		snt_sim_fail("swarm", "%s", snt_errmsg());
	world->healed_at = snt_now();
}
