/* SPDX-License-Identifier: MIT */
/*
 * More clients than a listener has room for: a short queue, few descriptors,
 * slow answers, and a hundred who come at once. The listener waits until
 * there is room and never fails for want of it; nobody is answered for another,
 * and in the end everybody is answered.
 */
#include "scenarios.h"

#define HOSTS 4
#define CLIENTS 25 /* of each */

struct overload {
	struct world world;
	bool answered[HOSTS * CLIENTS];
	unsigned at_once, most; /* connections being served */
	int64_t work;           /* of the server for an answer */
	size_t limit;           /* of connections; 0: descriptors only */
};

struct question {
	uint32_t who;
	uint32_t size; /* of what follows */
};

static int handle(struct player *me, struct snt_socket *taken)
{
	struct overload *all = (struct overload *)me->world;
	int64_t limit = me->world->weather.limit;
	snt_auto(socket) conn = taken;
	struct question question;
	struct flow in = { .loose = true };
	ptrdiff_t n;
	uint32_t who;

	all->at_once++;
	all->most = all->at_once > all->most ? all->at_once : all->most;
	n = TIMED(limit, snt_recv_exact(conn, &question, sizeof question));
	in.key = question.who;
	if (n > 0 &&
	    flow_recv(&in, conn, question.size, question.size, limit) == 0 &&
	    think(&me->dice, all->work)) {
		who = question.who;
		n = TIMED(limit, snt_sendall(conn, &who, sizeof who));
	}
	all->at_once--;
	return (int)n;
}

static int server(struct player *me)
{
	struct overload *all = (struct overload *)me->world;
	struct service service = { .me = me,
				   .address = ":7000",
				   .handle = handle,
				   .limit = all->limit };

	return serve(&service);
}

struct asker {
	struct player *me;
	struct dice dice;
	uint32_t who;
};

static int ask(struct asker *asker)
{
	/* Longer than a queue of all others takes. */
	int64_t limit = asker->me->world->weather.limit * 4;
	const struct snt_connection_opts opts = { .timeout = limit };
	struct flow out = { .key = asker->who };
	snt_auto(socket) conn = NULL;
	struct question question;
	uint32_t answer;
	ptrdiff_t n;

	question.who = asker->who;
	question.size = 1 + (uint32_t)draw(&asker->dice, 600);
	SNT_TRY(TIMED(limit,
		      snt_create_connection(&conn, "server:7000", &opts)));
	SNT_TRY(TIMED(limit, snt_sendall(conn, &question, sizeof question)));
	SNT_TRY(flow_send(&out, conn, question.size, question.size, limit));
	SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, &answer, sizeof answer)));
	if (n == 0)
		return -SNT_EEND;
	EXPECT("bytes", answer == asker->who, "an answer to %u goes to %u",
	       answer, asker->who);
	return 0;
}

static int keep_asking(void *arg)
{
	struct asker *asker = arg;
	struct overload *all = (struct overload *)asker->me->world;
	int64_t pace = asker->me->world->weather.pace;

	while (!all->answered[asker->who]) {
		if (ask(asker) == 0)
			all->answered[asker->who] = true;
		else if (pace < 5 * SNT_SECOND)
			pace *= 2;
		if (!think(&asker->dice, pace))
			return -ECANCELED;
	}
	return 0;
}

static int ask_all(struct player *me)
{
	const struct snt_group_opts opts = { .keep_going = true };
	uint32_t first = (me->number - 1) * CLIENTS;
	struct asker askers[CLIENTS];
	snt_auto(group) group = NULL;

	SNT_TRY(snt_group_open(&group, &opts));
	for (uint32_t i = 0; i < CLIENTS; i++) {
		askers[i] = (struct asker){
			.me = me,
			.dice = { draw(&me->dice, UINT64_MAX) },
			.who = first + i,
		};
		SNT_TRY(TIMED(0,
			      snt_spawn(group, keep_asking, &askers[i], NULL)));
	}
	return TIMED(0, snt_group_wait(group));
}

static int client(struct player *me)
{
	unsigned attempt = 0;

	while (ask_all(me) < 0)
		if (!again(me, &attempt))
			return -ECANCELED;
	return 0;
}

static void set_up(struct world *world)
{
	struct overload *all = (struct overload *)world;
	struct snt_sim_host_opts opts = world->weather.host;

	all->work =
		draw_wide(&world->dice, SNT_MILLISECOND, 100 * SNT_MILLISECOND);
	opts.backlog = 1 + (int)draw(&world->dice, 20);
	opts.descriptors = 12 + (int)draw(&world->dice, 30);
	if (draw(&world->dice, 2) == 0)
		all->limit = 1 + (size_t)draw(&world->dice, 30);
	add_player_with(world, "server", server, &opts)->serves = true;
	for (unsigned i = 0; i < HOSTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client);
	}
}

static void check(struct world *world)
{
	struct overload *all = (struct overload *)world;

	for (size_t i = 0; i < COUNT(all->answered); i++)
		EXPECT("answers", all->answered[i], "client %zu has no answer",
		       i);
	EXPECT("limit", all->limit == 0 || all->most <= all->limit,
	       "%u connections at once, and the limit is %zu", all->most,
	       all->limit);
}

const struct scenario scenario_overload = {
	.name = "overload",
	.about = "a hundred clients, a short queue, few descriptors",
	.size = sizeof(struct overload),
	.set_up = set_up,
	.check = check,
	.rough = true,
};
