/* SPDX-License-Identifier: MIT */
/* The director of every scenario, and what its players lean on. */
#include "scene.h"

#include <stdio.h>

/* Once nothing goes wrong any more, so long may everybody take to get done.
 * The longest of tens of thousands of worlds took 82 s, about as long as servers
 * are patient with who fell silent. */
#define FINISH (5 * SNT_MINUTE)

struct world *world_now;

struct player *player_here(void)
{
	const struct snt_sim_host *here = snt_sim_here();

	for (unsigned i = 0; here != NULL && i < world_now->player_count; i++)
		if (world_now->players[i].host == here)
			return &world_now->players[i];
	return NULL;
}

struct player *add_player_with(struct world *world, const char *name,
			       int (*fn)(struct player *me),
			       const struct snt_sim_host_opts *opts)
{
	unsigned number = world->player_count++;
	struct player *player = &world->players[number];

	player->world = world;
	player->number = number;
	player->fn = fn;
	player->dice = dice_of(world->seed, 100 + number);
	snprintf(player->name, sizeof player->name, "%s", name);
	if (snt_sim_add(world->sim, &player->host, name, opts) < 0)
		snt_sim_fail("swarm", "%s", snt_errmsg());
	return player;
}

struct player *add_player(struct world *world, const char *name,
			  int (*fn)(struct player *me))
{
	return add_player_with(world, name, fn, &world->weather.host);
}

/* All that get done, and then those that serve. */
static int await(struct world *world, bool serves)
{
	for (unsigned i = 0; i < world->player_count; i++) {
		struct player *player = &world->players[i];
		struct snt_scope scope;
		int code;

		if (player->serves != serves || player->lives == 0)
			continue;
		if (serves)
			snt_sim_stop(player->host);
		snt_timeout_begin(&scope, FINISH);
		code = snt_sim_join(player->host, NULL);
		snt_scope_end(&scope);
		if (code == -ETIMEDOUT)
			snt_sim_fail("unfinished",
				     "%s does not get done, though nothing "
				     "goes wrong any more",
				     player->name);
		SNT_TRY(code);
	}
	return 0;
}

int direct(struct snt_sim *sim, void *arg)
{
	struct world *world = arg;

	world->sim = sim;
	world->dice = dice_of(world->seed, 2);
	weather_begin(world);
	world->scenario->set_up(world);
	SNT_TRY(trouble(world));
	SNT_TRY(trouble_end(world));
	SNT_TRY(await(world, false));
	SNT_TRY(await(world, true));
	if (world->scenario->check != NULL)
		world->scenario->check(world);
	return 0;
}

bool think(struct dice *dice, int64_t pace)
{
	int64_t time = 1 + (int64_t)draw(dice, (uint64_t)pace);
	int code = TIMED(time + SNT_SECOND, snt_sleep(time));

	/* Without memory for it, one just goes on. */
	return code == 0 || !snt_cancelled();
}

bool again(struct player *me, unsigned *attempt)
{
	int64_t most = me->world->weather.pace << MINIMUM(*attempt, 6u);

	++*attempt;
	return !snt_cancelled() &&
	       think(&me->dice, MINIMUM(most, 10 * SNT_SECOND));
}

struct visit {
	struct service *service;
	struct snt_socket *conn;
};

static int receive(void *arg)
{
	struct visit visit = *(struct visit *)arg;

	free(arg);
	/* What becomes of one connection is its client's matter. */
	visit.service->handle(visit.service->me, visit.conn);
	return 0;
}

static int welcome(struct service *service, struct snt_group *group,
		   struct snt_socket *conn)
{
	struct visit *visit = malloc(sizeof *visit);
	int code;

	if (visit == NULL)
		abort();
	*visit = (struct visit){ service, conn };
	code = TIMED(0, snt_spawn(group, receive, visit, NULL));
	if (code < 0) {
		snt_close(conn);
		free(visit);
	}
	return code;
}

/* What it waits for, or passes over, and never tells. */
static bool used_up(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOBUFS ||
	       code == -ENOMEM || code == -ECONNABORTED || code == -EPERM;
}

static int serve_once(struct service *service)
{
	const struct snt_group_opts opts = { .limit = service->limit,
					     .keep_going = true };
	snt_auto(socket) server = NULL;
	snt_auto(group) group = NULL;
	struct snt_socket *conn;
	int code;

	SNT_TRY(TIMED(SNT_MINUTE, snt_create_server(&server, service->address,
						    &service->opts)));
	SNT_TRY(snt_group_open(&group, &opts));
	for (;;) {
		code = TIMED(0, snt_accept(server, &conn));
		EXPECT("accept", !used_up(code), "%s: %s", service->me->name,
		       snt_errmsg());
		if (code == 0)
			code = welcome(service, group, conn);
		/* One that could not be served is a client's trouble. */
		if (code < 0 && (snt_cancelled() || code != -ENOMEM))
			return code;
	}
}

int serve(struct service *service)
{
	unsigned attempt = 0;

	do
		serve_once(service);
	while (again(service->me, &attempt));
	return 0;
}
