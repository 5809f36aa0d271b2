/* SPDX-License-Identifier: MIT */
/*
 * A counter that is added to, on a host that dies again and again, by clients
 * that do, too. Each addition has a number; the server keeps which it has seen
 * in what stands for its disk, so asking twice is harmless, and clients ask
 * until they have an answer. In the end each was counted once.
 */
#include "scenarios.h"

#define CLIENTS 3
#define ADDITIONS 12

struct restart {
	struct world world;
	/* The server's disk. */
	bool seen[CLIENTS][ADDITIONS];
	uint64_t total;
	/* The clients'. */
	unsigned done[CLIENTS];
	uint64_t answered[CLIENTS]; /* the last total they were told */
};

struct request {
	uint32_t client, number;
	uint64_t amount;
};

struct answer {
	uint32_t client, number;
	uint64_t total;
};

static uint64_t amount_of(uint32_t client, uint32_t number)
{
	return 1 + 1000 * client + number;
}

static struct answer apply(struct restart *disk, const struct request *request)
{
	bool *seen = &disk->seen[request->client][request->number];

	if (!*seen)
		disk->total += request->amount;
	*seen = true;
	return (struct answer){ request->client, request->number, disk->total };
}

static int handle(struct player *me, struct snt_socket *taken)
{
	struct restart *disk = (struct restart *)me->world;
	int64_t limit = 4 * me->world->weather.limit;
	snt_auto(socket) conn = taken;
	struct request request;
	struct answer answer;
	ptrdiff_t n;

	while ((n = TIMED(limit, snt_recv_exact(conn, &request,
						sizeof request))) > 0) {
		if (!EXPECT("bytes",
			    request.client < CLIENTS &&
				    request.number < ADDITIONS &&
				    request.amount == amount_of(request.client,
								request.number),
			    "not a request that was sent"))
			return -EPROTO;
		answer = apply(disk, &request);
		SNT_TRY(TIMED(limit,
			      snt_sendall(conn, &answer, sizeof answer)));
	}
	return (int)n;
}

static int server(struct player *me)
{
	struct service service = { .me = me,
				   .address = "server:7000",
				   .handle = handle };

	return serve(&service);
}

/* One addition over that connection. */
static int add(struct player *me, struct snt_socket *conn)
{
	struct restart *all = (struct restart *)me->world;
	uint32_t which = me->number - 1, number = all->done[which];
	int64_t limit = me->world->weather.limit;
	const struct request request = { which, number,
					 amount_of(which, number) };
	struct answer answer;
	ptrdiff_t n;

	SNT_TRY(TIMED(limit, snt_sendall(conn, &request, sizeof request)));
	SNT_TRY(n = TIMED(limit, snt_recv_exact(conn, &answer, sizeof answer)));
	if (n == 0)
		return -SNT_EEND;
	EXPECT("bytes", answer.client == which && answer.number == number,
	       "%s asked for %u, and is told of %u", me->name, number,
	       answer.number);
	EXPECT("total", answer.total >= all->answered[which],
	       "%s saw it fall from %llu to %llu", me->name,
	       (unsigned long long)all->answered[which],
	       (unsigned long long)answer.total);
	all->answered[which] = answer.total;
	all->done[which]++;
	return 0;
}

static int add_some(struct player *me)
{
	struct restart *all = (struct restart *)me->world;
	const struct snt_connection_opts opts = {
		.timeout = me->world->weather.limit
	};
	snt_auto(socket) conn = NULL;

	SNT_TRY(TIMED(opts.timeout,
		      snt_create_connection(&conn, "server:7000", &opts)));
	while (all->done[me->number - 1] < ADDITIONS &&
	       draw(&me->dice, 4) > 0) {
		SNT_TRY(add(me, conn));
		if (!think(&me->dice, me->world->weather.pace))
			return -ECANCELED;
	}
	return 0;
}

static int client(struct player *me)
{
	struct restart *all = (struct restart *)me->world;
	unsigned attempt = 0;

	while (all->done[me->number - 1] < ADDITIONS)
		if (add_some(me) < 0 && !again(me, &attempt))
			return -ECANCELED;
	return 0;
}

/* Here hosts die in any weather but the calm. */
static void set_up(struct world *world)
{
	struct weather *weather = &world->weather;

	if (!weather->sound && weather->kill == 0)
		weather->kill =
			(unsigned)draw_wide(&world->dice, 200000, 900000);
	weather->turn = MINIMUM(weather->turn, 4 * weather->pace);
	add_player(world, "server", server)->serves = true;
	for (unsigned i = 0; i < CLIENTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "client%u", i);
		add_player(world, name, client);
	}
}

static void check(struct world *world)
{
	struct restart *all = (struct restart *)world;
	uint64_t total = 0;

	for (uint32_t client = 0; client < CLIENTS; client++)
		for (uint32_t number = 0; number < ADDITIONS; number++)
			total += amount_of(client, number);
	EXPECT("total", all->total == total, "%llu, and not %llu",
	       (unsigned long long)all->total, (unsigned long long)total);
}

const struct scenario scenario_restart = {
	.name = "restart",
	.about = "a counter whose host dies again and again",
	.size = sizeof(struct restart),
	.set_up = set_up,
	.check = check,
};
