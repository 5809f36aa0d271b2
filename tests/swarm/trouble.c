/* SPDX-License-Identifier: MIT */
/*
 * What befalls hosts: cut off from each other, killed and started again, paused
 * for a while. Each turn draws the same numbers whatever comes of it, so that a
 * fault that is left out changes nothing else.
 */
#include "scene.h"

/* How long a program may take to unwind: clean-up has a second by default, and
 * names are asked for longer than that. */
#define UNWIND (2 * SNT_MINUTE)

static int start_player(struct player *player);

static int play(void *arg)
{
	struct player *me = arg;
	int code = me->fn(me);

	if (code == 0 && !me->serves && !me->killed)
		me->done = true;
	return code;
}

static int start_player(struct player *player)
{
	player->lives++;
	player->killed = false;
	return snt_sim_start(player->host, play, player);
}

bool all_done(const struct world *world)
{
	for (unsigned i = 0; i < world->player_count; i++)
		if (!world->players[i].serves && !world->players[i].done)
			return false;
	return true;
}

static int64_t now_or_later(struct dice *dice, int64_t most)
{
	return snt_now() + draw_wide(dice, SNT_MILLISECOND,
				     most > 4 * SNT_MILLISECOND
					     ? most
					     : 4 * SNT_MILLISECOND);
}

static void part(struct world *world, uint64_t mask)
{
	struct snt_sim_host *hosts[PLAYERS];
	size_t count = 0;

	for (unsigned i = 0; i < world->player_count; i++)
		if (mask >> i & 1)
			hosts[count++] = world->players[i].host;
	if (snt_sim_partition(world->sim, hosts, count) < 0)
		snt_sim_fail("swarm", "%s", snt_errmsg());
}

static bool runs(const struct player *player)
{
	return !player->safe && player->lives > 0 && !player->done &&
	       player->resume_at == 0 && player->restart_at == 0;
}

/* A turn of it; *healed_at: when partitions end, 0: there is none. */
static void turn(struct world *world, int64_t *heal_at)
{
	const struct weather *weather = &world->weather;
	struct dice *dice = &world->dice;
	uint64_t mask = draw(dice, UINT64_C(1) << 40);
	struct player *victim =
		&world->players[draw(dice, world->player_count)];
	struct player *sleeper =
		&world->players[draw(dice, world->player_count)];
	int64_t heal = now_or_later(dice, 4 * weather->turn);
	int64_t restart = now_or_later(dice, 4 * weather->turn);
	int64_t resume = now_or_later(dice, 4 * weather->turn);

	if (weather->partition > 0 && *heal_at == 0 &&
	    snt_sim_chance("partition", weather->partition)) {
		part(world, mask);
		*heal_at = heal;
	}
	if (weather->kill > 0 && runs(victim) &&
	    snt_sim_chance("kill", weather->kill)) {
		victim->killed = true;
		victim->restart_at = restart;
		snt_sim_kill(victim->host);
	}
	if (weather->pause > 0 && runs(sleeper) &&
	    snt_sim_chance("pause", weather->pause)) {
		sleeper->resume_at = resume;
		snt_sim_pause(sleeper->host);
	}
	if (world->scenario->meddle != NULL && !weather->calm)
		world->scenario->meddle(world, false);
}

static int restart(struct player *player)
{
	struct timed timed;
	int code;

	timed_begin(&timed, "its unwinding", UNWIND);
	code = snt_sim_join(player->host, NULL);
	timed_end(&timed, code);
	if (code == -ETIMEDOUT)
		snt_sim_fail("unwind", "%s was killed, and goes on",
			     player->name);
	player->restart_at = 0;
	if (code == 0 && !player->done)
		code = start_player(player);
	return code;
}

static void resume(struct player *player)
{
	player->resume_at = 0;
	player->resumed_at = snt_now();
	snt_sim_resume(player->host);
}

/* Ends what is over by then; when the next will be. */
static int end_over(struct world *world, int64_t now, int64_t *heal_at,
		    int64_t *next)
{
	if (*heal_at != 0 && *heal_at <= now) {
		snt_sim_heal(world->sim);
		*heal_at = 0;
	}
	if (*heal_at != 0)
		*next = MINIMUM(*next, *heal_at);
	for (unsigned i = 0; i < world->player_count; i++) {
		struct player *player = &world->players[i];

		if (player->resume_at != 0 && player->resume_at <= now)
			resume(player);
		if (player->restart_at != 0 && player->restart_at <= now)
			SNT_TRY(restart(player));
		if (player->resume_at != 0)
			*next = MINIMUM(*next, player->resume_at);
		if (player->restart_at != 0)
			*next = MINIMUM(*next, player->restart_at);
	}
	return 0;
}

/* Servers first where nothing shall go wrong, else anybody. */
static int start_all(struct world *world)
{
	unsigned count = world->player_count;
	unsigned first = (unsigned)draw(&world->dice, count);

	if (world->weather.sound) {
		for (unsigned i = 0; i < count; i++)
			if (world->players[i].serves)
				SNT_TRY(start_player(&world->players[i]));
		SNT_TRY(snt_sleep(SNT_SECOND));
	}
	for (unsigned i = 0; i < count; i++) {
		struct player *player = &world->players[(first + i) % count];

		if (player->lives == 0)
			SNT_TRY(start_player(player));
	}
	return 0;
}

int trouble(struct world *world)
{
	const struct weather *weather = &world->weather;
	int64_t end, heal_at = 0, turn_at;

	SNT_TRY(start_all(world));
	end = snt_now() + weather->trouble;
	turn_at = snt_now() +
		  (int64_t)draw(&world->dice, (uint64_t)weather->turn);
	while (snt_now() < end && !all_done(world) && !weather->calm) {
		int64_t now = snt_now(), next;

		if (now >= turn_at) {
			turn(world, &heal_at);
			turn_at = now + 1 +
				  (int64_t)draw(&world->dice,
						(uint64_t)(2 * weather->turn));
		}
		next = turn_at;
		SNT_TRY(end_over(world, now, &heal_at, &next));
		if (next > snt_now())
			SNT_TRY(snt_sleep(next - snt_now()));
	}
	return 0;
}

int trouble_end(struct world *world)
{
	int64_t heal_at = 0, next = 0;

	if (world->scenario->meddle != NULL)
		world->scenario->meddle(world, true);
	weather_end(world);
	return end_over(world, SNT_FOREVER, &heal_at, &next);
}
